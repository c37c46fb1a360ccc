//! What one shopper has done, and by which rules that puts them into the store's segments.
//!
//! To add a segment: a line in [`SEGMENTS`] with its rule and, where time alone ends or
//! begins a membership, that moment in [`Shopper::next_change`].

use domain::time::{Instant, Span};

pub(super) const HOUR: Span = Span::from_hours(1);
pub(super) const DAY: Span = Span::from_hours(24);

/// Open carts are forgotten after two weeks.
const CART_LIFE: Span = days(14);
/// Who started a checkout and hasn't bought by then has abandoned it.
const PATIENCE: Span = Span::from_hours(2);
const FIRST_TIME: Span = days(14);
const REFUND_MEMORY: Span = days(30);
const LAPSED_FROM: Span = days(60);
const LAPSED_UNTIL: Span = days(120);
/// VIP from here on, in cents.
const VIP_CENTS: u32 = 30_000;

pub(super) const fn days(count: i64) -> Span {
    Span::from_hours(24 * count)
}

/// What one shopper has done.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Shopper {
    pub browsed_at: Option<Instant>,
    /// Added to the cart after the last look around.
    pub added: bool,
    pub checkout_at: Option<Instant>,
    /// Bought within two hours of that checkout.
    pub bought_in_time: bool,
    pub bought_at: Option<Instant>,
    pub orders: u32,
    pub spent_cents: u32,
    pub refunded_at: Option<Instant>,
    pub open_tickets: u32,
    pub unsubscribed: bool,
    pub likes_protein: bool,
    /// When time alone changes a segment of theirs next.
    pub due: Option<Instant>,
}

/// A segment of the store.
pub(super) struct Rule {
    pub id: u32,
    pub name: &'static str,
    pub description: &'static str,
    pub holds: fn(&Shopper, Instant) -> bool,
}

/// The segment that starts a campaign.
pub(super) const CART_ABANDONERS: u32 = 1;

/// The store's segments. Someone who bought later than two hours after the checkout is
/// still an abandoner by that rule: that is what suppression of purchasers is for.
pub(super) const SEGMENTS: [Rule; 9] = [
    Rule {
        id: CART_ABANDONERS,
        name: "Cart abandoners (checkout started, no purchase in 2 h)",
        description: "Started a checkout in the last 14 days and did not buy within two hours",
        holds: |shopper, now| {
            !shopper.bought_in_time && between(shopper.checkout_at, now, PATIENCE, CART_LIFE)
        },
    },
    Rule {
        id: 2,
        name: "Purchased in the last 24 h",
        description: "Keep ads away from them",
        holds: |shopper, now| within(shopper.bought_at, now, DAY),
    },
    Rule {
        id: 3,
        name: "VIP buyers (LTV > $300)",
        description: "Seed for lookalikes",
        holds: |shopper, _| shopper.spent_cents > VIP_CENTS,
    },
    Rule {
        id: 4,
        name: "Lapsed 60-120 days",
        description: "Bought before, not for two to four months",
        holds: |shopper, now| between(shopper.bought_at, now, LAPSED_FROM, LAPSED_UNTIL),
    },
    Rule {
        id: 5,
        name: "First-time buyers (14 days)",
        description: "One order, in the last two weeks",
        holds: |shopper, now| shopper.orders == 1 && within(shopper.bought_at, now, FIRST_TIME),
    },
    Rule {
        id: 6,
        name: "Browsed, did not add",
        description: "Looked at products in the last day and put nothing into the cart",
        holds: |shopper, now| !shopper.added && within(shopper.browsed_at, now, DAY),
    },
    Rule {
        id: 7,
        name: "Refunded or open support ticket",
        description: "Money back in the last 30 days, or waiting for an answer",
        holds: |shopper, now| {
            shopper.open_tickets > 0 || within(shopper.refunded_at, now, REFUND_MEMORY)
        },
    },
    Rule {
        id: 8,
        name: "Unsubscribed",
        description: "Wants no messages",
        holds: |shopper, _| shopper.unsubscribed,
    },
    Rule {
        id: 9,
        name: "🌙 محبّو البروتين 💪",
        description: "Bought, and likes protein best",
        holds: |shopper, _| shopper.likes_protein && shopper.orders > 0,
    },
];

