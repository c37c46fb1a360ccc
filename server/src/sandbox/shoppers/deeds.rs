//! What others hear of: orders and refunds, which the shop's own server tells, and what
//! Customer.io tells by its webhooks. Who tells it how is in `telling/`.

use super::super::world::Person;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Paid their order of this number.
    Bought {
        /// Which of their orders, from 1.
        order: u32,
        /// Its value.
        cents: u32,
    },
    /// Got the money of their last order back.
    Refunded {
        /// Which of their orders.
        order: u32,
    },
    /// Wants no messages any more.
    Unsubscribed,
    /// Became a member of a segment that starts a campaign.
    Entered {
        /// Which.
        segment: u32,
    },
}

/// A deed and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What.
    pub what: What,
    /// Their name in Customer.io.
    pub cio_id: String,
    /// Their name in the shop.
    pub id: Option<String>,
    /// Their address, as they typed it.
    pub email: Option<String>,
}

impl Deed {
    /// A deed of this person.
    pub fn of(person: &Person, what: What) -> Self {
        let text = |name: &Option<Box<str>>| name.as_deref().map(str::to_owned);
        Self {
            what,
            cio_id: person.cio_id.to_string(),
            id: text(&person.id),
            email: text(&person.email),
        }
    }
}
