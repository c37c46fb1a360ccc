//! One suppression: what it does, and what another time, place or reason would change.

pub mod api;
pub mod page;
