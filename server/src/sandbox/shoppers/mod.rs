//! Living shoppers: they browse, fill carts, start checkouts, buy or don't, come back, ask
//! for their money, and the segments follow.
//!
//! Time and chance are given: the same seed and the same ticks make the same store. What
//! happens later is put on one agenda, so a tick costs what happens in it, not the size of
//! the store. To add a deed: a `Step` and what it does in `Shoppers::act`.

mod deeds;
mod people;
mod population;
mod rules;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use domain::time::{Clock, Instant, Span};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::deeds::{Deed, What};
use super::world::{Segment, World, WorldState};
use population::order_cents;
use rules::{CART_ABANDONERS, SEGMENTS, Shopper, days};

/// Visits of known people in an hour, for each 50,000 of them.
const VISITS: f64 = 470.0;
/// New people in an hour, for each 50,000.
const NEWCOMERS: f64 = 25.0;
/// People who unsubscribe in an hour, for each 50,000.
const UNSUBSCRIBES: f64 = 2.0;
/// No tick makes up for more than this: a laptop may have slept.
const LONGEST_TICK: Span = Span::from_hours(24);

/// Something that a shopper will do, or that time does to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A segment may change by time alone.
    TimePasses,
    AddToCart,
    StartCheckout,
    Buy,
    Refund,
    OpenTicket,
    CloseTicket,
}

/// What happened since the sandbox opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Story {
    /// Visits.
    pub visits: u64,
    /// Products added.
    pub added: u64,
    /// Checkouts started.
    pub checkouts: u64,
    /// Orders.
    pub orders: u64,
    /// Refunds.
    pub refunds: u64,
    /// Support tickets.
    pub tickets: u64,
    /// People who unsubscribed.
    pub unsubscribed: u64,
    /// People who came for the first time.
    pub newcomers: u64,
}

/// The store's people and what they are about to do.
pub struct Shoppers {
    world: Arc<World>,
    chance: StdRng,
    /// By number of the person.
    everyone: Vec<Shopper>,
    agenda: BinaryHeap<Reverse<(Instant, u32, Step)>>,
    now: Instant,
    visits_owed: f64,
    newcomers_owed: f64,
    unsubscribes_owed: f64,
    story: Story,
    /// Who hears of deeds.
    ears: Option<mpsc::Sender<Deed>>,
}

impl Shoppers {
    /// Fills an empty world with people and segments. The same seed makes the same store.
    pub fn new(world: Arc<World>, people: u32, seed: u64, now: Instant) -> Self {
        let mut shoppers = Self {
            world: world.clone(),
            chance: StdRng::seed_from_u64(seed),
            everyone: Vec::with_capacity(people as usize),
            agenda: BinaryHeap::with_capacity(people as usize),
            now,
            visits_owed: 0.0,
            newcomers_owed: 0.0,
            unsubscribes_owed: 0.0,
            story: Story::default(),
            ears: None,
        };
        let mut state = world.lock();
        let at = now.0.div_euclid(1_000_000);
        for rule in &SEGMENTS {
            let segment = Segment {
                id: rule.id,
                name: rule.name.to_owned(),
                description: rule.description.to_owned(),
                created_at: at,
                updated_at: at,
                ..Segment::default()
            };
            state.insert_segment(segment);
        }
        for _ in 0..people {
            shoppers.arrive(&mut state, true);
        }
        shoppers
    }

    /// From now on deeds are heard of there; what doesn't fit in is lost.
    #[must_use]
    pub fn heard_by(mut self, ears: mpsc::Sender<Deed>) -> Self {
        self.ears = Some(ears);
        self
    }

    /// What happened so far.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// Lives until `now`: everything on the agenda until then, and visits in proportion.
    pub fn tick(&mut self, now: Instant) {
        let from = self.now.max(now.minus(LONGEST_TICK));
        if now <= from {
            return;
        }
        let world = self.world.clone();
        let mut state = world.lock();
        self.visitors_come(&mut state, from, now);
        while let Some(Reverse((at, number, step))) = self.agenda.peek().copied() {
            if at > now {
                break;
            }
            self.agenda.pop();
            self.now = at.max(self.now);
            self.act(&mut state, number, step);
        }
        self.now = now;
    }

