//! Connections: the keys and regions of Customer.io and Segment, and whether they work.

pub mod api;
pub mod page;
pub mod parts;
pub mod public;
pub mod source;
