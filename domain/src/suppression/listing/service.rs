//! Puts people on lists and takes them off.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    configuration::{Configuration, service::ConfigurationService},
    error::{Error, Result},
    ids::{Ids, ListingId, MappingId},
    key::Key,
    people::{Ordinal, PersonSet, port::PersonStore, service::PeopleService},
    suppression::{
        SuppressionRow, SuppressionSpec, held::Suppressed, scope::holds_at,
        service::SuppressionStore,
    },
    sync::{Wake, port::SyncStore},
    time::Clock,
};

use super::{
    DO_NOT_TARGET, DO_NOT_TARGET_REASON, Leaving, List, ListingState, Name, NameKind, Names,
    Review,
    port::{ListingStore, NewListing},
    read,
};

/// Longest note or source, in letters.
const LONGEST: usize = 200;

/// Looks, holds, ends.
pub struct ListingService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// The rules, with whom they hold.
    pub suppressions: Arc<dyn SuppressionStore>,
    /// What was put on lists.
    pub listings: Arc<dyn ListingStore>,
    /// Who is where.
    pub store: Arc<dyn SyncStore>,
    /// Finds people.
    pub people: Arc<PeopleService>,
    /// Their names.
    pub names: Arc<dyn PersonStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn Ids>,
    /// Stirs the worker.
    pub wake: Arc<dyn Wake>,
}

impl ListingService {
    /// A list with what was put on it.
    pub async fn list(&self, rule: &Key) -> Result<List> {
        let now = self.clock.now();
        let rules = self.suppressions.suppression_rows(now).await?;
        let found = rules.into_iter().find(|row| row.spec.key == *rule && row.spec.list);
        let rule: SuppressionRow = found.ok_or_else(|| missing(rule))?;
        let listings = self.listings.listings(&rule.spec.key, now).await?;
        Ok(List { rule, listings })
    }

    /// Takes a file or typed names in, and keeps them to be looked at.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `names` or `note`.
    pub async fn draft(
        &self,
        rule: &Key,
        source: &str,
        note: &str,
        text: &str,
        actor: &Actor,
    ) -> Result<ListingId> {
        actor.require(Role::Operator)?;
        let configuration = self.configuration.load().await?;
        list_of(&configuration, rule)?;
        let names = read(text)?;
        self.put(rule, source, note, &names, false, actor).await
    }

    /// A listing, and what would follow from it or still follows.
    pub async fn review(&self, id: ListingId) -> Result<Review> {
        let now = self.clock.now();
        let (listing, unreadable, people) = self.listings.listing(id, now).await?;
        let configuration = self.configuration.load().await?;
        // Whoever another rule holds leaves anyway; whom this one holds already are still there.
        let others = match listing.state {
            ListingState::Draft => self.held().await?,
            _ => Suppressed::default(),
        };
        let leaving = match list_of(&configuration, &listing.rule) {
            Ok(rule) => self.leaving(&configuration, rule, &people, &others).await?,
            Err(_) => Vec::new(),
        };
        let leaving = leaving.into_iter().map(|(_, leaving)| leaving).collect();
        Ok(Review { listing, unreadable, leaving })
    }

    /// Lets a draft hold: its people leave wherever they are.
    pub async fn hold(&self, id: ListingId, actor: &Actor) -> Result<Key> {
        actor.require(Role::Operator)?;
        let now = self.clock.now();
        let (listing, _, people) = self.listings.listing(id, now).await?;
        let configuration = self.configuration.load().await?;
        let rule = list_of(&configuration, &listing.rule)?;
        let leaving = self.leaving(&configuration, rule, &people, &Suppressed::default()).await?;
        let mappings: Vec<MappingId> = leaving.into_iter().map(|(id, _)| id).collect();
        self.listings.hold_listing(id, &mappings, &actor.name, now).await?;
        self.wake.wake();
        Ok(listing.rule)
    }

    /// Throws a draft away, or takes off everybody whom the listing holds.
    pub async fn end(&self, id: ListingId, actor: &Actor) -> Result<Key> {
        actor.require(Role::Operator)?;
        let now = self.clock.now();
        let (listing, ..) = self.listings.listing(id, now).await?;
        self.listings.end_listing(id, &actor.name, now).await?;
        if listing.state == ListingState::Holding {
            self.suppressions.make_due(&self.addressed().await?, now).await?;
            self.wake.wake();
        }
        Ok(listing.rule)
    }

    /// Puts one person on the list that holds everywhere, from now on: they leave wherever they
    /// are. The list is made if there is none.
    pub async fn stop(&self, cio_id: &str, note: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let person = self.people.one(cio_id).await?;
        let rule = self.everywhere(actor).await?;
        let text = self.cio_id_of(person).await?;
        let names = Names { names: vec![Name { kind: NameKind::CioId, text }], ..Names::default() };
        self.put(&rule, "one person", note, &names, true, actor).await?;
        let configuration = self.configuration.load().await?;
        let (rule, alone) = (list_of(&configuration, &rule)?, PersonSet::from([person]));
        let leaving = self.leaving(&configuration, rule, &alone, &Suppressed::default()).await?;
        let mappings: Vec<MappingId> = leaving.into_iter().map(|(id, _)| id).collect();
        self.suppressions.make_due(&mappings, self.clock.now()).await?;
        self.wake.wake();
        Ok(())
    }

