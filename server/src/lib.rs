//! Segue's server: everything that talks to something else.
//!
//! Cut by what a part talks to, and by vertical inside each: `storage` (databases),
//! `vendors` (Customer.io and Segment), `worker` (schedules), `http` (browsers and
//! senders), `auth` (sign-in), `cli` (terminals), `sandbox` (the vendors' stand-in).
//! [`compose`] puts them together.

pub mod auth;
pub mod cli;
pub mod clock;
pub mod compose;
pub mod config;
pub mod http;
pub mod live;
pub mod random;
pub mod run;
pub mod sandbox;
pub mod storage;
pub mod vault;
pub mod vendors;
pub mod worker;
mod zones;
