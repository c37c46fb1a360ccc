//! Budgets: never more than so many in any one second.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Calls that never meet on the other side: evenly spaced, and each with a place that is free
/// again a second after its answer. However long a call is under way, and however late it
/// arrives, no window of a second holds more than the budget.
pub struct EvenPace(Mutex<Option<(i64, Places)>>);

#[derive(Clone)]
struct Places {
    spacing: Arc<DefaultDirectRateLimiter>,
    places: Arc<Semaphore>,
}

/// The right to make one call; dropped with its answer.
pub struct Turn(Option<OwnedSemaphorePermit>);

impl EvenPace {
    /// With the budget that each wait names.
    pub fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Until one more call fits into `per_second`.
    pub async fn wait(&self, per_second: i64) -> Turn {
        let Places { spacing, places } = {
            let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match current.as_ref() {
                Some((rate, places)) if *rate == per_second => places.clone(),
                _ => {
                    let places = Places::new(per_second);
                    *current = Some((per_second, places.clone()));
                    places
                }
            }
        };
        // The semaphore is never closed.
        let place = places.acquire_owned().await.ok();
        spacing.until_ready().await;
        Turn(place)
    }
}

impl Places {
    fn new(per_second: i64) -> Self {
        let rate = u32::try_from(per_second.clamp(1, 100_000)).unwrap_or(1);
        let quota = Quota::with_period(Duration::from_secs(1) / rate)
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
        let spacing = RateLimiter::direct(quota);
        // The first call keeps its distance too: a process before this one may have made its
        // last call just now.
        let _ = spacing.check();
        Self {
            spacing: Arc::new(spacing),
            places: Arc::new(Semaphore::new(usize::try_from(rate).unwrap_or(1))),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let (Some(place), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                tokio::time::sleep(Duration::from_secs(1)).await;
                drop(place);
            });
        }
    }
}

/// A budget of events with a share that only what protects may use.
pub struct EventPace(Mutex<Option<(i64, Arc<Shares>)>>);

struct Shares {
    reserved: Share,
    open: Share,
}

/// A limiter that serves in order: a whole batch must not wait behind ever new small ones.
struct Share {
    limiter: DefaultDirectRateLimiter,
    turn: tokio::sync::Mutex<()>,
}

impl Share {
    fn new(rate: u32) -> Self {
        Self { limiter: RateLimiter::direct(bucket(rate)), turn: tokio::sync::Mutex::new(()) }
    }

    async fn wait(&self, events: NonZeroU32) {
        let _turn = self.turn.lock().await;
        // A batch fits into the bucket: see `bucket`.
        let _ = self.limiter.until_n_ready(events).await;
    }
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
            // Whichever has room first.
            tokio::select! {
                () = shares.open.wait(events) => {}
                () = shares.reserved.wait(events) => {}
            }
        } else {
            shares.open.wait(events).await;
        }
    }
}

impl Shares {
    fn new(per_second: i64) -> Self {
        let rate = u32::try_from(per_second.clamp(1, 1_000_000)).unwrap_or(1);
        let reserved = rate / RESERVED_SHARE;
        Self { reserved: Share::new(reserved), open: Share::new(rate - reserved) }
    }
}

/// So many a second, with room for one whole batch.
fn bucket(rate: u32) -> Quota {
    let batch = u32::try_from(domain::delivery::batch::MOST_EVENTS).unwrap_or(u32::MAX);
    let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
    let burst = NonZeroU32::new(batch).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(rate).allow_burst(burst)
}
