//! What comes in and goes out, as it happens, for whoever watches.
//!
//! Nothing here is the record: that is the ledger and the audit trail. What nobody watches is
//! forgotten, and a reader who is slow misses some and is told how many. Where there are several
//! processes, each tells what it has taken in and sent itself.

use serde::{Deserialize, Serialize};

use crate::{key::Key, time::Instant};

/// Something that came in or went out just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Counted from 1 since the process began.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// The event's name as it came, or as it went.
    pub name: String,
    /// Whom it names, as it names them.
    pub people: Vec<String>,
    /// Where it went; nothing for what came in.
    pub destination: Option<Key>,
    /// What became of it.
    pub verdict: Verdict,
    /// What is to be said of that: its canonical name, or what is wrong.
    pub note: String,
    /// All of it: JSON.
    pub body: String,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It came in, and nothing is agreed on about it.
    Taken,
    /// It came in as agreed.
    Agreed,
    /// It came in as agreed, under another name.
    Renamed,
    /// It came in, and isn't as agreed.
    Quarantined,
    /// It went out, and Segment has it.
    Sent,
    /// It went out, and Segment won't have it.
    Refused,
}

impl Verdict {
    /// All of them, as pickers show them.
    pub const ALL: [Self; 6] =
        [Self::Taken, Self::Agreed, Self::Renamed, Self::Quarantined, Self::Sent, Self::Refused];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Agreed => "agreed",
            Self::Renamed => "renamed",
            Self::Quarantined => "quarantined",
            Self::Sent => "sent",
            Self::Refused => "refused",
        }
    }
}

/// Which frames somebody wants; what is empty doesn't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// A part of a name of a person's, in any case.
    #[serde(default)]
    pub person: String,
    /// A part of the event's name, in any case.
    #[serde(default)]
    pub name: String,
    /// A verdict's fixed name.
    #[serde(default)]
    pub verdict: String,
    /// A destination's key.
    #[serde(default)]
    pub destination: String,
}

impl Filter {
    /// Whether they want this one.
    #[must_use]
    pub fn wants(&self, frame: &Frame) -> bool {
        let has = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        let (person, name) = (self.person.trim(), self.name.trim());
        (person.is_empty() || frame.people.iter().any(|one| has(one, person)))
            && (name.is_empty() || has(&frame.name, name))
            && (self.verdict.is_empty() || frame.verdict.as_str() == self.verdict)
            && (self.destination.is_empty()
                || frame.destination.as_ref().map(Key::as_str) == Some(&*self.destination))
    }

    /// Whether everything is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Some frames for somebody who watches, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frames {
    /// The frames.
    pub frames: Vec<Frame>,
    /// So many were told meanwhile and are gone: more came than can be shown.
    pub missed: u64,
}

/// Tells frames to whoever watches. It never waits.
#[cfg(feature = "service")]
pub trait Live: Send + Sync {
    /// Whether somebody watches: less of what goes out is told otherwise.
    fn is_watched(&self) -> bool;

    /// Tells one; its number is given here.
    fn tell(&self, frame: Frame);

    /// So many more happened and aren't told.
    fn miss(&self, frames: u64);

    /// The newest that are still known, the oldest first.
    fn recent(&self, filter: &Filter) -> Vec<Frame>;
}

/// Nobody watches.
#[cfg(all(test, feature = "service"))]
pub struct Unwatched;

#[cfg(all(test, feature = "service"))]
impl Live for Unwatched {
    fn is_watched(&self) -> bool {
        false
    }

    fn tell(&self, _: Frame) {}

    fn miss(&self, _: u64) {}

    fn recent(&self, _: &Filter) -> Vec<Frame> {
        Vec::new()
    }
}

#[cfg(feature = "service")]
mod frames {
    use serde::Deserialize;

    use super::{Frame, Verdict};
    use crate::{
        delivery::batch::Rendered,
        events::{Origin, port::NewEvent},
        key::Key,
        people::Ordinal,
        time::Instant,
    };

    /// What is said of an event that goes nowhere.
    const STOPPED: &str = "it goes nowhere: the contract has stopped it";

    /// So many of one request are told to whoever watches.
    pub const MOST: usize = 100;

    /// And so many to whoever may open the page later: reading messages takes time.
    pub const FEW: usize = 3;

    impl Frame {
        /// What has come in.
        #[must_use]
        pub fn taken(event: &NewEvent) -> Self {
            let (verdict, note) = match (&event.violation, &event.sent_as) {
                (Some(violation), _) => (Verdict::Quarantined, violation.to_string()),
                (None, Some(_)) => (Verdict::Renamed, event.name.clone()),
                (None, None) if event.checked_by > 0 => {
                    let is_stopped = event.origin == Origin::Source && !event.is_forwarded;
                    (Verdict::Agreed, if is_stopped { STOPPED } else { "" }.to_owned())
                }
                (None, None) => (Verdict::Taken, String::new()),
            };
            Self {
                number: 0,
                at: event.received_at,
                name: event.sent_as.as_ref().unwrap_or(&event.name).clone(),
                people: event.names.iter().map(|name| name.text.clone()).collect(),
                destination: None,
                verdict,
                note,
                body: event.body.clone(),
            }
        }

