//! Signing in and out.
//!
//! All forms here are plain ones, with and without JavaScript: whoever comes in or leaves
//! gets a new document. What went wrong comes back in the address as one of [`Problem`]'s
//! names, never as a text that somebody else could have written.

pub mod api;
pub mod page;
pub mod trail;

use domain::access::password::Weakness;

/// Why somebody isn't let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Wrong e-mail or password.
    Wrong,
    /// Wrong current password.
    Current,
    /// Too many tries.
    Wait,
    /// The link was used or is too old.
    Link,
    /// The new password is too easily guessed.
    Weak(Weakness),
    /// A failure of ours.
    Broken,
}

impl Problem {
    /// The name in the address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Current => "current",
            Self::Wait => "wait",
            Self::Link => "link",
            Self::Weak(weakness) => weakness.as_str(),
            Self::Broken => "broken",
        }
    }

    /// From the name in the address.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Wrong, Self::Current, Self::Wait, Self::Link, Self::Broken]
            .into_iter()
            .chain(Weakness::ALL.map(Self::Weak))
            .find(|problem| problem.as_str() == name)
    }

    /// What happened.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Wrong => "E-mail or password is wrong",
            Self::Current => "The current password is wrong",
            Self::Wait => "Too many tries",
            Self::Link => "This link doesn't work any more",
            Self::Weak(_) => "This password is too easily guessed",
            Self::Broken => "Segue could not do this",
        }
    }

    /// What to do.
    #[must_use]
    pub fn advice(self) -> String {
        match self {
            Self::Wrong => "Try again, or ask an admin for a new link.".to_owned(),
            Self::Current => "Type the one that you sign in with.".to_owned(),
            Self::Wait => "Wait half a minute and try again.".to_owned(),
            Self::Link => "A link works once, for a day. Ask an admin for another; on the host, \
                `segue user add` prints one."
                .to_owned(),
            Self::Weak(weakness) => format!("It is {weakness}."),
            Self::Broken => "Try again in a moment; the log says more.".to_owned(),
        }
    }
}
