//! Events from outside: how many are taken in a second, and how soon a purchaser has left.
//!
//! Purchases come at their intended times whatever became of the ones before (open loop), and
//! are counted from those times; the sink notes when each exit came in. Sink and sender are
//! this process, on the second core.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::{events::signature::sign, time::Clock as _};
use serde::Deserialize;
use serde_json::{Value, json};
use server::clock::SystemClock;
use sqlx::{Connection as _, SqliteConnection};

use crate::{
    Failure,
    contender::{Ring, on_core, say},
    people::{Segment, cio_id, user},
    table::Table,
};

/// Members of the audience whose people buy.
const SHOPPERS: u32 = 50_000;

/// Purchases a second.
const RATE: u32 = 500;

/// Callers who send one report after another.
const CALLERS: u32 = 128;

/// What the process is told to do.
const CONFIGURATION: &str = r#"
[customerio]
app_api_key = "key"
requests_per_second = 500
reporting_signing_key = "signing-key"
[twilio]
write_key = "write-key"
events_per_second = 10000
[[source]]
key = "shop"
write_key = "shop-key"
[[suppression]]
key = "bought"
reason = "purchase"
event = "Order Completed"
ttl = "24h"
[[audience]]
key = "shoppers"
segment = 1
[[audience]]
key = "everybody"
segment = 2
[[destination]]
key = "meta"
profile = "meta-custom-audiences"
integration = "Meta"
[[destination]]
key = "bulk"
profile = "warehouse"
integration = "Bulk"
[[mapping]]
key = "shoppers-meta"
audience = "shoppers"
destination = "meta"
use_case = "retarget"
every = "24h"
"#;

/// The long sync that goes on beside the purchases.
const BULK: &str = r#"
[[mapping]]
key = "bulk"
audience = "everybody"
destination = "bulk"
use_case = "analytics"
every = "24h"
"#;

/// Both vendors, and when each exit came in.
struct Vendors {
    everybody: u32,
    exits: Mutex<HashMap<String, Instant>>,
    told: AtomicU32,
}

impl Vendors {
    fn exit(&self, user: &str) -> Option<Instant> {
        self.exits.lock().unwrap_or_else(PoisonError::into_inner).get(user).copied()
    }
}

#[derive(Deserialize)]
struct Page {
    start: Option<u32>,
    limit: usize,
}

#[derive(Deserialize)]
struct Batch {
    batch: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    event: Option<String>,
    #[serde(rename = "userId")]
    user: Option<String>,
}

async fn segment(Path(id): Path<u32>) -> Json<Value> {
    Json(json!({ "segment": { "id": id, "name": "People", "state": "finished" } }))
}

async fn membership(
    State(vendors): State<Arc<Vendors>>,
    Path(id): Path<u32>,
    Query(page): Query<Page>,
) -> Response {
    let people = if id == 1 { SHOPPERS } else { vendors.everybody };
    let page = Segment { people, round: 0 }.page(page.start.unwrap_or_default(), page.limit);
    ([("content-type", "application/json")], page).into_response()
}

async fn batch(State(vendors): State<Arc<Vendors>>, body: Bytes) -> Response {
    let now = Instant::now();
    let Ok(Batch { batch }) = serde_json::from_slice(&body) else {
        return http::StatusCode::BAD_REQUEST.into_response();
    };
    vendors.told.fetch_add(u32::try_from(batch.len()).unwrap_or(0), Ordering::Relaxed);
    let mut exits = vendors.exits.lock().unwrap_or_else(PoisonError::into_inner);
    for event in batch {
        if event.event.as_deref() == Some("Audience Exited")
            && let Some(user) = event.user
        {
            exits.entry(user).or_insert(now);
        }
    }
    Json(json!({ "success": true })).into_response()
}

/// Measures all of it.
pub fn measure(people: u32, ring: &Ring, table: &mut Table) -> Result<(), Failure> {
    if ring.pinned {
        let pid = std::process::id().to_string();
        Command::new("taskset").args(["-acp", "1", &pid]).stdout(Stdio::null()).status()?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(all(people, ring, table))
}

async fn all(people: u32, ring: &Ring, table: &mut Table) -> Result<(), Failure> {
    let folder = ring.folder.join("events");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let vendors =
        Arc::new(Vendors { everybody: people, exits: Mutex::default(), told: AtomicU32::new(0) });
    let routes = Router::new()
        .route("/v1/segments/{id}", get(segment))
        .route("/v1/segments/{id}/membership", get(membership))
        .route("/v1/batch", post(batch))
        .layer(DefaultBodyLimit::disable())
        .with_state(vendors.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, routes).into_future());

    let bench = Bench { ring, folder: folder.clone(), vendors, url };
    let rows = commits(&folder).await?;
    bench.apply(CONFIGURATION)?;
    let serving = bench.serve()?;
    let measured = bench.everything(&serving, rows, people, table).await;
    drop(serving);
    fs::remove_dir_all(&folder)?;
    measured
}

