//! First steps: from an empty installation to the first mapping that runs.

pub mod api;
pub mod page;
