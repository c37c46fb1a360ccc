//! The vendors' APIs as clients: what `domain`'s ports ask of Customer.io and Segment.
//!
//! Each client reads its key and region for every call, so that a key that was replaced is
//! used at once, paces itself, and stands behind its fuse. A new vendor is a folder here.

mod credentials;
pub mod customerio;
pub mod fuse;
mod keyring;
mod pace;
pub mod stand_in;
mod tester;
pub mod twilio;
mod wait;
mod webhook;

use std::time::Duration;

pub use credentials::Credentials;
pub use keyring::StoredKeys;
pub use tester::Tester;
pub use webhook::Webhook;

/// Longest wait for an answer: a membership page of 30,000 people takes seconds.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The one client for all outgoing calls. A redirect is not followed: it would carry a key
/// to somebody else.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("segue/", env!("CARGO_PKG_VERSION")))
        .timeout(TIMEOUT)
        .connect_timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// A failed call in words that hold neither key nor address.
fn plain(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        "no answer in time".to_owned()
    } else if error.is_connect() {
        "no connection".to_owned()
    } else {
        "the connection broke off".to_owned()
    }
}

/// No vendor keeps anybody away for longer; more is a mistake.
const LONGEST_WAIT: domain::time::Span = domain::time::Span::from_hours(1);

/// How long to stay away: `Retry-After` in seconds, as both vendors write it, else Segment's
/// `X-RateLimit-Reset`, which a proxy may let through alone.
fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<domain::time::Span> {
    let seconds = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let seconds = seconds("retry-after").or_else(|| seconds("x-ratelimit-reset"))?;
    Some(domain::time::Span::from_seconds(seconds.max(1)).min(LONGEST_WAIT))
}

/// Whether a page for people stands where an answer should: a proxy or a portal in between.
fn is_page(headers: &reqwest::header::HeaderMap) -> bool {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// The beginning of a body for a message to operators: JSON errors by their detail, anything
/// else not at all.
fn detail(body: &[u8]) -> String {
    let parsed: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let text = parsed.as_ref().and_then(|value| {
        value["errors"][0]["detail"]
            .as_str()
            .or_else(|| value["errors"][0]["message"].as_str())
            .or_else(|| value["message"].as_str())
    });
    let text = text.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned);
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_wait_is_read_from_either_header_and_has_an_end() {
        let asked = |headers: &[(&'static str, &'static str)]| {
            let pairs = headers.iter().map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_static(value))
            });
            retry_after(&pairs.collect::<HeaderMap>()).map(|span| span.millis() / 1_000)
        };
        assert_eq!(asked(&[("retry-after", " 7 ")]), Some(7));
        assert_eq!(asked(&[("retry-after", "7"), ("x-ratelimit-reset", "9")]), Some(7));
        assert_eq!(asked(&[("x-ratelimit-reset", "9")]), Some(9));
        assert_eq!(asked(&[("retry-after", "soon"), ("x-ratelimit-reset", "9")]), Some(9));
        assert_eq!(asked(&[("retry-after", "0")]), Some(1));
        assert_eq!(asked(&[("retry-after", "1000000")]), Some(3_600));
        let date = "Fri, 27 Nov 2026 00:00:00 +0000";
        assert_eq!(asked(&[("x-ratelimit-reset", date)]), None, "the Public API's is a date");
        assert_eq!(asked(&[]), None);
    }
}
