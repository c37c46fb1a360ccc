//! Segue's server: everything that talks to something else.
//!
//! Cut by what a part talks to, and by vertical inside each: `storage` (databases),
//! `vendors` (Customer.io and Segment), `worker` (schedules), `http` (browsers and
//! senders), `auth` (sign-in), `cli` (terminals), `sandbox` (the vendors' stand-in).
//! [`run`] puts them together.

pub mod cli;
pub mod http;
pub mod random;
pub mod run;
pub mod sandbox;
pub mod storage;
pub mod vault;
