//! Destinations: their list, the page of one with what may flow there, and the form that adds
//! one.

pub mod api;
pub mod budget;
pub mod events;
pub mod fields;
pub mod form;
pub mod import;
pub mod needs;
pub mod one;
pub mod page;
pub mod profile;
pub mod value;
