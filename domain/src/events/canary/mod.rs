//! The canary purchaser: a pinned test person of whom Segue keeps a purchase once a day, as if
//! the shop had told it. Whatever holds them then must let them go within its objective, through
//! everything that a real purchaser goes through. One who stays is an alarm.
//!
//! The purchase is Segue's own and goes nowhere: only its exits are sent. When the suppression
//! ends the canary comes back by the next run, and the next round can begin.

#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{
    key::Key,
    time::{Instant, Span},
};

/// How often a canary buys, if it is anywhere.
pub const EVERY: Span = Span::from_hours(24);

/// A canary that has had so much time to come back, and is nowhere, proves nothing any more.
pub const PATIENCE: Span = Span::from_hours(25);

/// A purchase of the canary's, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// When it bought.
    pub began_at: Instant,
    /// By when all must have let it go.
    pub due_at: Instant,
    /// The mappings that held it then.
    pub stood: Vec<Key>,
    /// When it was seen to have left all of them, or its time was up.
    pub ended_at: Option<Instant>,
    /// Those of them that hold it still; once it has ended, those that failed.
    pub there: Vec<Key>,
}

/// What a canary says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Nobody has chosen one.
    None,
    /// No suppression names an event, so nothing makes it leave.
    NoRule,
    /// It hasn't bought yet: it waits until a mapping holds it.
    Waiting,
    /// It has bought, and its time isn't up.
    Leaving,
    /// It left everything in time.
    Left,
    /// Something held it beyond the objective.
    Stayed,
    /// It was nowhere for so long that it proves nothing: see [`PATIENCE`].
    Silent,
}

/// The canary as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Canary {
    /// Customer.io's name of the person, if one is chosen.
    pub cio_id: Option<String>,
    /// Since when.
    pub chosen_at: Option<Instant>,
    /// The event that it does.
    pub event: Option<String>,
    /// Its rounds, the newest first.
    pub rounds: Vec<Round>,
    /// What it says.
    pub word: Word,
}

impl Round {
    /// Whether it left everything in time; nothing before its end.
    #[must_use]
    pub fn has_passed(&self) -> Option<bool> {
        self.ended_at.map(|_| self.there.is_empty())
    }

    /// With what holds it at `now`: ended once nothing does, or its time is up.
    #[must_use]
    pub fn seen(mut self, holding: &[Key], now: Instant) -> Self {
        if self.ended_at.is_some() {
            return self;
        }
        self.there = self.stood.iter().filter(|key| holding.contains(key)).cloned().collect();
        if self.there.is_empty() || now > self.due_at {
            self.ended_at = Some(now);
        }
        self
    }
}

/// What a canary that was chosen at `chosen_at` says by its rounds, the newest first. `held` is
/// how long its event keeps it out; nothing if no suppression names one.
#[must_use]
pub fn word(
    chosen_at: Option<Instant>,
    held: Option<Span>,
    rounds: &[Round],
    now: Instant,
) -> Word {
    let Some(chosen_at) = chosen_at else { return Word::None };
    let Some(held) = held else { return Word::NoRule };
    let newest = rounds.first();
    let back_at = newest.map_or(chosen_at, |round| round.began_at.plus(held.max(EVERY)));
    match newest.map(Round::has_passed) {
        Some(Some(false)) => Word::Stayed,
        Some(None) => Word::Leaving,
        _ if now.since(back_at) > PATIENCE => Word::Silent,
        Some(Some(true)) => Word::Left,
        None => Word::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    fn keys(names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn round() -> Round {
        let stood = keys(&["carts-meta", "vip-meta"]);
        Round {
            began_at: Instant(0),
            due_at: Instant(100),
            there: stood.clone(),
            stood,
            ended_at: None,
        }
    }

    #[test]
    fn a_round_ends_when_nothing_holds_it_or_its_time_is_up() {
        let still = round().seen(&keys(&["vip-meta", "other"]), Instant(100));
        assert_eq!((still.has_passed(), &*still.there), (None, &*keys(&["vip-meta"])));
        let left = still.clone().seen(&keys(&["other"]), Instant(100));
        assert_eq!((left.has_passed(), left.ended_at), (Some(true), Some(Instant(100))));
        let stayed = still.seen(&keys(&["vip-meta"]), Instant(101));
        assert_eq!(stayed.has_passed(), Some(false));
        // What it said stays said, whatever comes later.
        assert_eq!(stayed.clone().seen(&[], Instant(102)), stayed);
        assert_eq!(left.clone().seen(&keys(&["carts-meta"]), Instant(102)), left);
    }

    #[test]
    fn a_canary_says_how_its_newest_round_went() {
        let (now, since) = (Instant(10), Some(Instant(0)));
        let (day, week) = (Some(EVERY), Some(Span(7 * EVERY.0)));
        let left = round().seen(&[], Instant(50));
        let stayed = round().seen(&keys(&["vip-meta"]), Instant(101));
        let say = |rounds: &[Round], now| word(since, day, rounds, now);
        assert_eq!(word(None, day, &[], now), Word::None);
        assert_eq!(word(since, None, from_ref(&left), now), Word::NoRule);
        assert_eq!(say(&[], now), Word::Waiting);
        assert_eq!(say(&[round(), stayed.clone()], now), Word::Leaving);
        assert_eq!(say(&[left.clone(), stayed.clone()], now), Word::Left);
        assert_eq!(say(&[stayed.clone(), left.clone()], now), Word::Stayed);
        let late = Instant(0).plus(EVERY).plus(PATIENCE).plus(Span(1));
        assert_eq!(say(from_ref(&left), late), Word::Silent);
        assert_eq!(word(since, week, &[left], late), Word::Left, "it is kept out for a week");
        assert_eq!(say(&[], late), Word::Silent);
        assert_eq!(say(&[stayed], late), Word::Stayed, "an alarm stands until the next round");
    }
}
