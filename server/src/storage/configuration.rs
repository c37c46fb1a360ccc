//! What operators decide: loaded whole, changed by a plan in one transaction.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use domain::{
    Error, Result,
    approvals::proposal::SECOND_PERSON,
    audiences::{Audience, AudienceSpec},
    configuration::{
        Closing, Configuration, EnvironmentSecret, Secret, Settings, Source,
        plan::{Approved, Change, Leaving, Plan, Table, source_secret},
        port::ConfigurationStore,
    },
    contract::{port::Verdict, request::State},
    delivery::route::Route,
    destinations::{Destination, DestinationSpec},
    ids::{AudienceId, DestinationId, FlowId, MappingId, SourceId, SuppressionId},
    mappings::{
        HoldoutPercent, Mapping, MappingSpec,
        timeline::{Flow, FlowSpec},
    },
    suppression::{Suppression, SuppressionSpec},
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    changes::{abandon, abandoned, describe, follow, write, write_settings},
    gates,
    macros::{Failure, reading, snapshot, writing},
    proposals,
    statement::{Statement, carry_out},
    suppression::read_scope,
};

#[derive(FromRow)]
pub(super) struct DestinationRow {
    id: Uuid,
    key: String,
    profile: String,
    integration: String,
    fields: String,
    hash: bool,
    value: Option<String>,
    budget: Option<String>,
}

#[derive(FromRow)]
struct AudienceRow {
    id: Uuid,
    key: String,
    segment: i64,
    owner: Option<String>,
    time_window: Option<String>,
    purpose: Option<String>,
    review_on: Option<String>,
}

#[derive(FromRow)]
struct SuppressionRow {
    id: Uuid,
    key: String,
    reason: String,
    audience_id: Option<Uuid>,
    audience: Option<String>,
    event: Option<String>,
    list: bool,
    destinations: String,
    ttl: Option<i64>,
    owner: Option<String>,
}

#[derive(FromRow)]
struct MappingRow {
    id: Uuid,
    key: String,
    audience_id: Uuid,
    audience: String,
    destination_id: Uuid,
    destination: String,
    use_case: String,
    exclusivity_group: Option<String>,
    priority: i64,
    every: i64,
    holdout: i64,
    hold_for: Option<i64>,
    stay_out: Option<i64>,
    entry_event: Option<String>,
    active: bool,
}

#[derive(FromRow)]
struct FlowRow {
    id: Uuid,
    key: String,
    audience: String,
    touches: String,
}

impl FlowRow {
    fn read(self) -> Result<Flow> {
        let spec = FlowSpec {
            key: parse(&self.key)?,
            audience: parse(&self.audience)?,
            touches: json(&self.touches)?,
        };
        Ok(Flow { id: FlowId(self.id), spec })
    }
}

#[derive(FromRow)]
struct SecretRow {
    name: String,
    position: i64,
    environment: Option<String>,
    sealed: Option<Vec<u8>>,
}

/// A stored text that our own code wrote and must be able to read.
pub(super) fn parse<T: std::str::FromStr>(text: &str) -> Result<T>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error| Error::unexpected(format!("stored {text:?}: {error}")))
}

/// A stored JSON that our own code wrote.
pub(super) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::unexpected)
}

impl DestinationRow {
    pub(super) fn read(self) -> Result<Destination> {
        Ok(Destination {
            id: DestinationId(self.id),
            spec: DestinationSpec {
                key: parse(&self.key)?,
                profile: parse(&self.profile)?,
                integration: self.integration,
                fields: json(&self.fields)?,
                hash: self.hash,
                value: self.value.as_deref().map(json).transpose()?,
                budget: self.budget.as_deref().map(json).transpose()?.unwrap_or_default(),
            },
        })
    }
}

impl AudienceRow {
    fn read(self) -> Result<Audience> {
        let spec = AudienceSpec {
            key: parse(&self.key)?,
            segment: self.segment,
            owner: self.owner,
            window: self.time_window.as_deref().map(parse).transpose()?,
            purpose: self.purpose,
            review_on: self.review_on.as_deref().map(parse).transpose()?,
        };
        Ok(Audience { id: AudienceId(self.id), spec })
    }
}

