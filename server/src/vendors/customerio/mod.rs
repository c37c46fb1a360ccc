//! Customer.io's App API: reading segments, their members, and people's attributes.
//!
//! `CustomerioClient::call` is the one way to it: budget, key, retries and `Retry-After` are
//! there. Source of the shapes: Customer.io's own OpenAPI; what differs live is said where it does.

mod attributes;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    audiences::{
        Segment, SegmentId,
        port::{MembershipPage, SegmentSource},
    },
    connections::{Region, Vendor},
    delivery::{drain::Jitter, port::Sleep, retry::Patience},
    error::VendorError,
    time::{Clock, Instant, Span},
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::{
    Credentials, detail,
    pace::{EvenPace, Turn},
    plain, retry_after,
    wait::Wait,
};

const VENDOR: &str = "Customer.io";

const SLOWER: &str = "it asks us to slow down (429)";

/// The largest page that the API gives.
const PAGE: &str = "30000";

/// How long calls are tried.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    /// Each of them.
    pub each: Span,
    /// None after this moment.
    pub until: Option<Instant>,
}

/// Everything that a client needs.
pub struct CustomerioClient {
    /// The one client for outgoing calls.
    pub http: reqwest::Client,
    /// Keys and regions.
    pub credentials: Credentials,
    /// An address in place of the region's.
    pub stand_in: Option<String>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting.
    pub sleep: Arc<dyn Sleep>,
    /// Chance.
    pub jitter: Arc<dyn Jitter>,
    /// How long calls are tried.
    pub tries: Tries,
    pace: EvenPace,
    /// No call before this moment: Customer.io asked for it.
    not_before: Wait,
}

/// One call of the App API.
struct Call<'a> {
    method: Method,
    /// Below `/v1`.
    path: &'a str,
    query: &'a [(&'a str, &'a str)],
    body: Option<serde_json::Value>,
    /// What it is about, for a message to operators.
    what: &'a str,
    /// How long it is tried.
    tries_for: Span,
}

/// One try's end.
enum Try {
    Answer(Vec<u8>),
    Final(VendorError),
    Again(String, Option<Span>),
}

impl CustomerioClient {
    /// With these.
    pub fn new(
        http: reqwest::Client,
        credentials: Credentials,
        stand_in: Option<String>,
        time: Arc<crate::clock::SystemClock>,
        jitter: Arc<dyn Jitter>,
        tries: Tries,
    ) -> Self {
        let (clock, sleep): (Arc<dyn Clock>, Arc<dyn Sleep>) = (time.clone(), time);
        let not_before = Wait::new(Vendor::Customerio, credentials.waits.clone(), clock.clone());
        let pace = EvenPace::new();
        Self { http, credentials, stand_in, clock, sleep, jitter, tries, pace, not_before }
    }

