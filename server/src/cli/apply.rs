//! `segue apply FILE.toml`: makes what is stored what a file says.

mod events;

use std::{io::Write, path::PathBuf};

use domain::{
    Error,
    access::Actor,
    approvals::proposal::Edit,
    configuration::{
        Desired,
        plan::{Change, FieldChange, Leaving, Plan, Row, Table, fields, moves},
    },
    mappings::{MappingRow, gates::Pass},
};

use self::events::Events;
use super::{Exit, Failure};
use crate::{
    compose::{Purpose, Segue},
    config::Config,
};

/// Flags of `segue apply`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag")]
pub struct Apply {
    /// The file
    file: PathBuf,
    /// Says what would change and changes nothing
    #[arg(long)]
    plan: bool,
    /// With --plan: the exit code is 2 if something would change
    #[arg(long, requires = "plan")]
    check: bool,
    /// Retires what the file doesn't name
    #[arg(long)]
    prune: bool,
    /// Leaves people where they are whom a retired mapping or a destination's new name would
    /// make leave; without it their exits are sent
    #[arg(long)]
    abandon: bool,
    /// Proposes the file's events, mappings and suppressions, for somebody to approve; nothing
    /// else may change
    #[arg(long, conflicts_with_all = ["plan", "abandon"])]
    propose: bool,
}

/// Runs it.
pub async fn run(config: &Config, apply: &Apply, out: &mut impl Write) -> Result<Exit, Failure> {
    let name = apply.file.display().to_string();
    let text = std::fs::read_to_string(&apply.file)
        .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
    let desired = parse(&name, &text)?;
    let segue = Segue::open(config, Purpose::Serve).await?;
    let service = &segue.services.configuration;
    let in_file = |error: Error| match error {
        Error::Invalid { .. } => Failure::usage(format!("{name}: {error}")),
        other => Failure::from(other),
    };
    let contract = &segue.services.contract;
    let events = Events::of(contract, &desired, apply.prune).await.map_err(in_file)?;
    let actor = Actor::host("segue apply");
    if apply.propose {
        let plan = service.plan(&desired, false).await.map_err(in_file)?;
        if Edit::of(&plan.changes).is_none() {
            return Err(Failure::usage(format!(
                "{name}: only events, mappings, suppressions and [approvals] can be proposed, and the file changes more: apply the rest first"
            )));
        }
        events.print(out)?;
        if plan.is_empty() || !events.differences.is_empty() {
            events.propose(contract, &name, &actor, out).await?;
        }
        if !plan.is_empty() {
            let passes =
                segue.services.gates.passed_over(&desired, false).await.map_err(in_file)?;
            if let Some(pass) = passes.iter().find(|pass| !pass.gate.can_be_passed()) {
                return Err(Failure::usage(format!(
                    "{name}: mapping {} can't start: {}",
                    pass.mapping, pass.evidence
                )));
            }
            let reason = format!("proposed by segue apply {name}");
            let passes: Vec<_> =
                passes.into_iter().map(|pass| Pass { reason: reason.clone(), ..pass }).collect();
            let plan = Plan { passes: passes.clone(), untouched: Vec::new(), ..plan };
            print(&plan, 0, &[], true, out)?;
            match service.propose(&desired, passes, &actor).await {
                // It waits already.
                Err(Error::Conflict(said)) => writeln!(out, "{said}.")?,
                filed => {
                    filed.map_err(in_file)?;
                    writeln!(out, "Proposed: it waits for an approver, under Approvals.")?;
                }
            }
        }
        return Ok(Exit::Done);
    }
    let leaving = if apply.abandon { Leaving::Abandoned } else { Leaving::Sent };
    let there = segue.services.mappings.list().await?;
    let plan = if apply.plan {
        let plan = service.plan(&desired, apply.prune).await.map_err(in_file)?;
        let passes =
            segue.services.gates.passed_over(&desired, apply.prune).await.map_err(in_file)?;
        Plan { leaving, passes, ..plan }
    } else {
        let passes =
            segue.services.gates.passed_over(&desired, apply.prune).await.map_err(in_file)?;
        let plan = service
            .apply_with(&desired, apply.prune, leaving, passes, &actor)
            .await
            .map_err(in_file)?;
        events.enact(contract, &actor).await.map_err(in_file)?;
        plan
    };
    events.print(out)?;
    print(&plan, events.differences.len(), &there, apply.plan, out)?;
    let is_same = plan.is_empty() && events.differences.is_empty();
    Ok(if apply.check && !is_same { Exit::Usage } else { Exit::Done })
}

/// Reads a file; what is wrong names file and line. The line itself is never quoted: it may
/// hold a secret.
pub fn parse(name: &str, text: &str) -> Result<Desired, Failure> {
    toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        let line = line
            + usize::from(
                error.span().is_some_and(|span| text[..span.start.min(text.len())].ends_with('\n')),
            );
        Failure::usage(format!("{name}:{line}: {}", error.message()))
    })
}

