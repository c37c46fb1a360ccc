//! What an order decides to write: from what is stored and what was decided, without a
//! database.
//!
//! What an older order hasn't claimed is replaced, the difference to how people stand becomes
//! parts, and what pages show follows; the statements are in [`super::order_rows`]. All of it
//! is one transaction, see [`super::orders`].

use std::collections::BTreeMap;

use domain::{
    Error, Result,
    delivery::{Transition, retry::SENT_AGAIN_FOR, route::Route, stop::may_go},
    ids::Ids,
    people::{
        PersonSet, chunks,
        chunks::CHUNK,
        renaming::{Names, Renaming, renaming},
    },
    sync::{
        Cause,
        diff::{Change, Diff, Standing, apply, diff},
        gate,
        port::{OrderRequest, Ordered},
    },
    time::Instant,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    bitmap,
    configuration::parse,
    order_rows,
    people::ordinal,
    spans::{self, StoredSpan},
    statement::Statement,
};

/// A part that isn't folded, as stored.
#[derive(FromRow)]
pub struct StoredPart {
    id: Uuid,
    chunk: i64,
    generation: i64,
    transition: String,
    people: Vec<u8>,
    acknowledged: i64,
    claimed: i64,
    claimed_at: Option<i64>,
    is_open: bool,
    /// It stands in the fast lane: no run takes anything back of it, since what a run has
    /// decided may be older.
    fast: bool,
}

/// What the mapping's row says beside what is configured.
#[derive(FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a row")]
pub struct StoredMapping {
    /// The run that decides was cancelled.
    has_ended: bool,
    is_retired: bool,
    owes_exits: bool,
    /// Where its destination sends to now.
    integration: String,
    profile: String,
    /// Neither paused nor stopped.
    goes: bool,
    pub generation: i64,
    route: Option<String>,
    last_done_at: Option<i64>,
    adopts: bool,
    released_entered: Option<i64>,
    released_exited: Option<i64>,
}

