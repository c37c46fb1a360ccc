//! The machine's time, the only place that asks for it.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    delivery::port::Sleep,
    time::{Clock, Instant, Span},
};

/// The real clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> Instant {
        Instant(jiff::Timestamp::now().as_microsecond())
    }
}

#[async_trait]
impl Sleep for SystemClock {
    async fn sleep(&self, span: Span) {
        tokio::time::sleep(duration(span)).await;
    }
}

/// A clock that nobody sets: it counts from its own beginning, for what lasts no longer than
/// the process.
#[derive(Clone, Copy, Debug)]
pub struct SteadyClock(std::time::Instant);

impl SteadyClock {
    /// Begins now.
    #[expect(clippy::new_without_default, reason = "no two are alike")]
    pub fn new() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Instant {
        Instant(i64::try_from(self.0.elapsed().as_micros()).unwrap_or(i64::MAX))
    }
}

/// A span as the standard library has it; nothing if it is negative.
pub fn duration(span: Span) -> Duration {
    Duration::from_micros(u64::try_from(span.0).unwrap_or(0))
}
