//! The overview: is everything where it should be, and if not, what needs somebody.

pub mod api;
pub mod page;