/// Somebody who is named otherwise there than in the dictionary, or was.
#[derive(FromRow)]
pub struct StoredNames {
    ordinal: i64,
    there_id: Option<String>,
    there_email: Option<String>,
    there_phone: Option<String>,
    person_id: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// Everything stored that an order depends on.
pub struct Before {
    pub mapping: StoredMapping,
    /// Chunks of who is there by folded parts.
    pub folded: Vec<(i64, Vec<u8>)>,
    /// Parts that aren't folded, in the order of their generations and lanes.
    pub parts: Vec<StoredPart>,
    /// Spans that take more, where parts may be folded.
    pub spans: Vec<StoredSpan>,
    /// Chunks of those of whom nobody knows.
    pub doubt: Vec<(i64, Vec<u8>)>,
    pub names: Vec<StoredNames>,
    /// Whose exit Segment refused, and whether somebody has discarded it.
    pub stuck: Vec<(i64, bool)>,
    /// Where an entry is told as an event: how often the audience was changed.
    pub audience_version: i64,
    /// And chunks of those who were withheld, by cause.
    pub withheld: Vec<(String, Vec<u8>)>,
}

/// A stored part as a new decision leaves it: only what was claimed stays.
pub(super) struct Kept {
    pub id: Uuid,
    pub chunk: u32,
    pub generation: i64,
    pub transition: Transition,
    pub people: PersonSet,
    pub in_doubt: u64,
    pub dropped: u64,
    pub has_changed: bool,
    /// Claimed and not answered: it is sent again as it was.
    pub unanswered: PersonSet,
    /// Claimed, never answered, and too old to be sent again.
    pub expired: PersonSet,
}

impl Kept {
    /// A closed part: nothing of it changes any more.
    pub fn closed(
        (id, chunk, generation): (Uuid, u32, i64),
        transition: Transition,
        people: PersonSet,
    ) -> Self {
        Self {
            id,
            chunk,
            generation,
            transition,
            people,
            in_doubt: 0,
            dropped: 0,
            has_changed: false,
            unanswered: PersonSet::new(),
            expired: PersonSet::new(),
        }
    }
}

/// What becomes of an order before it is written.
pub(super) struct Decided {
    pub diff: Diff,
    pub route: Route,
    /// Under which names the mapping's people are there from now on.
    pub present: PersonSet,
    /// Who was withheld before it, read where that is told.
    pub withheld: BTreeMap<Cause, PersonSet>,
    pub held: Option<gate::Change>,
    pub adopted: Option<PersonSet>,
    pub is_over: bool,
}

impl StoredPart {
    fn keep(self, now: Instant) -> Result<Kept> {
        let place = |number: i64| u32::try_from(number).map_err(Error::unexpected);
        let all = bitmap::decode(&self.people)?;
        let claimed = if self.is_open && !self.fast { place(self.claimed)? } else { CHUNK };
        let mut people = chunks::between(&all, 0, claimed);
        let mut doubt = PersonSet::new();
        let mut expired = PersonSet::new();
        if self.is_open {
            doubt = chunks::between(&people, place(self.acknowledged)?, CHUNK);
            let is_old = |at: i64| now.since(Instant(at)) >= SENT_AGAIN_FOR;
            if self.claimed_at.is_some_and(is_old) {
                people -= &doubt;
                expired = std::mem::take(&mut doubt);
            }
        }
        Ok(Kept {
            id: self.id,
            chunk: place(self.chunk)?,
            generation: self.generation,
            transition: parse(&self.transition)?,
            has_changed: self.is_open && (people.len() < all.len() || doubt.is_empty()),
            in_doubt: doubt.len(),
            dropped: all.len() - people.len(),
            people,
            unanswered: doubt,
            expired,
        })
    }
}

impl StoredMapping {
    /// Whether what a pass decided is void: the run was cancelled, or the mapping was retired
    /// or sent elsewhere since the pass began.
    pub fn is_void(&self, request: &OrderRequest<'_>) -> bool {
        let destination = &request.route.destination;
        let has_moved = self.integration != destination.integration
            || self.profile != destination.profile.as_str();
        let has_changed = if request.is_closing {
            !(self.is_retired && self.owes_exits)
        } else {
            self.is_retired || has_moved
        };
        self.has_ended || has_changed
    }

    fn route(&self) -> Result<Option<Route>> {
        let read = |text: &String| serde_json::from_str(text).map_err(Error::unexpected);
        self.route.as_ref().map(read).transpose()
    }

