//! What Segue is about, without any I/O: types, rules, ports and services.
//!
//! One folder a vertical, with the same name as in `app` and `server`. In each: `mod.rs`
//! has the types that cross every border; with feature `service` there are also `port.rs`
//! (what storage or a vendor must do, one atomic business step a method) and `service.rs`
//! (the use cases, written against ports). Pure rules have files of their own.
//!
//! To add a vertical: a folder here, the same in `app`, its SQL in `server/src/storage`.

pub mod access;
pub mod approvals;
pub mod audiences;
pub mod configuration;
pub mod connections;
pub mod contract;
pub mod day;
pub mod delivery;
pub mod demo;
pub mod destinations;
pub mod error;
pub mod events;
pub mod find;
pub mod first_steps;
pub mod ids;
pub mod key;
pub mod mappings;
pub mod monitoring;
pub mod notices;
pub mod number;
pub mod people;
pub mod retention;
pub mod review;
#[cfg(feature = "service")]
pub mod services;
pub mod suppression;
pub mod sync;
pub mod time;
pub mod workspace;

pub use error::{Error, Result};
