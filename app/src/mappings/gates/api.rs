//! Server functions of gates: read a mapping's checklist, pass a gate, sign off, withdraw either.

use domain::{
    mappings::{
        MappingSpec,
        gates::{Checked, SignOff, checklist::Line},
    },
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{
    context::enter,
    form::finish,
    mappings::api::{named, page_of},
};
#[cfg(feature = "ssr")]
use domain::{access::Role, mappings::gates::Gate};

/// What must hold before a mapping starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChecklistView {
    /// When this was read.
    pub now: Instant,
    /// The mapping.
    pub spec: MappingSpec,
    /// Its gates.
    pub gates: Vec<Checked>,
    /// The lines of the checklist.
    pub lines: Vec<Line>,
    /// Whose word there is that it works.
    pub sign_off: Option<SignOff>,
    /// What keeps it from being signed off.
    pub unready: Option<String>,
    /// Whether whoever reads this may sign off.
    pub may_sign: bool,
}

#[cfg(feature = "ssr")]
fn gate_named(text: &str) -> Result<Gate, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("gate {text}") })
}

/// The page of a mapping's gates.
#[cfg(feature = "ssr")]
fn checklist_of(key: &str) -> String {
    format!("{}/checklist", page_of(key))
}

/// A mapping's gates.
#[server(prefix = "/fn", endpoint = "read_checklist")]
pub async fn read_checklist(
    /// Which mapping.
    key: String,
) -> Result<ChecklistView, AppError> {
    let (services, actor) = enter()?;
    let mapping = services.mappings.get(&named(&key)?).await?;
    let found = services.gates.checklist(&mapping).await?;
    Ok(ChecklistView {
        now: services.clock.now(),
        spec: mapping.spec,
        gates: found.gates,
        lines: found.lines,
        sign_off: found.sign_off,
        unready: found.unready.map(str::to_owned),
        may_sign: actor.require(Role::Approver).is_ok(),
    })
}

/// Signs off that a mapping was seen to work at its destination.
#[server(prefix = "/fn", endpoint = "sign_off_mapping")]
pub async fn sign_off_mapping(
    /// Which mapping.
    key: String,
    /// What was seen.
    #[server(default)]
    note: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.gates.sign_off(&named(&key)?, &note, &actor).await?;
        Ok(checklist_of(&key))
    };
    finish::<SignOffMapping>(outcome.await, &checklist_of(&key), &[("note", &note)])
}

/// Takes a sign-off back.
#[server(prefix = "/fn", endpoint = "withdraw_sign_off")]
pub async fn withdraw_sign_off(
    /// Which mapping.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.gates.withdraw_sign_off(&named(&key)?, &actor).await?;
        Ok(checklist_of(&key))
    };
    finish::<WithdrawSignOff>(outcome.await, &checklist_of(&key), &[])
}

/// Lets a mapping pass a gate that blocks it.
#[server(prefix = "/fn", endpoint = "pass_gate")]
pub async fn pass_gate(
    /// Which mapping.
    key: String,
    /// Which gate.
    gate: String,
    /// Why.
    #[server(default)]
    reason: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.gates.pass(&named(&key)?, gate_named(&gate)?, &reason, &actor).await?;
        Ok(checklist_of(&key))
    };
    finish::<PassGate>(outcome.await, &checklist_of(&key), &[])
}

/// Ends an override.
#[server(prefix = "/fn", endpoint = "withdraw_gate")]
pub async fn withdraw_gate(
    /// Which mapping.
    key: String,
    /// Which gate.
    gate: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.gates.withdraw(&named(&key)?, gate_named(&gate)?, &actor).await?;
        Ok(checklist_of(&key))
    };
    finish::<WithdrawGate>(outcome.await, &checklist_of(&key), &[])
}
