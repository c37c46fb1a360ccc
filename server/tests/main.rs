//! All integration tests are one binary: one link, one set of helpers.

mod arrows;
mod http;
