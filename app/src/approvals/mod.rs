//! Approvals: what waits until somebody has looked at it.

pub mod api;
pub mod badge;
pub mod keys;
pub mod page;
pub mod proposals;

pub use api::waiting_at;
