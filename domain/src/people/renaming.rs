//! What a changed identifier means for somebody who is at a destination already.
//!
//! An exit must name the person as the entry did, or the platform finds nobody to take out.

use super::Person;

/// The identifiers under which somebody is named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The workspace's own id.
    pub id: Option<String>,
    /// Normalised e-mail address.
    pub email: Option<String>,
    /// Phone number in E.164.
    pub phone: Option<String>,
}

impl Names {
    /// As the dictionary has them.
    #[must_use]
    pub fn of(person: &Person) -> Self {
        Self { id: person.id.clone(), email: person.email.clone(), phone: person.phone.clone() }
    }

    /// The same person under these names.
    #[must_use]
    pub fn name(self, person: &Person) -> Person {
        let Self { id, email, phone } = self;
        Person { id, email, phone, ..person.clone() }
    }
}

/// What must be sent because of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renaming {
    /// Nothing: the messages carry the same names.
    Same,
    /// They got a name beside those that they have: an entry brings it.
    Adds,
    /// A name is gone or another one: an exit under the former names, then an entry.
    Changes,
}

/// Compares how somebody is named at a destination with how they would be named now.
#[must_use]
pub fn renaming(there: &Names, now: &Names) -> Renaming {
    // Without an id of their own people go by their `cio_id`: for the platform somebody else.
    if there.id != now.id {
        return Renaming::Changes;
    }
    let pairs = [(&there.email, &now.email), (&there.phone, &now.phone)];
    if pairs.iter().any(|(there, now)| there.is_some() && there != now) {
        Renaming::Changes
    } else if pairs.iter().any(|(there, now)| there != now) {
        Renaming::Adds
    } else {
        Renaming::Same
    }
}

/// Names that an exit leaves out, because another person who stays there has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without {
    /// The e-mail address.
    pub email: bool,
    /// The phone number.
    pub phone: bool,
}

impl Without {
    /// Whether it leaves anything out.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.email || self.phone
    }

    /// The names that are left.
    #[must_use]
    pub fn of(self, names: &Names) -> Names {
        let mut left = names.clone();
        if self.email {
            left.email = None;
        }
        if self.phone {
            left.phone = None;
        }
        left
    }

    /// As stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match (self.email, self.phone) {
            (false, false) => "",
            (true, false) => "email",
            (false, true) => "phone",
            (true, true) => "email,phone",
        }
    }
}

impl From<&str> for Without {
    fn from(text: &str) -> Self {
        let has = |name: &str| text.split(',').any(|part| part == name);
        Self { email: has("email"), phone: has("phone") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(id: &str, email: &str, phone: &str) -> Names {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Names { id: text(id), email: text(email), phone: text(phone) }
    }

    #[test]
    fn a_name_that_is_gone_needs_an_exit_and_one_that_is_new_an_entry() {
        let there = names("u", "a@x.com", "");
        for (now, expected) in [
            (names("u", "a@x.com", ""), Renaming::Same),
            (names("u", "a@x.com", "+1"), Renaming::Adds),
            (names("u", "b@x.com", ""), Renaming::Changes),
            (names("u", "", ""), Renaming::Changes),
            (names("", "a@x.com", ""), Renaming::Changes),
            (names("v", "a@x.com", "+1"), Renaming::Changes),
            (names("u", "", "+1"), Renaming::Changes),
        ] {
            assert_eq!(renaming(&there, &now), expected, "{now:?}");
        }
        assert_eq!(renaming(&names("", "", ""), &names("u", "", "")), Renaming::Changes);
    }

    #[test]
    fn what_is_left_out_is_stored_and_read_back() {
        for email in [false, true] {
            for phone in [false, true] {
                let without = Without { email, phone };
                assert_eq!(Without::from(without.as_str()), without);
                let left = without.of(&names("u", "a@x.com", "+1"));
                assert_eq!((left.email.is_none(), left.phone.is_none()), (email, phone));
                assert_eq!(left.id.as_deref(), Some("u"));
            }
        }
    }
}
