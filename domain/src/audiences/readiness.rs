//! Which segments to begin with: those that lack least before their people can go somewhere.

use serde::{Deserialize, Serialize};

use super::{Segment, SegmentState, template::TEMPLATES};
use crate::{key::Key, mappings::UseCase};

/// What a segment lacks before a first mapping, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// Customer.io is still computing it.
    Building,
    /// Nobody is in it.
    Empty,
    /// Too few of its people have an address or an id.
    Nameless,
    /// It is no audience yet.
    Promotion,
    /// It is none of those that usually earn something for the goal.
    Kind,
    /// Nobody has stated its window.
    Window,
    /// Nobody answers for it.
    Owner,
}

/// What is known of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFacts {
    /// As Customer.io describes it.
    pub segment: Segment,
    /// The audience that it is, with what is known of it.
    pub audience: Option<AudienceFacts>,
}

/// What is known of an audience.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceFacts {
    /// Its key.
    pub key: Key,
    /// Members by the last reading; nothing before.
    pub members: Option<u64>,
    /// Of those, who has an e-mail address or an id.
    pub named: u64,
    /// Whether somebody has stated its window.
    pub has_window: bool,
    /// Whether somebody answers for it.
    pub has_owner: bool,
}

/// A segment with its rank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranked {
    /// Its number in Customer.io.
    pub segment: i64,
    /// Its name there.
    pub name: String,
    /// The audience that it is.
    pub audience: Option<Key>,
    /// Members by the last reading.
    pub members: Option<u64>,
    /// What it lacks, worst first.
    pub lacks: Vec<Lack>,
}

/// Words by which people call the segments that usually earn something for a goal.
const fn usual(goal: UseCase) -> &'static [&'static str] {
    match goal {
        UseCase::Retarget => &["cart", "checkout", "abandon", "brows", "viewed", "lapsed", "first"],
        UseCase::Suppress => &["purchas", "bought", "buyer", "refund", "unsubscribed"],
        UseCase::Lookalike => &["vip", "ltv", "high", "repeat", "best", "loyal"],
        UseCase::Analytics => &[],
    }
}

fn lacks(facts: &SegmentFacts, goal: UseCase) -> Vec<Lack> {
    let name = facts.segment.name.to_lowercase();
    let words = usual(goal);
    let of_template =
        TEMPLATES.iter().any(|one| one.use_case == goal && name.contains(&one.name.to_lowercase()));
    let is_usual = words.is_empty() || of_template || words.iter().any(|word| name.contains(word));
    let mut lacks = Vec::new();
    let mut lack = |is: bool, what: Lack| {
        if is {
            lacks.push(what);
        }
    };
    lack(facts.segment.state != SegmentState::Finished, Lack::Building);
    lack(!is_usual, Lack::Kind);
    match &facts.audience {
        None => lack(true, Lack::Promotion),
        Some(audience) => {
            let members = audience.members;
            lack(members == Some(0), Lack::Empty);
            // The alarm of the identity gap: 40 % without a name.
            let nameless = members.is_some_and(|all| all > 0 && audience.named * 100 < all * 60);
            lack(nameless, Lack::Nameless);
            lack(!audience.has_window && goal == UseCase::Retarget, Lack::Window);
            lack(!audience.has_owner, Lack::Owner);
        }
    }
    lacks.sort();
    lacks
}

/// Puts segments in the order in which one would begin: the worst lack first counts, then how
/// many there are, then the larger audience, then the name.
#[must_use]
pub fn rank(segments: &[SegmentFacts], goal: UseCase) -> Vec<Ranked> {
    let mut ranked: Vec<Ranked> = segments
        .iter()
        .map(|facts| Ranked {
            segment: facts.segment.id,
            name: facts.segment.name.clone(),
            audience: facts.audience.as_ref().map(|audience| audience.key.clone()),
            members: facts.audience.as_ref().and_then(|audience| audience.members),
            lacks: lacks(facts, goal),
        })
        .collect();
    let worst = |one: &Ranked| one.lacks.first().copied();
    ranked.sort_by(|a, b| {
        // No lack goes before any; of two the milder one, which comes later in the list.
        let by_worst = match (worst(a), worst(b)) {
            (None, None) => std::cmp::Ordering::Equal,
            (None, Some(_)) => std::cmp::Ordering::Less,
            (Some(_), None) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => b.cmp(&a),
        };
        by_worst
            .then(a.lacks.len().cmp(&b.lacks.len()))
            .then(b.members.cmp(&a.members))
            .then_with(|| a.name.cmp(&b.name))
    });
    ranked
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(id: i64, name: &str) -> SegmentFacts {
        SegmentFacts {
            segment: Segment { id, name: name.to_owned(), state: SegmentState::Finished },
            audience: None,
        }
    }

    fn audience(id: i64, name: &str, members: u64, named: u64) -> SegmentFacts {
        let audience = AudienceFacts {
            key: format!("a{id}").parse().unwrap(),
            members: Some(members),
            named,
            has_window: true,
            has_owner: true,
        };
        SegmentFacts { audience: Some(audience), ..segment(id, name) }
    }

    #[test]
    fn what_lacks_least_goes_first_and_says_what_it_lacks() {
        let building = SegmentFacts {
            segment: Segment {
                state: SegmentState::Building { progress: None },
                ..segment(5, "Cart now").segment
            },
            audience: None,
        };
        let all = [
            segment(1, "Newsletter readers"),
            segment(2, "Cart abandoners"),
            audience(3, "Checkout started", 100, 59),
            audience(4, "Cart leavers", 50, 50),
            building,
        ];
        let ranked = rank(&all, UseCase::Retarget);
        let order: Vec<_> = ranked.iter().map(|one| (one.segment, one.lacks.clone())).collect();
        assert_eq!(
            order,
            [
                (4, vec![]),
                (2, vec![Lack::Promotion]),
                (1, vec![Lack::Promotion, Lack::Kind]),
                (3, vec![Lack::Nameless]),
                (5, vec![Lack::Building, Lack::Promotion]),
            ]
        );
        assert_eq!(rank(&all[..1], UseCase::Analytics)[0].lacks, [Lack::Promotion]);
    }

    proptest! {
        #[test]
        fn nobody_is_lost_and_less_is_never_worse(
            all in prop::collection::vec((0..200_u64, 0..200_u64, any::<bool>()), 0..12),
        ) {
            let facts: Vec<SegmentFacts> = (0_i64..)
                .zip(all)
                .map(|(id, (members, named, is_promoted))| {
                    if is_promoted { audience(id, "Cart", members, named) } else { segment(id, "Cart") }
                })
                .collect();
            let ranked = rank(&facts, UseCase::Retarget);
            prop_assert_eq!(ranked.len(), facts.len());
            for pair in ranked.windows(2) {
                prop_assert!(!(pair[1].lacks.is_empty() && !pair[0].lacks.is_empty()));
            }
        }
    }
}
