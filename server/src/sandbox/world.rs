//! The workspace that the stand-in for Customer.io shows: people, segments, memberships.
//!
//! Everything is ordered by the number of the person, so two reads of the same world are
//! equal byte for byte. Tests and scripts change it while requests run; one lock holds it
//! together and no request keeps that lock while it waits.
//!
//! To add a property of a person or a segment: a field here, its line in the answer in
//! `customerio/`, and, if scripts need it, a field in `admin.rs`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::time::Instant;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

/// Attributes of a person: every value is text, as in the App API.
pub type Attributes = Vec<(Arc<str>, Box<str>)>;

/// A person of the simulated workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The name that never changes, such as `a3000001`.
    pub cio_id: Box<str>,
    /// The shop's own id; people who only left an address have none.
    pub id: Option<Box<str>>,
    /// E-mail address, as it was typed.
    pub email: Option<Box<str>>,
    /// The rest, `phone` among it.
    pub attributes: Attributes,
    /// Whether the person opted out of messages.
    pub unsubscribed: bool,
}

impl Person {
    /// A person with nothing but a `cio_id`.
    pub fn new(cio_id: &str) -> Self {
        Self { cio_id: cio_id.into(), ..Self::default() }
    }

    /// The same person with an id.
    #[must_use]
    pub fn with_id(mut self, id: &str) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same person with an e-mail address.
    #[must_use]
    pub fn with_email(mut self, email: &str) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The same person with one more attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    /// Writes an attribute, whether it was there or not.
    pub fn set(&mut self, name: &str, value: &str) {
        match self.attributes.iter_mut().find(|(key, _)| &**key == name) {
            Some((_, old)) => *old = value.into(),
            None => self.attributes.push((name.into(), value.into())),
        }
    }

    /// Reads an attribute. `cio_id`, `id` and `email` are attributes too.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        match name {
            "cio_id" => Some(&self.cio_id),
            "id" => self.id.as_deref(),
            "email" => self.email.as_deref(),
            _ => self.attributes.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value),
        }
    }
}

/// What Customer.io says about the building of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentState {
    /// Waiting for events.
    Events,
    /// Being computed: rows are those of before.
    Build,
    /// Waiting for events to be computed.
    EventsQueued,
    /// Waiting to be computed.
    BuildQueued,
    /// Up to date.
    #[default]
    Finished,
}

/// Who keeps the membership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentType {
    /// Customer.io does, by rule.
    #[default]
    Dynamic,
    /// People or the API do.
    Manual,
}

/// A segment of the simulated workspace.
#[derive(Clone, Debug, Default)]
pub struct Segment {
    /// Number in the workspace.
    pub id: u32,
    /// What a marketer called it.
    pub name: String,
    /// A line about it.
    pub description: String,
    /// Who keeps the membership.
    pub kind: SegmentType,
    /// How far it is.
    pub state: SegmentState,
    /// Percent, while it is being built.
    pub progress: Option<u8>,
    /// Left out of the list, and unknown by number.
    pub archived: bool,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds.
    pub updated_at: i64,
    /// Numbers of the members.
    pub(super) members: RoaringBitmap,
    /// What reads show while the segment isn't finished.
    pub(super) stale: Option<RoaringBitmap>,
    /// The next read of a page answers no rows and yet a `next`.
    pub(super) empty_pages: u32,
    /// What happens right after the coming pages were read.
    pub(super) after_page: VecDeque<Churn>,
}

impl Segment {
    /// The rows that a read shows now.
    pub(super) fn shown(&self) -> &RoaringBitmap {
        self.stale.as_ref().unwrap_or(&self.members)
    }
}

/// People who come and go between two pages of one read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Churn {
    /// `cio_id` of those who enter.
    #[serde(default)]
    pub join: Vec<String>,
    /// `cio_id` of those who leave.
    #[serde(default)]
    pub leave: Vec<String>,
}

/// Why the world can't be changed like that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// No such segment.
    #[error("there is no segment {0}")]
    NoSegment(u32),
    /// No such person.
    #[error("there is no person {0}")]
    NoPerson(String),
    /// A segment with that number exists.
    #[error("segment {0} exists")]
    SegmentExists(u32),
}

