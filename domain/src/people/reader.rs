//! Reads attributes: in bulk, for very many by one export, and says what it couldn't.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use futures::{FutureExt as _, StreamExt as _, stream};

use crate::{
    audiences::{SegmentId, port::MirrorStore},
    configuration::Configuration,
    delivery::{port::Sleep, retry::Patience},
    error::{Error, Result, VendorError},
    ids::MappingId,
    mappings::Mapping,
    suppression::{held::Suppressed, service::SuppressionStore},
    sync::port::SyncStore,
    time::{Clock, Instant, Span},
};

use super::{
    Ordinal, PersonSet,
    attributes::{
        Attributes, Learned, Standing, Wanted, bare, everyone, learn, together, whom_to_read,
    },
    port::{AttributeSource, AttributeStore, ExportState},
};

/// People of one bulk call; Customer.io takes no more.
const BULK: usize = 100;

/// Bulk calls side by side, under the one budget of requests.
const SIDE_BY_SIDE: usize = 4;

/// For more people than this an export is quicker than the bulk calls that it saves.
const MOST_BY_BULK: u64 = 5_000;

/// Lines of an export that are kept in one transaction.
const SLICE: usize = 1_000;

/// The first wait for an export; each further one is twice as long.
const FIRST_LOOK: Span = Span::from_millis(500);

/// The longest wait between two looks at an export.
const LONGEST_LOOK: Span = Span::from_seconds(10);

/// An export that isn't there by then is given up; the people are read in bulk.
const PENDING: Span = Span::from_minutes(5);

/// Reads what destinations need of people.
pub struct AttributeReader {
    /// Customer.io.
    pub source: Arc<dyn AttributeSource>,
    /// What was read.
    pub store: Arc<dyn AttributeStore>,
    /// The mirrors.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Whom the rules hold.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// People's ids in Customer.io.
    pub names: Arc<dyn SyncStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub sleep: Arc<dyn Sleep>,
}

/// One reading under way.
struct Reading {
    wanted: Wanted,
    /// Numbers by bare `cio_id`.
    numbers: HashMap<String, Ordinal>,
    /// Who has no answer yet.
    left: PersonSet,
    /// People with a field that no event could carry, by field.
    too_long: BTreeMap<String, u64>,
}

/// Why an answer didn't come.
enum Broken {
    Vendor(VendorError),
    Other(Error),
}

