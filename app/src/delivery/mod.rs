//! Delivery by hand: the emergency stop, shown on every page while it is in force, and the
//! page of dead letters.

pub mod api;
pub mod page;
pub mod parts;
