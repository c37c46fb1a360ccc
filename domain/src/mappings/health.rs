//! How a mapping fares, from what is known about its runs.

use crate::{
    sync::RunState,
    time::{Instant, Span},
};

use super::Health;

/// What health depends on.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    /// Not paused.
    pub active: bool,
    /// The newest run's state.
    pub last_run: Option<RunState>,
    /// When a run last ended well.
    pub last_done_at: Option<Instant>,
    /// How often it should run.
    pub every: Span,
}

/// A run may take a while: lateness begins at twice the period, and never below this.
const GRACE: Span = Span::from_minutes(2);

/// The worst that applies.
#[must_use]
pub fn health(signs: Signs, now: Instant) -> Health {
    let Signs { active, last_run, last_done_at, every } = signs;
    if !active {
        return Health::Paused;
    }
    match last_run {
        None => Health::New,
        Some(RunState::Failed) => Health::Failing,
        Some(RunState::Waiting) => Health::Waiting,
        Some(state) if state.is_running() => Health::Running,
        Some(_) => {
            let allowed = Span(every.0.saturating_mul(2)).max(GRACE);
            match last_done_at {
                Some(at) if now.since(at) <= allowed => Health::Ok,
                _ => Health::Late,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_that_applies() {
        let now = Instant::from_seconds(10_000);
        let ok = Signs {
            active: true,
            last_run: Some(RunState::Done),
            last_done_at: Some(now.minus(Span::from_minutes(5))),
            every: Span::from_minutes(5),
        };
        let cases = [
            (ok, Health::Ok),
            (Signs { active: false, ..ok }, Health::Paused),
            (Signs { last_run: None, ..ok }, Health::New),
            (Signs { last_run: Some(RunState::Failed), ..ok }, Health::Failing),
            (Signs { last_run: Some(RunState::Delivering), ..ok }, Health::Running),
            (Signs { every: Span::from_minutes(2), ..ok }, Health::Late),
            (Signs { last_done_at: None, ..ok }, Health::Late),
        ];
        for (signs, expected) in cases {
            assert_eq!(health(signs, now), expected, "{signs:?}");
        }
    }
}
