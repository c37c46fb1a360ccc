//! The timeline: messages and ads for the same people on one axis, where they meet, and the
//! flows that somebody states.

pub mod api;
pub mod form;
pub mod page;
mod picture;
mod words;
