//! How much may go to a destination: what nobody needs there costs money, and says more of people
//! than it must.
//!
//! Nothing is limited by itself. A mapping that would bring one audience too many is kept from
//! starting by a gate; a change of the contract after which a destination reads more than it may
//! is approved with a reason only.

use serde::{Deserialize, Serialize};

use crate::contract::{Event, notation};

/// The most of each that may go there; nothing where nobody has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Audiences, by mappings that are active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audiences: Option<u32>,
    /// Events that it reads by the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<u32>,
    /// Properties of all those events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<u32>,
}

/// How many of these events go somewhere, and all of their properties.
#[must_use]
pub fn exported<'a>(events: impl IntoIterator<Item = &'a Event>) -> (u64, u64) {
    let going = events.into_iter().filter(|event| !event.is_stopped);
    going.fold((0, 0), |(events, properties), event| {
        (events + 1, properties + notation::paths(&event.properties).len() as u64)
    })
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Budgeted {
    /// Audiences.
    Audiences,
    /// Events.
    Events,
    /// Properties.
    Properties,
}

impl Budgeted {
    /// All of them, as forms show them.
    pub const ALL: [Self; 3] = [Self::Audiences, Self::Events, Self::Properties];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audiences => "audiences",
            Self::Events => "events",
            Self::Properties => "properties",
        }
    }
}

impl Budget {
    /// The most of one thing.
    #[must_use]
    pub const fn most(&self, of: Budgeted) -> Option<u32> {
        match of {
            Budgeted::Audiences => self.audiences,
            Budgeted::Events => self.events,
            Budgeted::Properties => self.properties,
        }
    }
}
