//! What a vendor answers while somebody looks at a page, or why it could not be asked.

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::error::AppError;

/// A vendor's answer of now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VendorAnswer<T> {
    /// It.
    Known(T),
    /// There is none.
    Unknown {
        /// Why, and what to do.
        reason: String,
    },
}

#[cfg(feature = "ssr")]
impl<T> VendorAnswer<T> {
    /// What a service answers. A vendor's trouble is shown on the page; any other is the page's.
    pub fn of(answer: domain::Result<T>) -> Result<Self, AppError> {
        match answer.map_err(AppError::from) {
            Ok(known) => Ok(Self::Known(known)),
            Err(AppError::Vendor { message }) => Ok(Self::Unknown { reason: message }),
            Err(error) => Err(error),
        }
    }
}
