//! `make bench`: how many events a core holds against the contract in a second, beside two JSON
//! Schema validators that are given the contract's own schemas: npm's `ajv` and Python's
//! `jsonschema-rs`.
//!
//! Each contender is a process on one core, and has the same events: most as agreed, the others
//! with each kind of thing wrong. Two figures: events that were parsed before, and events from
//! the bytes of their body on. A rate is events by seconds of CPU of the whole process, so that
//! what else runs on the machine takes little from it; contenders take turns, in one order and
//! then in the other, and a figure is the median of all rounds, with its spread. An event on
//! which contenders disagree ends the bench. What the figures mean is in `docs/performance.md`.
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod contender;
mod corpus;
mod segue;
#[path = "../../server/benches/table.rs"]
mod table;

use std::{collections::BTreeMap, fs, path::Path};

use domain::contract::schema;
use serde_json::{Value, json};

use contender::{Answer, Contender, Effort, Ring, on_first_core, say};
use corpus::Sent;
use table::{Figure, Table};

/// One of an answer's two.
type Rate = fn(&Answer) -> f64;

/// Whatever stops the bench.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Of the events on which contenders disagree, so many are printed.
const MOST_PRINTED: usize = 20;

const HELP: &str = "--quick: few events, one round; does it run at all?
--scattered: every event has its own choice of optional properties, instead of few senders'";

/// What a measurement is.
struct Plan {
    events: usize,
    /// Each sends its own optional properties.
    senders: u32,
    rounds: usize,
    effort: Effort,
}

impl Plan {
    const FULL: Self =
        Self { events: 20_000, senders: 4, rounds: 6, effort: Effort { warm: 1.0, measured: 2.0 } };
    const QUICK: Self =
        Self { events: 2_000, senders: 4, rounds: 1, effort: Effort { warm: 0.2, measured: 0.3 } };
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["--as-contender", folder, warm, measured] = arguments[..] {
        let effort = Effort { warm: warm.parse()?, measured: measured.parse()? };
        println!("{}", serde_json::to_string(&segue::answer(Path::new(folder), effort)?)?);
        return Ok(());
    }
    let mut plan = if arguments.contains(&"--quick") { Plan::QUICK } else { Plan::FULL };
    for argument in arguments {
        match argument {
            "--scattered" => plan.senders = u32::MAX,
            // The second is what cargo says to every bench.
            "--quick" | "--bench" => {}
            _ => return Err(HELP.into()),
        }
    }

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let ring = Ring {
        corpus: folder.join("contract-corpus"),
        peers: folder.join("contract-peers"),
        pinned: on_first_core(true, "true").status().is_ok_and(|one| one.success()),
        effort: plan.effort,
    };
    let events = hand_over(&ring.corpus, &plan)?;

    let mut table = Table::default();
    facts(&mut table, &ring, &plan, &events)?;
    let mut present = Vec::new();
    let mut absent = Vec::new();
    for who in Contender::ALL {
        match ring.install(who) {
            Ok(()) => present.push(who),
            Err(reason) => absent.push((who, format!("not measured: {reason}"))),
        }
    }
    let mut answers: Vec<Vec<Answer>> = vec![Vec::new(); present.len()];
    for round in 0..plan.rounds {
        say(&format!("round {} of {}", round + 1, plan.rounds));
        let mut turns: Vec<_> = present.iter().zip(&mut answers).collect();
        if round % 2 == 1 {
            turns.reverse();
        }
        for (&who, told) in turns {
            told.push(ring.ask(who)?);
        }
    }
    demand_equal(&events, answers.iter().flatten())?;
    rates(&mut table, &answers, &absent);

    let report = folder.join("contract.md");
    fs::write(&report, table.markdown())?;
    println!("{}\nAs Markdown: {}", table.text(), report.display());
    Ok(())
}

/// Makes the events and writes them, with the schemas, where contenders read them.
fn hand_over(folder: &Path, plan: &Plan) -> Result<Vec<Sent>, Failure> {
    let contract = corpus::contract();
    let events = corpus::events(&contract, plan.events, plan.senders);
    let schemas: BTreeMap<&String, Value> =
        contract.events.iter().map(|(name, event)| (name, schema::of_event(name, event))).collect();
    let told = json!({ "schemas": schemas, "names": corpus::names(&contract) });
    fs::create_dir_all(folder)?;
    fs::write(folder.join("schemas.json"), told.to_string())?;
    let lines: String = events.iter().flat_map(|event| [event.body.as_str(), "\n"]).collect();
    fs::write(folder.join("events.ndjson"), lines)?;
    Ok(events)
}

