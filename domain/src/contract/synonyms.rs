//! Synonyms: events that come in under a name of their own and are one of the contract's.
//!
//! A name is held against the names of the contract's events in steps, and the first step that
//! finds one event decides; one that finds several proposes none. The steps are: the same
//! letters, the same words, the same meaning by the vendors' names (`CONCEPTS`), and the same
//! properties. Whatever they find, a name whose verbs speak against it is never proposed: the
//! worst is a refund that counts as a purchase. What is proposed is for people to decide on.
//!
//! A further vendor is a [`Vendor`] and its names in `CONCEPTS` of `table.rs`. A further verb, or one of
//! another language, is a stem in `UNDOES`, `DOES` or `TELLS`.

mod name;
pub mod standard;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use self::name::{Name, join, split};
use super::{Contract, Event};
use crate::time::Instant;

/// Properties alone say something from so many common ones on.
const FEWEST_COMMON: usize = 5;

/// And if they are so much of those on either side, in percent.
const LEAST_SHARE: usize = 80;

/// And if the next event is less alike by so much, in percent.
const CLEAR_BY: usize = 10;

/// A name of more words is only compared by its letters.
const MOST_WORDS: usize = 12;

/// An event that came in, under its own name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The name.
    pub name: String,
    /// The names of the properties that came with it.
    pub properties: BTreeSet<String>,
    /// How often it came.
    pub events: u64,
}

/// The names under which events came in lately.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// From when on.
    pub since: Instant,
    /// How many events were looked at.
    pub events: u64,
    /// Whether those were all.
    pub is_all: bool,
    /// Names that should be aliases.
    pub synonyms: Vec<Synonym>,
    /// Events that come in under several names.
    pub spellings: Vec<Inconsistency>,
    /// Names that are nothing in the contract, the most frequent first.
    pub unknown: Vec<Seen>,
}

/// A name that should be an alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synonym {
    /// The name, as it came in.
    pub name: String,
    /// The event of the contract that it stands for.
    pub canonical: String,
    /// How often it came.
    pub events: u64,
    /// Why, the strongest first.
    pub reasons: Vec<Reason>,
}

/// Why a name stands for an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is a name of that event, in another case, order, form of the verb or version.
    SameWords {
        /// The name of that event.
        name: String,
    },
    /// Vendors mean by it what they, or others, mean by a name of that event.
    SameMeaning {
        /// The words of the one.
        says: String,
        /// The words of the other.
        means: String,
        /// Whose names these are.
        vendors: BTreeSet<Vendor>,
    },
    /// It says what that event says.
    SameShape {
        /// That event.
        canonical: String,
        /// So many of its properties are those of that event.
        common: usize,
        /// It has so many.
        of: usize,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameWords { name } => write!(f, "the same words as {name}, written otherwise"),
            Self::SameMeaning { says, means, vendors } => {
                let names: Vec<String> =
                    vendors.iter().map(|it| format!("{}'s", it.words())).collect();
                let names = match names.split_last() {
                    Some((last, others)) if !others.is_empty() => {
                        format!("{} and {last}", others.join(", "))
                    }
                    _ => names.concat(),
                };
                write!(f, "\"{says}\" means \"{means}\" in {names} names")
            }
            Self::SameShape { canonical, common, of } => {
                write!(f, "{common} of {of} properties are those of {canonical}")
            }
        }
    }
}

/// Who gave standard events their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Customer.io's ecommerce events, which are Segment's: docs.customer.io, Pipelines API.
    CustomerIo,
    /// Google Analytics' recommended events: developers.google.com/analytics, reference/events.
    Ga4,
    /// Meta's standard events: developers.facebook.com/docs/meta-pixel/reference.
    Meta,
    /// Segment's specification: segment.com/docs/connections/spec, ecommerce/v2 and b2b-saas.
    Twilio,
    /// Shopify's standard events: shopify.dev/docs/api/web-pixels-api/standard-events.
    Shopify,
    /// TikTok's standard events: ads.tiktok.com/help/article/supported-standard-events.
    TikTok,
}

