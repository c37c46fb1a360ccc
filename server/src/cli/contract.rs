//! `segue contract`: the contract as a file, and a tracking plan as a proposal.

use std::{io::Write, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use domain::{Error, access::Actor, contract::spec::EventSpec};
use serde::Serialize;

use super::{Exit, Failure};
use crate::{
    compose::{Purpose, Segue},
    config::Config,
};

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Contract {
    /// Prints what is in force
    Export(Export),
    /// Begins a draft from the rules of a Segment tracking plan
    Import(Import),
}

/// Flags of `segue contract export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// For whom
    #[arg(long = "as", value_enum, default_value_t = Form::Toml)]
    pub form: Form,
}

/// For whom a contract is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// `segue apply`: a table `[[event]]` for each
    Toml,
    /// Segment's Public API: the rules of a tracking plan
    TrackingPlan,
    /// Whoever checks events: JSON Schema
    JsonSchema,
    /// Whoever tests what sends or reads events: calls of /v1/track, each with whether it passes
    Fixtures,
}

/// Flags of `segue contract import`.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// JSON, as `GET /tracking-plans/{id}/rules` of Segment's Public API answers
    pub file: PathBuf,
}

#[derive(Serialize)]
struct Events {
    event: Vec<EventSpec>,
}

/// Runs it.
pub async fn run(
    config: &Config,
    contract: &Contract,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let service = Segue::open(config, Purpose::Serve).await?.services.contract;
    match contract {
        Contract::Export(Export { form: Form::Toml }) => {
            let current = service.current().await?.contract;
            let event = current.events.iter().map(|(name, event)| EventSpec::of(name, event));
            let text = toml::to_string_pretty(&Events { event: event.collect() });
            write!(out, "{}", text.map_err(Error::unexpected)?)?;
        }
        Contract::Export(Export { form: Form::TrackingPlan }) => {
            writeln!(out, "{:#}", service.tracking_plan().await?)?;
        }
        Contract::Export(Export { form: Form::JsonSchema }) => {
            writeln!(out, "{:#}", service.schema().await?)?;
        }
        Contract::Export(Export { form: Form::Fixtures }) => {
            let fixtures = serde_json::to_string_pretty(&service.fixtures().await?);
            writeln!(out, "{}", fixtures.map_err(Error::unexpected)?)?;
        }
        Contract::Import(Import { file }) => {
            let name = file.display();
            let text = std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
            let plan = serde_json::from_str(&text)
                .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
            let id = service.import_plan(&plan, &Actor::host("segue contract")).await?;
            let view = service.request(id).await?;
            for comment in view.comments {
                writeln!(out, "{}", comment.words)?;
            }
            let title = view.request.title;
            service.propose(id, &title, &Actor::host("segue contract")).await?;
            writeln!(out, "Proposed as change {id}: it waits for an approver, under Approvals.")?;
        }
    }
    Ok(Exit::Done)
}