/// What the figures belong to.
fn facts(table: &mut Table, ring: &Ring, plan: &Plan, events: &[Sent]) -> Result<(), Failure> {
    let processors = fs::read_to_string("/proc/cpuinfo")?;
    let model =
        processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = fs::read_to_string("/proc/loadavg")?;
    table.add("Machine", "processor", model.map_or("", |(_, name)| name));
    table.add("Machine", "cores", std::thread::available_parallelism()?.to_string());
    table.add("Machine", "load before", load.split_whitespace().next().unwrap_or_default());
    table.add("Machine", "contenders", if ring.pinned { "on core 0" } else { "not pinned" });
    table.add("Machine", "rounds", plan.rounds.to_string());
    let count = |number: usize| Ok::<f64, Failure>(f64::from(u32::try_from(number)?));
    let bytes: usize = events.iter().map(|event| event.body.len()).sum();
    let valid = events.iter().filter(|event| event.is_valid).count();
    table.add(
        "Events",
        "all, each told the same by everybody",
        table::number(count(events.len())?),
    );
    let senders =
        if plan.senders == u32::MAX { "any".to_owned() } else { plan.senders.to_string() };
    table.add("Events", "senders", senders);
    table.add("Events", "as agreed", table::number(count(valid)?));
    table.add(
        "Events",
        "bytes each",
        table::number((count(bytes)? / count(events.len())?).round()),
    );
    Ok(())
}

/// Ends the bench where a verdict isn't what the event was made for, and prints the event.
fn demand_equal<'a>(
    events: &[Sent],
    answers: impl Iterator<Item = &'a Answer> + Clone,
) -> Result<(), Failure> {
    let truth: String = events.iter().map(|sent| if sent.is_valid { '1' } else { '0' }).collect();
    let told = |answer: &'a Answer| answer.verdicts.iter().map(move |all| (&answer.name, all));
    let differing: Vec<_> = answers.flat_map(told).filter(|(_, all)| **all != truth).collect();
    if differing.is_empty() {
        return Ok(());
    }
    for (who, verdicts) in &differing {
        if verdicts.len() != truth.len() {
            println!("{who} told {} of {} events", verdicts.len(), truth.len());
        }
        let pairs = events.iter().zip(truth.bytes().zip(verdicts.bytes())).enumerate();
        let differ = pairs.filter(|(_, (_, (truth, told)))| truth != told);
        for (at, (event, (truth, told))) in differ.take(MOST_PRINTED) {
            let [truth, told] = [truth, told].map(|one| if one == b'1' { "yes" } else { "no" });
            println!("event {at}: {who} says {told}, it is {truth}: {}", event.body);
        }
    }
    Err("contenders don't say the same of each event".into())
}

/// What each did, and Segue beside the faster of the others.
fn rates(table: &mut Table, answers: &[Vec<Answer>], absent: &[(Contender, String)]) {
    let measures: [(&str, Rate); 2] = [
        ("Events/s of a core, parsed before", |answer| answer.parsed),
        ("Events/s of a core, from the bytes of the body", |answer| answer.bytes),
    ];
    let mut times = Vec::new();
    for (measure, value) in measures {
        let figure = |told: &Vec<Answer>| Figure(told.iter().map(value).collect());
        let figures: Vec<Figure> = answers.iter().map(figure).collect();
        for (told, figure) in answers.iter().zip(&figures) {
            let name = told.first().map_or("", |answer| answer.name.as_str());
            table.add(measure, name, figure.show());
        }
        for (who, reason) in absent {
            table.add(measure, who.as_str(), reason);
        }
        if let [segue, peers @ ..] = &figures[..]
            && let Some(faster) =
                peers.iter().max_by(|one, other| one.median().total_cmp(&other.median()))
        {
            times.push((measure, segue.over(faster).show()));
        }
    }
    for (measure, times) in times {
        table.add("Segue, times as much as the faster of the others", measure, times);
    }
}
