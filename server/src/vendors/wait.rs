//! What a vendor has asked for by `Retry-After`: nobody calls it before, whichever call heard
//! of it, in this process, in another one, or in the one that comes after.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{
    connections::{Vendor, port::WaitStore},
    time::{Clock, Instant, Span},
};

use super::LONGEST_WAIT;
use crate::clock::SteadyClock;

/// Until when a vendor is left alone.
pub struct Wait {
    vendor: Vendor,
    store: Arc<dyn WaitStore>,
    clock: Arc<dyn Clock>,
    steady: Arc<dyn Clock>,
    own: Mutex<Option<Own>>,
}

/// What this process was told itself, by a clock that nobody sets, and as it was stored.
#[derive(Clone, Copy)]
struct Own {
    until: Instant,
    stored: Instant,
}

impl Wait {
    /// Of this vendor, kept there.
    pub fn new(vendor: Vendor, store: Arc<dyn WaitStore>, clock: Arc<dyn Clock>) -> Self {
        Self { vendor, store, clock, steady: Arc::new(SteadyClock::new()), own: Mutex::default() }
    }

    /// It asks for so long a wait from now on. A shorter one doesn't end a longer one.
    pub async fn told(&self, wait: Span) {
        let stored = self.clock.now().plus(wait);
        let until = self.steady.now().plus(wait);
        {
            let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            if own.is_some_and(|own| own.until >= until) {
                return;
            }
            *own = Some(Own { until, stored });
        }
        if let Err(error) = self.store.put_wait(self.vendor, stored).await {
            tracing::warn!(error = ?error, "other processes don't know that {} asks for a wait", self.vendor.label());
        }
    }

    /// How long it must be left alone still.
    pub async fn left(&self) -> Option<Span> {
        let own = *self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = own.map_or(Span(0), |own| own.until.since(self.steady.now()));
        let theirs = match self.store.wait(self.vendor).await {
            // Ours doesn't move with the clock, and nobody asks for more than that: what is
            // further off was stored before the clock was put right.
            Ok(Some(until)) if own.is_none_or(|own| own.stored != until) => {
                Some(until.since(self.clock.now())).filter(|left| *left <= LONGEST_WAIT)
            }
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(error = ?error, "nobody knows whether {} asks for a wait", self.vendor.label());
                None
            }
        };
        Some(ours.max(theirs.unwrap_or_default())).filter(|left| *left > Span(0))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        sync::atomic::{AtomicI64, Ordering},
    };

    use async_trait::async_trait;
    use domain::Result;

    use super::*;

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Instant {
            Instant(self.0.load(Ordering::SeqCst))
        }
    }

    #[derive(Default)]
    struct Shelf(Mutex<BTreeMap<&'static str, Instant>>);

    #[async_trait]
    impl WaitStore for Shelf {
        async fn wait(&self, vendor: Vendor) -> Result<Option<Instant>> {
            Ok(self.0.lock().unwrap().get(vendor.label()).copied())
        }

        async fn put_wait(&self, vendor: Vendor, until: Instant) -> Result<()> {
            self.0.lock().unwrap().insert(vendor.label(), until);
            Ok(())
        }
    }

    /// Processes that share a store, on a machine with a clock that is set now and then.
    #[derive(Default)]
    struct Machine {
        shelf: Arc<Shelf>,
        clock: Arc<Hand>,
        steady: Arc<Hand>,
    }

    impl Machine {
        fn process(&self, vendor: Vendor) -> Wait {
            let wait = Wait::new(vendor, self.shelf.clone(), self.clock.clone());
            Wait { steady: self.steady.clone(), ..wait }
        }

        fn set(&self, by: Span) {
            self.clock.0.fetch_add(by.0, Ordering::SeqCst);
        }

        fn pass(&self, span: Span) {
            self.set(span);
            self.steady.0.fetch_add(span.0, Ordering::SeqCst);
        }
    }

    const MINUTE: Span = Span::from_minutes(1);

    #[tokio::test]
    async fn it_holds_in_every_process_until_it_has_passed() {
        let machine = Machine::default();
        let [one, other] = [(); 2].map(|()| machine.process(Vendor::Twilio));
        assert_eq!(one.left().await, None);
        one.told(MINUTE).await;
        one.told(Span::from_seconds(1)).await;
        for wait in [&one, &other, &machine.process(Vendor::Twilio)] {
            assert_eq!(wait.left().await, Some(MINUTE));
        }
        assert_eq!(machine.process(Vendor::Customerio).left().await, None);
        machine.pass(MINUTE);
        assert_eq!((one.left().await, other.left().await), (None, None));
    }

    #[tokio::test]
    async fn a_clock_that_is_set_neither_ends_nor_prolongs_it() {
        let machine = Machine::default();
        let wait = machine.process(Vendor::Twilio);
        wait.told(MINUTE).await;
        for hours in [30, -31, 1] {
            machine.set(Span::from_hours(hours));
            assert_eq!(wait.left().await, Some(MINUTE), "{hours}");
        }
        machine.pass(MINUTE);
        assert_eq!(wait.left().await, None);
        // Whoever knows it from the store only doesn't stay away for hours.
        wait.told(MINUTE).await;
        machine.set(Span::from_hours(-1));
        assert_eq!(machine.process(Vendor::Twilio).left().await, None);
    }
}
