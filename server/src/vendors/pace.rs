//! Budgets: never more than so many in any one second.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Evenly spaced calls: with no burst, no window of a second holds more than the budget.
pub struct EvenPace(Mutex<Option<(i64, Arc<DefaultDirectRateLimiter>)>>);

/// Calls leave evenly spaced but arrive less so: a little more room between them keeps the
/// other side's count of any one second within the budget.
const ROOM: Duration = Duration::from_millis(3);

impl EvenPace {
    /// With the budget that each wait names.
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Until one more call fits into `per_second`.
    pub async fn wait(&self, per_second: i64) {
        let limiter = {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match current.as_ref() {
                Some((rate, limiter)) if *rate == per_second => limiter.clone(),
                _ => {
                    let limiter = Arc::new(RateLimiter::direct(even(per_second)));
                    *current = Some((per_second, limiter.clone()));
                    limiter
                }
            }
        };
        limiter.until_ready().await;
    }
}

fn even(per_second: i64) -> Quota {
    let rate = u32::try_from(per_second.clamp(1, 100_000)).unwrap_or(1);
    // Above some hundred a second the room would cost more than it saves.
    let room = if rate <= 50 { ROOM } else { Duration::ZERO };
    let period = Duration::from_secs(1) / rate + room;
    Quota::with_period(period).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
}

/// A budget of events with a share that only what protects may use.
pub struct EventPace(Mutex<Option<(i64, Arc<Shares>)>>);

struct Shares {
    reserved: DefaultDirectRateLimiter,
    open: DefaultDirectRateLimiter,
}

/// One event in so many is kept for the lane that goes first.
const RESERVED_SHARE: u32 = 10;

impl EventPace {
    /// With the budget that each wait names.
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Until `events` more fit into `per_second`.
    pub async fn wait(&self, per_second: i64, events: usize, protects: bool) {
        let shares = {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match current.as_ref() {
                Some((rate, shares)) if *rate == per_second => shares.clone(),
                _ => {
                    let shares = Arc::new(Shares::new(per_second));
                    *current = Some((per_second, shares.clone()));
                    shares
                }
            }
        };
        let Some(events) = u32::try_from(events).ok().and_then(NonZeroU32::new) else { return };
        if protects {
            if !matches!(shares.open.check_n(events), Ok(Ok(()))) {
                // A batch fits into the bucket: see `bucket`.
                let _ = shares.reserved.until_n_ready(events).await;
            }
        } else {
            let _ = shares.open.until_n_ready(events).await;
        }
    }
}

impl Shares {
    fn new(per_second: i64) -> Self {
        let rate = u32::try_from(per_second.clamp(1, 1_000_000)).unwrap_or(1);
        let reserved = rate / RESERVED_SHARE;
        Self {
            reserved: RateLimiter::direct(bucket(reserved)),
            open: RateLimiter::direct(bucket(rate - reserved)),
        }
    }
}

/// So many a second, with room for one whole batch.
fn bucket(rate: u32) -> Quota {
    let batch = u32::try_from(domain::delivery::batch::MOST_EVENTS).unwrap_or(u32::MAX);
    let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
    let burst = NonZeroU32::new(batch).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(rate).allow_burst(burst)
}
