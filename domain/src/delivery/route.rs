//! Under which names messages go: an order keeps the route that it was decided with, so that
//! a range is sent again as it was, whatever was configured since.

use serde::{Deserialize, Serialize};

use crate::{
    audiences::Audience,
    destinations::{Destination, DestinationSpec},
    ids::AudienceId,
    key::Key,
    mappings::MappingSpec,
    people::renaming::Names,
};

use super::entry::EntryEvent;

/// An audience's and a destination's names, as an order was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Which audience.
    pub audience: AudienceId,
    /// Its key: the name of the property at the destination.
    pub audience_key: Key,
    /// Where to.
    pub destination: DestinationSpec,
    /// The event that tells an entry, where the mapping has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryEvent>,
}

impl Route {
    /// As configured now. How often the audience was changed is filled in by the order.
    #[must_use]
    pub fn new(audience: &Audience, destination: &Destination, mapping: &MappingSpec) -> Self {
        let entry = |name: &String| EntryEvent { name: name.clone(), audience_version: 0 };
        Self {
            audience: audience.id,
            audience_key: audience.spec.key.clone(),
            destination: destination.spec.clone(),
            entry: mapping.entry_event.as_ref().map(entry),
        }
    }

    /// Whether people who were sent by one stand where the other would bring them.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.audience_key == other.audience_key
            && self.destination.integration == other.destination.integration
            && self.destination.profile == other.destination.profile
    }

    /// Whether what a claim sends is stored with it: it may look otherwise by a resend.
    #[must_use]
    pub fn carries_more(&self) -> bool {
        self.destination.carries_more() || self.entry.is_some()
    }

    /// Whether messages carry this identifier or field.
    #[must_use]
    pub fn carries(&self, field: &str) -> bool {
        self.destination.carries(field)
    }

    /// Of these names, those that messages carry.
    #[must_use]
    pub fn carried(&self, names: Names) -> Names {
        let Names { id, email, phone } = names;
        Names {
            id,
            email: email.filter(|_| self.carries("email")),
            phone: phone.filter(|_| self.carries("phone")),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{destinations::Profile, people::Person};

    fn route(key: &str, integration: &str, profile: Profile) -> Route {
        Route {
            audience: AudienceId(Uuid::from_u128(1)),
            audience_key: key.parse().unwrap(),
            destination: DestinationSpec {
                key: "meta".parse().unwrap(),
                profile,
                integration: integration.to_owned(),
                fields: Vec::new(),
                hash: false,
                value: None,
                budget: crate::destinations::budget::Budget::default(),
            },
            entry: None,
        }
    }

    #[test]
    fn a_place_is_the_audiences_name_and_the_destinations() {
        let one = route("vip", "Meta", Profile::MetaCustomAudiences);
        let mut hashed = one.clone();
        hashed.destination.hash = true;
        hashed.destination.key = "other".parse().unwrap();
        assert!(one.is_same_place(&hashed));
        for other in [
            route("vips", "Meta", Profile::MetaCustomAudiences),
            route("vip", "meta", Profile::MetaCustomAudiences),
            route("vip", "Meta", Profile::Plain),
        ] {
            assert!(!one.is_same_place(&other), "{other:?}");
        }
    }

    #[test]
    fn only_what_messages_carry_names_somebody() {
        let person = Person {
            cio_id: "a".to_owned(),
            id: Some("u".to_owned()),
            email: Some("a@example.com".to_owned()),
            phone: Some("+14155552671".to_owned()),
            fields: std::collections::BTreeMap::new(),
        };
        let list = route("vip", "Meta", Profile::MetaCustomAudiences).carried(Names::of(&person));
        assert_eq!(list.email.as_deref(), Some("a@example.com"));
        let plain = route("vip", "Plain", Profile::Plain).carried(Names::of(&person));
        assert_eq!((plain.id.as_deref(), plain.email, plain.phone), (Some("u"), None, None));
    }
}
