//! Mappings: their list, the page of one, the form that makes and changes one.

pub mod api;
mod closing;
mod dwell;
pub mod entered;
pub mod exclusivity;
mod floor;
pub mod form;
pub mod gates;
pub mod manage;
pub mod matrix;
pub mod one;
pub mod page;
pub mod parts;
pub mod preview;
pub mod timeline;
pub mod trial;
pub mod trial_api;
