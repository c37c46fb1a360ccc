//! The difference between what is stored and what is asked for, as a list of changes.
//!
//! The same list is printed by `segue apply`, previewed by forms, carried out by storage
//! in one transaction, and kept in the audit trail. It never holds a secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    audiences::AudienceSpec,
    connections::Region,
    destinations::DestinationSpec,
    ids::ProposalId,
    key::Key,
    mappings::{MappingSpec, gates::Pass, timeline::FlowSpec},
    notices::{SIGNING_KEY, WEBHOOK},
    suppression::SuppressionSpec,
};

use super::{Desired, Secret, Settings, check::Specs};

/// One table of the configuration that has keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// `[[destination]]`
    Destination,
    /// `[[audience]]`
    Audience,
    /// `[[suppression]]`
    Suppression,
    /// `[[mapping]]`
    Mapping,
    /// `[[flow]]`
    Flow,
    /// `[[source]]`
    Source,
}

impl Table {
    /// Its name in a file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Destination => "destination",
            Self::Audience => "audience",
            Self::Suppression => "suppression",
            Self::Mapping => "mapping",
            Self::Flow => "flow",
            Self::Source => "source",
        }
    }
}

/// A row to be written, whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A destination.
    Destination(DestinationSpec),
    /// An audience.
    Audience(AudienceSpec),
    /// A suppression.
    Suppression(SuppressionSpec),
    /// A mapping.
    Mapping(MappingSpec),
    /// A flow.
    Flow(FlowSpec),
    /// A sender; its write key travels in [`Plan::secrets`].
    Source(Key),
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// What is stored; nothing for a new row.
    pub before: Value,
    /// What is asked for.
    pub after: Value,
}

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A row that is not there yet.
    Create(Row),
    /// A row that differs.
    Update(Row, Vec<FieldChange>),
    /// A row that is to go; its history stays.
    Retire(Table, Key),
    /// A setting of a connection.
    Set(FieldChange),
    /// A secret was given that is not the stored one. Never says what it is.
    Secret {
        /// Such as `customerio.app_api_key`.
        name: String,
        /// Whether one is stored.
        replaces: bool,
    },
    /// A secret is to go.
    Clear {
        /// Such as `notices.webhook`.
        name: String,
    },
}

/// What becomes of people who stand where nobody will send to any more: at a retired
/// mapping's destination, or under a destination's former name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaving {
    /// Their exits are sent.
    #[default]
    Sent,
    /// They stay there, and Segue forgets them.
    Abandoned,
}

/// Whether a destination with these changes is another place for those who are there.
#[must_use]
pub fn moves(changes: &[FieldChange]) -> bool {
    changes.iter().any(|one| matches!(one.field.as_str(), "integration" | "profile"))
}

/// What will change, and what is left alone.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// What becomes of people at places that nobody sends to any more.
    pub leaving: Leaving,
    /// In the order in which they must be carried out.
    pub changes: Vec<Change>,
    /// The settings after the plan.
    pub settings: Settings,
    /// Secrets to store, by name.
    pub secrets: BTreeMap<String, Vec<Secret>>,
    /// Rows that the file doesn't name.
    pub untouched: Vec<(Table, Key)>,
    /// The configuration after the plan.
    pub after: Specs,
    /// Gates that its mappings pass, recorded with it.
    pub passes: Vec<Pass>,
    /// The proposal that it is, which is approved by it.
    pub approves: Option<Approved>,
}

/// A proposal that somebody approves by carrying it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approved {
    /// Which.
    pub proposal: ProposalId,
    /// What they said to it; empty for nothing.
    pub note: String,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What is stored, as far as a plan needs to know it.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    /// Names and decisions.
    pub specs: Specs,
    /// Settings of both connections.
    pub settings: Settings,
    /// Keys of `[[source]]`.
    pub sources: Vec<Key>,
    /// Secrets by name, for comparing only.
    pub secrets: BTreeMap<String, Vec<Secret>>,
}

/// Works out what to change so that `stored` becomes `desired`. With `prune`, rows that
/// `desired` doesn't name are retired.
#[must_use]
pub fn plan(stored: &Stored, desired: &Desired, prune: bool) -> Plan {
    let mut plan =
        Plan { settings: stored.settings.clone(), after: stored.specs.clone(), ..Plan::default() };
    plan_settings(&mut plan, desired);
    plan_secrets(&mut plan, stored, desired);
    let after = &mut plan.after;
    let changes = &mut plan.changes;
    upsert(&mut after.destinations, &desired.destination, |s| &s.key, Row::Destination, changes);
    upsert(&mut after.audiences, &desired.audience, |s| &s.key, Row::Audience, changes);
    upsert(&mut after.suppressions, &desired.suppression, |s| &s.key, Row::Suppression, changes);
    upsert(&mut after.mappings, &desired.mapping, |s| &s.key, Row::Mapping, changes);
    upsert(&mut after.flows, &desired.flow, |s| &s.key, Row::Flow, changes);
    for source in &desired.source {
        if !stored.sources.contains(&source.key) {
            plan.changes.push(Change::Create(Row::Source(source.key.clone())));
        }
    }
    plan_rest(&mut plan, stored, desired, prune);
    plan
}

