//! What a password must be: long, and not one that everybody tries first.
//!
//! No rules about digits or signs: they make passwords that are forgotten, not ones that are
//! hard to guess.

use super::Email;
use crate::error::{Error, Result};

/// Fewest bytes.
pub const SHORTEST: usize = 12;
/// Most bytes: enough for any sentence, and no more work for the hash than that.
pub const LONGEST: usize = 1024;

/// What guessers try first among those that are long enough; compared without case, digits and
/// signs at the end.
const COMMON: [&str; 24] = [
    "1q2w3e4r5t6y",
    "abcdefghijkl",
    "adminadminadmin",
    "administrator",
    "asdfghjklasdf",
    "changemechangeme",
    "changemeplease",
    "correcthorsebatterystaple",
    "iloveyouiloveyou",
    "letmeinletmein",
    "letmeinplease",
    "mypasswordispassword",
    "passwordpassword",
    "passwordsegue",
    "qazwsxedcrfv",
    "qwertyqwerty",
    "qwertyuiopas",
    "qwertyuiopasdfgh",
    "seguepassword",
    "seguesegue",
    "thisisapassword",
    "thisismypassword",
    "trustnoonetrustnoone",
    "welcomewelcome",
];

/// Refuses what is easily guessed, and says why.
pub fn check(password: &str, email: &Email) -> Result<()> {
    let refuse = |why: &str| Err(Error::invalid("password", why));
    if password.len() < SHORTEST {
        return refuse("too short: use at least 12 characters, such as four words");
    }
    if password.len() > LONGEST {
        return refuse("too long: use at most 1024 bytes");
    }
    let lower = password.to_lowercase();
    let name = email.as_str().split('@').next().unwrap_or_default();
    if lower.contains(email.as_str()) || (name.len() >= 4 && lower.starts_with(name)) {
        return refuse("this is made of your e-mail address: choose something else");
    }
    let letters = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    if COMMON.contains(&letters) || COMMON.contains(&lower.as_str()) || letters.len() < 4 {
        return refuse("this is one of the passwords that are tried first: choose something else");
    }
    if distinct(&lower) < 5 {
        return refuse("this repeats a few characters: choose something else");
    }
    Ok(())
}

fn distinct(text: &str) -> usize {
    text.chars().collect::<std::collections::BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_ones_pass_and_guessable_ones_are_told_why() {
        let email = Email::parse("gracehopper@example.com").unwrap();
        let longest = "abcdefgh".repeat(128);
        for good in ["slow green kettle", "Tr0ub4dor&3-and-more", "пароль длинный", &longest]
        {
            assert!(check(good, &email).is_ok(), "{good}");
        }
        let too_long = format!("{longest}!");
        for (bad, why) in [
            ("short", "too short"),
            (too_long.as_str(), "too long"),
            ("PasswordPassword1!", "tried first"),
            ("1q2w3e4r5t6y", "tried first"),
            ("123456789012", "tried first"),
            ("abababababab", "repeats"),
            ("gracehopper2026", "e-mail"),
            ("x-gracehopper@example.com", "e-mail"),
        ] {
            let said = check(bad, &email).unwrap_err().to_string();
            assert!(said.contains(why), "{bad}: {said}");
        }
    }
}
