//! The stand-in keeps the vendors' rules, seen from outside over real sockets.

mod customerio;
mod faults;
mod people;
mod public;
mod telling;
mod tracking;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::time::{Clock, Instant, Span};
use serde_json::{Value, json};
use server::sandbox::{RunningSandbox, SandboxConfig};

/// A clock that tests turn by hand.
pub struct HandClock(AtomicI64);

impl HandClock {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_795_464_000_000_000)))
    }

    fn advance(&self, span: Span) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// A sandbox with a client.
struct Bench {
    sandbox: RunningSandbox,
    clock: Arc<HandClock>,
    http: reqwest::Client,
}

impl Bench {
    /// No budget in the way, time stands still.
    async fn new() -> Self {
        Self::with(|config| {
            config.customerio_requests_per_second = 1_000_000;
            config.tracking_requests_per_second = 1_000_000;
        })
        .await
    }

    async fn with(change: impl FnOnce(&mut SandboxConfig)) -> Self {
        let clock = HandClock::new();
        let mut config = SandboxConfig { pace: Some(clock.clone()), ..SandboxConfig::default() };
        change(&mut config);
        let sandbox = RunningSandbox::start(config, clock.clone()).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { sandbox, clock, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sandbox.customerio_url)
    }

    /// An App API request with a good key.
    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(self.url(path)).bearer_auth("sandbox-app-key")
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// A tracking request with a good key.
    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(self.url(path)).basic_auth("sandbox-write-key", Some(""))
    }

    async fn batch(&self, batch: &[Value]) -> reqwest::Response {
        self.post("/v1/batch").json(&json!({ "batch": batch })).send().await.unwrap()
    }

    fn members(&self) -> Vec<String> {
        self.sandbox.platform.members("Ads", "vip").into_iter().collect()
    }
}

/// An entry into or exit from the audience `vip` at the destination `Ads`.
fn change(message_id: &str, person: &str, entered: bool) -> Value {
    json!({
        "type": "track",
        "event": if entered { "Audience Entered" } else { "Audience Exited" },
        "userId": person,
        "messageId": message_id,
        "timestamp": "2026-11-23T20:00:00.000Z",
        "properties": {"audience_key": "vip", "vip": entered},
        "context": {"personas": {"computation_class": "audience", "computation_key": "vip"}},
        "integrations": {"All": false, "Ads": true}
    })
}
