//! How an audience's mappings did in the last 30 days: whether their runs keep the promise, and
//! what they told.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// What is looked at, up to now.
pub const WINDOW: Span = Span::from_hours(24 * 30);

/// The promise, in percent: so many runs end well. One in a hundred may fall into a vendor's
/// short trouble, and the next one makes up for it.
pub const PROMISE: u64 = 99;

/// Runs that have ended, and what they told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lately {
    /// Runs that ended, well or not.
    pub ended: u64,
    /// Of those, the ones that ended well.
    pub well: u64,
    /// Entries and exits that were acknowledged.
    pub told: u64,
}

impl Lately {
    /// Whether the promise is kept; of no run it is.
    #[must_use]
    pub const fn keeps_promise(&self) -> bool {
        self.well * 100 >= self.ended * PROMISE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_may_fail() {
        let kept = |well, ended| Lately { ended, well, told: 0 }.keeps_promise();
        assert!(kept(0, 0) && kept(99, 100) && kept(1, 1));
        assert!(!kept(98, 100) && !kept(98, 99) && !kept(0, 1));
    }
}
