//! The demo's own page: break something, and watch Segue recover.

pub mod api;
pub mod page;
