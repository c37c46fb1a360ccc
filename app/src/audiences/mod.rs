//! Audiences: their list, and the form that promotes a segment.

pub mod api;
pub mod bands;
pub mod coverage;
pub mod form;
pub mod one;
pub mod page;
