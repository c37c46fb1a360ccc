//! What the charts of a page share: one time axis, the changes marked on it, and a cursor that
//! shows the values of one step in all of them at once.

use domain::{
    monitoring::window::Window,
    time::{Instant, Span},
};
use leptos::prelude::*;

use crate::{browser, format};

/// Gridlines and labels across the axis.
const TICKS: u32 = 4;

/// A window's steps of time, from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis(pub Window);

impl Axis {
    /// How many steps there are.
    pub(super) const fn steps(self) -> u32 {
        self.0.steps
    }

    fn has_days(self) -> bool {
        self.0.step >= Span::from_hours(24)
    }

    /// A step in words: `14:05`, `23 Nov, 14:00`, or its day. Days are those of UTC, as they are
    /// counted.
    #[must_use]
    pub fn words(self, step: u32) -> String {
        let at = self.0.begins(step);
        if self.has_days() {
            return format::utc_day(at);
        }
        let is_short = self.0.until().since(self.0.from) <= Span::from_hours(24);
        if is_short {
            format::clock(at)
        } else {
            format!("{}, {}", format::short_day(at), format::clock(at))
        }
    }

    /// Where labels stand: the steps at which a quarter begins.
    pub(super) fn ticks(self) -> impl Iterator<Item = u32> {
        (0..TICKS).map(move |tick| self.steps() * tick / TICKS)
    }
}

/// A change on the axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// When.
    pub at: Instant,
    /// What, in words.
    pub words: String,
    /// The class that colours it: `flag-late` for what went wrong, else empty.
    pub class: &'static str,
}

/// Which step is looked at, in all charts that are given this.
#[derive(Clone, Copy)]
pub struct Cursor {
    /// The step; nothing while nobody points.
    pub(super) step: RwSignal<Option<u32>>,
    /// Without JavaScript nobody can move it, so nothing says that one can.
    pub(super) awake: RwSignal<bool>,
}

impl Default for Cursor {
    fn default() -> Self {
        let awake = RwSignal::new(false);
        // Effects run in the browser only.
        Effect::new(move |_| awake.set(true));
        Self { step: RwSignal::new(None), awake }
    }
}

impl Cursor {
    /// To where the pointer is.
    pub(super) fn point(self, event: &leptos::web_sys::PointerEvent, steps: u32) {
        if let Some(along) = browser::along(event) {
            self.to(step_at(along, steps));
        }
    }

    /// By the keyboard: a step, ten with Page up and down, to the ends, away.
    pub(super) fn walk(self, event: &leptos::web_sys::KeyboardEvent, steps: u32) {
        let last = steps.saturating_sub(1);
        let at = self.step.get_untracked();
        let next = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => Some(at.map_or(last, |at| at.saturating_sub(1))),
            "ArrowRight" | "ArrowUp" => Some(at.map_or(0, |at| at.saturating_add(1).min(last))),
            "PageDown" => Some(at.map_or(last, |at| at.saturating_sub(10))),
            "PageUp" => Some(at.map_or(0, |at| at.saturating_add(10).min(last))),
            "Home" => Some(0),
            "End" => Some(last),
            "Escape" => None,
            _ => return,
        };
        event.prevent_default();
        self.to(next);
    }

    pub(super) fn to(self, step: Option<u32>) {
        if self.step.get_untracked() != step {
            self.step.set(step);
        }
    }
}

/// The step at a share of the width.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a picture, within its steps"
)]
fn step_at(along: f64, steps: u32) -> Option<u32> {
    let step = (along.clamp(0.0, 1.0) * f64::from(steps)) as u32;
    steps.checked_sub(1).map(|last| step.min(last))
}

#[cfg(test)]
mod tests {
    use domain::monitoring::Level;

    use super::*;

    fn axis(step: Span, steps: u32) -> Axis {
        // 23 Nov 2026, 20:00 UTC.
        Axis(Window {
            level: Level::Minute,
            from: Instant::from_seconds(1_795_464_000),
            step,
            steps,
        })
    }

    #[test]
    fn a_place_in_the_picture_is_a_step() {
        assert_eq!(step_at(0.0, 4), Some(0));
        assert_eq!(step_at(0.49, 4), Some(1));
        assert_eq!(step_at(1.0, 4), Some(3), "its right edge is in the last one");
        assert_eq!(step_at(-3.0, 4), Some(0));
        assert_eq!(step_at(0.5, 0), None);
    }

    #[test]
    fn a_step_is_said_as_finely_as_the_range_needs() {
        let words = |axis: Axis, step| axis.words(step).replace('\u{a0}', " ");
        assert_eq!(words(axis(Span::from_minutes(5), 288), 1), "20:05");
        assert_eq!(words(axis(Span::from_hours(1), 168), 5), "24 Nov, 01:00");
        assert_eq!(words(axis(Span::from_hours(24), 365), 8), "1 Dec 2026");
        let axis = axis(Span::from_hours(1), 168);
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [0, 42, 84, 126]);
        assert_eq!(axis.0.step_of(axis.0.begins(7)), Some(7));
        assert_eq!(axis.0.step_of(axis.0.begins(168)), None);
    }
}
