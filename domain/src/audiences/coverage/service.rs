//! What names the members of every audience, as of now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    audiences::port::MirrorStore,
    configuration::{Configuration, service::ConfigurationService},
    day::Day,
    error::Result,
    ids::AudienceId,
    key::Key,
    people::{PersonSet, attributes::PHONE, port::AttributeStore},
    sync::port::SyncStore,
    time::Clock,
};

use super::{
    Assumption, AudienceCoverage, CoverageDay, Forecast, Sets, cover, lost, port::TrendStore,
    trend::DAYS,
};

/// Counts, audience by audience.
pub struct CoverageService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// Who is in each audience.
    pub mirrors: Arc<dyn MirrorStore>,
    /// Who has which identifier.
    pub store: Arc<dyn SyncStore>,
    /// Whose phone number was read.
    pub attributes: Arc<dyn AttributeStore>,
    /// How it went.
    pub trend: Arc<dyn TrendStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl CoverageService {
    /// Every audience, by key.
    pub async fn all(&self) -> Result<Vec<AudienceCoverage>> {
        let configuration = self.configuration.load().await?;
        let sets = self.sets().await?;
        let mut all = Vec::new();
        for audience in self.mirrors.audience_rows().await? {
            let stored = configuration.audience(&audience.spec.key);
            let members = match stored {
                Some(stored) => self.mirrors.members(stored.id).await?,
                None => None,
            };
            let (coverage, forecasts) = match (stored, members) {
                (Some(stored), Some(members)) => (
                    Some(cover(&members, &sets)),
                    forecasts(&configuration, stored.id, &members, &sets),
                ),
                _ => (None, Vec::new()),
            };
            all.push(AudienceCoverage { audience, coverage, forecasts });
        }
        Ok(all)
    }

    /// How it went, audience by audience, the oldest day first.
    pub async fn trends(&self) -> Result<BTreeMap<Key, Vec<CoverageDay>>> {
        let since = Day::of(self.clock.now()).plus(1 - DAYS);
        self.trend.coverage_days(since).await
    }

    /// Keeps today's count of every audience that was read: how many.
    pub async fn note(&self) -> Result<u64> {
        let (configuration, now) = (self.configuration.load().await?, self.clock.now());
        let (sets, today) = (self.sets().await?, Day::of(now));
        let mut days = Vec::new();
        for audience in &configuration.audiences {
            if let Some(members) = self.mirrors.members(audience.id).await? {
                days.push((audience.id, CoverageDay::of(&cover(&members, &sets), today)));
            }
        }
        self.trend.put_coverage(&days, now).await?;
        Ok(days.len() as u64)
    }

    /// Audiences with an identity gap that matters, the widest first.
    pub async fn alarms(&self) -> Result<Vec<AudienceCoverage>> {
        let mut all = self.all().await?;
        all.retain(AudienceCoverage::alarms);
        all.sort_by_key(|one| std::cmp::Reverse(one.coverage.map_or(0, |coverage| coverage.gap)));
        Ok(all)
    }

    /// What is known of everybody.
    pub(crate) async fn sets(&self) -> Result<Sets> {
        let mut readings = self.attributes.readings(self.clock.now()).await?;
        let identifiers = self.store.identifier_sets().await?;
        // A number that is known was read, however long ago.
        let phone_read = readings.remove(PHONE).unwrap_or_default() | &identifiers.phone;
        Ok(Sets { identifiers, phone_read })
    }
}

/// What an audience comes to wherever it is sent, by key.
fn forecasts(
    configuration: &Configuration,
    audience: AudienceId,
    members: &PersonSet,
    sets: &Sets,
) -> Vec<Forecast> {
    let sent = configuration.mappings.iter().filter(|one| one.audience_id == audience);
    let places: BTreeSet<_> = sent.map(|one| one.destination_id).collect();
    let by_key: BTreeMap<Key, Forecast> = configuration
        .destinations
        .iter()
        .filter(|one| places.contains(&one.id))
        .map(|one| {
            let profile = one.spec.profile;
            let lost = lost(profile, members, sets);
            let findable = members.len() - lost.sum();
            let band = Assumption::of(profile).map(|assumption| assumption.band(findable));
            let destination = one.spec.key.clone();
            (destination.clone(), Forecast { destination, profile, findable, lost, band })
        })
        .collect();
    by_key.into_values().collect()
}
