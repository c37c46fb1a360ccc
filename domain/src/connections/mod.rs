//! Connections: the keys and regions of Customer.io and Segment, and whether they can be used.

pub mod circuit;
#[cfg(feature = "service")]
pub mod port;
#[cfg(feature = "service")]
pub mod service;
pub mod traffic;

use serde::{Deserialize, Serialize};

use crate::time::Instant;

use circuit::Outage;

/// Where a vendor keeps a workspace. A key of one region is refused or lost in the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// United States.
    #[default]
    Us,
    /// European Union.
    Eu,
}

impl Region {
    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
        }
    }
}

impl std::str::FromStr for Region {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "us" => Ok(Self::Us),
            "eu" => Ok(Self::Eu),
            _ => Err("choose us or eu".to_owned()),
        }
    }
}

/// The two vendors. Segment is Twilio's product; `twilio` keeps it apart from a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vendor {
    /// Customer.io.
    Customerio,
    /// Twilio Segment.
    Twilio,
}

impl Vendor {
    /// Both of them, in the order in which people meet them.
    pub const ALL: [Self; 2] = [Self::Customerio, Self::Twilio];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customerio => "customerio",
            Self::Twilio => "twilio",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Customerio => "Customer.io",
            Self::Twilio => "Segment",
        }
    }
}

impl std::str::FromStr for Vendor {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|vendor| vendor.as_str() == text);
        found.ok_or_else(|| "choose customerio or twilio".to_owned())
    }
}

/// A connection as the console shows it: never the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// To whom.
    pub vendor: Vendor,
    /// Where.
    pub region: Region,
    /// Requests a second (Customer.io) or events a second (Segment).
    pub budget: i64,
    /// Where the key comes from; nothing if none is set.
    pub key: Option<KeySource>,
    /// What the newest test said.
    pub tested: Option<TestResult>,
    /// Why it can't be used now, as the processes that work tell it.
    pub outage: Option<Outage>,
    /// An address that stands in for the vendor's own, such as the sandbox.
    pub stand_in: Option<String>,
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// Stored encrypted since then.
    Stored {
        /// When it was entered.
        at: Instant,
    },
    /// Read from this variable by the process that uses it.
    Environment {
        /// The variable's name.
        name: String,
    },
}

/// What a test of a connection said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// When.
    pub at: Instant,
    /// Whether it works, as far as can be told.
    pub ok: bool,
    /// What happened and what to do.
    pub message: String,
}