    /// Gets a path until it has an answer or the time for tries is up.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        what: &str,
    ) -> Result<T, VendorError> {
        let tries_for = self.tries.each;
        self.call(Call { method: Method::GET, path, query, body: None, what, tries_for }).await
    }

    /// Calls until there is an answer or the time for tries is up.
    async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, VendorError> {
        let (settings, key) = self
            .credentials
            .read("customerio.app_api_key")
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let key = key.ok_or(VendorError::NotConnected(VENDOR))?;
        if self.is_away_until_too_late(call.tries_for).await {
            return Err(unavailable(SLOWER.to_owned()));
        }
        let base = self.stand_in.as_deref().unwrap_or(match settings.customerio_region {
            Region::Us => "https://api.customer.io",
            Region::Eu => "https://api-eu.customer.io",
        });
        let url = format!("{base}/v1{}", call.path);
        let request = || {
            let request = self.http.request(call.method.clone(), &url);
            let request = request.query(call.query).bearer_auth(&key);
            match &call.body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let budget = Some(settings.requests_per_second);
        parse(&self.until_answered(request, budget, call.what, call.tries_for).await?)
    }

    /// Sends a request until it has an answer; those with a budget keep to it, and to what
    /// Customer.io asked for.
    async fn until_answered(
        &self,
        request: impl Fn() -> RequestBuilder,
        budget: Option<i64>,
        what: &str,
        tries_for: Span,
    ) -> Result<Vec<u8>, VendorError> {
        let patience = Patience::until(self.clock.now().plus(tries_for));
        let patience = self.tries.until.map_or(patience, |until| patience.at_most(until));
        for attempt in 0.. {
            let turn = match budget {
                Some(per_second) => Some(self.turn(per_second).await),
                None => None,
            };
            let tried = self.try_once(request(), what).await;
            drop(turn);
            match tried {
                Try::Answer(body) => return Ok(body),
                Try::Final(error) => return Err(error),
                Try::Again(why, after) => {
                    let now = self.clock.now();
                    match patience.next_try(attempt, now, self.jitter.next(), after) {
                        Some(at) => self.sleep.sleep(at.since(now)).await,
                        None => return Err(unavailable(why)),
                    }
                }
            }
        }
        Err(unavailable("the number of tries is used up".to_owned()))
    }

    /// Waits until one more call fits, for whoever calls: a 429 holds all of them.
    async fn turn(&self, per_second: i64) -> Turn {
        let turn = self.pace.wait(per_second).await;
        while let Some(wait) = self.not_before.left().await {
            self.sleep.sleep(wait).await;
        }
        turn
    }

    /// Whether the wait that somebody was asked for is longer than a call is tried.
    async fn is_away_until_too_late(&self, tries_for: Span) -> bool {
        let now = self.clock.now();
        let until = now.plus(tries_for);
        let until = self.tries.until.map_or(until, |last| last.min(until));
        self.not_before.left().await.is_some_and(|wait| now.plus(wait) > until)
    }

    async fn try_once(&self, request: RequestBuilder, what: &str) -> Try {
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Try::Again(plain(&error), None),
        };
        let (status, after) = (answer.status(), retry_after(answer.headers()));
        let body = match answer.bytes().await {
            Ok(body) => body,
            Err(error) => return Try::Again(plain(&error), None),
        };
        match status {
            StatusCode::OK | StatusCode::CREATED => Try::Answer(body.to_vec()),
            StatusCode::UNAUTHORIZED => Try::Final(VendorError::Unauthorized(VENDOR)),
            StatusCode::FORBIDDEN => Try::Final(VendorError::Forbidden(VENDOR)),
            StatusCode::NOT_FOUND => {
                Try::Final(VendorError::NotFound { vendor: VENDOR, what: what.to_owned() })
            }
            StatusCode::TOO_MANY_REQUESTS => {
                if let Some(after) = after {
                    self.not_before.told(after).await;
                }
                Try::Again(SLOWER.to_owned(), after)
            }
            status if status.is_server_error() => {
                Try::Again(format!("a server error ({})", status.as_u16()), after)
            }
            status => Try::Final(VendorError::Malformed {
                vendor: VENDOR,
                detail: format!("status {}: {}", status.as_u16(), detail(&body)),
            }),
        }
    }
}

fn unavailable(detail: String) -> VendorError {
    VendorError::Unavailable { vendor: VENDOR, detail }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, VendorError> {
    // serde's message may quote a value: say only where it stumbled.
    serde_json::from_slice(body).map_err(|error| VendorError::Malformed {
        vendor: VENDOR,
        detail: format!("JSON of another shape (line {}, column {})", error.line(), error.column()),
    })
}

#[async_trait]
impl SegmentSource for CustomerioClient {
    async fn segments(&self) -> Result<Vec<Segment>, VendorError> {
        let answer: wire::Segments = self.get("/segments", &[], "list of segments").await?;
        Ok(answer.segments.into_iter().map(wire::Segment::read).collect())
    }

    async fn segment(&self, id: SegmentId) -> Result<Segment, VendorError> {
        let answer: wire::OneSegment =
            self.get(&format!("/segments/{id}"), &[], &format!("segment {id}")).await?;
        Ok(answer.segment.read())
    }

    async fn members(
        &self,
        id: SegmentId,
        start: Option<&str>,
    ) -> Result<MembershipPage, VendorError> {
        let mut query = vec![("limit", PAGE)];
        query.extend(start.map(|start| ("start", start)));
        let path = format!("/segments/{id}/membership");
        let answer: wire::Membership = self.get(&path, &query, &format!("segment {id}")).await?;
        Ok(answer.read())
    }
}