impl SuppressionRow {
    fn read(self) -> Result<Suppression> {
        Ok(Suppression {
            id: SuppressionId(self.id),
            audience_id: self.audience_id.map(AudienceId),
            spec: SuppressionSpec {
                key: parse(&self.key)?,
                reason: self.reason,
                audience: self.audience.as_deref().map(parse).transpose()?,
                event: self.event,
                list: self.list,
                destinations: read_scope(&self.destinations)?,
                ttl: self.ttl.map(Span),
                owner: self.owner,
            },
        })
    }
}

impl MappingRow {
    fn read(self) -> Result<Mapping> {
        Ok(Mapping {
            id: MappingId(self.id),
            audience_id: AudienceId(self.audience_id),
            destination_id: DestinationId(self.destination_id),
            spec: MappingSpec {
                key: parse(&self.key)?,
                audience: parse(&self.audience)?,
                destination: parse(&self.destination)?,
                use_case: parse(&self.use_case)?,
                exclusivity_group: self.exclusivity_group.as_deref().map(parse).transpose()?,
                priority: self.priority,
                every: Span(self.every),
                holdout_percent: HoldoutPercent(self.holdout),
                offset: self.hold_for.map(Span),
                dwell: self.stay_out.map(Span),
                entry_event: self.entry_event,
                active: self.active,
            },
        })
    }
}

pub(super) const DESTINATIONS: &str =
    "SELECT id, key, profile, integration, fields, hash, value, budget
    FROM destination WHERE retired_at IS NULL ORDER BY key";
const AUDIENCES: &str = "SELECT id, key, segment, owner, time_window, purpose, review_on FROM audience WHERE retired_at IS NULL ORDER BY key";
const SUPPRESSIONS: &str =
    "SELECT s.id, s.key, s.reason, s.audience_id, a.key AS audience, s.event, s.list,
        s.destinations, s.ttl, s.owner
    FROM suppression s LEFT JOIN audience a ON a.id = s.audience_id
    WHERE s.retired_at IS NULL ORDER BY s.key";
const MAPPINGS: &str = "SELECT m.id, m.key, m.audience_id, a.key AS audience, m.destination_id,
        d.key AS destination, m.use_case, m.exclusivity_group, m.priority, m.every, m.holdout,
        m.hold_for, m.stay_out, m.entry_event, m.active
    FROM mapping m
    JOIN audience a ON a.id = m.audience_id
    JOIN destination d ON d.id = m.destination_id
    WHERE m.retired_at IS NULL ORDER BY m.key";
const FLOWS: &str = "SELECT f.id, f.key, a.key AS audience, f.touches
    FROM flow f JOIN audience a ON a.id = f.audience_id
    WHERE f.retired_at IS NULL ORDER BY f.key";
const CLOSING: &str = "SELECT m.id, m.key, m.audience_id, a.key AS audience, m.destination_id,
        d.key AS destination, m.use_case, m.exclusivity_group, m.priority, m.every, m.holdout,
        m.hold_for, m.stay_out, m.entry_event, m.active
    FROM mapping m
    JOIN audience a ON a.id = m.audience_id
    JOIN destination d ON d.id = m.destination_id
    WHERE m.retired_at IS NOT NULL AND m.owes_exits ORDER BY m.key";
pub(super) const CLOSING_DESTINATIONS: &str =
    "SELECT DISTINCT d.id, d.key, d.profile, d.integration, d.fields, d.hash, d.value, d.budget
    FROM destination d JOIN mapping m ON m.destination_id = d.id
    WHERE m.retired_at IS NOT NULL AND m.owes_exits";

/// Retired mappings with the places where their people are.
fn closing(mappings: Vec<MappingRow>, destinations: Vec<DestinationRow>) -> Result<Vec<Closing>> {
    let destinations: Vec<Destination> =
        destinations.into_iter().map(DestinationRow::read).collect::<Result<_>>()?;
    let mut closing = Vec::new();
    for row in mappings {
        let mapping = row.read()?;
        let place = destinations.iter().find(|one| one.id == mapping.destination_id);
        let Some(destination) = place else { continue };
        let route = Route {
            audience: mapping.audience_id,
            audience_key: mapping.spec.audience.clone(),
            destination: destination.spec.clone(),
            entry: None,
        };
        closing.push(Closing { mapping, route });
    }
    Ok(closing)
}

