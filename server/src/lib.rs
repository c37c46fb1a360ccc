//! The `segue` binary: storage, vendors, workers, HTTP, command line, sandbox.
pub mod sandbox;
