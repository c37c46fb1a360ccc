//! Segment's Public API: what stands behind our source.
//!
//! Source: Segment's own SDKs (`public-api-sdk-typescript`, `public-api-sdk-go`). Answers are
//! wrapped in `data`, lists are paged by a cursor. It is asked by people in front of a page,
//! so a call is tried once: what goes wrong is said, and they may press again.

use async_trait::async_trait;
use domain::{
    connections::Region,
    destinations::import::{
        Offered,
        port::{Behind, PublicApi},
    },
    error::VendorError,
    time::Span,
};
use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::super::{Credentials, detail, is_page, plain};

/// Who answers, in messages.
const VENDOR: &str = "Segment's Public API";

/// Rows of a page; Segment takes 1 to 1,000.
const PAGE: &str = "200";

/// A workspace with more pages than that is a cursor that goes round.
const MOST_PAGES: usize = 100;

/// Reads the workspace.
pub struct PublicClient {
    http: reqwest::Client,
    credentials: Credentials,
    stand_in: Option<String>,
}

#[derive(Deserialize)]
struct Enveloped<T> {
    data: T,
}

#[derive(Deserialize)]
pub(super) struct Pagination {
    #[serde(default)]
    next: Option<String>,
}

/// A page of a list.
pub(super) trait Listed {
    type Row;
    fn split(self) -> (Vec<Self::Row>, Pagination);
}

#[derive(Deserialize)]
struct Sources {
    sources: Vec<Source>,
    pagination: Pagination,
}

/// A source of the workspace.
#[derive(Deserialize)]
pub(super) struct Source {
    pub(super) id: String,
    #[serde(default)]
    name: Option<String>,
    slug: String,
    #[serde(default, rename = "writeKeys")]
    write_keys: Vec<String>,
}

impl Source {
    /// What the workspace calls it.
    pub(super) fn called(self) -> String {
        self.name.unwrap_or(self.slug)
    }
}

