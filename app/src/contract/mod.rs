//! The contract: its page, the page of a change, the form of an event, the quarantine,
//! the names under which events come in, the events that nobody reads,
//! Segment's tracking plans.

pub mod api;
pub mod change;
pub mod change_api;
pub mod effect;
pub mod form;
pub mod names;
pub mod noise;
pub mod page;
pub mod plans;
pub mod quarantine;
pub mod talk;