/// The kind of name by which a request asks for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdType {
    /// The shop's id.
    Id,
    /// E-mail address, compared without case.
    Email,
    /// The `cio_id`, without prefix.
    CioId,
}

/// What the lock holds.
#[derive(Debug, Default)]
pub struct WorldState {
    people: Vec<Option<Person>>,
    by_cio_id: HashMap<Box<str>, u32>,
    by_id: HashMap<Box<str>, u32>,
    by_email: HashMap<Box<str>, Vec<u32>>,
    segments: BTreeMap<u32, Segment>,
}

impl WorldState {
    /// The person of a number.
    pub fn person(&self, number: u32) -> Option<&Person> {
        self.people.get(number as usize)?.as_ref()
    }

    /// All people with their numbers, in order.
    pub fn people(&self) -> impl Iterator<Item = (u32, &Person)> {
        self.people_from(0)
    }

    /// The same from a number on.
    pub fn people_from(&self, start: u32) -> impl Iterator<Item = (u32, &Person)> {
        let slots = self.people.get(start as usize..).unwrap_or_default();
        (start..).zip(slots).filter_map(|(number, slot)| Some((number, slot.as_ref()?)))
    }

    /// The number that the next new person gets.
    pub fn next_number(&self) -> u32 {
        u32::try_from(self.people.len()).unwrap_or(u32::MAX)
    }

    /// A person, to change attributes. Names are changed by [`Self::upsert`].
    pub(super) fn person_mut(&mut self, number: u32) -> Option<&mut Person> {
        self.people.get_mut(number as usize)?.as_mut()
    }

    /// Puts a segment in; `false` where one of that number is.
    pub fn insert_segment(&mut self, segment: Segment) -> bool {
        match self.segments.entry(segment.id) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(segment);
                true
            }
        }
    }

    /// How many people there are.
    pub fn population(&self) -> usize {
        self.by_cio_id.len()
    }

    /// The numbers of the people with that name.
    pub fn find(&self, id_type: IdType, name: &str) -> Vec<u32> {
        match id_type {
            IdType::CioId => self.by_cio_id.get(name).copied().into_iter().collect(),
            IdType::Id => self.by_id.get(name).copied().into_iter().collect(),
            IdType::Email => {
                self.by_email.get(name.to_lowercase().as_str()).cloned().unwrap_or_default()
            }
        }
    }

    /// A segment, archived or not.
    pub fn segment(&self, id: u32) -> Option<&Segment> {
        self.segments.get(&id)
    }

    /// The same, to change it.
    pub fn segment_mut(&mut self, id: u32) -> Option<&mut Segment> {
        self.segments.get_mut(&id)
    }

    /// Puts a segment in under the next free number.
    pub fn append_segment(&mut self, mut segment: Segment) -> &Segment {
        let id = self.segments.last_key_value().map_or(1, |(last, _)| last.saturating_add(1));
        segment.id = id;
        self.segments.entry(id).or_insert(segment)
    }

    /// Takes a segment out.
    pub fn remove_segment(&mut self, id: u32) -> bool {
        self.segments.remove(&id).is_some()
    }

    /// All segments by number.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.values()
    }

    /// Puts a person in, or in the place of the one with the same `cio_id`.
    pub fn upsert(&mut self, person: Person) -> u32 {
        let number = if let Some(number) = self.by_cio_id.get(&person.cio_id) {
            let number = *number;
            self.forget_names(number);
            number
        } else {
            let number = self.next_number();
            self.people.push(None);
            number
        };
        self.by_cio_id.insert(person.cio_id.clone(), number);
        if let Some(id) = &person.id {
            self.by_id.insert(id.clone(), number);
        }
        if let Some(email) = &person.email {
            self.by_email.entry(email.to_lowercase().into()).or_default().push(number);
        }
        self.people[number as usize] = Some(person);
        number
    }

    /// Takes a person out of everything; the number is not used again.
    pub fn remove(&mut self, cio_id: &str) -> bool {
        let Some(number) = self.by_cio_id.get(cio_id).copied() else { return false };
        self.forget_names(number);
        self.by_cio_id.remove(cio_id);
        self.people[number as usize] = None;
        for segment in self.segments.values_mut() {
            segment.members.remove(number);
            if let Some(stale) = &mut segment.stale {
                stale.remove(number);
            }
        }
        true
    }

    fn forget_names(&mut self, number: u32) {
        let Some(Some(person)) = self.people.get(number as usize) else { return };
        if let Some(id) = &person.id
            && self.by_id.get(id) == Some(&number)
        {
            self.by_id.remove(id);
        }
        if let Some(email) = &person.email
            && let Some(numbers) = self.by_email.get_mut(email.to_lowercase().as_str())
        {
            numbers.retain(|other| *other != number);
        }
    }

    fn numbers<'a>(
        &self,
        cio_ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<RoaringBitmap, WorldError> {
        cio_ids
            .into_iter()
            .map(|cio_id| {
                let number = self.by_cio_id.get(cio_id).copied();
                number.ok_or_else(|| WorldError::NoPerson(cio_id.to_owned()))
            })
            .collect()
    }

    /// Applies what is to happen after a page.
    pub(super) fn churn(&mut self, segment: u32, churn: &Churn) {
        let join = self.numbers(churn.join.iter().map(String::as_str)).unwrap_or_default();
        let leave = self.numbers(churn.leave.iter().map(String::as_str)).unwrap_or_default();
        if let Some(segment) = self.segments.get_mut(&segment) {
            segment.members |= join;
            segment.members -= leave;
        }
    }
}