    /// Takes one person off every list.
    pub async fn resume(&self, cio_id: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let person = self.people.one(cio_id).await?;
        let now = self.clock.now();
        if self.listings.take_off(person, &actor.name, now).await? == 0 {
            return Err(Error::Conflict("no list has this person any more".to_owned()));
        }
        self.suppressions.make_due(&self.addressed().await?, now).await?;
        self.wake.wake();
        Ok(())
    }

    async fn put(
        &self,
        rule: &Key,
        source: &str,
        note: &str,
        names: &Names,
        holds: bool,
        actor: &Actor,
    ) -> Result<ListingId> {
        let note = note.trim();
        if note.chars().count() > LONGEST || note.chars().any(char::is_control) {
            let words = format!("at most {LONGEST} letters on one line");
            return Err(Error::invalid("note", words));
        }
        // A browser hands over whatever a file is called.
        let source: String =
            source.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
        let id = ListingId(self.ids.next());
        let (by, at) = (actor.name.as_str(), self.clock.now());
        let listing = NewListing { id, rule, source: &source, note, by, at, holds };
        self.listings.put_listing(&listing, names).await?;
        Ok(id)
    }

    async fn held(&self) -> Result<Suppressed> {
        Ok(Suppressed::of(self.suppressions.suppressed(self.clock.now()).await?))
    }

    /// Where these people are and would leave, less those whom others hold, by mapping.
    async fn leaving(
        &self,
        configuration: &Configuration,
        rule: &SuppressionSpec,
        people: &PersonSet,
        others: &Suppressed,
    ) -> Result<Vec<(MappingId, Leaving)>> {
        let mut leaving = Vec::new();
        for mapping in &configuration.mappings {
            let spec = &mapping.spec;
            if !spec.use_case.is_suppressed() || !holds_at(&rule.destinations, &spec.destination) {
                continue;
            }
            let there = self.store.present(mapping.id).await?;
            let leave = &(&there & people) - &*others.at(&spec.destination);
            if !leave.is_empty() {
                let leaves = Leaving {
                    mapping: spec.key.clone(),
                    destination: spec.destination.clone(),
                    use_case: spec.use_case,
                    is_active: spec.active,
                    people: leave.len(),
                };
                leaving.push((mapping.id, leaves));
            }
        }
        Ok(leaving)
    }

    /// Mappings that suppressions reach: whoever comes off a list may come back there.
    async fn addressed(&self) -> Result<Vec<MappingId>> {
        let configuration = self.configuration.load().await?;
        let reached = configuration.mappings.iter().filter(|one| one.spec.use_case.is_suppressed());
        Ok(reached.map(|one| one.id).collect())
    }

    async fn cio_id_of(&self, person: Ordinal) -> Result<String> {
        let people = self.names.people(&[person].into_iter().collect()).await?;
        let found = people.into_iter().next();
        found
            .map(|(_, person)| person.cio_id)
            .ok_or_else(|| Error::NotFound("person of that number".to_owned()))
    }

    /// The list that holds everywhere and for good, made if need be.
    async fn everywhere(&self, actor: &Actor) -> Result<Key> {
        let configuration = self.configuration.load().await?;
        let fits = |rule: &SuppressionSpec| {
            rule.list && rule.destinations.is_empty() && rule.ttl.is_none()
        };
        let specs = || configuration.suppressions.iter().map(|rule| &rule.spec);
        if let Some(rule) = specs().find(|rule| fits(rule)) {
            return Ok(rule.key.clone());
        }
        // Somebody may use the name for something else.
        let is_free = |key: &Key| specs().all(|rule| rule.key != *key);
        let names = [DO_NOT_TARGET.to_owned()]
            .into_iter()
            .chain((2..).map(|number: u32| format!("{DO_NOT_TARGET}-{number}")));
        let key = names.filter_map(|name| name.parse().ok()).find(is_free);
        let key: Key = key.ok_or_else(|| Error::unexpected("no name is free"))?;
        let spec = SuppressionSpec {
            list: true,
            ..SuppressionSpec::new(key.clone(), DO_NOT_TARGET_REASON)
        };
        self.configuration.create_suppression(spec, actor).await?;
        Ok(key)
    }
}

fn missing(rule: &Key) -> Error {
    Error::NotFound(format!("list {rule}"))
}

fn list_of<'a>(configuration: &'a Configuration, rule: &Key) -> Result<&'a SuppressionSpec> {
    let specs = configuration.suppressions.iter().map(|one| &one.spec);
    specs.into_iter().find(|spec| spec.key == *rule && spec.list).ok_or_else(|| missing(rule))
}
