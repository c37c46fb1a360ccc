//! The demo's own: breaking the vendors' stand-ins for a while, to watch Segue recover.
//!
//! Only `segue demo` provides [`Breakable`]; nothing here can reach a real vendor. To add a
//! breakage: a variant, its words in `app`, its fault in `server/src/sandbox/breakage.rs`.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// How long a breakage lasts, unless it is ended before.
pub const LASTS: Span = Span::from_seconds(30);

/// What can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breakage {
    /// Segment answers 503 and takes nothing.
    SegmentDown,
    /// Segment takes every batch, and the answer is lost.
    SegmentAnswersLost,
    /// Segment answers late.
    SegmentSlow,
    /// Segment resets every connection.
    SegmentResets,
    /// Segment answers 429 and says when to come back.
    SegmentLimits,
    /// Segment's Public API answers 503: nobody sees what arrived.
    SegmentBlind,
    /// Customer.io answers 503.
    CustomerioDown,
    /// Customer.io answers late.
    CustomerioSlow,
    /// Customer.io answers 429 and says when to come back.
    CustomerioLimits,
}

impl Breakage {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 9] = [
        Self::SegmentDown,
        Self::SegmentAnswersLost,
        Self::SegmentSlow,
        Self::SegmentResets,
        Self::SegmentLimits,
        Self::SegmentBlind,
        Self::CustomerioDown,
        Self::CustomerioSlow,
        Self::CustomerioLimits,
    ];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SegmentDown => "segment-down",
            Self::SegmentAnswersLost => "segment-answers-lost",
            Self::SegmentSlow => "segment-slow",
            Self::SegmentResets => "segment-resets",
            Self::SegmentLimits => "segment-limits",
            Self::SegmentBlind => "segment-blind",
            Self::CustomerioDown => "customerio-down",
            Self::CustomerioSlow => "customerio-slow",
            Self::CustomerioLimits => "customerio-limits",
        }
    }
}

impl std::str::FromStr for Breakage {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|one| one.as_str() == text)
            .ok_or_else(|| format!("nothing here breaks by the name {text}"))
    }
}

/// Something that is broken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// What.
    pub what: Breakage,
    /// For how long still.
    pub left: Span,
}

/// Stand-ins that can be broken.
pub trait Breakable: Send + Sync {
    /// Breaks something for [`LASTS`].
    fn break_for_a_while(&self, what: Breakage);

    /// What is broken now, each once.
    fn broken(&self) -> Vec<Broken>;

    /// Mends everything.
    fn mend(&self);
}
