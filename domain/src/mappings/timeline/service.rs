//! Reads the timeline, keeps flows, and takes what it advises.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    configuration::{Configuration, Desired, service::ConfigurationService},
    destinations::Profile,
    error::{Error, Result},
    key::Key,
    mappings::{Mapping, MappingSpec},
    suppression::{Kind, scope::holds_at},
    sync::Wake,
    time::{Clock, Span},
};

use super::{Facts, FlowSpec, FlowView, Meeting, Stacking, judge, port::StackingStore};

/// Longest reason, in letters.
const LONGEST: usize = 200;

/// Reads, keeps, means.
pub struct TimelineService {
    /// What is stored.
    pub configuration: Arc<ConfigurationService>,
    /// What is meant.
    pub stackings: Arc<dyn StackingStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Stirs the worker.
    pub wake: Arc<dyn Wake>,
}

impl TimelineService {
    /// Every flow beside its ads, by key.
    pub async fn all(&self) -> Result<Vec<FlowView>> {
        let configuration = self.configuration.load().await?;
        let stackings = self.stackings.stackings().await?;
        Ok(configuration
            .flows
            .iter()
            .map(|one| view(&configuration, &one.spec, &stackings))
            .collect())
    }

    /// One flow.
    pub async fn one(&self, key: &Key) -> Result<FlowSpec> {
        let configuration = self.configuration.load().await?;
        let found = configuration.flows.into_iter().find(|one| one.spec.key == *key);
        found.map(|one| one.spec).ok_or_else(|| missing(key))
    }

    /// Keeps a flow, whether it is there or not.
    pub async fn save(&self, spec: FlowSpec, is_new: bool, actor: &Actor) -> Result<()> {
        let revise = |stored: &Configuration| {
            let is_there = stored.flows.iter().any(|one| one.spec.key == spec.key);
            match (is_new, is_there) {
                (true, true) => {
                    Err(Error::invalid("key", format!("there is a flow {} already", spec.key)))
                }
                (false, false) => Err(missing(&spec.key)),
                _ => Ok(Desired { flow: vec![spec.clone()], ..Desired::default() }),
            }
        };
        self.configuration.revise(revise, actor).await?;
        Ok(())
    }

    /// Takes a flow off the timeline.
    pub async fn remove(&self, key: &Key, actor: &Actor) -> Result<()> {
        self.configuration.retire_flow(key, actor).await
    }

    /// Holds a mapping's entries for as long as a conflict asks for.
    pub async fn hold(&self, mapping: &Key, offset: Span, actor: &Actor) -> Result<()> {
        let revise = |stored: &Configuration| {
            let found = stored.mapping(mapping);
            let found = found.ok_or_else(|| Error::NotFound(format!("mapping {mapping}")))?;
            let spec = MappingSpec { offset: Some(offset), ..found.spec.clone() };
            Ok(Desired { mapping: vec![spec], ..Desired::default() })
        };
        self.configuration.revise(revise, actor).await?;
        self.wake.wake();
        Ok(())
    }

    /// Notes that a meeting is meant.
    ///
    /// # Errors
    /// [`Error::Invalid`] for `reason`, [`Error::Conflict`] where nobody may mean it.
    pub async fn mean(&self, meeting: Meeting, reason: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let reason = reason.trim();
        if reason.is_empty()
            || reason.chars().count() > LONGEST
            || reason.chars().any(char::is_control)
        {
            return Err(Error::invalid("reason", format!("say why, in at most {LONGEST} letters")));
        }
        if !meeting.rule.can_be_meant() {
            return Err(Error::Conflict("nobody can mean this: change it instead".to_owned()));
        }
        let (reason, by) = (reason.to_owned(), actor.name.clone());
        let stacking = Stacking { meeting, reason, by, at: self.clock.now() };
        self.stackings.put_stacking(&stacking).await
    }

    /// Means it no longer.
    pub async fn withdraw(&self, meeting: &Meeting, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.stackings.withdraw_stacking(meeting, &actor.name, self.clock.now()).await
    }
}

fn view(configuration: &Configuration, flow: &FlowSpec, stackings: &[Stacking]) -> FlowView {
    let audience = configuration.audience(&flow.audience);
    let of_audience =
        configuration.mappings.iter().filter(|one| one.spec.audience == flow.audience);
    let with_place = of_audience.filter_map(|one: &Mapping| {
        let spec = &one.spec;
        let profile: Profile = configuration.destination_of(one)?.spec.profile;
        let ends = configuration.suppressions.iter().any(|rule| {
            let rule = &rule.spec;
            rule.kind() == Kind::Purchase
                && !rule.list
                && holds_at(&rule.destinations, &spec.destination)
        });
        Some((spec, profile, ends))
    });
    judge(&Facts {
        flow,
        window: audience.and_then(|audience| audience.spec.window),
        mappings: with_place.collect(),
        stackings,
    })
}

fn missing(key: &Key) -> Error {
    Error::NotFound(format!("flow {key}"))
}
