//! Identifiers in the one form in which everything else sees them.

use std::str::FromStr;

use email_address::EmailAddress;

use crate::audiences::port::Identifiers;

/// Trimmed and lower-cased; nothing if it is no e-mail address. Dots and `+tags` stay: they
/// belong to the person's own spelling, and platforms hash what we send.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    (plain && text.len() <= 254 && EmailAddress::from_str(&text).is_ok()).then_some(text)
}

/// The workspace's own id, trimmed; nothing if that leaves nothing or holds what no database
/// keeps.
#[must_use]
pub fn id(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= 1_024 && !text.contains('\0')).then(|| text.to_owned())
}

/// A member with every identifier in its one form.
#[must_use]
pub fn normalise(raw: &Identifiers) -> Identifiers {
    Identifiers {
        cio_id: raw.cio_id.clone(),
        id: raw.id.as_deref().and_then(id),
        email: raw.email.as_deref().and_then(email),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_what_belongs_to_the_person_and_drops_what_is_no_address() {
        assert_eq!(email("  Jane.Doe+Shop@Example.COM "), Some("jane.doe+shop@example.com".into()));
        for bad in
            ["", "jane", "jane@", "@example.com", "jane doe@example.com", "jane@example.com\0"]
        {
            assert_eq!(email(bad), None, "{bad:?}");
        }
        assert_eq!(id("  "), None);
        assert_eq!(id(" u-1 "), Some("u-1".into()));
    }

    proptest! {
        #[test]
        fn is_settled_after_once(text in "\\PC{0,40}") {
            if let Some(once) = email(&text) {
                prop_assert_eq!(email(&once), Some(once.clone()));
            }
        }
    }
}