#[async_trait]
impl ConfigurationStore for Storage {
    async fn load(&self) -> Result<(Configuration, i64)> {
        // One moment: a suppression and the mappings that it holds come together.
        snapshot!(self.database, |connection| {
            let version: Option<i64> =
                sqlx::query_scalar("SELECT configuration_version FROM installation")
                    .fetch_optional(&mut *connection)
                    .await?;
            let settings: Vec<(String, String)> = sqlx::query_as("SELECT name, value FROM setting")
                .fetch_all(&mut *connection)
                .await?;
            let destinations: Vec<DestinationRow> =
                sqlx::query_as(DESTINATIONS).fetch_all(&mut *connection).await?;
            let audiences: Vec<AudienceRow> =
                sqlx::query_as(AUDIENCES).fetch_all(&mut *connection).await?;
            let suppressions: Vec<SuppressionRow> =
                sqlx::query_as(SUPPRESSIONS).fetch_all(&mut *connection).await?;
            let mappings: Vec<MappingRow> =
                sqlx::query_as(MAPPINGS).fetch_all(&mut *connection).await?;
            let flows: Vec<FlowRow> = sqlx::query_as(FLOWS).fetch_all(&mut *connection).await?;
            let sources: Vec<(Uuid, String)> =
                sqlx::query_as("SELECT id, key FROM source WHERE retired_at IS NULL ORDER BY key")
                    .fetch_all(&mut *connection)
                    .await?;
            let leaving: Vec<MappingRow> =
                sqlx::query_as(CLOSING).fetch_all(&mut *connection).await?;
            let left: Vec<DestinationRow> =
                sqlx::query_as(CLOSING_DESTINATIONS).fetch_all(&mut *connection).await?;
            let configuration = Configuration {
                closing: closing(leaving, left)?,
                settings: read_settings(&settings)?,
                destinations: destinations
                    .into_iter()
                    .map(DestinationRow::read)
                    .collect::<Result<_>>()?,
                audiences: audiences.into_iter().map(AudienceRow::read).collect::<Result<_>>()?,
                mappings: mappings.into_iter().map(MappingRow::read).collect::<Result<_>>()?,
                suppressions: suppressions
                    .into_iter()
                    .map(SuppressionRow::read)
                    .collect::<Result<_>>()?,
                flows: flows.into_iter().map(FlowRow::read).collect::<Result<_>>()?,
                sources: sources
                    .into_iter()
                    .map(|(id, key)| Ok(Source { id: SourceId(id), key: parse(&key)? }))
                    .collect::<Result<_>>()?,
            };
            Ok((configuration, version.unwrap_or(0)))
        })
    }

    async fn settings(&self) -> Result<Settings> {
        let rows: Vec<(String, String)> = reading!(self.database, |connection| {
            Ok(sqlx::query_as("SELECT name, value FROM setting")
                .fetch_all(&mut *connection)
                .await?)
        })?;
        read_settings(&rows)
    }

