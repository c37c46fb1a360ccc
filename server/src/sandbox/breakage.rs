//! The faults behind the demo's page "Break something".

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    demo::{Breakable, Breakage, Broken, LASTS},
    time::{Clock, Span},
};

use super::fault::{Fault, FaultKind, Faults, Vendor};

/// How late a slow answer is: late enough to be seen, and no timeout.
const LATE_MILLIS: u64 = 4_000;

/// When to come back after a 429, in seconds.
const COME_BACK: &str = "5";

/// A sandbox's faults, by the names that the page has for them.
pub struct Breaker {
    faults: Arc<Faults>,
    clock: Arc<dyn Clock>,
}

impl Breaker {
    /// Over a sandbox's faults and its clock.
    pub fn new(faults: Arc<Faults>, clock: Arc<dyn Clock>) -> Self {
        Self { faults, clock }
    }
}

/// What goes wrong, for how long.
fn fault(what: Breakage) -> Fault {
    let new = |vendor, kind| Fault::new(vendor, kind).seconds(LASTS.millis() / 1_000);
    let late = |vendor| Fault { millis: Some(LATE_MILLIS), ..new(vendor, FaultKind::Delay) };
    let limit = |vendor| Fault {
        retry_after: Some(COME_BACK.to_owned()),
        ..new(vendor, FaultKind::Status).status(429)
    };
    match what {
        Breakage::SegmentDown => new(Vendor::Tracking, FaultKind::Status).status(503),
        Breakage::SegmentAnswersLost => new(Vendor::Tracking, FaultKind::Reset).after(),
        Breakage::SegmentSlow => late(Vendor::Tracking),
        Breakage::SegmentResets => new(Vendor::Tracking, FaultKind::Reset),
        Breakage::SegmentLimits => limit(Vendor::Tracking),
        Breakage::SegmentBlind => new(Vendor::Public, FaultKind::Status).status(503),
        Breakage::CustomerioDown => new(Vendor::Customerio, FaultKind::Status).status(503),
        Breakage::CustomerioSlow => late(Vendor::Customerio),
        Breakage::CustomerioLimits => limit(Vendor::Customerio),
    }
}

impl Breakable for Breaker {
    fn break_for_a_while(&self, what: Breakage) {
        self.faults.inject(fault(what), self.clock.now());
    }

    fn broken(&self) -> Vec<Broken> {
        // Broken twice, it lasts as long as the later one does.
        let mut left: BTreeMap<Breakage, Span> = BTreeMap::new();
        for (active, span) in self.faults.remaining(self.clock.now()) {
            if let Some(what) = Breakage::ALL.into_iter().find(|what| fault(*what) == active) {
                let longest = left.entry(what).or_insert(span);
                *longest = span.max(*longest);
            }
        }
        left.into_iter().map(|(what, left)| Broken { what, left }).collect()
    }

    fn mend(&self) {
        self.faults.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use domain::time::Instant;

    use super::*;

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Instant {
            Instant(self.0.load(Ordering::SeqCst))
        }
    }

    #[test]
    fn what_is_broken_tells_how_long_still_and_mends_by_itself_or_by_hand() {
        let clock = Arc::new(Hand(AtomicI64::new(0)));
        let forward = |span: Span| clock.0.fetch_add(span.0, Ordering::SeqCst);
        let breaker = Breaker::new(Arc::default(), clock.clone());
        for what in Breakage::ALL {
            breaker.break_for_a_while(what);
        }
        assert_eq!(breaker.broken().len(), Breakage::ALL.len(), "each by its own name");
        forward(Span::from_seconds(10));
        breaker.break_for_a_while(Breakage::SegmentDown);
        let left = |what| breaker.broken().into_iter().find(|one| one.what == what);
        assert_eq!(left(Breakage::SegmentDown).map(|one| one.left), Some(LASTS));
        assert_eq!(left(Breakage::SegmentSlow).map(|one| one.left), Some(Span::from_seconds(20)));
        forward(Span::from_seconds(20));
        let still: Vec<_> = breaker.broken().into_iter().map(|one| one.what).collect();
        assert_eq!(still, [Breakage::SegmentDown]);
        breaker.mend();
        assert!(breaker.broken().is_empty());
    }
}