impl From<VendorError> for Broken {
    fn from(error: VendorError) -> Self {
        Self::Vendor(error)
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl AttributeReader {
    /// Reads what these mappings lack. What couldn't be read is said by mapping, and stops
    /// nobody: people go with what is known of them.
    ///
    /// # Errors
    /// Only what storage can't do.
    pub async fn read(
        &self,
        configuration: &Configuration,
        mappings: &[&Mapping],
        patience: Patience,
    ) -> Result<BTreeMap<MappingId, String>> {
        let wanted = self.whom(configuration, mappings).await?;
        let all = together(wanted.values());
        let people = everyone(&all);
        if people.is_empty() {
            return Ok(BTreeMap::new());
        }
        let names = self.names.cio_ids(&people).await?;
        let numbers = names.into_iter().map(|(number, name)| (bare(&name).to_owned(), number));
        let mut reading = Reading {
            wanted: all,
            numbers: numbers.collect(),
            left: people,
            too_long: BTreeMap::new(),
        };
        let segments: BTreeSet<SegmentId> = mappings
            .iter()
            .filter(|mapping| wanted.contains_key(&mapping.id))
            .filter_map(|mapping| configuration.audience_of(mapping))
            .map(|audience| audience.spec.segment)
            .collect();
        let failure = match self.fetch(&mut reading, segments, patience).await {
            Ok(()) => None,
            Err(Broken::Vendor(error)) => Some(error),
            Err(Broken::Other(error)) => return Err(error),
        };
        let note = |(mapping, wanted)| Some((mapping, reading.note(&wanted, failure.as_ref())?));
        Ok(wanted.into_iter().filter_map(note).collect())
    }

    async fn whom(
        &self,
        configuration: &Configuration,
        mappings: &[&Mapping],
    ) -> Result<BTreeMap<MappingId, Wanted>> {
        let mut members = BTreeMap::new();
        for mapping in mappings {
            if let Some(people) = self.mirrors.members(mapping.audience_id).await? {
                members.insert(mapping.audience_id, people);
            }
        }
        let now = self.clock.now();
        let suppressed = Suppressed::of(self.suppressions.suppressed(now).await?);
        let readings = self.store.readings(now).await?;
        let standing = Standing { members: &members, suppressed: &suppressed, readings: &readings };
        Ok(whom_to_read(configuration, mappings.iter().copied(), standing))
    }

    async fn fetch(
        &self,
        reading: &mut Reading,
        segments: BTreeSet<SegmentId>,
        patience: Patience,
    ) -> Result<(), Broken> {
        if reading.left.len() > MOST_BY_BULK {
            let segments: Vec<SegmentId> = segments.into_iter().collect();
            match self.by_export(reading, &segments, patience).await {
                // Whoever an export lacks, or all of them if it came to nothing, is read in
                // bulk; if Customer.io fails as a whole, that fails too and says so.
                Ok(()) | Err(Broken::Vendor(_)) => {}
                Err(error) => return Err(error),
            }
        }
        self.by_bulk(reading).await
    }

    async fn by_export(
        &self,
        reading: &mut Reading,
        segments: &[SegmentId],
        patience: Patience,
    ) -> Result<(), Broken> {
        let fields: Vec<String> = reading.wanted.keys().cloned().collect();
        let export = self.source.begin_export(segments, &fields).await?;
        self.await_export(export, give_up_at(self.clock.now(), patience)).await?;
        let mut rows = self.source.download(export).await?;
        loop {
            let slice: Vec<Attributes> =
                rows.by_ref().take(SLICE).collect::<Result<_, VendorError>>()?;
            if slice.is_empty() {
                return Ok(());
            }
            let learned = reading.learn(&slice);
            let seen = learned.iter().map(|one| one.ordinal).collect();
            self.keep(reading, &seen, &learned).await?;
        }
    }

    async fn await_export(&self, export: i64, give_up_at: Instant) -> Result<(), VendorError> {
        let mut wait = FIRST_LOOK;
        loop {
            self.sleep.sleep(wait).await;
            let failed = match self.source.export_state(export).await? {
                ExportState::Done => return Ok(()),
                ExportState::Failed => "the export failed",
                ExportState::Pending if self.clock.now() >= give_up_at => {
                    "the export stays pending"
                }
                ExportState::Pending => {
                    wait = Span(wait.0.saturating_mul(2)).min(LONGEST_LOOK);
                    continue;
                }
            };
            return Err(VendorError::Unavailable {
                vendor: "Customer.io",
                detail: failed.to_owned(),
            });
        }
    }

    async fn by_bulk(&self, reading: &mut Reading) -> Result<(), Broken> {
        let mut left: Vec<(Ordinal, String)> = reading
            .numbers
            .iter()
            .filter(|(_, number)| reading.left.contains(**number))
            .map(|(name, number)| (*number, name.clone()))
            .collect();
        left.sort_unstable();
        let calls: Vec<_> = left.chunks(BULK).map(|some| self.ask(some).boxed()).collect();
        let mut answers = stream::iter(calls).buffer_unordered(SIDE_BY_SIDE);
        while let Some(answer) = answers.next().await {
            let (asked, people) = answer?;
            let learned = reading.learn(&people);
            // Whom Customer.io doesn't know any more was read too: there is nothing to learn.
            self.keep(reading, &asked, &learned).await?;
        }
        Ok(())
    }

    async fn ask(
        &self,
        some: &[(Ordinal, String)],
    ) -> Result<(PersonSet, Vec<Attributes>), VendorError> {
        let (numbers, names): (Vec<Ordinal>, Vec<String>) = some.iter().cloned().unzip();
        Ok((numbers.into_iter().collect(), self.source.bulk(&names).await?))
    }

    async fn keep(
        &self,
        reading: &mut Reading,
        seen: &PersonSet,
        learned: &[Learned],
    ) -> Result<()> {
        let read: Wanted = reading
            .wanted
            .iter()
            .map(|(field, people)| (field.clone(), people & seen))
            .filter(|(_, people)| !people.is_empty())
            .collect();
        self.store.put_attributes(&read, learned, self.clock.now()).await?;
        reading.left -= seen;
        for field in learned.iter().flat_map(|one| &one.too_long) {
            *reading.too_long.entry(field.clone()).or_default() += 1;
        }
        Ok(())
    }
}

impl Reading {
    /// What an answer teaches about those who were asked about and have no answer yet.
    fn learn(&self, people: &[Attributes]) -> Vec<Learned> {
        people
            .iter()
            .filter_map(|person| {
                let number = *self.numbers.get(bare(&person.cio_id))?;
                let asked = self.left.contains(number);
                asked.then(|| learn(number, &self.wanted, &person.values))
            })
            .collect()
    }

    /// What a mapping that wanted this should be told.
    fn note(&self, wanted: &Wanted, failure: Option<&VendorError>) -> Option<String> {
        let mut notes = Vec::new();
        let unread = (&everyone(wanted) & &self.left).len();
        if let Some(error) = failure.filter(|_| unread > 0) {
            notes.push(format!(
                "the attributes of {unread} members could not be read, they go with what is known of them: {error}"
            ));
        }
        for (field, people) in self.too_long.iter().filter(|(field, _)| wanted.contains_key(*field))
        {
            notes.push(format!("{field} of {people} members is longer than an event may be"));
        }
        (!notes.is_empty()).then(|| notes.join("; "))
    }
}

/// An export may take half of the time that is left: the orders need the rest.
fn give_up_at(now: Instant, patience: Patience) -> Instant {
    let left = patience.until.map_or(PENDING, |until| Span(until.since(now).0 / 2));
    now.plus(left.min(PENDING))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_leaves_time_for_the_orders() {
        let now = Instant::from_seconds(100);
        let until = |seconds| give_up_at(now, Patience::until(Instant::from_seconds(seconds)));
        assert_eq!(until(340), Instant::from_seconds(220));
        assert_eq!(until(10_000), now.plus(PENDING));
        assert_eq!(give_up_at(now, Patience::endless()), now.plus(PENDING));
    }

    #[test]
    fn a_mapping_is_told_of_its_own_people_and_fields_only() {
        let set = |people: &[u32]| people.iter().copied().collect::<PersonSet>();
        let reading = Reading {
            wanted: Wanted::new(),
            numbers: HashMap::new(),
            left: set(&[1, 2, 3]),
            too_long: BTreeMap::from([("bio".to_owned(), 2)]),
        };
        let error = VendorError::Unauthorized("Customer.io");
        let phone = Wanted::from([("phone".to_owned(), set(&[2, 3, 4]))]);
        let note = reading.note(&phone, Some(&error)).unwrap();
        assert!(note.starts_with("the attributes of 2 members"), "{note}");
        assert!(note.contains("401") && !note.contains("bio"), "{note}");
        assert_eq!(reading.note(&phone, None), None);
        let others = Wanted::from([("bio".to_owned(), set(&[7]))]);
        let note = reading.note(&others, Some(&error)).unwrap();
        assert_eq!(note, "bio of 2 members is longer than an event may be");
    }
}
