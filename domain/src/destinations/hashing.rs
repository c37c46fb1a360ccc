//! Identifiers as SHA-256, by each platform's own rule.
//!
//! Sources: the help pages of Meta, Google and TikTok, and the code of Segment's action
//! destinations; where those two differ, the platform's page wins. Only used where an
//! operator asks for it: Segment's destinations hash by themselves.

use sha2::{Digest as _, Sha256};

use super::{
    Profile,
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

    const DOTLESS: &str = "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69";
    const DOTTED: &str = "831f6494ad6be4fcb3a724c3d5fef22d3ceffa3c62ef3a7984e45a0ea177f982";
    const PLUS: &str = "cb6880e416769253645cb9c6b8989154bf66a56a77fc14c81fb1019663cbb928";
    const DIGITS: &str = "758fbf68945f21c416814c539ab578876c8d98fb69e6da692def92cd52417fe0";

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
    fn never_hashes_twice() {
        for profile in Profile::ALL {
            assert_eq!(email(profile, DOTTED), DOTTED);
            assert_eq!(phone(profile, DIGITS), DIGITS);
        }
    }
}
