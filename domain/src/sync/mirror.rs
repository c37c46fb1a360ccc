//! Mirror: the whole membership of a segment, read page by page.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::join;

use crate::{
    audiences::{
        Audience, Segment, SegmentState,
        port::{Kept, MirrorStore, SegmentSource},
    },
    error::{Error, Result, VendorError},
    ids::AudienceId,
    people::{PersonSet, identifiers},
    time::{Clock, Instant, Span},
};

/// How often the progress of a reading is stored; each time is a commit.
const TELL: Span = Span::from_seconds(1);

/// The newest reading of an audience, and when it began. Held while a reading is under way.
type Newest = Arc<futures::lock::Mutex<Option<(Instant, Reading)>>>;

/// What a reading came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The members are as of now.
    Fresh,
    /// They could not be read; those of the last reading may be used.
    Stale(String),
    /// They could not be read, and nothing may be decided from the last reading.
    Failed(String),
}

/// Reads segments into mirrors.
pub struct Mirrorer {
    /// Customer.io.
    pub source: Arc<dyn SegmentSource>,
    /// The mirrors.
    pub store: Arc<dyn MirrorStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// One reading of an audience at a time, shared by passes that need it together.
    newest: Mutex<BTreeMap<AudienceId, Newest>>,
}

impl Mirrorer {
    /// Over these.
    pub fn new(
        source: Arc<dyn SegmentSource>,
        store: Arc<dyn MirrorStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { source, store, clock, newest: Mutex::default() }
    }

    /// Reads one audience, unless a reading that began at `since` or later is there already.
    ///
    /// # Errors
    /// Only what storage can't do; what Customer.io can't do is a [`Reading`].
    pub async fn read(&self, audience: &Audience, since: Instant) -> Result<Reading> {
        let newest = {
            let mut all = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(audience.id).or_default().clone()
        };
        let mut newest = newest.lock().await;
        if let Some((began_at, reading)) = newest.as_ref()
            // One from the future began before the clock was put right.
            && (since..=self.clock.now()).contains(began_at)
        {
            return Ok(reading.clone());
        }
        let began_at = self.clock.now();
        let reading = self.read_now(audience, began_at).await?;
        *newest = Some((began_at, reading.clone()));
        Ok(reading)
    }

    async fn read_now(&self, audience: &Audience, began_at: Instant) -> Result<Reading> {
        match self.read_whole(audience).await {
            Ok((segment, members)) => {
                let now = self.clock.now();
                match self.store.put_mirror(audience.id, &segment, &members, began_at, now).await? {
                    Kept::Whole => Ok(Reading::Fresh),
                    Kept::Shrunk { before, read } => {
                        let reason = format!(
                            "the segment shrank from {before} to {read} people: those whom it lost stay suppressed until somebody accepts it under Approvals"
                        );
                        self.store.mark_stale(audience.id, &reason, self.clock.now()).await?;
                        Ok(Reading::Stale(reason))
                    }
                }
            }
            Err(Broken::Building(progress)) => {
                let done = progress.map(|percent| format!(" ({percent} %)")).unwrap_or_default();
                let reason = format!(
                    "Customer.io is still building segment {}{done}",
                    audience.spec.segment
                );
                self.store.mark_stale(audience.id, &reason, self.clock.now()).await?;
                Ok(match self.store.members(audience.id).await? {
                    Some(_) => Reading::Stale(reason),
                    None => Reading::Failed(reason),
                })
            }
            Err(Broken::Vendor(error)) => {
                let (reason, now) = (error.to_string(), self.clock.now());
                if matches!(error, VendorError::NotFound { .. }) {
                    self.store.mark_gone(audience.id, &reason, now).await?;
                } else {
                    self.store.mark_stale(audience.id, &reason, now).await?;
                }
                Ok(Reading::Failed(reason))
            }
            Err(Broken::Other(error)) => Err(error),
        }
    }

    async fn read_whole(
        &self,
        audience: &Audience,
    ) -> std::result::Result<(Segment, PersonSet), Broken> {
        let number = audience.spec.segment;
        let segment = self.source.segment(number).await?;
        if let SegmentState::Building { progress } = segment.state {
            return Err(Broken::Building(progress));
        }
        let mut members = PersonSet::new();
        let mut visited = BTreeSet::new();
        let mut told: Option<Instant> = None;
        let mut page = self.source.members(number, None).await?;
        loop {
            if page.people.iter().any(|person| !is_usable(&person.cio_id)) {
                return Err(malformed("a member without a usable cio_id"));
            }
            // An empty page is not the end, but a page seen before would never end.
            if page.next.as_ref().is_some_and(|token| !visited.insert(token.clone())) {
                return Err(malformed("paging that goes round in a circle"));
            }
            let people: Vec<_> = page.people.iter().map(identifiers::normalise).collect();
            // The next page is on its way while this one is learned.
            let following = async {
                match &page.next {
                    Some(token) => self.source.members(number, Some(token)).await.map(Some),
                    None => Ok(None),
                }
            };
            let now = self.clock.now();
            let learned = async {
                members.extend(self.store.learn(&people, now).await?);
                if told.is_none_or(|told| now.since(told) >= TELL) {
                    told = Some(now);
                    self.store.put_progress(audience.id, members.len()).await?;
                }
                Ok::<_, Error>(())
            };
            let (learned, following) = join(learned, following).await;
            learned?;
            match following? {
                None => return Ok((segment, members)),
                Some(next) => page = next,
            }
        }
    }
}

/// Something that every database keeps and every message carries.
fn is_usable(cio_id: &str) -> bool {
    (1..=256).contains(&cio_id.len()) && !cio_id.chars().any(char::is_control)
}

enum Broken {
    Building(Option<i64>),
    Vendor(VendorError),
    Other(Error),
}

fn malformed(detail: &str) -> Broken {
    Broken::Vendor(VendorError::Malformed { vendor: "Customer.io", detail: detail.to_owned() })
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
