//! Chance, for whoever isn't given it: tokens, nonces and ids need the machine's own.

use std::sync::Mutex;

use domain::{delivery::drain::Jitter, ids::Ids, time::Clock};
use rand::{Rng as _, RngCore, SeedableRng as _, rngs::StdRng};
use uuid::Uuid;

/// A generator for secrets, seeded by the machine.
pub fn secure() -> impl RngCore + Send {
    StdRng::from_os_rng()
}

/// New ids (UUIDv7) from a clock and a seed.
pub struct RandomIds {
    clock: std::sync::Arc<dyn Clock>,
    random: Mutex<StdRng>,
}

impl RandomIds {
    /// With the machine's own chance.
    pub fn new(clock: std::sync::Arc<dyn Clock>) -> Self {
        Self { clock, random: Mutex::new(StdRng::from_os_rng()) }
    }
}

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now().0 / 1_000).unwrap_or(0);
        let mut bytes = [0; 10];
        let mut random = self.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        random.fill_bytes(&mut bytes);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

/// Jitter from a seed.
pub struct RandomJitter(Mutex<StdRng>);

impl RandomJitter {
    /// With the machine's own chance.
    pub fn new() -> Self {
        Self(Mutex::new(StdRng::from_os_rng()))
    }
}

impl Default for RandomJitter {
    fn default() -> Self {
        Self::new()
    }
}

impl Jitter for RandomJitter {
    fn next(&self) -> f64 {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).random()
    }
}
