//! Lists: people whom operators keep out by name, one by one or by file.

pub mod api;
pub mod list;
pub mod person;
pub mod review;
