//! What a password must be: long, and not one that everybody tries first.
//!
//! No rules about digits or signs: they make passwords that are forgotten, not ones that are
//! hard to guess.

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

/// Why a password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`SHORTEST`].
    #[error("too short: use at least 12 characters, such as four words")]
    Short,
    /// More than [`LONGEST`].
    #[error("too long: use at most 1024 bytes")]
    Long,
    /// Holds the e-mail address or begins with its name.
    #[error("made of your e-mail address: choose something else")]
    Address,
    /// Among those that are tried first.
    #[error("one of the passwords that are tried first: choose something else")]
    Common,
    /// A few characters again and again.
    #[error("a few characters again and again: choose something else")]
    Repeats,
}

impl Weakness {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Short, Self::Long, Self::Address, Self::Common, Self::Repeats];

    /// A name for an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Short => "short",
            Self::Long => "long",
            Self::Address => "address",
            Self::Common => "common",
            Self::Repeats => "repeats",
        }
    }
}

/// Refuses what is easily guessed, and says why.
pub fn check(password: &str, email: &str) -> Result<(), Weakness> {
    if password.len() < SHORTEST {
        return Err(Weakness::Short);
    }
    if password.len() > LONGEST {
        return Err(Weakness::Long);
    }
    let lower = password.to_lowercase();
    let name = email.split('@').next().unwrap_or_default();
    if lower.contains(email) || (name.len() >= 4 && lower.starts_with(name)) {
        return Err(Weakness::Address);
    }
    let letters = lower.trim_end_matches(|c: char| !c.is_alphabetic());
    if COMMON.contains(&letters) || COMMON.contains(&lower.as_str()) || letters.len() < 4 {
        return Err(Weakness::Common);
    }
    if distinct(&lower) < 5 {
        return Err(Weakness::Repeats);
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
        let email = "gracehopper@example.com";
        let longest = "abcdefgh".repeat(128);
        for good in ["slow green kettle", "Tr0ub4dor&3-and-more", "пароль длинный", &longest]
        {
            assert_eq!(check(good, email), Ok(()), "{good}");
        }
        let too_long = format!("{longest}!");
        for (bad, why) in [
            ("short", Weakness::Short),
            (too_long.as_str(), Weakness::Long),
            ("PasswordPassword1!", Weakness::Common),
            ("1q2w3e4r5t6y", Weakness::Common),
            ("123456789012", Weakness::Common),
            ("abababababab", Weakness::Repeats),
            ("gracehopper2026", Weakness::Address),
            ("x-gracehopper@example.com", Weakness::Address),
        ] {
            assert_eq!(check(bad, email), Err(why), "{bad}");
        }
    }
}
