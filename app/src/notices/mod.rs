//! Notices: where what waits for a decision is told, and what was told.

pub mod api;
pub mod page;
