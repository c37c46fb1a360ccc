//! Customer.io's App API: reading segments and their members.
//!
//! Source of the shapes: Customer.io's own OpenAPI; what differs live is said where it does.

mod wire;

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    audiences::{
        Segment, SegmentId,
        port::{MembershipPage, SegmentSource},
    },
    connections::Region,
    delivery::{drain::Jitter, port::Sleep, retry::Patience},
    error::VendorError,
    time::{Clock, Span},
};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use super::{Credentials, detail, pace::EvenPace, plain, retry_after};

const VENDOR: &str = "Customer.io";

/// The largest page that the API gives.
const PAGE: &str = "30000";

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
    /// How long one call is tried.
    pub tries_for: Span,
    pace: EvenPace,
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
        tries_for: Span,
    ) -> Self {
        let (clock, sleep): (Arc<dyn Clock>, Arc<dyn Sleep>) = (time.clone(), time);
        Self { http, credentials, stand_in, clock, sleep, jitter, tries_for, pace: EvenPace::new() }
    }

    /// Gets a path until it has an answer or the time for tries is up.
    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        what: &str,
    ) -> Result<T, VendorError> {
        let (settings, key) = self
            .credentials
            .read("customerio.app_api_key")
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let key = key.ok_or(VendorError::NotConnected(VENDOR))?;
        let base = self.stand_in.as_deref().unwrap_or(match settings.customerio_region {
            Region::Us => "https://api.customer.io",
            Region::Eu => "https://api-eu.customer.io",
        });
        let url = format!("{base}/v1{path}");
        let patience = Patience::until(self.clock.now().plus(self.tries_for));
        for attempt in 0.. {
            let turn = self.pace.wait(settings.requests_per_second).await;
            let tried = self.try_once(&url, query, &key, what).await;
            drop(turn);
            match tried {
                Try::Answer(body) => return parse(&body),
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

    async fn try_once(&self, url: &str, query: &[(&str, &str)], key: &str, what: &str) -> Try {
        let answer = self.http.get(url).query(query).bearer_auth(key).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => return Try::Again(plain(&error), None),
        };
        let (status, after) = (answer.status(), retry_after(answer.headers()));
        let body = match answer.bytes().await {
            Ok(body) => body,
            Err(error) => return Try::Again(plain(&error), None),
        };
        match status {
            StatusCode::OK => Try::Answer(body.to_vec()),
            StatusCode::UNAUTHORIZED => Try::Final(VendorError::Unauthorized(VENDOR)),
            StatusCode::FORBIDDEN => Try::Final(VendorError::Forbidden(VENDOR)),
            StatusCode::NOT_FOUND => {
                Try::Final(VendorError::NotFound { vendor: VENDOR, what: what.to_owned() })
            }
            StatusCode::TOO_MANY_REQUESTS => {
                Try::Again("it asks us to slow down (429)".to_owned(), after)
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
