//! Planning and applying, for `segue apply` and for every form.

mod second_person;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
    sync::Arc,
};

use crate::{
    access::{Actor, Role},
    approvals::{port::ProposalStore, proposal::Edit},
    audiences::AudienceSpec,
    destinations::{DestinationSpec, budget::Budget, value::ValueRule},
    error::{Error, Result},
    key::Key,
    mappings::{MappingSpec, gates::Pass},
    notices::is_address,
    suppression::SuppressionSpec,
    time::Clock,
};

use super::{
    Configuration, Desired, Secret, SecretList,
    check::{Specs, check},
    plan::{Change, Leaving, Plan, Stored, Table, plan},
    port::ConfigurationStore,
};

/// Requests a second that make sense for a workspace.
const REQUESTS: RangeInclusive<i64> = 1..=100_000;
/// Events a second that do.
const EVENTS: RangeInclusive<i64> = 1..=1_000_000;

/// Plans and applies.
pub struct ConfigurationService {
    store: Arc<dyn ConfigurationStore>,
    proposals: Arc<dyn ProposalStore>,
    clock: Arc<dyn Clock>,
}

impl ConfigurationService {
    /// Over these stores.
    pub fn new(
        store: Arc<dyn ConfigurationStore>,
        proposals: Arc<dyn ProposalStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, proposals, clock }
    }

    /// What is stored.
    pub async fn load(&self) -> Result<Configuration> {
        Ok(self.store.load().await?.0)
    }

    /// What [`Self::apply`] would do.
    pub async fn plan(&self, desired: &Desired, prune: bool) -> Result<Plan> {
        Ok(self.prepare(desired, prune).await?.0)
    }

    /// Makes what is stored what is desired, whoever else should see it; says what it did.
    pub async fn apply(&self, desired: &Desired, prune: bool, actor: &Actor) -> Result<Plan> {
        self.apply_with(desired, prune, Leaving::Sent, Vec::new(), actor).await
    }

    /// The same, with what becomes of people at places that nobody sends to any more, and the
    /// gates that its mappings pass.
    pub async fn apply_with(
        &self,
        desired: &Desired,
        prune: bool,
        leaving: Leaving,
        passes: Vec<Pass>,
        actor: &Actor,
    ) -> Result<Plan> {
        actor.require(if needs_admin(desired) { Role::Admin } else { Role::Operator })?;
        let (mut plan, version) = self.prepare(desired, prune).await?;
        (plan.leaving, plan.passes) = (leaving, passes);
        if !plan.is_empty() {
            self.store.carry_out(&plan, version, &actor.name, self.clock.now()).await?;
        }
        Ok(plan)
    }

    /// Stores a mapping that isn't there yet, and the gates that it passes.
    pub async fn create_mapping(
        &self,
        spec: MappingSpec,
        passes: Vec<Pass>,
        actor: &Actor,
    ) -> Result<()> {
        actor.require(Role::Operator)?;
        absent("mapping", &spec.key, self.load().await?.mapping(&spec.key).is_some())?;
        self.submit(Edit { mappings: vec![spec], passes, ..Edit::default() }, actor).await
    }

    /// Changes a mapping that is there, and records the gates that it passes.
    pub async fn update_mapping(
        &self,
        spec: MappingSpec,
        passes: Vec<Pass>,
        actor: &Actor,
    ) -> Result<()> {
        actor.require(Role::Operator)?;
        present("mapping", &spec.key, self.load().await?.mapping(&spec.key).is_some())?;
        self.submit(Edit { mappings: vec![spec], passes, ..Edit::default() }, actor).await
    }

    /// Pauses or resumes mappings, all of them or none; those that weren't so before.
    pub async fn set_all_active(
        &self,
        keys: &[Key],
        active: bool,
        actor: &Actor,
    ) -> Result<Vec<Key>> {
        actor.require(Role::Operator)?;
        let mut switched = Vec::new();
        let rule = |stored: &Configuration| {
            let mut mapping = Vec::new();
            for key in keys {
                let found = stored.mapping(key).ok_or_else(|| missing("mapping", key))?;
                if found.spec.active != active {
                    switched.push(key.clone());
                    mapping.push(MappingSpec { active, ..found.spec.clone() });
                }
            }
            Ok(Desired { mapping, ..Desired::default() })
        };
        self.revise(rule, actor).await?;
        Ok(switched)
    }

    /// Promotes a segment.
    pub async fn create_audience(&self, spec: AudienceSpec, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        absent("audience", &spec.key, self.load().await?.audience(&spec.key).is_some())?;
        self.apply(&Desired { audience: vec![spec], ..Desired::default() }, false, actor).await?;
        Ok(())
    }

    /// Changes an audience that is there.
    pub async fn update_audience(&self, spec: AudienceSpec, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        present("audience", &spec.key, self.load().await?.audience(&spec.key).is_some())?;
        self.apply(&Desired { audience: vec![spec], ..Desired::default() }, false, actor).await?;
        Ok(())
    }

    /// Stores a destination that isn't there yet.
    pub async fn create_destination(&self, spec: DestinationSpec, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        absent("destination", &spec.key, self.load().await?.destination(&spec.key).is_some())?;
        self.apply(&Desired { destination: vec![spec], ..Desired::default() }, false, actor)
            .await?;
        Ok(())
    }

    /// Puts these fields in place of those that whoever asks has seen. The base is checked
    /// against the same reading that the change is made from.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the destination's fields are others by now.
    pub async fn change_fields(
        &self,
        key: &Key,
        base: &[String],
        fields: Vec<String>,
        actor: &Actor,
    ) -> Result<()> {
        let change = |stored: &DestinationSpec| {
            let after = DestinationSpec { fields, ..stored.clone() };
            (stored.fields == base).then_some(after)
        };
        self.change_destination(key, change, actor).await
    }

    /// Puts what a person is worth in place of what whoever asks has seen.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the destination's rule is another by now.
    pub async fn change_value(
        &self,
        key: &Key,
        base: Option<ValueRule>,
        value: Option<ValueRule>,
        actor: &Actor,
    ) -> Result<()> {
        let change = |stored: &DestinationSpec| {
            let after = DestinationSpec { value, ..stored.clone() };
            (stored.value == base).then_some(after)
        };
        self.change_destination(key, change, actor).await
    }

    /// Puts a budget in place of the one that whoever asks has seen.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the destination's budget is another by now.
    pub async fn change_budget(
        &self,
        key: &Key,
        base: Budget,
        budget: Budget,
        actor: &Actor,
    ) -> Result<()> {
        let change = |stored: &DestinationSpec| {
            let after = DestinationSpec { budget, ..stored.clone() };
            (stored.budget == base).then_some(after)
        };
        self.change_destination(key, change, actor).await
    }

    /// One change of a destination, of what is stored at that moment; nothing of it where that
    /// is not what whoever asks has seen.
    async fn change_destination(
        &self,
        key: &Key,
        change: impl FnOnce(&DestinationSpec) -> Option<DestinationSpec>,
        actor: &Actor,
    ) -> Result<()> {
        actor.require(Role::Operator)?;
        let (configuration, version) = self.store.load().await?;
        let stored = configuration.destination(key).ok_or_else(|| missing("destination", key))?;
        let after = change(&stored.spec).ok_or_else(|| {
            Error::Conflict(format!(
                "somebody has changed {key} meanwhile: look at it again, then change it"
            ))
        })?;
        let desired = Desired { destination: vec![after], ..Desired::default() };
        let plan = self.plan_over(&configuration, &desired, false).await?;
        if !plan.is_empty() {
            self.store.carry_out(&plan, version, &actor.name, self.clock.now()).await?;
        }
        Ok(())
    }

    /// Stores a suppression that isn't there yet.
    pub async fn create_suppression(&self, spec: SuppressionSpec, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let stored = self.load().await?;
        let there = stored.suppressions.iter().any(|one| one.spec.key == spec.key);
        absent("suppression", &spec.key, there)?;
        self.submit(Edit { suppressions: vec![spec], ..Edit::default() }, actor).await
    }

    /// Takes a flow off the timeline.
    pub async fn retire_flow(&self, key: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let (mut plan, version) = self.prepare(&Desired::default(), false).await?;
        if plan.after.flows.remove(key).is_none() {
            return Err(missing("flow", key));
        }
        plan.changes.push(Change::Retire(Table::Flow, key.clone()));
        self.store.carry_out(&plan, version, &actor.name, self.clock.now()).await
    }

    /// Retires a source: its write key is gone, and opens nothing any more.
    pub async fn retire_source(&self, key: &Key, actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        let (mut plan, version) = self.prepare(&Desired::default(), false).await?;
        if !self.load().await?.sources.iter().any(|source| source.key == *key) {
            return Err(missing("source", key));
        }
        plan.changes.push(Change::Retire(Table::Source, key.clone()));
        self.store.carry_out(&plan, version, &actor.name, self.clock.now()).await
    }

    /// Takes secrets away; those that aren't there stay so.
    pub async fn clear_secrets(&self, names: &[&str], actor: &Actor) -> Result<()> {
        actor.require(Role::Admin)?;
        let stored = self.store.secrets().await?;
        let (mut plan, version) = self.prepare(&Desired::default(), false).await?;
        for name in names.iter().filter(|name| stored.contains_key(**name)) {
            plan.changes.push(Change::Clear { name: (*name).to_owned() });
            plan.secrets.insert((*name).to_owned(), Vec::new());
        }
        self.store.carry_out(&plan, version, &actor.name, self.clock.now()).await
    }

    /// Retires a suppression: whom only it held may be sent again.
    pub async fn retire_suppression(&self, key: &Key, actor: &Actor) -> Result<()> {
        self.submit(Edit { retired: vec![key.clone()], ..Edit::default() }, actor).await
    }

    /// Retires a mapping.
    pub async fn retire_mapping(&self, key: &Key, leaving: Leaving, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        let (mut plan, version) = self.prepare(&Desired::default(), false).await?;
        if plan.after.mappings.remove(key).is_none() {
            return Err(missing("mapping", key));
        }
        plan.changes.push(Change::Retire(Table::Mapping, key.clone()));
        plan.leaving = leaving;
        self.store.carry_out(&plan, version, &actor.name, self.clock.now()).await
    }

    async fn prepare(&self, desired: &Desired, prune: bool) -> Result<(Plan, i64)> {
        let (configuration, version) = self.store.load().await?;
        Ok((self.plan_over(&configuration, desired, prune).await?, version))
    }

    /// What to change so that this configuration becomes what is desired.
    async fn plan_over(
        &self,
        configuration: &Configuration,
        desired: &Desired,
        prune: bool,
    ) -> Result<Plan> {
        check_desired(desired)?;
        let stored = Stored {
            specs: Specs::of(configuration),
            settings: configuration.settings.clone(),
            sources: configuration.sources.iter().map(|source| source.key.clone()).collect(),
            // A key that was lost must not keep anybody from entering the secrets anew.
            secrets: match self.store.secrets().await {
                Err(Error::Invalid { .. }) => BTreeMap::new(),
                opened => opened?,
            },
        };
        let plan = plan(&stored, desired, prune);
        check(&plan.after)?;
        check_ends(&stored.specs, &plan.after)?;
        Ok(plan)
    }
}

