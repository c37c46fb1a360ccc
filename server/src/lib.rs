//! The `segue` binary's parts: what talks to databases, vendors, browsers and shells.

pub mod cli;
pub mod http;
pub mod run;
