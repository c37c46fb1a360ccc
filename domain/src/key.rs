//! Keys: the short names that operators give to what they configure.

use serde::{Deserialize, Serialize};

/// Lower-case words joined by `-`, such as `cart-abandoners`; 1 to 64 characters.
///
/// Starts with a letter, holds only `a-z`, `0-9` and single `-`, and doesn't end in one,
/// so that its snake-case form is a safe property name at every destination.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(String);

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "use 1 to 64 lower-case letters, digits and single hyphens, beginning with a letter, such as cart-abandoners"
)]
pub struct KeyError;

impl Key {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as Segment's `computation_key`: `cart-abandoners` becomes `cart_abandoners`.
    #[must_use]
    pub fn snake(&self) -> String {
        self.0.replace('-', "_")
    }
}

impl TryFrom<String> for Key {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        let bytes = text.as_bytes();
        let good = (1..=64).contains(&bytes.len())
            && bytes[0].is_ascii_lowercase()
            && bytes.last() != Some(&b'-')
            && !text.contains("--")
            && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
        if good { Ok(Self(text)) } else { Err(KeyError) }
    }
}

impl std::str::FromStr for Key {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::try_from(text.trim().to_owned())
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_is_safe_everywhere_and_nothing_else() {
        let longest = "a".repeat(64);
        for good in ["a", "cart-abandoners", "vip2", longest.as_str()] {
            assert!(good.parse::<Key>().is_ok(), "{good}");
        }
        let too_long = "a".repeat(65);
        for bad in
            ["", "2vip", "Cart", "a--b", "a-", "-a", "a_b", "a b", "é", "a\0", too_long.as_str()]
        {
            assert_eq!(bad.parse::<Key>(), Err(KeyError), "{bad}");
        }
        assert_eq!("cart-abandoners".parse::<Key>().unwrap().snake(), "cart_abandoners");
    }
}