/// A mapping keeps its two ends: the people who are there by one audience would be taken for
/// those of another, and nobody would owe them an exit.
fn check_ends(before: &Specs, after: &Specs) -> Result<()> {
    for (key, mapping) in &after.mappings {
        let Some(was) = before.mappings.get(key) else { continue };
        if was.audience != mapping.audience || was.destination != mapping.destination {
            let field = if was.audience == mapping.audience { "destination" } else { "audience" };
            return Err(Error::invalid(
                field,
                format!(
                    "a mapping keeps its audience and its destination: add another mapping and retire {key} (in mapping {key})"
                ),
            ));
        }
    }
    Ok(())
}

fn needs_admin(desired: &Desired) -> bool {
    let Desired { customerio, twilio, notices, approvals, source, .. } = desired;
    let is_anything = customerio.is_some() || twilio.is_some() || notices.is_some();
    is_anything || approvals.is_some() || !source.is_empty()
}

fn missing(what: &str, key: &Key) -> Error {
    Error::NotFound(format!("{what} {key}"))
}

fn absent(what: &str, key: &Key, there: bool) -> Result<()> {
    if there {
        return Err(Error::invalid("key", format!("there is a {what} {key} already")));
    }
    Ok(())
}

fn present(what: &str, key: &Key, there: bool) -> Result<()> {
    if there { Ok(()) } else { Err(missing(what, key)) }
}

