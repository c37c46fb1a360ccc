//! Segue's integration tests, one binary: one link, one set of helpers.

mod arrows;
mod http;
mod sandbox;