/// The workspace behind its lock.
#[derive(Debug, Default)]
pub struct World {
    state: Mutex<WorldState>,
}

impl World {
    /// The whole state; hold it shortly and never across an await.
    pub fn lock(&self) -> MutexGuard<'_, WorldState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a person in, or in the place of the one with the same `cio_id`.
    pub fn add_person(&self, person: Person) {
        self.lock().upsert(person);
    }

    /// Puts `count` people in: `a3000001` onwards, with ids `u-1` and addresses `p1@example.com`.
    pub fn add_people(&self, count: u32) {
        let mut state = self.lock();
        let start = state.next_number();
        for number in start..start.saturating_add(count) {
            let person = Person::new(&cio_id(number))
                .with_id(&format!("u-{}", number + 1))
                .with_email(&format!("p{}@example.com", number + 1));
            state.upsert(person);
        }
    }

    /// Deletes a person, as a request of Customer.io's own would.
    pub fn remove_person(&self, cio_id: &str) -> bool {
        self.lock().remove(cio_id)
    }

    /// Makes an empty, finished segment of Customer.io's own keeping.
    pub fn add_segment(&self, id: u32, name: &str, now: Instant) -> Result<(), WorldError> {
        let at = now.0.div_euclid(1_000_000);
        self.insert_segment(Segment {
            id,
            name: name.to_owned(),
            created_at: at,
            updated_at: at,
            ..Segment::default()
        })
    }

    /// Puts a segment in.
    pub fn insert_segment(&self, segment: Segment) -> Result<(), WorldError> {
        let id = segment.id;
        self.lock().insert_segment(segment).then_some(()).ok_or(WorldError::SegmentExists(id))
    }

    /// Changes a segment under the lock.
    pub fn change_segment<T>(
        &self,
        id: u32,
        change: impl FnOnce(&mut Segment) -> T,
    ) -> Result<T, WorldError> {
        self.lock().segments.get_mut(&id).map(change).ok_or(WorldError::NoSegment(id))
    }

    /// A person enters a segment.
    pub fn join(&self, segment: u32, cio_id: &str) -> Result<(), WorldError> {
        let mut state = self.lock();
        let numbers = state.numbers([cio_id])?;
        let segment = state.segments.get_mut(&segment).ok_or(WorldError::NoSegment(segment))?;
        segment.members |= numbers;
        Ok(())
    }

