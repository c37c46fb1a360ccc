//! Stands in for both vendors, in a process of its own: pages of the segment, and a sink
//! that reads every event.
//!
//! Segue's own sandbox is strict and keeps each message for tests to look at; it would be the
//! slowest part of every figure. This one checks what a bench must know: that each contender
//! told the same memberships, and under how many ids.
//!
//! Orders come as lines of JSON on stdin, each is answered by a line on stdout; it ends with
//! its stdin.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    people::{AUDIENCE, Segment, fact, hash},
};

/// How the sink answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Door {
    /// It takes every batch.
    #[default]
    Open,
    /// It refuses the write key: who comes stops at once.
    Closed,
    /// 503 for so many milliseconds, from the first batch on.
    Outage(u64),
}

/// What the bench asks for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Order {
    /// From now on this segment, counts and times from nothing; `fresh`: nothing was told yet.
    Begin { segment: Segment, door: Door, fresh: bool },
    /// Only the answer.
    Report,
}

/// What was received since the last beginning. Times are seconds from there.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// Batches that were taken.
    pub batches: u64,
    /// Batches that were refused.
    pub refused: u64,
    /// Events that were taken.
    pub events: u64,
    /// Of those, under an id that was known.
    pub doubles: u64,
    /// Bytes of the batches taken.
    pub bytes: u64,
    /// The first batch, taken or not.
    pub first: f64,
    /// The last batch that was taken.
    pub last: f64,
    /// The end of the outage.
    pub recovered: f64,
    /// Everybody's last word, added up.
    pub digest: u64,
}

struct Sink {
    segment: Segment,
    door: Door,
    began: Instant,
    report: Report,
    seen: HashSet<u64>,
    members: HashMap<u64, bool>,
}

type Shared = Arc<Mutex<Sink>>;

fn lock(shared: &Shared) -> MutexGuard<'_, Sink> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<Event<'a>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "messageId")]
    message_id: Cow<'a, str>,
    #[serde(borrow, rename = "userId")]
    user_id: Cow<'a, str>,
    #[serde(borrow)]
    properties: Properties<'a>,
}

/// A list destination reads the audience's name here, and the membership under that name.
#[derive(Deserialize)]
struct Properties<'a> {
    #[serde(borrow)]
    audience_key: Cow<'a, str>,
    cart_abandoners: bool,
}

impl Sink {
    fn begin(&mut self, segment: Segment, door: Door, fresh: bool) {
        if fresh {
            (self.seen, self.members) = Default::default();
        }
        (self.segment, self.door) = (segment, door);
        (self.began, self.report) = (Instant::now(), Report::default());
    }

    fn report(&self) -> Report {
        let facts = self.members.iter().map(|(user, member)| fact(*user, *member));
        Report { digest: facts.fold(0, u64::wrapping_add), ..self.report.clone() }
    }

    fn take(&mut self, body: &[u8]) -> StatusCode {
        let now = self.began.elapsed().as_secs_f64();
        if self.report.batches + self.report.refused == 0 {
            self.report.first = now;
            if let Door::Outage(millis) = self.door {
                self.report.recovered = now + Duration::from_millis(millis).as_secs_f64();
            }
        }
        let status = match self.door {
            Door::Closed => StatusCode::UNAUTHORIZED,
            Door::Outage(_) if now < self.report.recovered => StatusCode::SERVICE_UNAVAILABLE,
            _ => match serde_json::from_slice::<Batch<'_>>(body) {
                Ok(batch)
                    if batch.batch.iter().all(|one| one.properties.audience_key == AUDIENCE) =>
                {
                    self.keep(&batch);
                    StatusCode::OK
                }
                _ => StatusCode::BAD_REQUEST,
            },
        };
        if status == StatusCode::OK {
            self.report.batches += 1;
            self.report.bytes += body.len() as u64;
            self.report.last = self.began.elapsed().as_secs_f64();
        } else {
            self.report.refused += 1;
        }
        status
    }

    fn keep(&mut self, batch: &Batch<'_>) {
        for event in &batch.batch {
            self.report.events += 1;
            if self.seen.insert(hash(&event.message_id)) {
                self.members.insert(hash(&event.user_id), event.properties.cart_abandoners);
            } else {
                self.report.doubles += 1;
            }
        }
    }
}

/// The process itself.
pub fn serve() -> Result<(), Failure> {
    let shared: Shared = Arc::new(Mutex::new(Sink {
        segment: Segment::default(),
        door: Door::Open,
        began: Instant::now(),
        report: Report::default(),
        seen: HashSet::new(),
        members: HashMap::new(),
    }));
    let routes = Router::new()
        .route("/v1/segments/1", get(segment))
        .route("/v1/segments/1/membership", get(membership))
        .route("/v1/batch", post(batch))
        .layer(DefaultBodyLimit::disable())
        .with_state(shared.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let mut out = std::io::stdout();
    writeln!(out, "http://{}", listener.local_addr()?)?;
    std::thread::spawn(move || {
        // The bench is gone when its end of the pipe is.
        let _ = obey(&shared);
        std::process::exit(0);
    });
    Ok(runtime.block_on(axum::serve(listener, routes).into_future())?)
}

fn obey(shared: &Shared) -> Result<(), Failure> {
    for line in std::io::stdin().lock().lines() {
        let report = {
            let mut sink = lock(shared);
            if let Order::Begin { segment, door, fresh } = serde_json::from_str(&line?)? {
                sink.begin(segment, door, fresh);
            }
            sink.report()
        };
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    }
    Ok(())
}

async fn segment() -> Response {
    json(r#"{"segment":{"id":1,"name":"Cart abandoners","state":"finished"}}"#.to_owned())
}

#[derive(Deserialize)]
struct Page {
    start: Option<u32>,
    limit: usize,
}

async fn membership(State(shared): State<Shared>, Query(page): Query<Page>) -> Response {
    let segment = lock(&shared).segment;
    json(segment.page(page.start.unwrap_or_default(), page.limit))
}

async fn batch(State(shared): State<Shared>, body: Bytes) -> Response {
    let status = lock(&shared).take(&body);
    (status, json(format!(r#"{{"success":{}}}"#, status.is_success()))).into_response()
}

fn json(body: String) -> Response {
    ([("content-type", "application/json")], body).into_response()
}

/// The bench's end of it.
pub struct StandIn {
    /// Where it listens.
    pub url: String,
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl StandIn {
    /// Starts the process.
    pub fn start(mut command: Command) -> Result<Self, Failure> {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(orders), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the stand-in has no pipes".into());
        };
        let mut answers = BufReader::new(answers);
        let mut url = String::new();
        answers.read_line(&mut url)?;
        Ok(Self { url: url.trim().to_owned(), process, orders, answers })
    }

    /// Gives an order and reads the answer.
    pub fn tell(&mut self, order: Order) -> Result<Report, Failure> {
        writeln!(self.orders, "{}", serde_json::to_string(&order)?)?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(serde_json::from_str(&answer)?)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
