//! A first page that proves the chain: rendered, posted and hydrated.

pub mod api;
pub mod page;