use Vendor::{CustomerIo, Ga4, Meta, Shopify, TikTok, Twilio};

impl Vendor {
    /// What people call it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            CustomerIo => "Customer.io",
            Ga4 => "GA4",
            Meta => "Meta",
            Twilio => "Segment",
            Shopify => "Shopify",
            TikTok => "TikTok",
        }
    }
}

/// An event of the contract, made ready.
struct Known<'a> {
    canonical: Name<'a>,
    aliases: Vec<Name<'a>>,
    properties: BTreeSet<String>,
}

impl<'a> Known<'a> {
    fn names(&self) -> impl Iterator<Item = &Name<'a>> {
        std::iter::once(&self.canonical).chain(&self.aliases)
    }

    /// The first of its names of which this is so, and that nothing speaks against.
    fn matched(&self, seen: &Name<'_>, same: Step) -> Option<&Name<'a>> {
        // What is written with the same letters can't mean another thing.
        let is_it = seen.has_letters(&self.canonical);
        let speaks_against = !is_it && seen.marks.oppose(&self.canonical.marks);
        self.names().find(|name| same(seen, name)).filter(|_| !speaks_against)
    }

    /// How many of these are its properties, and how alike they are in percent.
    fn likeness(&self, properties: &BTreeSet<String>) -> (usize, usize) {
        let common = self.properties.intersection(properties).count();
        let all = self.properties.union(properties).count();
        (common, common * 100 / all.max(1))
    }
}

type Step = fn(&Name<'_>, &Name<'_>) -> bool;

/// By what names are the same, the surest first.
const STEPS: [Step; 3] = [
    |one, other| one.has_letters(other),
    |one, other| one.is(other),
    |one, other| one.means(other),
];

/// What the names that came in and aren't in the contract stand for, the most frequent first.
#[must_use]
pub fn synonyms(contract: &Contract, seen: &[Seen]) -> Vec<Synonym> {
    let events: Vec<Known<'_>> =
        contract.events.iter().map(|(name, event)| known(name, event)).collect();
    let mut found: Vec<Synonym> = merged(seen)
        .into_values()
        .filter(|seen| contract.canonical(&seen.name).is_none())
        .filter_map(|seen| synonym(&seen, &events))
        .collect();
    found.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
    found
}

fn known<'a>(name: &'a str, event: &'a Event) -> Known<'a> {
    let read = |name: &'a str| Name::read(name).with_meaning();
    Known {
        canonical: read(name),
        aliases: event.aliases.iter().map(|alias| read(alias)).collect(),
        properties: event.properties.keys().map(|name| join(&split(name))).collect(),
    }
}

/// Each name once.
fn merged(seen: &[Seen]) -> BTreeMap<&str, Seen> {
    let mut all: BTreeMap<&str, Seen> = BTreeMap::new();
    for one in seen {
        let into = all.entry(&one.name).or_default();
        into.name.clone_from(&one.name);
        into.events = into.events.saturating_add(one.events);
        into.properties.extend(one.properties.iter().cloned());
    }
    all
}