/// What is wrong with a file by itself, whatever is stored.
fn check_desired(desired: &Desired) -> Result<()> {
    unique("destination", desired.destination.iter().map(|one| &one.key))?;
    unique("audience", desired.audience.iter().map(|one| &one.key))?;
    unique("suppression", desired.suppression.iter().map(|one| &one.key))?;
    unique("mapping", desired.mapping.iter().map(|one| &one.key))?;
    unique("flow", desired.flow.iter().map(|one| &one.key))?;
    unique("source", desired.source.iter().map(|one| &one.key))?;
    let customerio = desired.customerio.as_ref();
    let twilio = desired.twilio.as_ref();
    budget(
        "requests_per_second",
        customerio.and_then(|table| table.requests_per_second),
        REQUESTS,
    )?;
    budget("events_per_second", twilio.and_then(|table| table.events_per_second), EVENTS)?;
    secret("app_api_key", customerio.and_then(|table| table.app_api_key.as_ref()))?;
    let reporting = customerio.and_then(|table| table.reporting_signing_key.as_ref());
    secret("reporting_signing_key", reporting)?;
    let campaign = customerio.and_then(|table| table.campaign_signing_key.as_ref());
    secret("campaign_signing_key", campaign)?;
    secret("write_key", twilio.and_then(|table| table.write_key.as_ref()))?;
    secret("public_api_token", twilio.and_then(|table| table.public_api_token.as_ref()))?;
    for source in &desired.source {
        secret("write_key", Some(&source.write_key))?;
    }
    let notices = desired.notices.as_ref();
    let webhook = notices.and_then(|table| table.webhook.as_ref());
    secret("webhook", webhook)?;
    let literals = webhook.cloned().map(SecretList::into_vec).unwrap_or_default();
    let is_wrong = |one: &Secret| matches!(one, Secret::Literal(text) if !is_address(text));
    if literals.iter().any(is_wrong) {
        return Err(Error::invalid("webhook", "write an address that begins with https://"));
    }
    secret("signing_key", notices.and_then(|table| table.signing_key.as_ref()))?;
    Ok(())
}

fn unique<'a>(what: &str, keys: impl Iterator<Item = &'a Key>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key) {
            return Err(Error::invalid("key", format!("{what} {key} is named twice")));
        }
    }
    Ok(())
}

fn budget(field: &'static str, value: Option<i64>, most: RangeInclusive<i64>) -> Result<()> {
    match value {
        Some(value) if !most.contains(&value) => Err(Error::invalid(
            field,
            format!("a whole number from {} to {}", most.start(), most.end()),
        )),
        _ => Ok(()),
    }
}

/// A key must be something that a header can carry; what it is stays unsaid.
fn secret(field: &'static str, list: Option<&SecretList>) -> Result<()> {
    let Some(list) = list else { return Ok(()) };
    let secrets = list.clone().into_vec();
    if secrets.is_empty() {
        return Err(Error::invalid(field, "the list holds no key"));
    }
    for one in secrets {
        let text = match one {
            Secret::Literal(text) => text,
            Secret::Environment(variable) => variable.env,
        };
        if text.is_empty() || text.len() > 512 || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(Error::invalid(field, "a key is 1 to 512 visible ASCII characters"));
        }
    }
    Ok(())
}
