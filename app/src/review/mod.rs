//! The design review: the whole plan, and what somebody careful would say of it.

pub mod api;
pub mod page;
