//! The store as it stands when the sandbox opens: who bought when, whose cart is open.
//!
//! The shares are those of a small supplement brand: of 50,000 people about 15,000 have
//! abandoned a checkout, 1,200 bought today, 4,900 are VIPs, 9,000 have lapsed and 3,000
//! bought for the first time.

use domain::time::{Instant, Span};
use rand::Rng;
use rand::rngs::StdRng;

use super::people::Names;
use super::rules::{DAY, HOUR, Shopper, days};

/// A shopper with a past.
pub(super) fn shopper(names: Names, now: Instant, chance: &mut StdRng) -> Shopper {
    let mut shopper = Shopper { unsubscribed: chance.random_bool(0.06), ..Shopper::default() };
    // Someone without any name has not bought: an order would have left an address.
    if names != Names::None {
        past_orders(&mut shopper, now, chance);
    }
    let recent = shopper.bought_at.is_some_and(|at| now.since(at) < days(14));
    if !recent && chance.random_bool(0.345) {
        // Some only just now: they become abandoners while one watches.
        shopper.checkout_at = Some(ago(now, Span(0), days(14), chance));
        shopper.added = true;
    }
    if chance.random_bool(0.12) {
        shopper.browsed_at = Some(ago(now, Span(0), DAY, chance));
        shopper.added = false;
    }
    if shopper.orders > 0 && chance.random_bool(0.015) {
        shopper.refunded_at = Some(ago(now, Span(0), days(30), chance));
    }
    shopper.open_tickets = u32::from(chance.random_bool(0.004));
    shopper
}

fn past_orders(shopper: &mut Shopper, now: Instant, chance: &mut StdRng) {
    let (from, until, first_time) = match chance.random_range(0..1_000) {
        0..25 => {
            let first = chance.random_bool(0.4);
            (Span(0), DAY, first)
        }
        25..78 => (DAY, days(14), true),
        78..135 => (DAY, days(14), false),
        135..275 => (days(14), days(60), false),
        275..462 => (days(60), days(120), false),
        462..620 => (days(120), days(400), false),
        _ => return,
    };
    let bought_at = ago(now, from, until, chance);
    shopper.bought_at = Some(bought_at);
    // Those of the last two weeks who aren't first-time buyers have bought before.
    let least = if now.since(bought_at) < days(14) { 2 } else { 1 };
    shopper.orders = if first_time { 1 } else { orders(chance).max(least) };
    for _ in 0..shopper.orders {
        shopper.spent_cents = shopper.spent_cents.saturating_add(order_cents(chance));
    }
    if until == DAY {
        // Nearly a third of today's buyers came back to a cart that they had abandoned.
        let late = chance.random_bool(0.3);
        let wait = if late { Span(HOUR.0 * chance.random_range(3..40)) } else { Span(HOUR.0 / 2) };
        shopper.checkout_at = Some(bought_at.minus(wait));
        shopper.bought_in_time = !late;
        shopper.added = true;
    }
}

fn orders(chance: &mut StdRng) -> u32 {
    match chance.random_range(0..100) {
        0..42 => 1,
        42..63 => 2,
        63..74 => 3,
        74..81 => 4,
        81..90 => 5,
        90..96 => 6,
        _ => 9,
    }
}

/// The value of one order.
pub(super) fn order_cents(chance: &mut StdRng) -> u32 {
    chance.random_range(2_500..10_500)
}

/// A moment between `from` and `until` ago.
fn ago(now: Instant, from: Span, until: Span, chance: &mut StdRng) -> Instant {
    now.minus(Span(chance.random_range(from.0..until.0)))
}
