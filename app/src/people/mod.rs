//! People: finding one, and where one stands and why.

mod ahead;
pub mod api;
pub mod page;
pub mod standing;