    fn released(&self) -> Option<gate::Change> {
        let count = |number: i64| number.unsigned_abs();
        Some(gate::Change {
            entered: count(self.released_entered?),
            exited: count(self.released_exited?),
        })
    }
}

/// The chunks of a set, joined.
fn joined(rows: &[(i64, Vec<u8>)]) -> Result<BTreeMap<u32, PersonSet>> {
    let mut chunks = BTreeMap::new();
    for (chunk, bytes) in rows {
        let chunk = u32::try_from(*chunk).map_err(Error::unexpected)?;
        chunks.insert(chunk, bitmap::decode(bytes)?);
    }
    Ok(chunks)
}

fn whole(chunks: &BTreeMap<u32, PersonSet>) -> PersonSet {
    chunks.values().fold(PersonSet::new(), |all, one| all | one)
}

/// The statements of an order, and what it holds.
pub fn write_order(
    request: &OrderRequest<'_>,
    before: Before,
    ids: &dyn Ids,
) -> Result<(Ordered, Vec<Statement>)> {
    let folded = joined(&before.folded)?;
    let doubt_before = whole(&joined(&before.doubt)?);
    let kept: Vec<Kept> =
        before.parts.into_iter().map(|part| part.keep(request.now)).collect::<Result<_>>()?;
    let mut standing = Standing { present: whole(&folded), ..Standing::default() };
    for part in &kept {
        apply(&mut standing.present, part.transition, &part.people);
    }
    let doubt = kept.iter().fold(doubt_before.clone(), |all, part| all | &part.expired);
    // What is on its way settles them: nothing more is said until it is answered.
    standing.doubt = kept.iter().fold(doubt.clone(), |all, part| all - &part.unanswered);

    let stuck = Stuck::read(&before.stuck)?;
    let mut decided = decide(request, &before.mapping, &before.names, standing, &stuck)?;
    if let Some(entry) = &mut decided.route.entry {
        entry.audience_version = before.audience_version.unsigned_abs();
    }
    for (cause, bytes) in &before.withheld {
        *decided.withheld.entry(parse(cause)?).or_default() |= bitmap::decode(bytes)?;
    }
    let count = |transition| {
        let all = decided.diff.renames.iter().chain(&decided.diff.changes);
        all.filter(|change| change.transition == transition).map(|c| c.people.len()).sum()
    };
    let ordered = Ordered {
        entered: count(Transition::Entered),
        exited: count(Transition::Exited),
        repeated: repeated(&decided),
        held: decided.held,
        // What stands under former names, or of a retired mapping, is looked at once more
        // when its exits are answered.
        again: (request.is_closing && !decided.is_over)
            || !decided.route.is_same_place(request.route),
    };
    let mut statements = order_rows::replace(&kept);
    if doubt != doubt_before {
        statements.extend(order_rows::write_doubt(request.mapping.id.0, &doubt));
    }
    let mapping = request.mapping.id.0;
    let closed = order_rows::foldable(&kept);
    statements.extend(order_rows::fold(mapping, &folded, &closed));
    statements.extend(spans::take(mapping, before.spans, &closed, request.now)?);
    statements.extend(order_rows::write(
        request,
        &decided,
        ordered,
        before.mapping.generation,
        ids,
    ));
    Ok((ordered, statements))
}

/// How many people's changes were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// All of them.
    pub people: u64,
    /// Of those, who should have left.
    pub exits: u64,
}

/// What is left when nobody claims any more of these parts: who is dropped, and the
/// statements. Cancelling decides nothing, so nothing is too old for it.
pub fn drop_unclaimed(parts: Vec<StoredPart>) -> Result<(Dropped, Vec<Statement>)> {
    let kept: Vec<Kept> =
        parts.into_iter().map(|part| part.keep(Instant(0))).collect::<Result<_>>()?;
    let exits = kept.iter().filter(|part| part.transition == Transition::Exited);
    let dropped = Dropped {
        people: kept.iter().map(|part| part.dropped).sum(),
        exits: exits.map(|part| part.dropped).sum(),
    };
    Ok((dropped, order_rows::replace(&kept)))
}

