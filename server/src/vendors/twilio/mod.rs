//! Segment's tracking API: sending batches.
//!
//! Source of limits and answers: Segment's HTTP API page. A 200 says only that the edge took
//! the bytes, even for a key that doesn't exist.

mod plans;
mod public;
mod witness;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    connections::{Region, Vendor, circuit::Sign},
    delivery::{
        Lane,
        port::{Batch, EventSink, Outcome},
    },
    time::{Clock, Instant, Span},
};
use reqwest::StatusCode;

use super::{
    Credentials, detail,
    fuse::{self, Entry, Fuse},
    is_page,
    pace::EventPace,
    plain, retry_after,
    wait::Wait,
};

pub use public::PublicClient;

/// Sends batches, within the budget of events.
pub struct TrackingClient {
    http: reqwest::Client,
    credentials: Credentials,
    stand_in: Option<String>,
    clock: Arc<dyn Clock>,
    /// Whether requests go at all.
    fuse: Arc<Fuse>,
    /// No waiting beyond this moment: a command's.
    until: Option<Instant>,
    pace: EventPace,
    /// No request before this moment: Segment asked for it.
    not_before: Wait,
}

impl TrackingClient {
    /// With these; `stand_in` is an address in place of the region's, and nobody waits for the
    /// fuse beyond `until`.
    pub fn new(
        http: reqwest::Client,
        credentials: Credentials,
        stand_in: Option<String>,
        clock: Arc<dyn Clock>,
        fuse: Arc<Fuse>,
        until: Option<Instant>,
    ) -> Self {
        let not_before = Wait::new(Vendor::Twilio, credentials.waits.clone(), clock.clone());
        let pace = EventPace::new();
        Self { http, credentials, stand_in, clock, fuse, until, pace, not_before }
    }

    /// One try, and how long a server's error asks to wait.
    async fn post(&self, base: &str, key: &str, body: String) -> (Outcome, Option<Span>) {
        let answer = self
            .http
            .post(format!("{base}/v1/batch"))
            .basic_auth(key, Some(""))
            .header("content-type", "application/json")
            .body(body)
            .send()
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let why = format!("Segment could not be reached: {}", plain(&error));
                return (Outcome::Failed(why), None);
            }
        };
        let (status, after) = (answer.status(), retry_after(answer.headers()));
        let is_page = is_page(answer.headers());
        let body = answer.bytes().await.unwrap_or_default();
        let outcome = match status {
            // Segment answers in JSON: somebody else took the bytes.
            status if status.is_success() && is_page => Outcome::Failed(
                "Segment could not be reached: a web page answers in its place".to_owned(),
            ),
            status if status.is_success() => Outcome::Accepted,
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => {
                Outcome::Refused(format!("{}: {}", status.as_u16(), detail(&body)))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                Outcome::Unauthorized(format!(
                    "Segment refuses the request ({}): check the write key and the region",
                    status.as_u16()
                ))
            }
            StatusCode::TOO_MANY_REQUESTS => {
                if let Some(after) = after {
                    self.not_before.told(after).await;
                }
                Outcome::Limited(after)
            }
            status => Outcome::Failed(format!("Segment answers {}", status.as_u16())),
        };
        (outcome, after)
    }
}

/// What an outcome says about Segment as a whole.
fn sign(outcome: &Outcome, retry_after: Option<Span>) -> Sign {
    match outcome {
        Outcome::Failed(why) => Sign::Fails { why: why.clone(), retry_after },
        Outcome::Unauthorized(why) => Sign::RefusesKey(why.clone()),
        _ => Sign::Answers,
    }
}

/// The body of a batch. `context` and `integrations` stand in each event, never here.
fn body(events: &[&str], sent_at: Instant) -> String {
    let (before, after) = (r#"{"batch":["#, format!(r#"],"sentAt":"{}"}}"#, sent_at.to_iso()));
    let bytes: usize = events.iter().map(|event| event.len() + 1).sum();
    let mut body = String::with_capacity(before.len() + bytes + after.len());
    body.push_str(before);
    for (place, event) in events.iter().enumerate() {
        if place > 0 {
            body.push(',');
        }
        body.push_str(event);
    }
    body.push_str(&after);
    body
}

/// What became of one try.
enum Tried {
    /// It has this outcome.
    Ended(Outcome),
    /// Requests are held: it wasn't sent.
    Unsent(String),
    /// It failed, and requests are held now.
    Vain(String),
}

impl TrackingClient {
    /// One try, or none while the fuse holds requests. Waits for the budget only.
    async fn try_once(&self, batch: &Batch<'_>) -> Tried {
        let (settings, key) = match self.credentials.read("twilio.write_key").await {
            Ok(read) => read,
            Err(error) => return Tried::Ended(Outcome::Failed(error.to_string())),
        };
        let Some(key) = key else {
            return Tried::Ended(Outcome::Unauthorized(
                "no write key for Segment is set: enter it under Connections or in segue.toml"
                    .to_owned(),
            ));
        };
        if let Some(wait) = self.not_before.left().await {
            return Tried::Ended(Outcome::Limited(Some(wait)));
        }
        let base = self.stand_in.as_deref().unwrap_or(match settings.twilio_region {
            Region::Us => "https://api.segment.io",
            Region::Eu => "https://events.eu1.segmentapis.com",
        });
        let pass = match self.fuse.enter(fuse::subject(base, &key)) {
            Entry::Go(pass) => pass,
            Entry::Refused(why) => return Tried::Ended(Outcome::Unauthorized(why)),
            Entry::Wait(why) => return Tried::Unsent(why),
        };
        let protects = batch.lane == Lane::Protect;
        self.pace.wait(settings.events_per_second, batch.events.len(), protects).await;
        if let Some(why) = pass.overtaken() {
            return Tried::Unsent(why);
        }
        // Another batch may have been told meanwhile.
        if let Some(wait) = self.not_before.left().await {
            return Tried::Ended(Outcome::Limited(Some(wait)));
        }
        let (outcome, after) = self.post(base, &key, body(&batch.events, self.clock.now())).await;
        let is_held = pass.note(sign(&outcome, after));
        match outcome {
            Outcome::Failed(why) if is_held => Tried::Vain(why),
            outcome => Tried::Ended(outcome),
        }
    }

    /// Sends now, whatever the fuse waits for; never waits itself.
    pub async fn test(&self, batch: &Batch<'_>) -> Outcome {
        self.fuse.try_now();
        match self.try_once(batch).await {
            Tried::Ended(outcome) => outcome,
            Tried::Unsent(why) | Tried::Vain(why) => Outcome::Failed(why),
        }
    }
}

#[async_trait]
impl EventSink for TrackingClient {
    /// While requests are held it waits, and leaves the next try to the caller: who asks first
    /// whether the work is still theirs.
    async fn send(&self, batch: &Batch<'_>) -> Outcome {
        match self.try_once(batch).await {
            Tried::Ended(outcome) => outcome,
            Tried::Unsent(why) => {
                self.fuse.wait(self.until).await;
                Outcome::Held(why)
            }
            Tried::Vain(why) => {
                self.fuse.wait_behind(self.until).await;
                Outcome::Held(why)
            }
        }
    }
}
