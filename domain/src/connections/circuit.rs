//! A vendor in trouble: when calls stop going out, who tries again and when, and what
//! operators are told.
//!
//! One [`Circuit`] stands before each vendor. While it is closed every call goes. Once it is
//! open nobody's does, but for one at a time that finds out whether the trouble is over. What
//! it knows are outcomes and moments; waiting and sending are `server`'s.

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Span};

/// Failures in a row that open a circuit, of whichever callers. Fewer happen to any vendor,
/// and one mapping's own trouble has the others' answers in between.
pub const IN_A_ROW: u32 = 3;

/// The first wait's upper bound; it doubles with each try.
const BASE: Span = Span::from_seconds(2);

/// No wait is longer while the trouble is young: what is over soon is noticed soon.
const LONGEST_YOUNG: Span = Span::from_seconds(5);

/// How long it is young.
const YOUNG: Span = Span::from_minutes(1);

/// No wait is longer, unless `Retry-After` asks for it.
const LONGEST: Span = Span::from_seconds(10);

/// How often a process tells of an outage that goes on.
pub const TOLD_EVERY: Span = Span::from_seconds(15);

/// What wasn't told for so long isn't believed any more: whoever told it has ended.
pub const BELIEVED_FOR: Span = Span::from_minutes(1);

/// What kind of trouble a vendor is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// It doesn't answer, or with errors of its own: it passes by itself.
    Down,
    /// It refuses our key: somebody must do something.
    KeyRefused,
}

impl Trouble {
    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::KeyRefused => "key_refused",
        }
    }
}

impl std::str::FromStr for Trouble {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "down" => Ok(Self::Down),
            "key_refused" => Ok(Self::KeyRefused),
            _ => Err(format!("no trouble is called {text}")),
        }
    }
}

/// A vendor that can't be used now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Which kind.
    pub trouble: Trouble,
    /// The first failure.
    pub since: Instant,
    /// What the newest try came to.
    pub reason: String,
    /// When the next one may go.
    pub next_try: Instant,
}

/// What a call said about the vendor as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It answered: also that it refuses one event, knows no such segment, or is asked too
    /// often.
    Answers,
    /// No answer, a server's error, somebody else's page.
    Fails {
        /// In words for operators.
        why: String,
        /// It asked for that much time.
        retry_after: Option<Span>,
    },
    /// It doesn't take our key.
    RefusesKey(String),
}

/// Whether a call may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It may.
    Go(Pass),
    /// Not now: it is tried again by itself, see [`Circuit::pause`].
    Wait(String),
    /// Not now, and waiting would change nothing.
    Refused(String),
}

/// The right to make one call: [`Circuit::note`] takes what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pass {
    subject: u64,
    /// It finds out whether the trouble is over.
    pub is_try: bool,
}

/// Until when whoever was told to wait does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Not at all.
    Over,
    /// For so long, unless something changes before.
    For(Span),
    /// Until the try that is under way has ended.
    UntilTried,
}

/// One vendor's, in one process.
#[derive(Clone, Debug, Default)]
pub struct Circuit {
    /// Under which address and key calls go: others are another matter.
    subject: u64,
    /// Failures since the last answer, and the first of them.
    failures: u32,
    failing_since: Option<Instant>,
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    outage: Outage,
    /// Tries that failed since it opened.
    tries: u32,
    /// One is under way.
    is_trying: bool,
    /// What the wait before `next_try` was: more than this is a clock that went back.
    wait: Span,
}

impl Open {
    fn due_in(&self, now: Instant) -> Span {
        let left = self.outage.next_try.since(now);
        if left > self.wait { Span(0) } else { left.max(Span(0)) }
    }

    fn plan(&mut self, now: Instant, jitter: f64, retry_after: Option<Span>) {
        let age = now.since(self.outage.since);
        let wait = wait(self.tries, age, jitter);
        self.wait = retry_after.map_or(wait, |asked| wait.max(asked));
        self.outage.next_try = now.plus(self.wait);
    }
}

impl Circuit {
    /// Whether a call may go, under this address and key.
    pub fn enter(&mut self, subject: u64, now: Instant) -> Entry {
        if subject != self.subject {
            *self = Self { subject, ..Self::default() };
        }
        let Some(open) = &mut self.open else { return Entry::Go(Pass { subject, is_try: false }) };
        if !open.is_trying && open.due_in(now) == Span(0) {
            open.is_trying = true;
            return Entry::Go(Pass { subject, is_try: true });
        }
        let reason = open.outage.reason.clone();
        match open.outage.trouble {
            Trouble::Down => Entry::Wait(reason),
            Trouble::KeyRefused => Entry::Refused(reason),
        }
    }

    /// Takes what became of a call. `jitter` lies in 0..1.
    pub fn note(&mut self, pass: Pass, sign: Sign, now: Instant, jitter: f64) {
        if pass.subject != self.subject {
            return;
        }
        let (trouble, reason, retry_after) = match sign {
            Sign::Answers => {
                *self = Self { subject: self.subject, ..Self::default() };
                return;
            }
            Sign::Fails { why, retry_after } => (Trouble::Down, why, retry_after),
            Sign::RefusesKey(why) => (Trouble::KeyRefused, why, None),
        };
        if let Some(open) = &mut self.open {
            // What was on its way when it opened says nothing new.
            if pass.is_try {
                open.is_trying = false;
                open.tries += 1;
                open.outage.trouble = trouble;
                open.outage.reason = reason;
                open.plan(now, jitter, retry_after);
            }
            return;
        }
        self.failures += 1;
        let since = *self.failing_since.get_or_insert(now);
        if trouble == Trouble::KeyRefused || self.failures >= IN_A_ROW {
            let outage = Outage { trouble, since, reason, next_try: now };
            let mut open = Open { outage, tries: 0, is_trying: false, wait: Span(0) };
            open.plan(now, jitter, retry_after);
            self.open = Some(open);
        }
    }

    /// A call was never made, or nobody will hear what became of it.
    pub fn give_back(&mut self, pass: Pass) {
        match &mut self.open {
            Some(open) if pass.is_try && pass.subject == self.subject => open.is_trying = false,
            _ => {}
        }
    }

    /// Lets the next try go at once.
    pub fn try_now(&mut self, now: Instant) {
        if let Some(open) = &mut self.open {
            open.outage.next_try = open.outage.next_try.min(now);
        }
    }

    /// How long whoever waits does so.
    #[must_use]
    pub fn pause(&self, now: Instant) -> Pause {
        match &self.open {
            Some(open) if open.is_trying => Pause::UntilTried,
            Some(open) if open.due_in(now) > Span(0) => Pause::For(open.due_in(now)),
            _ => Pause::Over,
        }
    }

    /// What operators are told, while it is open.
    #[must_use]
    pub fn outage(&self) -> Option<&Outage> {
        self.open.as_ref().map(|open| &open.outage)
    }
}

/// How long after a failed try the next one may go: drawn from the upper half of a bound that
/// grows. One caller of a process tries for all of them, so half of it is enough to keep
/// processes apart that failed together.
#[expect(clippy::cast_possible_truncation, reason = "at most `LONGEST`")]
#[expect(clippy::cast_precision_loss, reason = "a wait needs no such precision")]
fn wait(tries: u32, age: Span, jitter: f64) -> Span {
    let longest = if age < YOUNG { LONGEST_YOUNG } else { LONGEST };
    let bound = BASE.0.saturating_mul(1 << tries.min(16)).min(longest.0) as f64;
    Span((bound * (0.5 + 0.5 * jitter.clamp(0.0, 1.0))) as i64)
}

#[cfg(test)]
mod tests;
