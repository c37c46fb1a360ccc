//! Reads and makes tracking plans.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Comparison, PlanName, PlansView};
use crate::{
    access::{Actor, Role},
    contract::{
        Contract, Event,
        service::ContractService,
        tracking_plan::{Plan, is_track, read, rule, rules},
    },
    error::{Error, Result, VendorError},
    ids::RequestId,
};

/// Segment's tracking plans.
#[async_trait]
pub trait PlanApi: Send + Sync {
    /// Those of the workspace.
    async fn plans(&self) -> Result<Vec<PlanName>, VendorError>;

    /// All rules of one.
    async fn rules(&self, plan: &str) -> Result<Vec<Value>, VendorError>;

    /// Puts these in the place of all of them.
    async fn replace_rules(&self, plan: &str, rules: &[Value]) -> Result<(), VendorError>;
}

/// Reads and makes.
pub struct PlanService {
    /// Segment.
    pub api: Arc<dyn PlanApi>,
    /// What they are held against.
    pub contract: Arc<ContractService>,
}

impl PlanService {
    /// The plans, and the one of this id beside the contract; none where it is empty.
    pub async fn view(&self, chosen: &str) -> Result<PlansView> {
        let (plans, version) = (self.api.plans().await?, self.contract.current().await?);
        let chosen = match plans.iter().find(|plan| plan.id == chosen) {
            Some(plan) => {
                let comparison = compare(&self.api.rules(&plan.id).await?, &version.contract)?;
                Some((plan.clone(), comparison))
            }
            None if chosen.is_empty() => None,
            None => return Err(Error::NotFound("tracking plan of that number".to_owned())),
        };
        Ok(PlansView { plans, version: version.number, chosen })
    }

    /// Begins a draft from a plan.
    ///
    /// # Errors
    /// As [`ContractService::import_plan`], and whatever Segment says.
    pub async fn pull(&self, plan: &str, actor: &Actor) -> Result<RequestId> {
        actor.require(Role::Operator)?;
        let rules = self.api.rules(plan).await?;
        self.contract.import_plan(&json!({ "rules": rules }), actor).await
    }

    /// Makes a plan as the version in force says.
    ///
    /// # Errors
    /// [`Error::Conflict`] where nothing is agreed on: the plan would lose every event.
    pub async fn push(&self, plan: &str, actor: &Actor) -> Result<()> {
        actor.require(Role::Approver)?;
        let version = self.contract.current().await?;
        if version.contract.events.is_empty() {
            let why = "nothing is agreed on: the plan would lose every event";
            return Err(Error::Conflict(why.to_owned()));
        }
        let theirs = self.api.rules(plan).await?;
        let made = made(&theirs, &version.contract);
        self.api.replace_rules(plan, &made).await?;
        let contract = &self.contract;
        contract.store.note_plan(plan, version.number, &actor.name, contract.clock.now()).await
    }
}

fn key(rule: &Value) -> Option<&str> {
    rule.get("key").and_then(Value::as_str)
}

fn version(rule: &Value) -> i64 {
    rule.get("version").and_then(Value::as_i64).unwrap_or(1)
}

/// The newest rule of each event.
fn newest(theirs: &[Value]) -> BTreeMap<&str, &Value> {
    let mut newest: BTreeMap<&str, &Value> = BTreeMap::new();
    for rule in theirs.iter().filter(|rule| is_track(rule)) {
        let Some(key) = key(rule) else { continue };
        let known = newest.entry(key).or_insert(rule);
        if version(rule) > version(known) {
            *known = rule;
        }
    }
    newest
}

/// What both say is read alike: Segment may write a schema otherwise than it was sent.
fn compare(theirs: &[Value], contract: &Contract) -> Result<Comparison> {
    let tracks: Vec<Value> = newest(theirs).into_values().cloned().collect();
    let Plan { events: has, remarks: lost } = read(&Value::Array(tracks))?;
    let ours = read(&rules(contract))?.events;
    let missing = ours.keys().filter(|name| !has.contains_key(*name));
    let differs =
        |(name, event): &(&String, &Event)| has.get(*name).is_some_and(|theirs| theirs != *event);
    let gone = has.keys().filter(|name| !ours.contains_key(*name));
    Ok(Comparison {
        added: missing.cloned().collect(),
        changed: ours.iter().filter(differs).map(|(name, _)| name.clone()).collect(),
        removed: gone.cloned().collect(),
        lost,
        kept: theirs.iter().filter(|rule| !is_track(rule)).count() as u64,
    })
}

/// All rules that the plan has afterwards: an event keeps the number of its newest version.
fn made(theirs: &[Value], contract: &Contract) -> Vec<Value> {
    let newest = newest(theirs);
    let ours = contract.events.iter().map(|(name, event)| {
        let mut rule = rule(name, event);
        if let Some(theirs) = newest.get(name.as_str()) {
            rule["version"] = version(theirs).into();
        }
        rule
    });
    theirs.iter().filter(|rule| !is_track(rule)).cloned().chain(ours).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::starter::starter;

    #[test]
    fn a_plan_is_made_as_the_contract_says_and_keeps_what_that_does_not_know() {
        let starter = starter();
        let mut views = rule("Product Viewed", &starter.events["Product Viewed"]);
        views["version"] = 3.into();
        let theirs = [
            json!({"type": "IDENTIFY", "version": 1, "jsonSchema": {"x": 1}}),
            json!({"type": "TRACK", "key": "Product Viewed", "version": 2, "jsonSchema": {}}),
            views,
            json!({"type": "TRACK", "key": "Order Completed", "version": 2, "jsonSchema": {}}),
            json!({"type": "TRACK", "key": "Odd", "version": 1, "jsonSchema": {}}),
            json!({"type": "TRACK"}),
        ];
        let told = compare(&theirs, &starter).unwrap();
        assert_eq!((told.added.len(), told.kept), (10, 1));
        assert_eq!(
            (told.changed.clone(), told.removed.clone()),
            (vec!["Order Completed".to_owned()], vec!["Odd".to_owned()])
        );
        let made = made(&theirs, &starter);
        assert_eq!((made.len(), &made[0]), (13, &theirs[0]));
        let version_of =
            |name: &str| version(made.iter().find(|rule| key(rule) == Some(name)).unwrap());
        assert_eq!((version_of("Product Viewed"), version_of("Order Completed")), (3, 2));
        assert!(compare(&made, &starter).unwrap().is_same());
        let more = json!({"type": "TRACK", "key": "Odd", "jsonSchema": {"properties":
            {"properties": {"properties": {"a": {"type": "string", "pattern": "^x"}}}}}});
        let told = compare(&[more], &starter).unwrap();
        assert_eq!(told.lost.len(), 1);
    }
}
