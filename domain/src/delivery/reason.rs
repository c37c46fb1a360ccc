//! Why somebody comes in: they have just joined, or what kept them out has ended.

use std::collections::BTreeMap;

use crate::{
    people::{Ordinal, PersonSet},
    sync::Cause,
};

/// Why an entry was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// They are new in the audience, or back in it.
    Joined,
    /// They were a member already, withheld for this.
    No(Cause),
    /// They are there already: something about them is told again.
    Again,
}

/// Who comes in for another reason than having joined, by reason.
pub type Reasons = BTreeMap<Reason, PersonSet>;

impl Reason {
    /// As messages say it, and as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::No(Cause::Suppressed) => "suppression_ended",
            Self::No(Cause::Unconsented) => "consented",
            Self::No(Cause::Holdout) => "holdout_ended",
            Self::No(Cause::Outranked) => "no_longer_outranked",
            Self::No(Cause::Held) => "hold_ended",
            Self::No(Cause::Unidentifiable) => "identified",
            Self::No(Cause::Refused) => "accepted_again",
            Self::Again => "again",
        }
    }

    /// Why this person comes in.
    #[must_use]
    pub fn of(reasons: &Reasons, person: Ordinal) -> Self {
        let found = reasons.iter().find(|(_, people)| people.contains(person));
        found.map_or(Self::Joined, |(reason, _)| *reason)
    }
}

/// Of those who come in, who was withheld before and for what, and who is there already.
#[must_use]
pub fn reasons(
    entering: &PersonSet,
    present: &PersonSet,
    withheld: &BTreeMap<Cause, PersonSet>,
) -> Reasons {
    let released = withheld.iter().map(|(cause, people)| (Reason::No(*cause), people & entering));
    let mut all: Reasons =
        [(Reason::Again, present & entering)].into_iter().chain(released).collect();
    all.retain(|_, people| !people.is_empty());
    all
}

impl std::str::FromStr for Reason {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let released = Cause::ALL.map(Self::No).into_iter();
        released
            .chain([Self::Joined, Self::Again])
            .find(|reason| reason.as_str() == text)
            .ok_or_else(|| format!("no reason is called {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_comes_in_for_one_reason() {
        let set = |people: &[Ordinal]| people.iter().copied().collect::<PersonSet>();
        let withheld = BTreeMap::from([
            (Cause::Held, set(&[2, 3])),
            (Cause::Suppressed, set(&[4, 9])),
            (Cause::Holdout, set(&[8])),
        ]);
        let all = reasons(&set(&[1, 2, 3, 4, 5]), &set(&[5, 6]), &withheld);
        let told: Vec<_> = (1..=5).map(|person| Reason::of(&all, person).as_str()).collect();
        assert_eq!(told, ["joined", "hold_ended", "hold_ended", "suppression_ended", "again"]);
        assert_eq!(all.len(), 3, "nobody of the holdout comes in");
    }

    #[test]
    fn a_reason_is_read_as_it_is_written() {
        for reason in Cause::ALL.map(Reason::No).into_iter().chain([Reason::Joined, Reason::Again])
        {
            assert_eq!(reason.as_str().parse(), Ok(reason));
        }
        assert!("bored".parse::<Reason>().is_err());
    }
}
