//! What Segue is about, without any I/O: types, rules, ports and services.
pub mod time;