    async fn secrets(&self) -> Result<BTreeMap<String, Vec<Secret>>> {
        let rows: Vec<SecretRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(
                "SELECT name, position, environment, sealed FROM secret ORDER BY name, position",
            )
            .fetch_all(&mut *connection)
            .await?)
        })?;
        let mut secrets: BTreeMap<String, Vec<Secret>> = BTreeMap::new();
        for row in rows {
            let secret = match (row.environment, row.sealed) {
                (Some(env), _) => Secret::Environment(EnvironmentSecret { env }),
                (None, Some(sealed)) => {
                    Secret::Literal(self.vault.open(&secret_row(&row.name, row.position), &sealed)?)
                }
                (None, None) => continue,
            };
            secrets.entry(row.name).or_default().push(secret);
        }
        Ok(secrets)
    }

    async fn carry_out(&self, plan: &Plan, version: i64, actor: &str, now: Instant) -> Result<()> {
        let gone: Vec<_> = match plan.leaving {
            Leaving::Abandoned => plan.changes.iter().filter_map(abandoned).collect(),
            Leaving::Sent => Vec::new(),
        };
        let mut statements = write_settings(&plan.settings);
        statements.extend(self.write_secrets(plan, now)?);
        for change in &plan.changes {
            statements.extend(write(change, self.ids.next(), now));
            statements.extend(follow(change));
            if plan.leaving == Leaving::Abandoned {
                statements.extend(abandon(change));
            }
            if let Change::Retire(Table::Source, key) = change {
                // Nobody may send with a retired key.
                let delete = Statement::new("DELETE FROM secret WHERE name = $1");
                statements.push(delete.with(source_secret(key)));
            }
            let (action, subject, detail) = describe(change);
            statements.push(self.audited(actor, action, subject, detail, now));
        }
        for pass in &plan.passes {
            statements.push(gates::passing(pass, actor, now));
            let (action, subject, detail) = gates::describe(pass);
            statements.push(self.audited(actor, action, subject, detail, now));
        }
        if let Some(Approved { proposal, note }) = &plan.approves {
            let detail = serde_json::json!({ "note": note }).to_string();
            let subject = format!("proposal {proposal}");
            statements.push(self.audited(actor, "approve", subject, detail, now));
            // Whoever leaves or comes by it does so soon.
            let again = Statement::new("UPDATE mapping SET next_run_at = $1 WHERE active");
            statements.push(again.with(now.0));
        }
        writing!(self.database, |connection| {
            if let Some(Approved { proposal, note }) = &plan.approves {
                let verdict = Verdict { state: State::Approved, by: actor, note };
                if carry_out!(connection, proposals::end(*proposal, verdict, now)) == 0 {
                    return Err(proposals::waits_no_more());
                }
            }
            let raise = Statement::new(
                "UPDATE installation SET configuration_version = configuration_version + 1
                WHERE configuration_version = $1",
            )
            .with(version);
            if carry_out!(connection, raise) == 0 {
                return Err(Failure::Domain(Error::Conflict(
                    "the configuration has changed meanwhile: look at the new plan and apply again"
                        .to_owned(),
                )));
            }
            // Whoever works on them comes to their rows by their leases: so does this, and
            // neither waits for the other with what that one needs.
            let mut leases = BTreeSet::new();
            for (mappings, key) in gone.iter().copied() {
                let ids: Vec<Uuid> = sqlx::query_scalar(mappings)
                    .bind(key.as_str())
                    .fetch_all(&mut *connection)
                    .await?;
                leases.extend(ids.into_iter().map(|id| format!("mapping:{}", MappingId(id))));
            }
            for lease in leases {
                sqlx::query(self.database.sql("SELECT epoch FROM lease WHERE name = $1 {lock}"))
                    .bind(lease)
                    .execute(&mut *connection)
                    .await?;
            }
            for statement in statements.clone() {
                carry_out!(connection, statement);
            }
            Ok(())
        })
    }
}

impl Storage {
    /// An entry of the audit trail.
    fn audited(
        &self,
        actor: &str,
        action: &str,
        subject: String,
        detail: String,
        now: Instant,
    ) -> Statement {
        Statement::new(
            "INSERT INTO audit (id, at, actor, action, subject, detail)
            VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .with(self.ids.next())
        .with(now.0)
        .with(actor)
        .with(action)
        .with(subject)
        .with(detail)
    }

    fn write_secrets(&self, plan: &Plan, now: Instant) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        for (name, secrets) in &plan.secrets {
            statements
                .push(Statement::new("DELETE FROM secret WHERE name = $1").with(name.as_str()));
            for (position, secret) in (0_i64..).zip(secrets) {
                let (environment, sealed) = match secret {
                    Secret::Environment(variable) => (Some(variable.env.as_str()), None),
                    Secret::Literal(text) => {
                        let row = secret_row(name, position);
                        (None, Some(self.vault.seal(&row, text, &mut crate::random::secure())?))
                    }
                };
                statements.push(
                    Statement::new(
                        "INSERT INTO secret (name, position, environment, sealed, updated_at)
                        VALUES ($1, $2, $3, $4, $5)",
                    )
                    .with(name.as_str())
                    .with(position)
                    .with(environment)
                    .with(sealed)
                    .with(now.0),
                );
            }
        }
        Ok(statements)
    }
}

/// The name that a sealed secret is bound to.
fn secret_row(name: &str, position: i64) -> String {
    format!("{name}/{position}")
}

fn read_settings(rows: &[(String, String)]) -> Result<Settings> {
    let mut settings = Settings::default();
    for (name, value) in rows {
        match name.as_str() {
            "customerio_region" => settings.customerio_region = parse(value)?,
            "requests_per_second" => settings.requests_per_second = parse(value)?,
            "twilio_region" => settings.twilio_region = parse(value)?,
            "events_per_second" => settings.events_per_second = parse(value)?,
            SECOND_PERSON => settings.second_person = parse(value)?,
            _ => {}
        }
    }
    Ok(settings)
}
