//! The gate before an abnormal change: it waits until somebody has looked at it.

/// A change of fewer people never waits.
pub const MOST_PEOPLE: u64 = 1_000;

/// What an order would change, beside what protects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Transitions in.
    pub entered: u64,
    /// Transitions out.
    pub exited: u64,
}

impl Change {
    /// Whether more than half of those present come or go, and more than [`MOST_PEOPLE`].
    #[must_use]
    pub fn is_abnormal(self, present: u64) -> bool {
        let most = self.entered.max(self.exited);
        most > MOST_PEOPLE && most > present / 2
    }

    /// Whether an operator who released `released` would have released this too: the world
    /// moves on while somebody looks, so a tenth more is the same change.
    #[must_use]
    pub fn is_within(self, released: Self) -> bool {
        let within = |now: u64, then: u64| now <= then + then / 10 + MOST_PEOPLE / 10;
        within(self.entered, released.entered) && within(self.exited, released.exited)
    }
}

/// Whether a reading of a suppression's audience lost so many that somebody must look first:
/// whoever is lost by mistake would get ads again.
#[must_use]
pub fn is_abnormal_shrinking(before: u64, lost: u64) -> bool {
    lost > MOST_PEOPLE && lost > before / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_and_more_than_a_thousand() {
        let change = |entered, exited| Change { entered, exited };
        assert!(!change(1_000, 0).is_abnormal(10));
        assert!(change(1_001, 0).is_abnormal(10));
        assert!(!change(0, 5_000).is_abnormal(10_000));
        assert!(change(0, 5_001).is_abnormal(10_000));
        assert!(!change(4_000, 4_000).is_abnormal(10_000));
        assert!(change(u64::MAX, 0).is_abnormal(u64::MAX));
        assert!(is_abnormal_shrinking(10_000, 5_001) && !is_abnormal_shrinking(1_000, 1_000));
    }

    #[test]
    fn what_was_released_may_have_moved_a_little() {
        let released = Change { entered: 0, exited: 10_000 };
        assert!(Change { entered: 50, exited: 11_000 }.is_within(released));
        assert!(!Change { entered: 0, exited: 12_000 }.is_within(released));
        assert!(!Change { entered: 5_000, exited: 9_000 }.is_within(released));
    }
}