    /// Ticks once a second until told to stop. Time runs `speed` times as fast.
    pub async fn run(mut self, clock: Arc<dyn Clock>, speed: u32, stop: CancellationToken) {
        let start = clock.now();
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        seconds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = seconds.tick() => self.tick(faster(start, clock.now(), speed)),
            }
        }
    }

    fn visitors_come(&mut self, state: &mut WorldState, from: Instant, now: Instant) {
        let people = u32::try_from(self.everyone.len()).unwrap_or(u32::MAX);
        let share = f64::from(people) / 50_000.0 * hours(now.since(from));
        self.visits_owed += VISITS * share;
        self.newcomers_owed += NEWCOMERS * share;
        self.unsubscribes_owed += UNSUBSCRIBES * share;
        while self.newcomers_owed >= 1.0 {
            self.newcomers_owed -= 1.0;
            self.story.newcomers += 1;
            let number = self.arrive(state, false);
            self.visit(state, number);
        }
        while self.visits_owed >= 1.0 {
            self.visits_owed -= 1.0;
            if let Some(number) = self.anybody() {
                self.visit(state, number);
            }
        }
        while self.unsubscribes_owed >= 1.0 {
            self.unsubscribes_owed -= 1.0;
            let Some(number) = self.anybody() else { continue };
            self.story.unsubscribed += 1;
            self.everyone[number as usize].unsubscribed = true;
            if let Some(person) = state.person_mut(number) {
                person.unsubscribed = true;
            }
            self.tell(state, number, What::Unsubscribed);
            self.place(state, number);
        }
    }

    /// Lets others hear of a deed.
    fn tell(&self, state: &WorldState, number: u32, what: What) {
        if let (Some(ears), Some(person)) = (&self.ears, state.person(number)) {
            // Nobody listens, or they are far behind: a store doesn't wait for that.
            let _ = ears.try_send(Deed::of(person, what));
        }
    }

    fn anybody(&mut self) -> Option<u32> {
        let count = u32::try_from(self.everyone.len()).ok().filter(|count| *count > 0)?;
        Some(self.chance.random_range(0..count))
    }

    /// A new person, with or without a past.
    fn arrive(&mut self, state: &mut WorldState, with_past: bool) -> u32 {
        let names = people::names(&mut self.chance);
        let age = if with_past { Span(self.chance.random_range(0..days(700).0)) } else { Span(0) };
        let number = state.next_number();
        let (mut person, likes_protein) =
            people::make(number, names, self.now.minus(age), &mut self.chance);
        let mut shopper = if with_past {
            population::shopper(names, self.now, &mut self.chance)
        } else {
            Shopper::default()
        };
        shopper.likes_protein = likes_protein;
        person.unsubscribed = shopper.unsubscribed;
        write_orders(&mut person, &shopper);
        let number = state.upsert(person);
        // People that a test put in by hand have a number and no shopper.
        self.everyone.resize_with(number as usize, Shopper::default);
        self.everyone.push(shopper);
        self.place(state, number);
        number
    }

    fn visit(&mut self, state: &mut WorldState, number: u32) {
        self.story.visits += 1;
        let now = self.now;
        let shopper = &mut self.everyone[number as usize];
        shopper.browsed_at = Some(now);
        shopper.added = false;
        if self.chance.random_bool(0.4) {
            self.later(number, Step::AddToCart, 2, 10);
        }
        self.place(state, number);
    }

    fn act(&mut self, state: &mut WorldState, number: u32, step: Step) {
        let now = self.now;
        let Some(shopper) = self.everyone.get_mut(number as usize) else { return };
        match step {
            Step::TimePasses => {
                // Only the latest reminder counts; older ones were overtaken by deeds.
                if shopper.due != Some(now) {
                    return;
                }
            }
            Step::AddToCart => {
                self.story.added += 1;
                shopper.added = true;
                if self.chance.random_bool(0.5) {
                    self.later(number, Step::StartCheckout, 3, 20);
                }
            }
            Step::StartCheckout => {
                self.story.checkouts += 1;
                shopper.checkout_at = Some(now);
                shopper.bought_in_time = false;
                let dollars = order_cents(&mut self.chance) / 100;
                if let Some(person) = state.person_mut(number) {
                    person.set("cart_value", &dollars.to_string());
                }
                if self.chance.random_bool(0.52) {
                    self.later(number, Step::Buy, 4, 60);
                } else if self.chance.random_bool(0.12) {
                    self.later(number, Step::Buy, 3 * 60, 40 * 60);
                }
            }
            Step::Buy => {
                self.story.orders += 1;
                let cents = order_cents(&mut self.chance);
                shopper.buy(now, cents);
                let order = shopper.orders;
                if let Some(person) = state.person_mut(number) {
                    write_orders(person, shopper);
                }
                self.tell(state, number, What::Bought { order, cents });
                if self.chance.random_bool(0.04) {
                    self.later(number, Step::Refund, 2 * 1_440, 10 * 1_440);
                }
                if self.chance.random_bool(0.03) {
                    self.later(number, Step::OpenTicket, 600, 3 * 1_440);
                }
            }
            Step::Refund => {
                self.story.refunds += 1;
                shopper.refunded_at = Some(now);
                let order = shopper.orders;
                self.tell(state, number, What::Refunded { order });
            }
            Step::OpenTicket => {
                self.story.tickets += 1;
                shopper.open_tickets = shopper.open_tickets.saturating_add(1);
                self.later(number, Step::CloseTicket, 600, 2 * 1_440);
            }
            Step::CloseTicket => shopper.open_tickets = shopper.open_tickets.saturating_sub(1),
        }
        self.place(state, number);
    }

    /// Puts a deed on the agenda, between so many minutes from now.
    fn later(&mut self, number: u32, step: Step, from: i64, until: i64) {
        let wait =
            self.chance.random_range(Span::from_minutes(from).0..Span::from_minutes(until).0);
        self.agenda.push(Reverse((self.now.plus(Span(wait)), number, step)));
    }

    /// Puts a shopper into the segments of this moment, and notes when time changes them.
    fn place(&mut self, state: &mut WorldState, number: u32) {
        let now = self.now;
        let shopper = &mut self.everyone[number as usize];
        // Who was deleted is no longer anywhere.
        if state.person(number).is_none() {
            return;
        }
        let mut has_abandoned = false;
        for rule in &SEGMENTS {
            if let Some(segment) = state.segment_mut(rule.id) {
                if (rule.holds)(shopper, now) {
                    let is_new = segment.members.insert(number);
                    has_abandoned |= is_new && rule.id == CART_ABANDONERS;
                } else {
                    segment.members.remove(number);
                }
            }
        }
        let due = shopper.next_change(now);
        if due != shopper.due {
            shopper.due = due;
            if let Some(due) = due {
                self.agenda.push(Reverse((due, number, Step::TimePasses)));
            }
        }
        if has_abandoned {
            self.tell(state, number, What::Entered { segment: CART_ABANDONERS });
        }
    }
}

fn write_orders(person: &mut super::world::Person, shopper: &Shopper) {
    let Some(bought_at) = shopper.bought_at else { return };
    let cents = shopper.spent_cents;
    person.set("ltv", &format!("{}.{:02}", cents / 100, cents % 100));
    person.set("orders_count", &shopper.orders.to_string());
    person.set("last_order_at", &bought_at.0.div_euclid(1_000_000).to_string());
}

/// Hours of a span that no tick exceeds.
fn hours(span: Span) -> f64 {
    f64::from(u32::try_from(span.millis()).unwrap_or(0)) / 3_600_000.0
}

/// The moment of the store when its time runs `speed` times as fast.
fn faster(start: Instant, now: Instant, speed: u32) -> Instant {
    start.plus(Span(now.since(start).0.saturating_mul(i64::from(speed))))
}

#[cfg(test)]
mod tests;