fn synonym(seen: &Seen, events: &[Known<'_>]) -> Option<Synonym> {
    let name = Name::read(&seen.name).with_meaning();
    let properties = seen.properties.iter().map(|name| join(&split(name))).collect();
    let mut reasons = Vec::new();
    let event = match by_name(&name, events) {
        Named::One(event, reason) => {
            reasons.push(reason);
            event
        }
        Named::None => by_shape(&name, &properties, events)?,
        Named::Several => return None,
    };
    let (common, _) = event.likeness(&properties);
    if common > 1 && common * 2 >= properties.len() {
        let canonical = event.canonical.written.to_owned();
        reasons.push(Reason::SameShape { canonical, common, of: properties.len() });
    }
    let canonical = event.canonical.written.to_owned();
    Some(Synonym { name: seen.name.clone(), canonical, events: seen.events, reasons })
}

/// Events that a name leads to.
enum Named<'a, 'b> {
    None,
    One(&'b Known<'a>, Reason),
    Several,
}

fn by_name<'a, 'b>(seen: &Name<'_>, events: &'b [Known<'a>]) -> Named<'a, 'b> {
    for same in STEPS {
        let mut found = events
            .iter()
            .filter_map(|event| event.matched(seen, same).map(|name| (event, reason(seen, name))));
        match (found.next(), found.next()) {
            (Some((event, reason)), None) => return Named::One(event, reason),
            (Some(_), Some(_)) => return Named::Several,
            (None, _) => {}
        }
    }
    Named::None
}

fn reason(seen: &Name<'_>, name: &Name<'_>) -> Reason {
    if seen.is(name) {
        return Reason::SameWords { name: name.written.to_owned() };
    }
    let (says, means) = (seen.words.join(" "), name.words.join(" "));
    Reason::SameMeaning { says, means, vendors: seen.vendors().chain(name.vendors()).collect() }
}

/// The event that these properties are clearly those of, among those with the verb of the name.
fn by_shape<'a, 'b>(
    seen: &Name<'_>,
    properties: &BTreeSet<String>,
    events: &'b [Known<'a>],
) -> Option<&'b Known<'a>> {
    let is_else = |event: &Known<'_>| {
        let concept = seen.concept();
        concept.is_some() && event.canonical.concept().is_some_and(|it| Some(it) != concept)
    };
    let may_be = |event: &&Known<'_>| {
        !seen.marks.oppose(&event.canonical.marks)
            && event.names().any(|name| seen.marks.agree(&name.marks))
            && !is_else(event)
    };
    // Where words run into one another, a "not" among them goes unseen.
    if seen.words.len() < 2 {
        return None;
    }
    let mut alike: Vec<_> =
        events.iter().filter(may_be).map(|event| (event.likeness(properties), event)).collect();
    alike.sort_by_key(|((_, percent), _)| std::cmp::Reverse(*percent));
    let mut alike = alike.into_iter();
    let ((common, percent), event) = alike.next()?;
    let next = alike.next().map_or(0, |((_, percent), _)| percent);
    let most_of = |all: usize| common * 100 >= LEAST_SHARE * all;
    let strong =
        common >= FEWEST_COMMON && most_of(properties.len()) && most_of(event.properties.len());
    (strong && percent >= next + CLEAR_BY).then_some(event)
}

/// One event of the contract, and the several names under which it comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inconsistency {
    /// The event.
    pub canonical: String,
    /// The names that came in for it, the most frequent first.
    pub spellings: Vec<Spelling>,
}

/// A name under which an event comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spelling {
    /// The name.
    pub name: String,
    /// How often it came.
    pub events: u64,
    /// What the contract says of it.
    pub standing: Standing,
}

/// What the contract says of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is the event's own.
    Canonical,
    /// It is renamed.
    Alias,
    /// Nothing, though it should be an alias: see [`Synonym`].
    Proposed,
}

/// The events of the contract that come in under more than one name, in the order of theirs.
#[must_use]
pub fn inconsistent(contract: &Contract, seen: &[Seen]) -> Vec<Inconsistency> {
    let mut all: BTreeMap<String, Vec<Spelling>> = BTreeMap::new();
    for Seen { name, events, .. } in merged(seen).into_values() {
        let Some(canonical) = contract.canonical(&name).map(str::to_owned) else { continue };
        let standing = if canonical == name { Standing::Canonical } else { Standing::Alias };
        all.entry(canonical).or_default().push(Spelling { name, events, standing });
    }
    for Synonym { name, canonical, events, .. } in synonyms(contract, seen) {
        let standing = Standing::Proposed;
        all.entry(canonical).or_default().push(Spelling { name, events, standing });
    }
    all.retain(|_, spellings| spellings.len() > 1);
    let sorted = all.into_iter().map(|(canonical, mut spellings)| {
        spellings.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
        Inconsistency { canonical, spellings }
    });
    sorted.collect()
}

#[cfg(test)]
mod tests;
