//! Events: where they come in, and how soon people leave for them.

pub mod api;
pub mod objectives;
pub mod page;