#[derive(Deserialize)]
struct Destinations {
    destinations: Vec<Destination>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Destination {
    id: String,
    #[serde(default)]
    name: Option<String>,
    enabled: bool,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

impl Listed for Sources {
    type Row = Source;
    fn split(self) -> (Vec<Source>, Pagination) {
        (self.sources, self.pagination)
    }
}

impl Listed for Destinations {
    type Row = Destination;
    fn split(self) -> (Vec<Destination>, Pagination) {
        (self.destinations, self.pagination)
    }
}

/// What a 429 says: in its body, not in a header.
#[derive(Deserialize)]
struct TooMany {
    errors: Vec<Limited>,
}

#[derive(Deserialize)]
struct Limited {
    data: LimitedData,
}

#[derive(Deserialize)]
struct LimitedData {
    #[serde(rename = "msBeforeNext")]
    ms_before_next: i64,
}

impl PublicClient {
    /// With these; `stand_in` is an address in place of the region's.
    pub fn new(http: reqwest::Client, credentials: Credentials, stand_in: Option<String>) -> Self {
        Self { http, credentials, stand_in }
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, VendorError> {
        self.call(path, query, None).await
    }

    /// Puts a body in the place of what is there.
    pub(super) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, VendorError> {
        self.call(path, &[], Some(body)).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<T, VendorError> {
        let read = self.credentials.read("twilio.public_api_token").await;
        let (settings, token) = read.map_err(|error| unavailable(error.to_string()))?;
        let token = token.ok_or(VendorError::NotConnected(VENDOR))?;
        let base = self.stand_in.as_deref().unwrap_or(match settings.twilio_region {
            Region::Us => "https://api.segmentapis.com",
            Region::Eu => "https://eu1.api.segmentapis.com",
        });
        let url = format!("{base}{path}");
        let request = match body {
            Some(body) => self.http.put(url).json(body),
            None => self.http.get(url).query(query),
        };
        let request = request.bearer_auth(token).header("accept", accept(path));
        let answer = request.send().await;
        let answer = answer.map_err(|error| unavailable(plain(&error)))?;
        let (status, page) = (answer.status(), is_page(answer.headers()));
        let body = answer.bytes().await.map_err(|error| unavailable(plain(&error)))?;
        match status {
            StatusCode::OK if page => Err(unavailable("a web page in its place".to_owned())),
            StatusCode::OK => Ok(parse::<Enveloped<T>>(&body)?.data),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(VendorError::Refused(format!(
                "{VENDOR} refused the token ({}): make one as a workspace owner, and check that the region is right",
                status.as_u16()
            ))),
            StatusCode::NOT_FOUND => {
                Err(VendorError::NotFound { vendor: VENDOR, what: path.to_owned() })
            }
            StatusCode::TOO_MANY_REQUESTS => Err(unavailable(too_many(&body))),
            status if status.is_server_error() => {
                Err(unavailable(format!("a server error ({})", status.as_u16())))
            }
            status => Err(VendorError::Malformed {
                vendor: VENDOR,
                detail: format!("status {}: {}", status.as_u16(), detail(&body)),
            }),
        }
    }

    /// Every row of a list, page after page.
    pub(super) async fn all<T: DeserializeOwned + Listed>(
        &self,
        path: &str,
    ) -> Result<Vec<T::Row>, VendorError> {
        let (mut rows, mut cursor) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let mut query = vec![("pagination[count]", PAGE)];
            query.extend(cursor.as_deref().map(|cursor| ("pagination[cursor]", cursor)));
            let (page, pagination) = self.get::<T>(path, &query).await?.split();
            rows.extend(page);
            match pagination.next {
                Some(next) if !next.is_empty() => cursor = Some(next),
                _ => return Ok(rows),
            }
        }
        Err(VendorError::Malformed { vendor: VENDOR, detail: "a list without an end".to_owned() })
    }
}

impl PublicClient {
    /// The source that our write key belongs to.
    pub(super) async fn our_source(&self) -> Result<Source, VendorError> {
        let read = self.credentials.read("twilio.write_key").await;
        let (_, key) = read.map_err(|error| unavailable(error.to_string()))?;
        let key = key.ok_or(VendorError::NotConnected("Segment"))?;
        let sources = self.all::<Sources>("/sources").await?;
        let ours = sources.into_iter().find(|source| source.write_keys.contains(&key));
        ours.ok_or_else(|| {
            VendorError::Refused(
                "the token works, but no source of its workspace has our write key: the token or the write key is of another workspace".to_owned(),
            )
        })
    }

    /// The destinations that are connected to a source.
    pub(super) async fn behind(&self, source: &Source) -> Result<Vec<Offered>, VendorError> {
        let path = format!("/sources/{}/connected-destinations", source.id);
        let destinations = self.all::<Destinations>(&path).await?;
        let offered = |one: Destination| {
            let name = one.name.filter(|name| !name.is_empty());
            Offered {
                name: name.unwrap_or_else(|| one.metadata.name.clone()),
                id: one.id,
                catalog: one.metadata.name,
                enabled: one.enabled,
            }
        };
        Ok(destinations.into_iter().map(offered).collect())
    }
}

#[async_trait]
impl PublicApi for PublicClient {
    async fn behind_our_source(&self) -> Result<Behind, VendorError> {
        let source = self.our_source().await?;
        let destinations = self.behind(&source).await?;
        Ok(Behind { source: source.called(), destinations })
    }
}

/// The delivery overview is a beta, and has a version of its own.
fn accept(path: &str) -> &'static str {
    if path.starts_with("/delivery-overview/") {
        "application/vnd.segment.v1beta+json"
    } else {
        "application/vnd.segment.v1+json"
    }
}

fn unavailable(detail: String) -> VendorError {
    VendorError::Unavailable { vendor: VENDOR, detail }
}

/// When the next call is taken, in words.
fn too_many(body: &[u8]) -> String {
    let told = serde_json::from_slice::<TooMany>(body).ok();
    let wait = told.and_then(|told| Some(told.errors.first()?.data.ms_before_next));
    match wait {
        Some(wait) => {
            format!(
                "it asks us to slow down (429), for {}",
                Span::from_seconds(wait.max(0) / 1_000 + 1)
            )
        }
        None => "it asks us to slow down (429)".to_owned(),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, VendorError> {
    // serde's message may quote a value: say only where it stumbled.
    serde_json::from_slice(body).map_err(|error| VendorError::Malformed {
        vendor: VENDOR,
        detail: format!("JSON of another shape (line {}, column {})", error.line(), error.column()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_429_says_for_how_long() {
        let body = br#"{"errors":[{"type":"RequestError","message":"Too many requests","data":{"remainingPoints":0,"msBeforeNext":57647,"consumedPoints":21}}]}"#;
        assert_eq!(too_many(body), "it asks us to slow down (429), for 58s");
        assert_eq!(too_many(b"<html>"), "it asks us to slow down (429)");
    }
}
