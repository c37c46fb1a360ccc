//! One call: where it goes, how it is signed, and the ways in which it must not be believed.

use domain::events::{Origin, signature::sign};
use domain::time::{Instant, Span};
use serde::Deserialize;
use serde_json::Value;

use super::Receiver;

/// How a call is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// As its vendor does.
    #[default]
    Signed,
    /// With a key that nobody entered.
    WrongKey,
    /// With a signature that was made an hour ago.
    Stale,
    /// Something between has read the body and written it anew: the same, in other bytes.
    Rewritten,
    /// Without a word of who calls.
    Unsigned,
}

/// What `POST /sandbox/calls` takes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Where to.
    pub entrance: Origin,
    /// What it says.
    pub body: Value,
    /// How it is sent.
    #[serde(default)]
    pub manner: Manner,
    /// How often, all at once.
    #[serde(default = "once")]
    pub times: u16,
}

const fn once() -> u16 {
    1
}

/// The call.
pub(super) fn request(
    client: &reqwest::Client,
    receiver: &Receiver,
    origin: Origin,
    body: &[u8],
    manner: Manner,
    now: Instant,
) -> reqwest::RequestBuilder {
    let kind = if origin == Origin::Source { "/track" } else { "" };
    let call = client
        .post(format!("{}{}{kind}", receiver.url, origin.path()))
        .header("content-type", "application/json");
    let key = match (manner, origin) {
        (Manner::WrongKey, _) => "a-key-that-nobody-entered",
        (_, Origin::Source) => &receiver.write_key,
        (_, Origin::Reporting) => &receiver.reporting_signing_key,
        (_, Origin::Campaign) => &receiver.campaign_signing_key,
    };
    let sent = match manner {
        Manner::Rewritten => rewritten(body),
        _ => body.to_vec(),
    };
    if manner == Manner::Unsigned {
        return call.body(sent);
    }
    if origin == Origin::Source {
        return call.basic_auth(key, Some("")).body(sent);
    }
    let signed_at = if manner == Manner::Stale { now.minus(Span::from_hours(1)) } else { now };
    let at = signed_at.0.div_euclid(1_000_000).to_string();
    let signature = sign(key, &at, body);
    call.header("x-cio-timestamp", at).header("x-cio-signature", signature).body(sent)
}

/// The same JSON in other bytes.
fn rewritten(body: &[u8]) -> Vec<u8> {
    let read: Option<Value> = serde_json::from_slice(body).ok();
    read.and_then(|value| serde_json::to_vec_pretty(&value).ok()).unwrap_or_default()
}
