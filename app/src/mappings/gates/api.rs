//! Server functions of gates: read a mapping's checklist, pass a gate, withdraw that.

use domain::{
    mappings::{
        MappingSpec,
        gates::{Checked, Line, SignOff},
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
use domain::{
    access::Role,
    mappings::gates::{Checklist, Gate},
};

/// What must hold before a mapping starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChecklistView {
    /// When this was read.
    pub now: Instant,
    /// The mapping.
    pub spec: MappingSpec,
    /// Its gates.
    pub gates: Vec<Checked>,
    /// The lines of a first version.
    pub lines: Vec<Line>,
    /// Who signed it off.
    pub signed: Option<SignOff>,
    /// What is missing before anybody can.
    pub missing: Option<String>,
    /// Whether whoever looks may sign.
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
    let Checklist { gates, lines, signed, evident } = services.gates.checklist(&mapping).await?;
    let (now, may_sign) = (services.clock.now(), actor.require(Role::Approver).is_ok());
    let missing = evident.err();
    Ok(ChecklistView { now, spec: mapping.spec, gates, lines, signed, missing, may_sign })
}

/// Signs a mapping off.
#[server(name = SignOffMapping, prefix = "/fn", endpoint = "sign_off")]
pub async fn sign_off(
    /// Which mapping.
    key: String,
    /// What was looked at.
    #[server(default)]
    note: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let mapping = services.mappings.get(&named(&key)?).await?;
        services.gates.sign_off(&mapping, &note, &actor).await?;
        Ok(checklist_of(&key))
    };
    finish::<SignOffMapping>(outcome.await, &checklist_of(&key), &[("note", &note)])
}

/// Takes a sign-off back.
#[server(prefix = "/fn", endpoint = "take_back_sign_off")]
pub async fn take_back_sign_off(
    /// Which mapping.
    key: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.gates.take_back(&named(&key)?, &actor).await?;
        Ok(checklist_of(&key))
    };
    finish::<TakeBackSignOff>(outcome.await, &checklist_of(&key), &[])
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
