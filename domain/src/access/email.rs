//! An account's e-mail address.

use crate::{
    error::{Error, Result},
    people::identifiers,
};

/// Trimmed and in lower case, so that one person can't have two accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

impl Email {
    /// From what somebody typed.
    pub fn parse(text: &str) -> Result<Self> {
        identifiers::email(text)
            .map(Self)
            .ok_or_else(|| Error::invalid("email", "write an address such as ada@example.com"))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_address() {
        let email = Email::parse(" Ada@Example.com ").unwrap();
        assert_eq!(email, Email::parse("ada@example.com").unwrap());
        let long = format!("{}@example.com", "a".repeat(300));
        for bad in ["", "ada", "ada@", "@example.com", "a b@example.com", "a\r\n@x", &long] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
    }
}
