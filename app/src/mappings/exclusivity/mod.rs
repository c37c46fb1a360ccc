//! Exclusivity: groups with their order, who stands in two ad sets, and how audiences overlap.

pub mod api;
pub mod order;
pub mod page;
