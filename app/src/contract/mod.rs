//! The contract: its page, the page of a change, the form of an event, the quarantine,
//! the names under which events come in.

pub mod api;
pub mod change;
pub mod effect;
pub mod form;
pub mod names;
pub mod page;
pub mod quarantine;
pub mod talk;
