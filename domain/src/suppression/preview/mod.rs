//! What changing or retiring a suppression would do, before it is done: whom it would keep out
//! then, and who would leave or come back where.

#[cfg(feature = "service")]
pub mod service;

use serde::{Deserialize, Serialize};

use crate::{key::Key, mappings::UseCase};

/// What a change does to a mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Which.
    pub mapping: Key,
    /// Where to.
    pub destination: Key,
    /// What for.
    pub use_case: UseCase,
    /// Whether it runs. One that is paused sends these exits, and no entry.
    pub is_active: bool,
    /// People who are there and would leave.
    pub leave: u64,
    /// People who aren't there and would come.
    pub come: u64,
}

/// What a change does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// Whom the rule keeps out now.
    pub before: u64,
    /// Whom it would.
    pub after: u64,
    /// Mappings where somebody would leave or come.
    pub shifts: Vec<Shift>,
}

impl Effect {
    /// Exits that it would send.
    #[must_use]
    pub fn leave(&self) -> u64 {
        self.shifts.iter().map(|shift| shift.leave).sum()
    }

    /// Entries that it would send.
    #[must_use]
    pub fn come(&self) -> u64 {
        self.shifts.iter().filter(|shift| shift.is_active).map(|shift| shift.come).sum()
    }
}

#[cfg(feature = "service")]
mod weigh {
    use std::collections::BTreeMap;

    use super::Shift;
    use crate::{
        configuration::Configuration,
        ids::MappingId,
        people::PersonSet,
        suppression::held::Suppressed,
        sync::decide::{Facts, decide},
    };

    /// Who would leave or come if others were suppressed: by the same decision as a run.
    #[must_use]
    pub fn weigh(
        configuration: &Configuration,
        facts: &Facts,
        suppressed: Suppressed,
        present: &BTreeMap<MappingId, PersonSet>,
    ) -> Vec<Shift> {
        let was = decide(configuration, facts);
        let will = decide(configuration, &Facts { suppressed, ..facts.clone() });
        let (empty, mut shifts) = (PersonSet::new(), Vec::new());
        for mapping in &configuration.mappings {
            let (Some(was), Some(will)) = (was.get(&mapping.id), will.get(&mapping.id)) else {
                continue;
            };
            let there = present.get(&mapping.id).unwrap_or(&empty);
            let leave = (&(&was.target & there) - &will.target).len();
            let come = (&(&will.target - &was.target) - there).len();
            if leave + come > 0 {
                shifts.push(Shift {
                    mapping: mapping.spec.key.clone(),
                    destination: mapping.spec.destination.clone(),
                    use_case: mapping.spec.use_case,
                    is_active: mapping.spec.active,
                    leave,
                    come,
                });
            }
        }
        shifts
    }

    #[cfg(test)]
    mod tests {
        use proptest::prelude::*;

        use super::*;
        use crate::sync::decide::tests::{held, people, world};

        proptest! {
            /// What was delivered exactly as decided shifts by what the change adds and takes.
            #[test]
            fn a_change_and_its_undoing_are_opposite(
                (configuration, facts) in world(), others in people(),
            ) {
                let present = |facts: &Facts| -> BTreeMap<MappingId, PersonSet> {
                    let decided = decide(&configuration, facts).into_iter();
                    decided.map(|(id, decision)| (id, decision.target)).collect()
                };
                let other = Suppressed::of([held(&[], others)]);
                let changed = Facts { suppressed: other.clone(), ..facts.clone() };
                let there = weigh(&configuration, &facts, other, &present(&facts));
                let back =
                    weigh(&configuration, &changed, facts.suppressed.clone(), &present(&changed));
                let flipped: Vec<Shift> = back
                    .into_iter()
                    .map(|shift| Shift { leave: shift.come, come: shift.leave, ..shift })
                    .collect();
                prop_assert_eq!(&there, &flipped);
                let same = facts.suppressed.clone();
                prop_assert!(weigh(&configuration, &facts, same, &present(&facts)).is_empty());
                for shift in &there {
                    prop_assert!(shift.use_case.is_addressed(), "suppress mappings stay");
                }
            }
        }
    }
}

#[cfg(feature = "service")]
pub use weigh::weigh;