/// Rows that the file doesn't name: retired in an order that never leaves a reference
/// dangling, or listed.
fn plan_rest(plan: &mut Plan, stored: &Stored, desired: &Desired, prune: bool) {
    let mappings = missing(stored.specs.mappings.keys(), desired.mapping.iter().map(|s| &s.key));
    let suppressions =
        missing(stored.specs.suppressions.keys(), desired.suppression.iter().map(|s| &s.key));
    let audiences = missing(stored.specs.audiences.keys(), desired.audience.iter().map(|s| &s.key));
    let destinations =
        missing(stored.specs.destinations.keys(), desired.destination.iter().map(|s| &s.key));
    let flows = missing(stored.specs.flows.keys(), desired.flow.iter().map(|s| &s.key));
    let sources = missing(stored.sources.iter(), desired.source.iter().map(|s| &s.key));
    let tables = [
        (Table::Flow, flows),
        (Table::Mapping, mappings),
        (Table::Suppression, suppressions),
        (Table::Audience, audiences),
        (Table::Destination, destinations),
        (Table::Source, sources),
    ];
    for (table, keys) in tables {
        for key in keys {
            if !prune {
                plan.untouched.push((table, key));
                continue;
            }
            match table {
                Table::Flow => drop(plan.after.flows.remove(&key)),
                Table::Mapping => drop(plan.after.mappings.remove(&key)),
                Table::Suppression => drop(plan.after.suppressions.remove(&key)),
                Table::Audience => drop(plan.after.audiences.remove(&key)),
                Table::Destination => drop(plan.after.destinations.remove(&key)),
                Table::Source => {}
            }
            plan.changes.push(Change::Retire(table, key));
        }
    }
}

fn missing<'a>(
    stored: impl Iterator<Item = &'a Key>,
    named: impl Iterator<Item = &'a Key>,
) -> Vec<Key> {
    let named: Vec<&Key> = named.collect();
    stored.filter(|key| !named.contains(key)).cloned().collect()
}

fn upsert<S: Clone + PartialEq + Serialize>(
    after: &mut BTreeMap<Key, S>,
    desired: &[S],
    key: impl Fn(&S) -> &Key,
    row: impl Fn(S) -> Row,
    changes: &mut Vec<Change>,
) {
    for spec in desired {
        match after.insert(key(spec).clone(), spec.clone()) {
            None => changes.push(Change::Create(row(spec.clone()))),
            Some(before) if before != *spec => {
                changes.push(Change::Update(row(spec.clone()), differences(&before, spec)));
            }
            Some(_) => {}
        }
    }
}

/// The fields in which two values of the same shape differ.
pub fn differences<S: Serialize>(before: &S, after: &S) -> Vec<FieldChange> {
    let (before, after) = (fields(before), fields(after));
    after
        .into_iter()
        .filter_map(|(field, after)| {
            let before = before.get(&field).cloned().unwrap_or(Value::Null);
            (before != after).then_some(FieldChange { field, before, after })
        })
        .collect()
}

/// The fields of a value, by name.
pub fn fields<S: Serialize>(value: &S) -> BTreeMap<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map.into_iter().collect(),
        _ => BTreeMap::new(),
    }
}

fn plan_settings(plan: &mut Plan, desired: &Desired) {
    let before = plan.settings.clone();
    if let Some(table) = &desired.customerio {
        set(&mut plan.settings.customerio_region, table.region);
        set(&mut plan.settings.requests_per_second, table.requests_per_second);
    }
    if let Some(table) = &desired.twilio {
        set::<Region>(&mut plan.settings.twilio_region, table.region);
        set(&mut plan.settings.events_per_second, table.events_per_second);
    }
    if let Some(table) = &desired.approvals {
        set(&mut plan.settings.second_person, table.second_person);
    }
    plan.changes.extend(differences(&before, &plan.settings).into_iter().map(Change::Set));
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn plan_secrets(plan: &mut Plan, stored: &Stored, desired: &Desired) {
    let customerio = desired.customerio.clone().unwrap_or_default();
    let twilio = desired.twilio.clone().unwrap_or_default();
    let notices = desired.notices.clone().unwrap_or_default();
    let mut given = vec![
        ("customerio.app_api_key".to_owned(), customerio.app_api_key),
        ("customerio.reporting_signing_key".to_owned(), customerio.reporting_signing_key),
        ("customerio.campaign_signing_key".to_owned(), customerio.campaign_signing_key),
        ("twilio.write_key".to_owned(), twilio.write_key),
        ("twilio.public_api_token".to_owned(), twilio.public_api_token),
        (WEBHOOK.to_owned(), notices.webhook),
        (SIGNING_KEY.to_owned(), notices.signing_key),
    ];
    for source in &desired.source {
        given.push((source_secret(&source.key), Some(source.write_key.clone())));
    }
    for (name, list) in given {
        let Some(list) = list else { continue };
        let secrets = list.into_vec();
        let before = stored.secrets.get(&name);
        if before != Some(&secrets) {
            plan.changes.push(Change::Secret { name: name.clone(), replaces: before.is_some() });
            plan.secrets.insert(name, secrets);
        }
    }
}

/// Under which name a source's write key is stored.
#[must_use]
pub fn source_secret(key: &Key) -> String {
    format!("source.{key}")
}
