//! People: finding one, and where one stands and why.

pub mod api;
pub mod page;
pub mod standing;
