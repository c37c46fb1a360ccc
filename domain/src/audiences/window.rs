//! Windows: how long ago a person did what brought them into an audience.

use serde::{Deserialize, Serialize};

use crate::time::Span;

/// From how long ago to how long ago, as the operator states it of the segment: `4h` is from
/// now to 4 hours ago, `60d-120d` from 60 to 120 days ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Window {
    from: Span,
    to: Span,
}

/// Why a text is no window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a window as one length of time or as two, the shorter first, such as 4h or 60d-120d"
)]
pub struct WindowError;

impl Window {
    /// From `from` ago, nothing for now, to `to` ago.
    pub fn new(from: Span, to: Span) -> Result<Self, WindowError> {
        if from.0 < 0 || from >= to {
            return Err(WindowError);
        }
        Ok(Self { from, to })
    }

    /// Its young end; zero where it begins now.
    #[must_use]
    pub const fn from(self) -> Span {
        self.from
    }

    /// Its old end.
    #[must_use]
    pub const fn to(self) -> Span {
        self.to
    }

    /// How long a person stays in it.
    #[must_use]
    pub const fn length(self) -> Span {
        Span(self.to.0 - self.from.0)
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.from.0 == 0 {
            return self.to.fmt(f);
        }
        write!(f, "{}-{}", self.from, self.to)
    }
}

impl std::str::FromStr for Window {
    type Err = WindowError;
    fn from_str(text: &str) -> Result<Self, WindowError> {
        let span = |text: &str| text.parse::<Span>().map_err(|_| WindowError);
        match text.split_once('-') {
            Some((from, to)) => Self::new(span(from)?, span(to)?),
            None => Self::new(Span::default(), span(text)?),
        }
    }
}

impl TryFrom<String> for Window {
    type Error = WindowError;
    fn try_from(text: String) -> Result<Self, WindowError> {
        text.parse()
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_window_reads_back_what_it_writes(from in 0_i64..10_000, length in 1_i64..10_000) {
            let (from, to) = (Span::from_minutes(from), Span::from_minutes(from + length));
            let window = Window::new(from, to).unwrap();
            prop_assert_eq!(window.to_string().parse(), Ok(window));
            prop_assert_eq!(window.length(), Span::from_minutes(length));
        }
    }

    #[test]
    fn what_ends_before_it_begins_is_none() {
        assert_eq!(
            "60d - 120d".parse(),
            Window::new(Span::from_hours(1_440), Span::from_hours(2_880))
        );
        for text in ["", "4", "-4h", "4h-4h", "120d-60d", "4h-", "-", "1d-2d-3d", "0h-4h"] {
            assert_eq!(text.parse::<Window>(), Err(WindowError), "{text}");
        }
    }
}
