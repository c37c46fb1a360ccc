//! The counting: set algebra over whole audiences, quick at millions of people.

use super::{Coverage, Lost};
use crate::{destinations::Profile, people::PersonSet, sync::port::IdentifierSets};

/// What is known of everybody.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    /// Who has which identifier.
    pub identifiers: IdentifierSets,
    /// Whose phone number was read lately, whether they have one or not.
    pub phone_read: PersonSet,
}

/// Members by what names them.
#[must_use]
pub fn cover(members: &PersonSet, sets: &Sets) -> Coverage {
    let IdentifierSets { email, phone, id } = &sets.identifiers;
    let (email, phone) = (members & email, members & phone);
    let contact = &email | &phone;
    let without = members - &contact;
    let read = without.intersection_len(&sets.phone_read);
    Coverage {
        members: members.len(),
        email: email.len(),
        phone: phone.len(),
        id: members.intersection_len(id),
        any: contact.len() + without.intersection_len(id),
        both: email.intersection_len(&phone),
        contact: contact.len(),
        gap: read,
        unread: without.len() - read,
    }
}

/// Members who can't be found at a platform, each under the first cause that applies.
#[must_use]
pub fn lost(profile: Profile, members: &PersonSet, sets: &Sets) -> Lost {
    let needs = profile.identifiable();
    if needs.cio_id {
        return Lost::default();
    }
    let IdentifierSets { email, phone, id } = &sets.identifiers;
    let mut rest = members.clone();
    for (counts, set) in [(needs.email, email), (needs.phone, phone), (needs.id, id)] {
        if counts {
            rest -= set;
        }
    }
    let read = &rest & &sets.phone_read;
    let unread = if needs.phone { rest.len() - read.len() } else { 0 };
    if needs.phone {
        rest = read;
    }
    let id_only = rest.intersection_len(id);
    Lost { unread, id_only, nameless: rest.len() - id_only }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::sync::decide::tests::people;

    fn sets() -> impl Strategy<Value = Sets> {
        (people(), people(), people(), people()).prop_map(|(email, phone, id, read)| Sets {
            // Whoever has a number was read once.
            phone_read: read | &phone,
            identifiers: IdentifierSets { email, phone, id },
        })
    }

    proptest! {
        /// The same as asking each member.
        #[test]
        fn counts_agree_with_asking_one_by_one(members in people(), sets in sets()) {
            let IdentifierSets { email, phone, id } = &sets.identifiers;
            let count = |is: &dyn Fn(u32) -> bool| members.iter().filter(|one| is(*one)).count() as u64;
            let contact = |one| email.contains(one) || phone.contains(one);
            let covered = cover(&members, &sets);
            prop_assert_eq!(covered, Coverage {
                members: members.len(),
                email: count(&|one| email.contains(one)),
                phone: count(&|one| phone.contains(one)),
                id: count(&|one| id.contains(one)),
                any: count(&|one| contact(one) || id.contains(one)),
                both: count(&|one| email.contains(one) && phone.contains(one)),
                contact: count(&contact),
                gap: count(&|one| !contact(one) && sets.phone_read.contains(one)),
                unread: count(&|one| !contact(one) && !sets.phone_read.contains(one)),
            });
            prop_assert_eq!(covered.contact + covered.gap + covered.unread, covered.members);
        }

        /// Everybody is found, or lost for one cause: as the decision has it.
        #[test]
        fn each_lost_person_has_one_cause(
            profile in select(Profile::ALL.to_vec()), members in people(), sets in sets(),
        ) {
            let needs = profile.identifiable();
            let IdentifierSets { email, phone, id } = &sets.identifiers;
            let found = |one: &u32| {
                needs.cio_id
                    || needs.email && email.contains(*one)
                    || needs.phone && phone.contains(*one)
                    || needs.id && id.contains(*one)
            };
            let findable = members.iter().filter(found).count() as u64;
            prop_assert_eq!(findable + lost(profile, &members, &sets).sum(), members.len());
        }
    }

    #[test]
    fn a_million_people_take_the_time_of_a_click() {
        let every = |step: usize| (0..1_000_000_u32).step_by(step).collect::<PersonSet>();
        let (email, phone, id) = (every(2), every(3), every(5));
        let sets = Sets { identifiers: IdentifierSets { email, phone, id }, phone_read: every(1) };
        let covered = cover(&every(1), &sets);
        assert_eq!((covered.email, covered.phone, covered.both), (500_000, 333_334, 166_667));
        assert_eq!(covered.gap, 333_333);
    }
}
