//! Suppression: the rules that keep people out, and the form that adds one.

pub mod api;
pub mod form;
pub mod listing;
pub mod page;
pub mod policy;
pub mod rule;
