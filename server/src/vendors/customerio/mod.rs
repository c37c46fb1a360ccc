//! Customer.io's App API: reading segments, their members, and people's attributes.
//!
//! `CustomerioClient::call` is the one way to it: budget, key, retries, `Retry-After` and the
//! fuse are there. Source of the shapes: Customer.io's own OpenAPI; what differs live is said where it does.

mod attributes;
mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    audiences::{
        Segment, SegmentId,
        port::{MembershipPage, SegmentSource},
    },
    connections::{Region, Vendor, circuit::Sign},
    delivery::{drain::Jitter, port::Sleep, retry::Patience},
    error::VendorError,
    time::{Clock, Instant, Span},
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;

use super::{
    Credentials, detail,
    fuse::{self, Entry, Fuse, Pass},
    is_page,
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
    /// Whether calls go at all.
    pub fuse: Arc<Fuse>,
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
    /// What it means while the fuse holds calls, and for it.
    manner: Manner,
}

/// How a call stands to the fuse.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It waits.
    Patient,
    /// It waits; a 403 says that the key may not do this, and nothing of what else it may.
    Beside,
    /// Somebody looks at the page: it doesn't wait.
    Prompt,
}

/// What calls of the App API go through, and downloads don't.
struct Door {
    per_second: i64,
    subject: u64,
    manner: Manner,
}

/// One try's end.
enum Try {
    Answer(Vec<u8>),
    Final(VendorError),
    Limited(Option<Span>),
    Again(String, Option<Span>),
}

impl Try {
    /// What it says about Customer.io as a whole.
    fn sign(&self, manner: Manner) -> Sign {
        match self {
            Self::Final(error @ VendorError::Unauthorized(_)) => {
                Sign::RefusesKey(error.to_string())
            }
            Self::Final(error @ VendorError::Forbidden(_)) if manner != Manner::Beside => {
                Sign::RefusesKey(error.to_string())
            }
            Self::Answer(_) | Self::Final(_) | Self::Limited(_) => Sign::Answers,
            Self::Again(why, retry_after) => {
                Sign::Fails { why: unavailable(why.clone()).to_string(), retry_after: *retry_after }
            }
        }
    }
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
        fuse: Arc<Fuse>,
    ) -> Self {
        let (clock, sleep): (Arc<dyn Clock>, Arc<dyn Sleep>) = (time.clone(), time);
        let not_before = Wait::new(Vendor::Customerio, credentials.waits.clone(), clock.clone());
        let pace = EvenPace::new();
        Self { http, credentials, stand_in, clock, sleep, jitter, tries, fuse, pace, not_before }
    }

    /// Gets a path until it has an answer or the time for tries is up.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        what: &str,
        manner: Manner,
    ) -> Result<T, VendorError> {
        let (method, tries_for) = (Method::GET, self.tries.each);
        self.call(Call { method, path, query, body: None, what, tries_for, manner }).await
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
        let door = Door {
            per_second: settings.requests_per_second,
            subject: fuse::subject(base, &key),
            manner: call.manner,
        };
        parse(&self.until_answered(request, Some(door), call.what, call.tries_for).await?)
    }

    /// Sends a request until it has an answer; those with a door keep to the budget, to what
    /// Customer.io asked for, and to the fuse.
    async fn until_answered(
        &self,
        request: impl Fn() -> RequestBuilder,
        door: Option<Door>,
        what: &str,
        tries_for: Span,
    ) -> Result<Vec<u8>, VendorError> {
        let until = self.clock.now().plus(tries_for);
        let until = self.tries.until.map_or(until, |last| last.min(until));
        let patience = Patience::until(until);
        let is_prompt = door.as_ref().is_some_and(|door| door.manner == Manner::Prompt);
        let mut attempt = 0;
        loop {
            let entered = match &door {
                Some(door) => Some((self.enter(door, until).await?, door.manner)),
                None => None,
            };
            let tried = self.try_once(request(), what).await;
            let mut is_held = false;
            if let Some(((pass, turn), manner)) = entered {
                drop(turn);
                is_held = pass.note(tried.sign(manner));
            }
            let (why, after) = match tried {
                Try::Answer(body) => return Ok(body),
                Try::Final(error) => return Err(error),
                Try::Limited(after) => (SLOWER.to_owned(), after),
                // The fuse has the times of all tries now.
                Try::Again(..) if is_held && !is_prompt => {
                    self.fuse.wait_behind(Some(until)).await;
                    continue;
                }
                Try::Again(why, _) if is_held => return Err(unavailable(why)),
                Try::Again(why, after) => (why, after),
            };
            let now = self.clock.now();
            match patience.next_try(attempt, now, self.jitter.next(), after) {
                Some(at) => self.sleep.sleep(at.since(now)).await,
                None => return Err(unavailable(why)),
            }
            attempt += 1;
        }
    }

    /// Waits until a call may go: for the fuse, then for its place in the budget.
    async fn enter(&self, door: &Door, until: Instant) -> Result<(Pass<'_>, Turn), VendorError> {
        loop {
            let pass = match self.fuse.enter(door.subject) {
                Entry::Go(pass) => pass,
                Entry::Refused(why) => return Err(VendorError::Held(why)),
                Entry::Wait(why) if door.manner == Manner::Prompt || self.clock.now() >= until => {
                    return Err(VendorError::Held(why));
                }
                Entry::Wait(_) => {
                    self.fuse.wait(Some(until)).await;
                    continue;
                }
            };
            let turn = self.turn(door.per_second).await;
            if pass.overtaken().is_none() {
                return Ok((pass, turn));
            }
        }
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
        let is_page = is_page(answer.headers());
        let body = match answer.bytes().await {
            Ok(body) => body,
            Err(error) => return Try::Again(plain(&error), None),
        };
        match status {
            StatusCode::OK if is_page => Try::Again("a web page in its place".to_owned(), None),
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
                Try::Limited(after)
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
        let answer: wire::Segments =
            self.get("/segments", &[], "list of segments", Manner::Prompt).await?;
        Ok(answer.segments.into_iter().map(wire::Segment::read).collect())
    }

    async fn segment(&self, id: SegmentId) -> Result<Segment, VendorError> {
        let (path, what) = (format!("/segments/{id}"), format!("segment {id}"));
        let answer: wire::OneSegment = self.get(&path, &[], &what, Manner::Patient).await?;
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
        let what = format!("segment {id}");
        let answer: wire::Membership = self.get(&path, &query, &what, Manner::Patient).await?;
        Ok(answer.read())
    }
}
