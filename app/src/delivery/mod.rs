//! Delivery by hand: the emergency stop, shown on every page while it is in force.

pub mod api;
pub mod parts;