fn within(at: Option<Instant>, now: Instant, span: Span) -> bool {
    at.is_some_and(|at| now < at.plus(span))
}

fn between(at: Option<Instant>, now: Instant, from: Span, until: Span) -> bool {
    at.is_some_and(|at| now >= at.plus(from) && now < at.plus(until))
}

impl Shopper {
    /// The next moment after `now` at which a rule may answer otherwise, without any deed.
    pub(super) fn next_change(&self, now: Instant) -> Option<Instant> {
        let moments = [
            self.checkout_at.map(|at| at.plus(PATIENCE)),
            self.checkout_at.map(|at| at.plus(CART_LIFE)),
            self.bought_at.map(|at| at.plus(DAY)),
            self.bought_at.map(|at| at.plus(FIRST_TIME)),
            self.bought_at.map(|at| at.plus(LAPSED_FROM)),
            self.bought_at.map(|at| at.plus(LAPSED_UNTIL)),
            self.browsed_at.map(|at| at.plus(DAY)),
            self.refunded_at.map(|at| at.plus(REFUND_MEMORY)),
        ];
        moments.into_iter().flatten().filter(|moment| *moment > now).min()
    }

    /// Takes an order.
    pub(super) fn buy(&mut self, now: Instant, cents: u32) {
        self.bought_in_time |=
            self.checkout_at.is_some_and(|checkout| now < checkout.plus(PATIENCE));
        self.bought_at = Some(now);
        self.orders = self.orders.saturating_add(1);
        self.spent_cents = self.spent_cents.saturating_add(cents);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(shopper: &Shopper, now: Instant) -> Vec<u32> {
        SEGMENTS.iter().filter(|rule| (rule.holds)(shopper, now)).map(|rule| rule.id).collect()
    }

    #[test]
    fn a_checkout_is_abandoned_after_two_hours_and_a_late_purchase_leaves_it_so() {
        let mut shopper = Shopper { checkout_at: Some(Instant(0)), ..Shopper::default() };
        assert!(segments(&shopper, Instant(PATIENCE.0 - 1)).is_empty());
        assert_eq!(segments(&shopper, Instant(PATIENCE.0)), [1]);
        shopper.buy(Instant(PATIENCE.0), 5_000);
        assert_eq!(segments(&shopper, Instant(PATIENCE.0)), [1, 2, 5]);
        assert_eq!(segments(&shopper, Instant(CART_LIFE.0)), [5]);
    }

    #[test]
    fn who_buys_in_time_never_abandons() {
        let mut shopper = Shopper { checkout_at: Some(Instant(0)), ..Shopper::default() };
        shopper.buy(Instant(PATIENCE.0 - 1), 5_000);
        assert_eq!(segments(&shopper, Instant(PATIENCE.0)), [2, 5]);
    }

    #[test]
    fn no_segment_changes_between_the_announced_moments() {
        let shopper = Shopper {
            checkout_at: Some(Instant(1_000)),
            bought_at: Some(Instant(5_000)),
            browsed_at: Some(Instant(9_000)),
            refunded_at: Some(Instant(11_000)),
            orders: 1,
            ..Shopper::default()
        };
        let mut now = Instant(12_000);
        let mut moments = 0;
        while let Some(next) = shopper.next_change(now) {
            assert_eq!(segments(&shopper, now), segments(&shopper, Instant(next.0 - 1)));
            now = next;
            moments += 1;
        }
        assert_eq!(moments, 8);
        assert!(segments(&shopper, Instant(now.0 + days(1_000).0)) == segments(&shopper, now));
    }
}