    /// A person leaves a segment.
    pub fn leave(&self, segment: u32, cio_id: &str) -> Result<(), WorldError> {
        let mut state = self.lock();
        let numbers = state.numbers([cio_id])?;
        let segment = state.segments.get_mut(&segment).ok_or(WorldError::NoSegment(segment))?;
        segment.members -= numbers;
        Ok(())
    }

    /// Exactly these people are members from now on.
    pub fn set_members<'a>(
        &self,
        segment: u32,
        cio_ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), WorldError> {
        let mut state = self.lock();
        let numbers = state.numbers(cio_ids)?;
        let segment = state.segments.get_mut(&segment).ok_or(WorldError::NoSegment(segment))?;
        segment.members = numbers;
        Ok(())
    }

    /// `cio_id` of all who really are members, in order of their numbers.
    pub fn members(&self, segment: u32) -> Result<Vec<String>, WorldError> {
        let state = self.lock();
        let members = &state.segment(segment).ok_or(WorldError::NoSegment(segment))?.members;
        Ok(members
            .iter()
            .filter_map(|number| state.person(number))
            .map(|person| person.cio_id.to_string())
            .collect())
    }

    /// Starts or ends a build. Until it is finished, reads show the rows of its start.
    pub fn set_segment_state(
        &self,
        segment: u32,
        to: SegmentState,
        progress: Option<u8>,
    ) -> Result<(), WorldError> {
        self.change_segment(segment, |segment| {
            segment.state = to;
            segment.progress = progress;
            if to == SegmentState::Finished {
                segment.stale = None;
            } else if segment.stale.is_none() {
                segment.stale = Some(segment.members.clone());
            }
        })
    }

    /// Archives a segment or brings it back.
    pub fn archive_segment(&self, segment: u32, archived: bool) -> Result<(), WorldError> {
        self.change_segment(segment, |segment| segment.archived = archived)
    }

    /// The next `count` pages of the segment are empty and still have a `next`.
    pub fn answer_empty_pages(&self, segment: u32, count: u32) -> Result<(), WorldError> {
        self.change_segment(segment, |segment| segment.empty_pages = count)
    }

    /// People come and go right after the next page of the segment was read.
    pub fn after_next_page(&self, segment: u32, churn: Churn) -> Result<(), WorldError> {
        self.change_segment(segment, |segment| segment.after_page.push_back(churn))
    }
}

/// The `cio_id` that this world gives to its person of that number: hexadecimal, like real ones.
pub fn cio_id(number: u32) -> String {
    format!("{:08x}", 0xa300_0001_u64 + u64::from(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_person_leaves_segments_and_the_number_is_not_used_again() {
        let world = World::default();
        world.add_people(2);
        world.add_segment(1, "All", Instant(0)).unwrap();
        world.set_members(1, ["a3000001", "a3000002"]).unwrap();
        assert!(world.remove_person("a3000001"));
        world.add_people(1);
        assert_eq!(world.members(1).unwrap(), ["a3000002"]);
        assert_eq!(world.lock().find(IdType::CioId, "a3000003"), [2]);
        assert_eq!(world.lock().population(), 2);
    }

    #[test]
    fn a_segment_that_is_built_shows_the_rows_of_before() {
        let world = World::default();
        world.add_people(2);
        world.add_segment(1, "All", Instant(0)).unwrap();
        world.join(1, "a3000001").unwrap();
        world.set_segment_state(1, SegmentState::Build, Some(40)).unwrap();
        world.join(1, "a3000002").unwrap();
        assert_eq!(world.lock().segment(1).unwrap().shown().len(), 1);
        world.set_segment_state(1, SegmentState::Finished, None).unwrap();
        assert_eq!(world.lock().segment(1).unwrap().shown().len(), 2);
    }

    #[test]
    fn names_follow_a_person_who_changes_them() {
        let world = World::default();
        world.add_person(Person::new("a3000001").with_id("u-1").with_email("One@example.com"));
        world.add_person(Person::new("a3000001").with_id("u-9"));
        let state = world.lock();
        assert!(state.find(IdType::Id, "u-1").is_empty());
        assert!(state.find(IdType::Email, "one@example.com").is_empty());
        assert_eq!(state.find(IdType::Id, "u-9"), [0]);
    }
}