/// The plan, like a diff.
fn print(
    plan: &Plan,
    events: usize,
    there: &[MappingRow],
    ahead: bool,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let (mut created, mut changed, mut retired) = (0, 0, 0);
    for change in &plan.changes {
        match change {
            Change::Create(row) => {
                created += 1;
                let (title, values) = describe(row);
                writeln!(out, "+ {title}")?;
                for (field, value) in values {
                    if !value.is_null() && field != "key" {
                        writeln!(out, "    {field} = {value}")?;
                    }
                }
            }
            Change::Update(row, differences) => {
                changed += 1;
                writeln!(out, "~ {}", describe(row).0)?;
                for FieldChange { field, before, after } in differences {
                    writeln!(out, "    {field}: {before} -> {after}")?;
                }
                if let (Row::Destination(spec), true) = (row, moves(differences)) {
                    let here = there.iter().filter(|one| one.spec.destination == spec.key);
                    print_leaving(plan.leaving, here.map(|one| one.delivered).sum(), out)?;
                }
            }
            Change::Retire(table, key) => {
                retired += 1;
                writeln!(out, "- {} {key}", table.as_str())?;
                if *table == Table::Mapping {
                    let here = there.iter().filter(|one| one.spec.key == *key);
                    print_leaving(plan.leaving, here.map(|one| one.delivered).sum(), out)?;
                }
            }
            Change::Set(FieldChange { field, before, after }) => {
                changed += 1;
                writeln!(out, "~ {field}: {before} -> {after}")?;
            }
            Change::Clear { name } => {
                retired += 1;
                writeln!(out, "- secret {name}")?;
            }
            Change::Secret { name, replaces } => {
                changed += 1;
                let what = if *replaces { "replaced" } else { "set" };
                writeln!(out, "~ secret {name}: {what}")?;
            }
        }
    }
    for pass in &plan.passes {
        writeln!(out, "! mapping {} passes {} though {}", pass.mapping, pass.gate, pass.evidence)?;
    }
    for (table, key) in &plan.untouched {
        writeln!(
            out,
            "  {} {key}: not in the file, left alone (--prune retires it)",
            table.as_str()
        )?;
    }
    let verb = if ahead { "would be" } else { "were" };
    if plan.is_empty() && events == 0 {
        writeln!(out, "Nothing to change.")
    } else if plan.is_empty() {
        writeln!(out, "The contract {} changed.", if ahead { "would be" } else { "was" })
    } else {
        writeln!(out, "{created} {verb} added, {changed} changed, {retired} retired.")
    }
}

/// What becomes of people at a place that nobody sends to any more.
fn print_leaving(leaving: Leaving, people: u64, out: &mut impl Write) -> std::io::Result<()> {
    match (leaving, people) {
        (_, 0) => Ok(()),
        (Leaving::Sent, _) => writeln!(
            out,
            "    {people} people are there: their exits are sent (--abandon leaves them there)"
        ),
        (Leaving::Abandoned, _) => writeln!(out, "    {people} people are there, and stay there"),
    }
}

fn describe(row: &Row) -> (String, std::collections::BTreeMap<String, serde_json::Value>) {
    match row {
        Row::Destination(spec) => (format!("destination {}", spec.key), fields(spec)),
        Row::Audience(spec) => (format!("audience {}", spec.key), fields(spec)),
        Row::Suppression(spec) => (format!("suppression {}", spec.key), fields(spec)),
        Row::Mapping(spec) => (format!("mapping {}", spec.key), fields(spec)),
        Row::Flow(spec) => (format!("flow {}", spec.key), fields(spec)),
        Row::Source(key) => (format!("source {key}"), std::collections::BTreeMap::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse("segue.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_names_file_line_and_key() {
        let unknown = message("[customerio]\nregion = \"us\"\napi_key = \"hush\"\n");
        assert!(unknown.starts_with("segue.toml:3: "), "{unknown}");
        assert!(unknown.contains("`api_key`") && !unknown.contains("hush"), "{unknown}");
        let nested = message(
            "[[mapping]]\nkey = \"a\"\naudience = \"b\"\ndestination = \"c\"\nuse_case = \"retarget\"\ncolour = 1\n",
        );
        assert!(nested.starts_with("segue.toml:6: ") && nested.contains("`colour`"), "{nested}");
        let table = message("[customer]\n");
        assert!(table.starts_with("segue.toml:1: ") && table.contains("`customer`"), "{table}");
        let broken = message("[twilio]\nwrite_key = \"hush\n");
        assert!(broken.starts_with("segue.toml:2: ") && !broken.contains("hush"), "{broken}");
    }

    #[test]
    fn a_secret_is_a_text_a_variable_or_a_list() {
        let text = "[twilio]\nwrite_key = [\"one\", { env = \"TWO\" }]\n[customerio]\napp_api_key = { env = \"X\" }\n";
        let desired = parse("segue.toml", text).unwrap();
        assert_eq!(desired.twilio.unwrap().write_key.unwrap().into_vec().len(), 2);
        let wrong = message("[twilio]\nwrite_key = { environment = \"hush\" }\n");
        assert!(wrong.contains("a secret is a string") && !wrong.contains("hush"), "{wrong}");
    }
}
