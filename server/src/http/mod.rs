//! The HTTP edge: one router, the headers of every answer, and the files of the front end.
//!
//! A new page or server function needs nothing here. A new route for machines is given to
//! [`router::router`] by the composition root.

pub mod assets;
pub mod downloads;
pub mod live;
pub mod machines;
pub mod refusal;
pub mod rest;
pub mod router;
pub mod security;
pub mod uploads;
