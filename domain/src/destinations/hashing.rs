//! Identifiers as SHA-256, by each platform's own rule.
//!
//! Sources: the help pages of Meta, Google and TikTok, and the code of Segment's action
//! destinations; where those two differ, the platform's page wins. Only used where an
//! operator asks for it: Segment's destinations hash by themselves.

use sha2::{Digest as _, Sha256};

use super::{
    Profile,
    fields::Vector,
    profile::{EmailForm, PhoneForm},
};

/// An e-mail address, already trimmed and lower-cased.
#[must_use]
pub fn email(profile: Profile, email: &str) -> String {
    if is_hashed(email) {
        return email.to_owned();
    }
    match (profile.email_form(), email.rsplit_once('@')) {
        (EmailForm::WithoutGmailDots, Some((local, host @ ("gmail.com" | "googlemail.com")))) => {
            sha256(&format!("{}@{host}", local.replace('.', "")))
        }
        _ => sha256(email),
    }
}

/// A phone number in E.164, with its `+`.
#[must_use]
pub fn phone(profile: Profile, phone: &str) -> String {
    if is_hashed(phone) {
        return phone.to_owned();
    }
    match profile.phone_form() {
        PhoneForm::Digits => sha256(phone.trim_start_matches('+')),
        PhoneForm::E164 => sha256(phone),
    }
}

/// A value that is a hash already is passed on: hashing twice would match nobody.
fn is_hashed(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What a platform's rule makes of an identifier, as its help page or Segment's code prints it,
/// and whether we make the same of it.
#[must_use]
pub fn self_test(profile: Profile) -> Vec<Vector> {
    let dotted = match profile.email_form() {
        EmailForm::Whole => DOTTED,
        EmailForm::WithoutGmailDots => DOTLESS,
    };
    let number = match profile.phone_form() {
        PhoneForm::Digits => DIGITS,
        PhoneForm::E164 => PLUS,
    };
    let vector = |input: &str, expected: &str, hash: fn(Profile, &str) -> String| Vector {
        input: input.to_owned(),
        expected: expected.to_owned(),
        agrees: hash(profile, input) == expected && hash(profile, expected) == expected,
    };
    vec![
        vector("janedoe@gmail.com", DOTLESS, email),
        vector("jane.doe@gmail.com", dotted, email),
        vector("+14155552671", number, phone),
    ]
}

/// Known hashes: the first is printed on TikTok's help page, all were computed apart from this
/// code.
const DOTLESS: &str = "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69";
const DOTTED: &str = "831f6494ad6be4fcb3a724c3d5fef22d3ceffa3c62ef3a7984e45a0ea177f982";
const PLUS: &str = "cb6880e416769253645cb9c6b8989154bf66a56a77fc14c81fb1019663cbb928";
const DIGITS: &str = "758fbf68945f21c416814c539ab578876c8d98fb69e6da692def92cd52417fe0";

fn sha256(text: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vectors_by_each_platforms_rule() {
        for profile in Profile::ALL {
            let dotted = if profile == Profile::GoogleCustomerMatch { DOTLESS } else { DOTTED };
            let is_meta = matches!(profile, Profile::MetaCustomAudiences | Profile::MetaCapi);
            assert_eq!(email(profile, "janedoe@gmail.com"), DOTLESS, "{profile}");
            assert_eq!(email(profile, "jane.doe@gmail.com"), dotted, "{profile}");
            let number = if is_meta { DIGITS } else { PLUS };
            assert_eq!(phone(profile, "+14155552671"), number, "{profile}");
        }
    }

    #[test]
    fn dots_of_others_and_tags_belong_to_the_address() {
        let google = Profile::GoogleCustomerMatch;
        let of = |text: &str| email(google, text);
        assert_eq!(of("j.a.n.e.doe@gmail.com"), DOTLESS);
        assert_ne!(of("jane.doe@example.com"), of("janedoe@example.com"));
        assert_ne!(of("jane.doe+shop@gmail.com"), DOTLESS);
        assert_ne!(of("jane.doe@googlemail.com"), DOTLESS);
        assert_eq!(of("jane.doe@googlemail.com"), of("janedoe@googlemail.com"));
    }

    #[test]
    fn the_self_test_holds_and_would_notice_another_rule() {
        for profile in Profile::ALL {
            assert!(self_test(profile).iter().all(|vector| vector.agrees), "{profile}");
        }
        let of = |profile| self_test(profile).into_iter().map(|one| one.expected);
        assert!(of(Profile::GoogleCustomerMatch).ne(of(Profile::TiktokAudiences)));
        assert!(of(Profile::MetaCapi).ne(of(Profile::TiktokEvents)));
    }

    #[test]
    fn never_hashes_twice() {
        for profile in Profile::ALL {
            assert_eq!(email(profile, DOTTED), DOTTED);
            assert_eq!(phone(profile, DIGITS), DIGITS);
        }
    }
}
