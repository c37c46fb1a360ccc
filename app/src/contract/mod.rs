//! The contract: its page, the page of a change, the form of an event, the quarantine.

pub mod api;
pub mod change;
pub mod form;
pub mod page;
pub mod quarantine;
