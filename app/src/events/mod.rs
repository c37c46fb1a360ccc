//! Events: where they come in, how soon people leave for them, and who proves it.

pub mod api;
pub mod canary;
pub mod connect;
pub mod live;
pub mod objectives;
pub mod page;
pub mod watching;
