//! Segment's tracking API: sending batches.
//!
//! Source of limits and answers: Segment's HTTP API page. A 200 says only that the edge took
//! the bytes, even for a key that doesn't exist.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    connections::{Region, Vendor},
    delivery::{
        Lane,
        port::{Batch, EventSink, Outcome},
    },
    time::{Clock, Instant},
};
use reqwest::StatusCode;

use super::{Credentials, detail, pace::EventPace, plain, retry_after, wait::Wait};

/// Sends batches, within the budget of events.
pub struct TrackingClient {
    http: reqwest::Client,
    credentials: Credentials,
    stand_in: Option<String>,
    clock: Arc<dyn Clock>,
    pace: EventPace,
    /// No request before this moment: Segment asked for it.
    not_before: Wait,
}

impl TrackingClient {
    /// With these; `stand_in` is an address in place of the region's.
    pub fn new(
        http: reqwest::Client,
        credentials: Credentials,
        stand_in: Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let not_before = Wait::new(Vendor::Twilio, credentials.waits.clone(), clock.clone());
        Self { http, credentials, stand_in, clock, pace: EventPace::new(), not_before }
    }

    async fn post(&self, base: &str, key: &str, body: String) -> Outcome {
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
                return Outcome::Failed(format!("Segment could not be reached: {}", plain(&error)));
            }
        };
        let (status, after) = (answer.status(), retry_after(answer.headers()));
        let body = answer.bytes().await.unwrap_or_default();
        match status {
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
        }
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

#[async_trait]
impl EventSink for TrackingClient {
    async fn send(&self, batch: &Batch<'_>) -> Outcome {
        let (settings, key) = match self.credentials.read("twilio.write_key").await {
            Ok(read) => read,
            Err(error) => return Outcome::Failed(error.to_string()),
        };
        let Some(key) = key else {
            return Outcome::Unauthorized(
                "no write key for Segment is set: enter it under Connections or in segue.toml"
                    .to_owned(),
            );
        };
        if let Some(wait) = self.not_before.left().await {
            return Outcome::Limited(Some(wait));
        }
        let protects = batch.lane == Lane::Protect;
        self.pace.wait(settings.events_per_second, batch.events.len(), protects).await;
        // Another batch may have been told meanwhile.
        if let Some(wait) = self.not_before.left().await {
            return Outcome::Limited(Some(wait));
        }
        let base = self.stand_in.as_deref().unwrap_or(match settings.twilio_region {
            Region::Us => "https://api.segment.io",
            Region::Eu => "https://events.eu1.segmentapis.com",
        });
        self.post(base, &key, body(&batch.events, self.clock.now())).await
    }
}
