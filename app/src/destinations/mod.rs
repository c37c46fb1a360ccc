//! Destinations: their list, and the form that adds one.

pub mod api;
pub mod form;
pub mod page;