/// Rows a second that SQLite keeps on this disk, each with a commit of its own.
async fn commits(folder: &std::path::Path) -> Result<f64, Failure> {
    let file = folder.join("rows.db");
    let mut rows =
        SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", file.display())).await?;
    sqlx::raw_sql(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE kept (number TEXT PRIMARY KEY, body TEXT)",
    )
    .execute(&mut rows)
    .await?;
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_secs(4) {
        sqlx::query("INSERT INTO kept (number, body) VALUES ($1, $2)")
            .bind(count.to_string())
            .bind("x".repeat(300))
            .execute(&mut rows)
            .await?;
        count += 1;
    }
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    rows.close().await?;
    Ok(rate)
}

/// A process that takes events.
struct Serving {
    child: Child,
    url: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Bench<'a> {
    ring: &'a Ring,
    folder: PathBuf,
    vendors: Arc<Vendors>,
    url: String,
}

impl Bench<'_> {
    fn segue(&self, core: u32) -> Command {
        let mut command = on_core(core, self.ring.pinned, &self.ring.segue);
        let file = self.folder.join("segue.db");
        command
            .env("SEGUE_DATABASE_URL", format!("sqlite:{}", file.display()))
            .env("SEGUE_SECRET_KEY_FILE", self.folder.join("segue.key"))
            .env("SEGUE_CUSTOMERIO_URL", &self.url)
            .env("SEGUE_TWILIO_TRACKING_URL", &self.url)
            .env("SEGUE_LOG", "error");
        command
    }

    fn apply(&self, text: &str) -> Result<(), Failure> {
        let file = self.folder.join("segue.toml");
        fs::write(&file, text)?;
        let status = self.segue(1).arg("apply").arg(file).stdout(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err("the configuration was refused".into()) }
    }

    fn serve(&self) -> Result<Serving, Failure> {
        let mut command = self.segue(0);
        command.args(["serve", "--addr", "127.0.0.1:0"]).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let out = child.stdout.take().ok_or("it has no output")?;
        let mut lines = BufReader::new(out).lines();
        for line in lines.by_ref() {
            if let Some(url) = line?.strip_prefix("Segue is at ") {
                let url = url.to_owned();
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Serving { child, url });
            }
        }
        Err("it didn't say where it is".into())
    }

    async fn everything(
        &self,
        serving: &Serving,
        rows: f64,
        people: u32,
        table: &mut Table,
    ) -> Result<(), Failure> {
        say("taking reports");
        let title = format!("Webhooks taken, {CALLERS} callers, each kept before its 2xx");
        let (rate, mut spans) = self.reports(serving).await?;
        table.add(&title, "a second", format!("{rate:.0}"));
        table.add(&title, "p50 and p99, ms", shown(&mut spans));
        table.add(&title, "rows a second with a commit each, same disk", format!("{rows:.0}"));
        table.add(&title, "times as many", format!("{:.1}", rate / rows));
        table.add(&title, "events a commit", format!("{:.1}", self.group().await?));

        say("filling the audience");
        while self.vendors.told.load(Ordering::Relaxed) < SHOPPERS {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let title = format!("From purchase to exit at Segment, {RATE} purchases a second");
        let (mut taken, mut left) = self.purchases(serving, 0).await?;
        table.add(&title, "alone: taken, p50 and p99, ms", shown(&mut taken));
        table.add(&title, "alone: left, p50 and p99, ms", shown(&mut left));
        say("the same beside a large sync");
        let told = self.vendors.told.load(Ordering::Relaxed);
        self.apply(&format!("{CONFIGURATION}{BULK}"))?;
        while self.vendors.told.load(Ordering::Relaxed) < told + 20_000 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let (mut taken, mut left) = self.purchases(serving, 1).await?;
        let during = self.vendors.told.load(Ordering::Relaxed) - told;
        let beside = format!("beside a sync of {people}");
        table.add(&title, format!("{beside}: taken, p50 and p99, ms"), shown(&mut taken));
        table.add(&title, format!("{beside}: left, p50 and p99, ms"), shown(&mut left));
        table.add(&title, "events that Segment took meanwhile", during.to_string());
        Ok(())
    }

    /// Reports one after another by many callers: how many a second, and how long each took.
    async fn reports(&self, serving: &Serving) -> Result<(f64, Vec<f64>), Failure> {
        let client = server::vendors::client()?;
        let url = format!("{}/hooks/customerio/reporting", serving.url);
        let began = Instant::now();
        let callers = (0..CALLERS).map(|caller| {
            let (client, url) = (client.clone(), url.clone());
            tokio::spawn(async move {
                let mut spans = Vec::new();
                while began.elapsed() < Duration::from_secs(10) {
                    let sent = Instant::now();
                    let body = report(caller, spans.len());
                    let at = (SystemClock.now().0 / 1_000_000).to_string();
                    let call = client
                        .post(&url)
                        .header("x-cio-signature", sign("signing-key", &at, body.as_bytes()));
                    let answer = call.header("x-cio-timestamp", at).body(body).send().await?;
                    answer.error_for_status()?;
                    spans.push(1e3 * sent.elapsed().as_secs_f64());
                }
                Ok::<_, Failure>(spans)
            })
        });
        let mut spans = Vec::new();
        for caller in callers.collect::<Vec<_>>() {
            spans.extend(caller.await??);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of calls")]
        let rate = spans.len() as f64 / began.elapsed().as_secs_f64();
        Ok((rate, spans))
    }

    /// Events of one commit: those kept at one moment.
    async fn group(&self) -> Result<f64, Failure> {
        let file = self.folder.join("segue.db");
        let mut database = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?;
        let sql = "SELECT CAST(COUNT(*) AS REAL) / COUNT(DISTINCT kept_at) FROM event";
        Ok(sqlx::query_scalar(sql).fetch_one(&mut database).await?)
    }

    /// Purchases at their times, of people who didn't buy before: how long until each was
    /// taken, and until each had left.
    async fn purchases(
        &self,
        serving: &Serving,
        round: u32,
    ) -> Result<(Vec<f64>, Vec<f64>), Failure> {
        let count = RATE * 20;
        let client = server::vendors::client()?;
        let url = format!("{}/v1/track", serving.url);
        let begin = Instant::now() + Duration::from_millis(100);
        let members = (0..).filter(|person| Segment { people: SHOPPERS, round: 0 }.has(*person));
        let first = usize::try_from(round * count)?;
        let buyers: Vec<u32> = members.skip(first).take(usize::try_from(count)?).collect();
        let mut calls = Vec::new();
        for (number, buyer) in (0..).zip(&buyers) {
            let due = begin + Duration::from_secs(1) * number / RATE;
            let (client, url, buyer) = (client.clone(), url.clone(), *buyer);
            tokio::time::sleep_until(due.into()).await;
            calls.push((due, buyer, tokio::spawn(async move {
                let body = json!({
                    "writeKey": "shop-key", "event": "Order Completed", "userId": user(buyer),
                    "anonymousId": cio_id(buyer).to_string(), "messageId": format!("order-{buyer}"),
                });
                let answer = client.post(url).json(&body).send().await?;
                answer.error_for_status()?;
                Ok::<_, Failure>(1e3 * due.elapsed().as_secs_f64())
            })));
        }
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        let late = Instant::now() + Duration::from_mins(1);
        for (due, buyer, call) in calls {
            taken.push(call.await??);
            let exit = loop {
                if let Some(at) = self.vendors.exit(&user(buyer)) {
                    break at;
                }
                if Instant::now() > late {
                    return Err(format!("{} bought and never left", user(buyer)).into());
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            };
            left.push(1e3 * exit.saturating_duration_since(due).as_secs_f64());
        }
        Ok((taken, left))
    }
}

fn report(caller: u32, number: usize) -> String {
    json!({
        "event_id": format!("{caller}-{number}"), "object_type": "email", "metric": "opened",
        "timestamp": 1_700_000_000,
        "data": { "identifiers": { "id": format!("u-{number}"), "cio_id": "c1" } },
    })
    .to_string()
}

fn shown(spans: &mut [f64]) -> String {
    spans.sort_by(f64::total_cmp);
    let at = |share: usize| {
        let place = (spans.len() * share / 100).min(spans.len().saturating_sub(1));
        spans.get(place).copied().unwrap_or(f64::NAN)
    };
    format!("{:.1} and {:.1}", at(50), at(99))
}
