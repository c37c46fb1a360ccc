//! What the store tells Segue: its shop sends orders to `/v1` as Segment's libraries do, and
//! Customer.io sends its two kinds of webhooks.
//!
//! Orders and reports wait behind one that isn't taken; a campaign's calls are sent at once,
//! however many there are. `POST /sandbox/calls` sends any of them as they must not be believed
//! (`call.rs`). To add what is told: an arm in `Telling::tell`.

mod call;

use std::sync::Arc;
use std::time::Duration;

use domain::events::{Origin, SNIPPET};
use domain::ids::Ids;
use domain::time::{Clock, Instant, Span};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::call::{Asked, Manner};
use super::shoppers::{Deed, What};
use crate::clock::duration;
use crate::random::RandomIds;

/// How long Customer.io waits for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long it tries.
const GIVES_UP: Span = Span::from_hours(24 * 7);

/// No wait between two tries is longer.
const LONGEST_WAIT: Span = Span::from_hours(24);

/// How soon the shop tries again, as Segment's libraries do.
const SHOP_RETRY: Span = Span::from_seconds(1);

/// So many calls wait for a receiver that takes none; the store forgets more.
const MOST_WAITING: usize = 10_000;

/// Who is told, and how they know who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Scheme, host and port.
    pub url: String,
    /// The shop's write key.
    pub write_key: String,
    /// Signs reports.
    pub reporting_signing_key: String,
    /// Signs a campaign's calls.
    pub campaign_signing_key: String,
    /// How soon Customer.io tries a report again. It names an hour for most failures; the
    /// stand-in takes that for all.
    pub first_retry: Span,
}

impl Receiver {
    /// At this address, with the stand-in's own keys.
    pub fn at(url: String) -> Self {
        Self {
            url,
            write_key: "sandbox-source-key".to_owned(),
            reporting_signing_key: "sandbox-reporting-key".to_owned(),
            campaign_signing_key: "sandbox-campaign-key".to_owned(),
            first_retry: Span::from_hours(1),
        }
    }
}

/// Tells.
pub struct Telling {
    receiver: Receiver,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    ids: RandomIds,
}

/// A call that goes on until it is taken.
struct Waiting {
    body: Vec<u8>,
    since: Instant,
}

impl Telling {
    /// To this receiver.
    pub fn new(receiver: Receiver, clock: Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let client = crate::vendors::client()?;
        Ok(Self { receiver, client, ids: RandomIds::new(clock.clone()), clock })
    }

    /// Where deeds are to be reported; they are told until `stop`.
    pub fn begin(self: Arc<Self>, stop: CancellationToken) -> mpsc::Sender<Deed> {
        let (deeds, mut heard) = mpsc::channel::<Deed>(MOST_WAITING);
        let queue = |origin, first: Span| {
            let (calls, waiting) = mpsc::channel(MOST_WAITING);
            let (telling, stop) = (self.clone(), stop.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => (),
                    () = telling.work_off(origin, first, waiting) => (),
                }
            });
            calls
        };
        let orders = queue(Origin::Source, SHOP_RETRY);
        let reports = queue(Origin::Reporting, self.receiver.first_retry);
        tokio::spawn(async move {
            while let Some(deed) = heard.recv().await {
                let (origin, body) = self.tell(&deed);
                let call = Waiting { body: body.to_string().into_bytes(), since: self.clock.now() };
                let queue = match origin {
                    Origin::Source => &orders,
                    Origin::Reporting => &reports,
                    Origin::Campaign => {
                        let telling = self.clone();
                        // A campaign isn't throttled, and what a lost call says is read anyway.
                        tokio::spawn(async move {
                            telling.send(origin, &call.body, Manner::Signed).await
                        });
                        continue;
                    }
                };
                if queue.try_send(call).is_err() {
                    tracing::warn!(?origin, "too many calls wait: this one is forgotten");
                }
            }
        });
        deeds
    }

    /// How a deed is told.
    fn tell(&self, deed: &Deed) -> (Origin, Value) {
        let now = self.clock.now();
        let event = |name: &str, number: String, properties: Value| {
            // Who gave the shop no name is known by the visit, which Customer.io's snippet made.
            let call = json!({
                "type": "track", "event": name, "messageId": number, "userId": deed.id,
                "anonymousId": deed.cio_id, "properties": properties,
                "context": { "traits": { "email": deed.email } }, "timestamp": now.to_iso(),
            });
            (Origin::Source, call)
        };
        match deed.what {
            What::Bought { order, cents } => {
                let order = format!("{}-{order}", deed.cio_id);
                let revenue = f64::from(cents) / 100.0;
                let properties = json!({
                    "order_id": order, "total": revenue, "revenue": revenue, "currency": "USD",
                });
                event("Order Completed", format!("order-{order}"), properties)
            }
            What::Refunded { order } => {
                let order = format!("{}-{order}", deed.cio_id);
                let number = format!("refund-{order}");
                event("Order Refunded", number, json!({ "order_id": order }))
            }
            What::Unsubscribed => {
                let report = json!({
                    "event_id": self.ids.next().simple().to_string(),
                    "object_type": "customer", "metric": "unsubscribed",
                    "timestamp": now.0.div_euclid(1_000_000),
                    "data": {
                        "customer_id": deed.id,
                        "identifiers": { "id": deed.id, "email": deed.email, "cio_id": deed.cio_id },
                    },
                });
                (Origin::Reporting, report)
            }
            What::Entered { segment } => {
                let hint = SNIPPET.replace("SEGMENT", &segment.to_string());
                (Origin::Campaign, serde_json::from_str(&hint).unwrap_or_default())
            }
        }
    }

    /// Sends one after another: one that isn't taken holds up the rest.
    async fn work_off(&self, origin: Origin, first: Span, mut calls: mpsc::Receiver<Waiting>) {
        while let Some(call) = calls.recv().await {
            let mut wait = first;
            while !self.send(origin, &call.body, Manner::Signed).await.is_ok_and(is_taken) {
                if self.clock.now().since(call.since) > GIVES_UP {
                    tracing::warn!(?origin, "a call was never taken");
                    break;
                }
                tokio::time::sleep(duration(wait)).await;
                wait = Span(wait.0.saturating_mul(2)).min(LONGEST_WAIT);
            }
        }
    }

    /// One call, and what came back.
    async fn send(
        &self,
        origin: Origin,
        body: &[u8],
        manner: Manner,
    ) -> Result<u16, reqwest::Error> {
        let call =
            call::request(&self.client, &self.receiver, origin, body, manner, self.clock.now());
        Ok(call.timeout(PATIENCE).send().await?.status().as_u16())
    }

    /// Sends what somebody asks for, all at once: what came back of each, nothing where nobody
    /// answered.
    pub async fn send_asked(&self, asked: &Asked) -> Vec<Option<u16>> {
        let body = asked.body.to_string().into_bytes();
        let calls = (0..asked.times).map(|_| self.send(asked.entrance, &body, asked.manner));
        let answers = futures::future::join_all(calls).await;
        answers.into_iter().map(Result::ok).collect()
    }
}

fn is_taken(status: u16) -> bool {
    (200..300).contains(&status)
}