        /// What has gone out, of one request.
        pub fn gone<'a>(
            request: &'a [Rendered],
            dead: &'a [(Ordinal, String)],
            destination: &'a Key,
            at: Instant,
        ) -> impl Iterator<Item = Self> + 'a {
            request.iter().map(move |one| {
                let refusal = dead.iter().find(|(ordinal, _)| *ordinal == one.ordinal);
                let said: Vec<Said> = one
                    .messages
                    .iter()
                    .filter_map(|text| serde_json::from_str(text).ok())
                    .collect();
                let name = said.iter().find_map(|said| said.event.clone());
                let mut people: Vec<String> = said.into_iter().flat_map(Said::people).collect();
                people.sort();
                people.dedup();
                Self {
                    number: 0,
                    at,
                    name: name.unwrap_or_else(|| "identify".to_owned()),
                    people,
                    destination: Some(destination.clone()),
                    verdict: if refusal.is_some() { Verdict::Refused } else { Verdict::Sent },
                    note: refusal.map(|(_, why)| why.clone()).unwrap_or_default(),
                    body: match &*one.messages {
                        [message] => message.clone(),
                        messages => format!("[{}]", messages.join(",")),
                    },
                }
            })
        }
    }

    /// What a message says of itself.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Said {
        event: Option<String>,
        user_id: Option<String>,
        #[serde(default)]
        traits: Traits,
        #[serde(default)]
        context: Context,
    }

    #[derive(Default, Deserialize)]
    struct Context {
        #[serde(default)]
        traits: Traits,
    }

    #[derive(Default, Deserialize)]
    struct Traits {
        email: Option<String>,
    }

    impl Said {
        fn people(self) -> impl Iterator<Item = String> {
            [self.user_id, self.traits.email, self.context.traits.email].into_iter().flatten()
        }
    }
}
#[cfg(feature = "service")]
pub use frames::{FEW, MOST};

#[cfg(all(test, feature = "service"))]
mod tests {
    use super::*;
    use crate::{
        contract::Violation,
        delivery::batch::Rendered,
        events::{Origin, port::NewEvent},
        suppression::listing::{Name, NameKind},
    };

    fn event() -> NewEvent {
        NewEvent {
            origin: Origin::Source,
            number: "m-1".to_owned(),
            name: "Order Completed".to_owned(),
            names: vec![Name { kind: NameKind::Email, text: "ada@example.com".to_owned() }],
            former: Vec::new(),
            sent_as: None,
            also_known_as: Vec::new(),
            violation: None,
            checked_by: 0,
            at: Instant(1),
            received_at: Instant(2),
            said: None,
            body: "{}".to_owned(),
            is_forwarded: true,
            echoes: Vec::new(),
        }
    }

    #[test]
    fn a_frame_says_what_became_of_an_event() {
        let taken = |event: NewEvent| {
            let frame = Frame::taken(&event);
            (frame.verdict, frame.name, frame.note)
        };
        let name = || "Order Completed".to_owned();
        assert_eq!(taken(event()), (Verdict::Taken, name(), String::new()));
        let agreed = NewEvent { checked_by: 1, ..event() };
        assert_eq!(taken(agreed.clone()), (Verdict::Agreed, name(), String::new()));
        let stopped = NewEvent { is_forwarded: false, ..agreed.clone() };
        assert!(taken(stopped).2.contains("nowhere"));
        let renamed = NewEvent { sent_as: Some("Purchase".to_owned()), ..agreed.clone() };
        assert_eq!(taken(renamed), (Verdict::Renamed, "Purchase".to_owned(), name()));
        let violation = Violation {
            path: "total".to_owned(),
            expected: "number".to_owned(),
            found: "text".to_owned(),
        };
        let wrong = NewEvent { violation: Some(violation), ..agreed };
        let note = "total: expected number, found text".to_owned();
        assert_eq!(taken(wrong), (Verdict::Quarantined, name(), note));
    }

    #[test]
    fn a_request_is_told_by_person_with_whom_it_names() {
        let message = r#"{"event":"Audience Exited","userId":"u-1","context":{"traits":{"email":"ada@example.com"}}}"#;
        let request: Vec<Rendered> = (0..3)
            .map(|ordinal| Rendered {
                ordinal,
                messages: vec![r#"{"userId":"u-1","traits":{}}"#.to_owned(), message.to_owned()],
                left_out: Vec::new(),
            })
            .collect();
        let (dead, meta) = ([(1, "too large".to_owned())], "meta".parse().unwrap());
        let frames: Vec<Frame> = Frame::gone(&request, &dead, &meta, Instant(9)).collect();
        assert_eq!(frames.len(), 3);
        assert_eq!(frames[0].name, "Audience Exited");
        assert_eq!(frames[0].people, ["ada@example.com", "u-1"]);
        assert!(frames[0].body.starts_with("[{") && frames[0].body.ends_with("}]"));
        let verdicts = [0, 1, 2].map(|place| frames[place].verdict);
        assert_eq!(verdicts, [Verdict::Sent, Verdict::Refused, Verdict::Sent]);
        assert_eq!(frames[1].note, "too large");
    }

    #[test]
    fn a_filter_wants_what_has_all_of_it() {
        let frame = Frame { destination: Some("meta".parse().unwrap()), ..Frame::taken(&event()) };
        let filter = |person: &str, name: &str, verdict: &str, destination: &str| Filter {
            person: person.to_owned(),
            name: name.to_owned(),
            verdict: verdict.to_owned(),
            destination: destination.to_owned(),
        };
        for wanted in [
            filter("", "", "", ""),
            filter(" ADA@", "", "", ""),
            filter("", "order", "", ""),
            filter("ada", "completed", "taken", "meta"),
        ] {
            assert!(wanted.wants(&frame), "{wanted:?}");
        }
        for unwanted in [
            filter("bob", "", "", ""),
            filter("", "cart", "", ""),
            filter("", "", "sent", ""),
            filter("", "", "", "met"),
            filter("ada", "cart", "", ""),
        ] {
            assert!(!unwanted.wants(&frame), "{unwanted:?}");
        }
    }
}
