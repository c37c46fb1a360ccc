//! Notices: what waits for somebody's decision is told to a webhook, such as Slack's.
//!
//! A thing is told once for each time that it begins to wait, whoever looks at it in between;
//! what isn't taken is tried again, ever more seldom, as long as it waits. A new kind of thing
//! that waits is a method of [`service::NoticeService`] and a line in its `waiting`.

#[cfg(feature = "service")]
pub mod message;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::time::{Instant, Span};

/// Under which name the address is stored.
pub const WEBHOOK: &str = "notices.webhook";

/// And what messages are signed with.
pub const SIGNING_KEY: &str = "notices.signing_key";

/// First wait after a webhook didn't take a notice; each further one is twice as long.
const FIRST_WAIT: Span = Span::from_seconds(15);

/// No wait is longer.
const LONGEST_WAIT: Span = Span::from_hours(1);

/// Whether messages may go there: encrypted, or to this machine.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let rest = |scheme: &str| text.strip_prefix(scheme).filter(|rest| !rest.is_empty());
    // Whoever stands before an @ is no host, whatever it looks like.
    let authority = |rest: &str| {
        let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default().to_owned();
        Some(authority).filter(|authority| !authority.is_empty() && !authority.contains('@'))
    };
    let is_local = |authority: String| {
        let (host, port) = match authority.strip_prefix("[::1]") {
            Some(port) => ("[::1]", port),
            None => authority.find(':').map_or((&*authority, ""), |at| authority.split_at(at)),
        };
        let is_port = port.is_empty()
            || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
        is_port && matches!(host, "127.0.0.1" | "localhost" | "[::1]")
    };
    rest("https://").and_then(authority).is_some()
        || rest("http://").and_then(authority).is_some_and(is_local)
}

/// Something that waits for a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is, the same as long as it waits, such as `change 0193…`.
    pub subject: String,
    /// What is to be decided, in a sentence.
    pub words: String,
    /// Where, such as `/approvals`.
    pub page: String,
}

/// A notice, and whether it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What waits.
    pub notice: Notice,
    /// Since when.
    pub since: Instant,
    /// When the webhook took it.
    pub told_at: Option<Instant>,
    /// When it ceased to wait.
    pub ended_at: Option<Instant>,
    /// When it was tried last.
    pub tried_at: Option<Instant>,
    /// How often the webhook didn't take it.
    pub failures: u32,
    /// Why not, the last time.
    pub failure: Option<String>,
}

impl Told {
    /// When it is tried next; nothing if it needn't be.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        if self.told_at.is_some() || self.ended_at.is_some() {
            return None;
        }
        let Some(tried) = self.tried_at else { return Some(self.since) };
        let doublings = self.failures.saturating_sub(1).min(20);
        let wait = FIRST_WAIT.0.saturating_mul(1 << doublings).min(LONGEST_WAIT.0);
        Some(tried.plus(Span(wait)))
    }

    /// Whether it is time to try it.
    #[must_use]
    pub fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }
}

/// Where notices go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether a webhook is entered, and can be read here.
    pub has_webhook: bool,
    /// Whether what is sent there is signed.
    pub is_signed: bool,
}

/// What the page of notices shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesView {
    /// Where they go.
    pub standing: Standing,
    /// The newest, the latest first.
    pub notices: Vec<Told>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_leave_this_machine_encrypted_only() {
        for good in [
            "https://hooks.slack.com/services/T/B/x",
            "http://127.0.0.1:9/x",
            "http://[::1]:9",
            "http://[::1]/",
            "http://localhost",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "https://",
            "http://example.com",
            "http://localhost.example.com",
            "ftp://x",
            "hooks.slack.com",
            "http://127.0.0.1@example.com/",
            "http://127.0.0.1:80@example.com/x",
            "https://a@example.com/",
            "http://127.0.0.1:x/",
            "http://[::1]x/",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_not_taken_is_tried_ever_more_seldom_as_long_as_it_waits() {
        let notice = Notice { subject: String::new(), words: String::new(), page: String::new() };
        let fresh = Told {
            notice,
            since: Instant(5),
            told_at: None,
            ended_at: None,
            tried_at: None,
            failures: 0,
            failure: None,
        };
        assert_eq!(fresh.due(), Some(Instant(5)));
        let waits = |failures| {
            let tried = Told { tried_at: Some(Instant(9)), failures, ..fresh.clone() };
            tried.due().unwrap().since(Instant(9))
        };
        assert_eq!([waits(1), waits(2), waits(3)], [15, 30, 60].map(Span::from_seconds));
        assert_eq!([waits(9), waits(u32::MAX)], [LONGEST_WAIT; 2]);
        assert_eq!(Told { told_at: Some(Instant(6)), ..fresh.clone() }.due(), None);
        assert_eq!(Told { ended_at: Some(Instant(6)), ..fresh }.due(), None);
    }
}
