//! Monitoring: what moved, what failed and how long it took.

pub mod api;
pub mod charts;
pub mod page;
pub mod tables;
