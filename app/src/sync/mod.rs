//! Runs: the page of one, and the table that other pages show.

pub mod api;
pub mod page;
pub mod parts;
