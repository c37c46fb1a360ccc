//! Posts notices to the webhook that was entered: Slack's, or anybody's who takes JSON.
//!
//! Source: Slack answers an incoming webhook with 200 `ok`, or 4xx with a word that says why. It
//! is sent the text alone; everybody else gets all of the message, signed if there is a key:
//! `X-Segue-Signature` is HMAC-SHA256 over `v0:` + `X-Segue-Timestamp` + `:` + the body, in
//! lower-case hex, as Customer.io signs what it sends.

use async_trait::async_trait;
use domain::{
    Error, Result,
    events::signature::sign,
    notices::{SIGNING_KEY, Standing, WEBHOOK, is_address, message::Message, port::Messenger},
    time::Instant,
};
use reqwest::{Url, header::CONTENT_TYPE};

use super::{Credentials, plain};

/// Where Slack's incoming webhooks are.
const SLACK: &str = "hooks.slack.com";

/// Posts.
pub struct Webhook {
    http: reqwest::Client,
    credentials: Credentials,
}

impl Webhook {
    /// Over the one client.
    pub fn new(http: reqwest::Client, credentials: Credentials) -> Self {
        Self { http, credentials }
    }

    /// The address, and what messages are signed with.
    async fn keys(&self) -> Result<[Option<String>; 2]> {
        self.credentials.keys([WEBHOOK, SIGNING_KEY]).await
    }
}

#[async_trait]
impl Messenger for Webhook {
    async fn standing(&self) -> Result<Standing> {
        let [webhook, key] = self.keys().await?;
        Ok(Standing { has_webhook: webhook.is_some(), is_signed: key.is_some() })
    }

    async fn post(
        &self,
        message: &Message,
        now: Instant,
    ) -> Result<std::result::Result<(), String>> {
        let [address, key] = self.keys().await?;
        let Some(address) = address else {
            return Ok(Err("no webhook is entered".to_owned()));
        };
        // One from the environment was never looked at.
        let url = Url::parse(&address).ok().filter(|_| is_address(&address));
        let Some(url) = url else {
            return Ok(Err("its address does not begin with https://".to_owned()));
        };
        let is_slack = url.host_str() == Some(SLACK);
        let body = if is_slack {
            serde_json::json!({ "text": message.text }).to_string()
        } else {
            serde_json::to_string(message).map_err(Error::unexpected)?
        };
        let mut request = self.http.post(url).header(CONTENT_TYPE, "application/json");
        if let Some(key) = key {
            let timestamp = (now.0 / 1_000_000).to_string();
            request = request
                .header("x-segue-signature", sign(&key, &timestamp, body.as_bytes()))
                .header("x-segue-timestamp", timestamp);
        }
        let answer = match request.body(body).send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(plain(&error))),
        };
        let status = answer.status();
        if status.is_success() {
            return Ok(Ok(()));
        }
        // What else somebody says may quote the address.
        let said = if is_slack { word(answer).await } else { None };
        Ok(Err(match said {
            None => format!("it answered {status}"),
            Some(said) => format!("it answered {status}: {said}"),
        }))
    }
}

/// Slack's word that says why, such as `channel_is_archived`.
async fn word(mut answer: reqwest::Response) -> Option<String> {
    let bytes = answer.chunk().await.ok().flatten()?;
    let text = std::str::from_utf8(&bytes).ok()?.trim();
    let is_word = (1..=60).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_word.then(|| text.to_owned())
}
