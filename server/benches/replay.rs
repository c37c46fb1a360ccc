//! How long it takes to say what a change of the contract does to a week's events.
//!
//! The events are written straight into the database: the twelve of the starter in turn, each in
//! several shapes. Asked in this process, as the page of a change asks.

use std::{path::Path, time::Instant as Stopwatch};

use domain::{
    access::{Actor, Role},
    contract::{proposal::Edits, schema, spec::EventSpec},
};
use serde_json::json;
use server::compose::Segue;
use sqlx::{Connection as _, SqliteConnection};

use crate::{
    Failure,
    contender::say,
    installation,
    table::{Figure, Table, number},
};

/// How often each change is asked about.
const TIMES: u32 = 5;

/// Shapes of each event.
const SHAPES: usize = 4;

const FILL: &str = "WITH RECURSIVE place (n) AS
        (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < $1)
    INSERT INTO event (origin, number, name, at, received_at, kept_at, place, checked_by, said)
    SELECT 'source', printf('m-%010d', (n * 7919) % $1), shape.name, $2, $2, $2, n, 1, shape.said
    FROM place JOIN shape ON shape.place = n % $3";

/// Measures a change of one event, and one of all.
pub fn measure(events: u32, folder: &Path, table: &mut Table) -> Result<(), Failure> {
    installation::with(folder, "replay", async |segue, file| ask(events, segue, file, table).await)
}

async fn ask(events: u32, segue: &Segue, file: &Path, table: &mut Table) -> Result<(), Failure> {
    let contract = &segue.services.contract;
    let author = Actor { name: "author".to_owned(), role: Role::Operator };
    let approver = Actor { name: "approver".to_owned(), role: Role::Approver };
    let first = contract.draft(true, &author).await?;
    contract.propose(first, "To begin with", &author).await?;
    contract.decide(first, true, "", &approver).await?;
    let agreed = contract.current().await?.contract;
    let specs: Vec<EventSpec> =
        agreed.events.iter().map(|(name, event)| EventSpec::of(name, event)).collect();

    say("filling a database for replays");
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
    sqlx::query("CREATE TEMP TABLE shape (place BIGINT, name TEXT, said TEXT)")
        .execute(&mut connection)
        .await?;
    let mut shapes = 0_i64;
    for shape in 0..SHAPES {
        for (name, event) in &agreed.events {
            let mut said = schema::example(event);
            // Texts of several lengths, and one shape in which something is wrong.
            for value in said.as_object_mut().into_iter().flat_map(|said| said.values_mut()) {
                if value.is_string() && *value == json!("example") {
                    *value = json!("x".repeat(8 + 8 * shape));
                }
            }
            if shape == 0 {
                said["not_agreed"] = json!(true);
            }
            sqlx::query("INSERT INTO shape VALUES ($1, $2, $3)")
                .bind(shapes)
                .bind(name)
                .bind(said.to_string())
                .execute(&mut connection)
                .await?;
            shapes += 1;
        }
    }
    sqlx::query(FILL)
        .bind(i64::from(events))
        .bind(segue.clock.now().0)
        .bind(shapes)
        .execute(&mut connection)
        .await?;
    connection.close().await?;

    let title = format!("What a change does to {} events of the last week", number(events.into()));
    let narrowed = |spec: &EventSpec| {
        let mut spec = spec.clone();
        spec.properties.push("needed: text, required".to_owned());
        spec
    };
    let one = Edits { put: specs.iter().take(1).map(narrowed).collect(), remove: Vec::new() };
    let all = Edits { put: specs.iter().map(narrowed).collect(), remove: Vec::new() };
    for (what, edits) in [("a change of one of twelve events, s", one), ("of all twelve, s", all)] {
        let change = contract.propose_edits(what, &edits, &author).await?;
        let mut figure = Figure(Vec::new());
        for _ in 0..TIMES {
            let began = Stopwatch::now();
            let replay = contract.replay(change).await?;
            figure.0.push(began.elapsed().as_secs_f64());
            // All but those of the shape that fails already.
            let share = (SHAPES as u64 - 1) * edits.put.len() as u64;
            let expected = u64::from(events) * share / shapes.unsigned_abs();
            if replay.events != u64::from(events) || replay.failing().abs_diff(expected) > 100 {
                return Err(format!("another replay was expected: {replay:?}").into());
            }
        }
        table.add(&title, what, figure.show());
    }
    Ok(())
}
