//! Identifiers in the one form in which everything else sees them.

use std::str::FromStr;

use email_address::EmailAddress;
use phonenumber::{
    PhoneNumber,
    metadata::{DATABASE, Descriptor},
};

use crate::audiences::port::Identifiers;

/// Longer than any way to write a phone number.
const LONGEST_PHONE: usize = 64;

/// Trimmed and lower-cased; nothing if it is no e-mail address. Dots and `+tags` stay: they
/// belong to the person's own spelling, and platforms hash what we send.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let plain = !text.chars().any(|c| c.is_control() || c.is_whitespace());
    (plain && text.len() <= 254 && EmailAddress::from_str(&text).is_ok()).then_some(text)
}

/// An address with all but its first letter and its host hidden, for lists that show people.
#[must_use]
pub fn masked(email: &str) -> String {
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    let first: String = name.chars().take(1).collect();
    format!("{first}•••@{host}")
}

/// The workspace's own id, trimmed; nothing if that leaves nothing or holds what no database
/// keeps.
#[must_use]
pub fn id(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= 1_024 && !text.contains('\0')).then(|| text.to_owned())
}

/// In E.164; nothing if it is no number that can be dialled from anywhere. A number without
/// its country's code is none: whose country would it be?
#[must_use]
pub fn phone(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > LONGEST_PHONE || text.chars().any(char::is_control) {
        return None;
    }
    let number = phonenumber::parse(None, text).ok()?;
    let written = e164(&number)?;
    if text.starts_with('+') {
        let digits = text.chars().filter(char::is_ascii_digit);
        let as_typed: String = std::iter::once('+').chain(digits).collect();
        if as_typed != written && is_whole(number.code().value(), &as_typed) {
            return Some(as_typed);
        }
    }
    phonenumber::is_valid(&number).then_some(written)
}

fn e164(number: &PhoneNumber) -> Option<String> {
    let written = number.format().mode(phonenumber::Mode::E164).to_string();
    let digits = written.strip_prefix('+')?;
    let is_plain = (1..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_plain.then_some(written)
}

/// Whether it is a number of that country's code as it stands.
///
/// The library takes the prefix of national calls off international numbers too, and so the
/// first digit of those that begin like it (Russia: prefix 8, Saint Petersburg: +7 812).
fn is_whole(code: u16, as_typed: &str) -> bool {
    let Some(national) = as_typed.strip_prefix(&format!("+{code}")) else { return false };
    DATABASE.by_code(&code).unwrap_or_default().into_iter().any(|country| {
        let kinds = country.descriptors();
        let is = |kind: Option<&Descriptor>| kind.is_some_and(|kind| kind.is_match(national));
        kinds.general().is_match(national) && (is(kinds.mobile()) || is(kinds.fixed_line()))
    })
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

    #[test]
    fn a_phone_number_is_one_that_can_be_dialled_from_anywhere() {
        for (written, expected) in [
            ("+14155552671", "+14155552671"),
            (" +1 (415) 555-2671 ", "+14155552671"),
            ("+1-212-555-0101", "+12125550101"),
            ("tel:+44-20-7946-0958", "+442079460958"),
            ("+44 (0)20 7946 0958", "+442079460958"),
            ("+49 30 901820", "+4930901820"),
            ("+39 06 6982", "+39066982"),
            ("+7 812 571-20-20", "+78125712020"),
            ("+33 1 42 68 53 00", "+33142685300"),
            ("+972 3 510 0000", "+97235100000"),
            ("+1 415 555 2671 ext. 5", "+14155552671"),
        ] {
            assert_eq!(phone(written).as_deref(), Some(expected), "{written}");
        }
        for bad in [
            "",
            "+",
            "555-0101",
            "(415) 555-2671",
            "4155552671",
            "+1",
            "+1555",
            "+999 123 456 789",
            "+14155552671\0",
            "unknown",
            "jane@example.com",
        ] {
            assert_eq!(phone(bad), None, "{bad:?}");
        }
        assert_eq!(phone(&"+1".repeat(1_000)), None);
    }

    proptest! {
        #[test]
        fn is_settled_after_once(text in "\\PC{0,40}") {
            if let Some(once) = email(&text) {
                prop_assert_eq!(email(&once), Some(once.clone()));
            }
        }

        #[test]
        fn a_phone_number_is_settled_after_once(text in "[+0-9 ().-]{0,24}|\\PC{0,40}") {
            if let Some(once) = phone(&text) {
                prop_assert_eq!(phone(&once), Some(once.clone()));
            }
        }
    }
}
