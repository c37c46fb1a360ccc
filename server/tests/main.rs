//! All integration tests in one binary. To add some: a module here.

mod sandbox;
