//! Signatures of Customer.io's webhooks: HMAC-SHA256 over `v0:` + timestamp + `:` + the body as
//! it came, in lower-case hex.
//!
//! Source: Customer.io's Reporting Webhooks OpenAPI, section on verifying requests.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::time::{Instant, Span};

/// A call that was signed longer ago, or so far ahead of our clock, is refused: Customer.io
/// signs each retry afresh.
pub const WINDOW: Span = Span::from_minutes(5);

/// Why a call isn't believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Disbelief {
    /// A header is missing or says nothing.
    #[error(
        "it carries no X-CIO-Signature or no X-CIO-Timestamp: something between Customer.io and Segue drops them, or somebody else calls"
    )]
    Unsigned,
    /// Too old, or from the future.
    #[error(
        "it was signed more than five minutes from now: check this machine's clock; if that is right, somebody repeats an old call"
    )]
    Stale,
    /// Another key, or another body than was signed.
    #[error(
        "its signature is not that of the signing key: compare the key with Customer.io's, and let nothing between change the body"
    )]
    Forged,
}

/// Believes a call that any of these keys has signed within the window.
///
/// The comparison takes as long for any wrong signature. The time is looked at last: who knows
/// no key learns nothing of our clock.
pub fn verify(
    keys: &[String],
    timestamp: Option<&str>,
    signature: Option<&str>,
    body: &[u8],
    now: Instant,
) -> Result<(), Disbelief> {
    let (Some(timestamp), Some(signature)) = (timestamp, signature) else {
        return Err(Disbelief::Unsigned);
    };
    let seconds: i64 = timestamp.parse().map_err(|_| Disbelief::Unsigned)?;
    let claimed = bytes_of(signature).ok_or(Disbelief::Forged)?;
    let is_signed_by = |key: &String| {
        // A key of any length will do.
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).is_ok_and(|mac| {
            let mac = mac.chain_update(b"v0:").chain_update(timestamp).chain_update(b":");
            mac.chain_update(body).verify_slice(&claimed).is_ok()
        })
    };
    // All keys, whichever fits: how long it takes tells nothing of their order.
    if keys.iter().filter(|key| is_signed_by(key)).count() == 0 {
        return Err(Disbelief::Forged);
    }
    let at = Instant(seconds.saturating_mul(1_000_000));
    let apart = now.0.abs_diff(at.0);
    if apart > WINDOW.0.unsigned_abs() { Err(Disbelief::Stale) } else { Ok(()) }
}

/// Signs a body as Customer.io does: for the sandbox and for tests.
#[must_use]
pub fn sign(key: &str, timestamp: &str, body: &[u8]) -> String {
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    let mac = mac.chain_update(b"v0:").chain_update(timestamp).chain_update(b":");
    let digest = mac.chain_update(body).finalize().into_bytes();
    digest.iter().fold(String::new(), |mut text, byte| {
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(half.into(), 16));
        }
        text
    })
}

/// The 32 bytes of a digest in lower-case hex.
fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let hex = hex.as_bytes();
    if hex.len() != 64 {
        return None;
    }
    hex.chunks(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Recomputed with openssl; key and digest are ours.
    const KEY: &str = "test-signing-key";
    const TIMESTAMP: &str = "1613063090";
    const BODY: &str = r#"{"metric":"subscribed","event_id":"01E4C4CT6YDC7Y5M7FE1GWWPQJ","object_type":"customer","timestamp":1613063089,"data":{"customer_id":"0200000001"}}"#;
    const DIGEST: &str = "c33ed4d86e9a2dccc7f5c51d5c5cd22a7d4fa02b118dbb297eee9e369a9f512e";
    const NOW: Instant = Instant(1_613_063_090_000_000);

    fn keys(all: &[&str]) -> Vec<String> {
        all.iter().map(|&key| key.to_owned()).collect()
    }

    fn check(keys: &[String], body: &[u8], now: Instant) -> Result<(), Disbelief> {
        verify(keys, Some(TIMESTAMP), Some(DIGEST), body, now)
    }

    #[test]
    fn the_known_digest_is_made_and_believed_under_any_of_the_keys() {
        assert_eq!(sign(KEY, TIMESTAMP, BODY.as_bytes()), DIGEST);
        assert_eq!(check(&keys(&[KEY]), BODY.as_bytes(), NOW), Ok(()));
        assert_eq!(check(&keys(&["new", KEY]), BODY.as_bytes(), NOW), Ok(()));
        for none in [keys(&["new"]), keys(&[""]), vec![]] {
            assert_eq!(check(&none, BODY.as_bytes(), NOW), Err(Disbelief::Forged));
        }
    }

    #[test]
    fn a_call_is_believed_for_five_minutes_either_way() {
        let keys = keys(&[KEY]);
        let second = Span::from_seconds(1);
        for now in [NOW.plus(WINDOW), NOW.minus(WINDOW)] {
            assert_eq!(check(&keys, BODY.as_bytes(), now), Ok(()));
        }
        for now in [NOW.plus(WINDOW).plus(second), NOW.minus(WINDOW).minus(second), Instant(0)] {
            assert_eq!(check(&keys, BODY.as_bytes(), now), Err(Disbelief::Stale));
        }
    }

    #[test]
    fn headers_that_say_nothing_are_told_apart() {
        let keys = keys(&[KEY]);
        let body = BODY.as_bytes();
        for (timestamp, signature, why) in [
            (None, Some(DIGEST), Disbelief::Unsigned),
            (Some(TIMESTAMP), None, Disbelief::Unsigned),
            (Some("now"), Some(DIGEST), Disbelief::Unsigned),
            (Some("99999999999999999999"), Some(DIGEST), Disbelief::Unsigned),
            (Some(TIMESTAMP), Some(""), Disbelief::Forged),
            (Some(TIMESTAMP), Some("é"), Disbelief::Forged),
            (Some(TIMESTAMP), Some(&DIGEST.to_uppercase()), Disbelief::Forged),
            (Some(TIMESTAMP), Some(&DIGEST[..62]), Disbelief::Forged),
        ] {
            assert_eq!(verify(&keys, timestamp, signature, body, NOW), Err(why));
        }
    }

    proptest! {
        #[test]
        fn one_bit_more_or_less_is_another_body(at in 0..BODY.len(), bit in 0..8_u8) {
            let mut body = BODY.as_bytes().to_vec();
            body[at] ^= 1 << bit;
            prop_assert_eq!(check(&keys(&[KEY]), &body, NOW), Err(Disbelief::Forged));
        }

        #[test]
        fn what_is_signed_is_believed(key in "[a-z0-9]{1,80}", body in prop::collection::vec(any::<u8>(), 0..200)) {
            let digest = sign(&key, TIMESTAMP, &body);
            prop_assert_eq!(verify(&keys(&[&key]), Some(TIMESTAMP), Some(&digest), &body, NOW), Ok(()));
        }
    }
}
