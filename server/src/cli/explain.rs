//! `segue explain PERSON`: where somebody stands in every mapping, and why.

use std::io::Write;

use domain::{Error, people::PersonView, time::Instant};
use serde_json::{Value, json};

use super::{Exit, Failure};
use crate::{
    compose::{Purpose, Segue},
    config::Config,
};

/// Flags of `segue explain`.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// A `cio_id`, an id or an e-mail address
    person: String,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub async fn run(
    config: &Config,
    explain: &Explain,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let segue = Segue::open(config, Purpose::Serve).await?;
    let view = segue.services.people.explain(&explain.person, usize::MAX).await?;
    if explain.json {
        let text = serde_json::to_string(&as_json(&view)).map_err(Error::unexpected)?;
        writeln!(out, "{text}")?;
    } else {
        print(&view, out)?;
    }
    Ok(Exit::Done)
}

fn as_json(view: &PersonView) -> Value {
    let mappings: Vec<Value> = view
        .mappings
        .iter()
        .map(|place| {
            let history: Vec<Value> = place
                .history
                .iter()
                .map(|entry| {
                    json!({
                        "at": entry.at.to_iso(),
                        "transition": entry.transition,
                        "generation": entry.generation,
                        "run": entry.run,
                        "message_id": entry.message_id,
                        "answer": entry.answer.map(|answer| json!({
                            "sent_at": answer.sent_at.to_iso(),
                            "at": answer.at.to_iso(),
                            "people": answer.people,
                        })),
                    })
                })
                .collect();
            json!({
                "mapping": place.mapping,
                "audience": place.audience,
                "destination": place.destination,
                "use_case": place.use_case,
                "member": place.member,
                "delivered": place.delivered,
                "cause": place.cause,
                "history": history,
            })
        })
        .collect();
    let suppressions = view.suppressions.iter().map(|one| {
        json!({
            "suppression": one.rule,
            "reason": one.reason,
            "member": one.is_member,
            "until": one.until.map(Instant::to_iso),
        })
    });
    json!({
        "person": view.person,
        "audiences": view.audiences.iter().map(|one| &one.audience).collect::<Vec<_>>(),
        "suppressions": suppressions.collect::<Vec<_>>(),
        "mappings": mappings,
    })
}

/// Who they are and where they stand, for people.
pub fn print(view: &PersonView, out: &mut impl Write) -> std::io::Result<()> {
    let person = &view.person;
    writeln!(out, "{}", person.cio_id)?;
    for (name, value) in [("id", &person.id), ("e-mail", &person.email), ("phone", &person.phone)] {
        writeln!(out, "  {name}: {}", value.as_deref().unwrap_or("none"))?;
    }
    for one in &view.suppressions {
        let until = one.until.map(|at| format!(" until {}", at.to_iso())).unwrap_or_default();
        let while_member = if one.is_member { " while a member" } else { "" };
        writeln!(out, "kept out by {} ({}){while_member}{until}", one.rule, one.reason)?;
    }
    for place in &view.mappings {
        let member = if place.member { "member" } else { "not a member" };
        let there = if place.delivered { "there" } else { "not there" };
        let cause = place.cause.map(|cause| format!(", because {cause}")).unwrap_or_default();
        writeln!(
            out,
            "{}: {member} of {}, {there} at {}{cause}",
            place.mapping, place.audience, place.destination
        )?;
        for entry in &place.history {
            let answered = entry
                .answer
                .map(|answer| format!(", answered {}", answer.at.to_iso()))
                .unwrap_or_default();
            writeln!(
                out,
                "  {} {} (order {}{answered})",
                entry.at.to_iso(),
                entry.transition.as_str(),
                entry.generation
            )?;
        }
    }
    Ok(())
}