/// Who must come and go, and what of it waits.
fn decide(
    request: &OrderRequest<'_>,
    stored: &StoredMapping,
    names: &[StoredNames],
    mut standing: Standing,
    stuck: &Stuck,
) -> Result<Decided> {
    let mapping = request.mapping;
    let maybe_there = &standing.present | &standing.doubt;
    let there = stored.route()?;
    // Whoever stands under other names leaves before anybody comes in under the new ones.
    let has_moved = there.as_ref().is_some_and(|route| !route.is_same_place(request.route));
    let is_moving = has_moved && !maybe_there.is_empty();
    let route = match there {
        Some(route) if is_moving => route,
        _ => request.route.clone(),
    };
    for row in names {
        let person = ordinal(row.ordinal)?;
        match row.renaming(&route) {
            Renaming::Same => false,
            Renaming::Adds => standing.extended.insert(person),
            Renaming::Changes => standing.renamed.insert(person),
        };
    }

    let mut target = PersonSet::new();
    if !is_moving && !request.is_closing {
        target.clone_from(&request.decision.target);
        // Whoever was refused is outside the diff: a member who is there is not sent away for
        // it, and not sent again.
        if let Some(refused) = request.decision.withheld.get(&Cause::Refused) {
            target |= refused & &standing.present;
            standing.leave_alone(refused);
        }
    }
    // Whose exit was refused stays where they are until it is tried again.
    target |= &stuck.all & &standing.present;
    standing.leave_alone(&stuck.all);
    let adopts = stored.adopts && stored.generation == 0 && maybe_there.is_empty();
    let adopted = (adopts && !request.is_closing).then(|| target.clone());
    if let Some(people) = &adopted {
        standing.present.clone_from(people);
    }

    let mut diff = diff(mapping.spec.use_case, &target, &standing, request.suppressed);
    if !stored.goes || !(mapping.spec.active || request.is_closing) {
        // A paused or stopped mapping sends only what protects.
        protecting(&mut diff);
    }
    // Somebody decided on these already, and nobody waits for a first order.
    let is_first = stored.last_done_at.is_none() || stored.generation == 0;
    let begins_anew = has_moved || (stored.route.is_none() && maybe_there.is_empty());
    let is_expected = is_first || begins_anew || request.is_closing;
    let held = if is_expected { None } else { held_back(&diff, &standing, stored) };
    if held.is_some() {
        protecting(&mut diff);
    }
    let is_over = (&maybe_there - &stuck.discarded).is_empty();
    let (present, withheld) = (standing.present, BTreeMap::new());
    Ok(Decided { diff, route, present, withheld, held, adopted, is_over })
}

/// How many come in who are there already, and don't leave before.
fn repeated(decided: &Decided) -> u64 {
    let mut there = decided.present.clone();
    for change in &decided.diff.renames {
        there -= &change.people;
    }
    let entries = decided.diff.changes.iter();
    let entries = entries.filter(|change| change.transition == Transition::Entered);
    entries.map(|change| change.people.intersection_len(&there)).sum()
}

/// People whose exit Segment refused: they stay until it is tried again, or for good.
struct Stuck {
    all: PersonSet,
    /// Somebody has decided that they stay.
    discarded: PersonSet,
}

impl Stuck {
    fn read(rows: &[(i64, bool)]) -> Result<Self> {
        let mut stuck = Self { all: PersonSet::new(), discarded: PersonSet::new() };
        for (number, is_discarded) in rows {
            let person = ordinal(*number)?;
            stuck.all.insert(person);
            if *is_discarded {
                stuck.discarded.insert(person);
            }
        }
        Ok(stuck)
    }
}

impl StoredNames {
    fn renaming(&self, route: &Route) -> Renaming {
        let there = Names {
            id: self.there_id.clone(),
            email: self.there_email.clone(),
            phone: self.there_phone.clone(),
        };
        let now = Names {
            id: self.person_id.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
        };
        renaming(&route.carried(there), &route.carried(now))
    }
}

/// Leaves only what protects.
fn protecting(diff: &mut Diff) {
    diff.renames.retain(|change| may_go(change.lane, false, true));
    diff.changes.retain(|change| may_go(change.lane, false, true));
}

/// What must wait for an operator, if anything: lanes 2 and 3 of an abnormal change.
fn held_back(diff: &Diff, standing: &Standing, stored: &StoredMapping) -> Option<gate::Change> {
    let count = |transition: Transition| {
        let slow =
            |change: &&Change| !may_go(change.lane, false, true) && change.transition == transition;
        let all = diff.renames.iter().chain(&diff.changes).filter(slow);
        all.map(|change| change.people.len() - change.people.intersection_len(&standing.doubt))
            .sum()
    };
    let change =
        gate::Change { entered: count(Transition::Entered), exited: count(Transition::Exited) };
    let is_released = stored.released().is_some_and(|released| change.is_within(released));
    (change.is_abnormal(standing.present.len()) && !is_released).then_some(change)
}
