//! First steps: the way from an empty installation to the first mapping that lives. Each step is a
//! link or a form, and can be left and come back to.

pub mod api;
pub mod page;
pub mod parts;
