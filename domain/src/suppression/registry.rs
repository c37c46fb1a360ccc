//! The registry: the reasons for which people are kept out, the first of them first.

use serde::{Deserialize, Serialize};

use super::{SuppressionRow, SuppressionSpec};

/// What a rule protects from. Told by the reason's first word, so that a file may say more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Paying to advertise what they bought: the first exclusion everywhere.
    Purchase,
    /// Selling to somebody who gave it back.
    Refund,
    /// Advertising to somebody who waits for help.
    Support,
    /// Following somebody who asked not to be.
    Unsubscribed,
    /// Anything else.
    Other,
}

impl Kind {
    /// All of them, in the order of the registry.
    pub const ALL: [Self; 5] =
        [Self::Purchase, Self::Refund, Self::Support, Self::Unsubscribed, Self::Other];

    /// Those that a whole policy covers.
    pub const POLICY: [Self; 4] = [Self::Purchase, Self::Refund, Self::Support, Self::Unsubscribed];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Support => "support",
            Self::Unsubscribed => "unsubscribed",
            Self::Other => "other",
        }
    }

    /// What its reasons begin with: `refund` and `refunded` alike.
    const fn stem(self) -> &'static str {
        match self {
            Self::Unsubscribed => "unsubscribe",
            other => other.as_str(),
        }
    }

    /// The kind of a reason.
    #[must_use]
    pub fn of(reason: &str) -> Self {
        let reason = reason.trim().to_lowercase();
        let begins = |kind: &Self| reason.starts_with(kind.stem());
        Self::POLICY.into_iter().find(begins).unwrap_or(Self::Other)
    }
}

/// Puts rules in the order of the registry: purchase is first whatever its key.
pub fn sort(rules: &mut [SuppressionRow]) {
    rules.sort_by(|a, b| (a.spec.kind(), &a.spec.key).cmp(&(b.spec.kind(), &b.spec.key)));
}

/// The reasons that no rule covers.
#[must_use]
pub fn missing(rules: &[SuppressionRow]) -> Vec<Kind> {
    uncovered(rules.iter().map(|rule| &rule.spec))
}

/// The same of rules without their people.
pub fn uncovered<'a>(rules: impl IntoIterator<Item = &'a SuppressionSpec>) -> Vec<Kind> {
    let covered: Vec<Kind> = rules.into_iter().map(SuppressionSpec::kind).collect();
    Kind::POLICY.into_iter().filter(|kind| !covered.contains(kind)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(number: usize, reason: &str) -> SuppressionRow {
        SuppressionRow {
            spec: SuppressionSpec::new(format!("r{number}").parse().unwrap(), reason),
            people: 0,
            mirrored_at: None,
            stale: None,
        }
    }

    #[test]
    fn a_reason_is_of_the_kind_that_it_begins_with() {
        for (reason, kind) in [
            ("purchase", Kind::Purchase),
            (" Purchased in the last 24 h", Kind::Purchase),
            ("refund or return", Kind::Refund),
            ("SUPPORT", Kind::Support),
            ("Unsubscribed", Kind::Unsubscribed),
            ("unsubscribe", Kind::Unsubscribed),
            ("do not target", Kind::Other),
            ("bought", Kind::Other),
            ("", Kind::Other),
        ] {
            assert_eq!(Kind::of(reason), kind, "{reason:?}");
        }
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.as_str()), kind);
        }
    }

    proptest! {
        #[test]
        fn purchase_comes_first_and_what_is_missing_is_not_there(
            kinds in prop::collection::vec(0..Kind::ALL.len(), 0..8),
        ) {
            let kinds: Vec<Kind> = kinds.into_iter().map(|at| Kind::ALL[at]).collect();
            let mut rules: Vec<SuppressionRow> =
                kinds.iter().enumerate().map(|(at, kind)| rule(at, kind.as_str())).collect();
            sort(&mut rules);
            let first_other = rules.iter().position(|one| one.spec.kind() != Kind::Purchase);
            let purchases = kinds.iter().filter(|kind| **kind == Kind::Purchase).count();
            prop_assert_eq!(first_other.unwrap_or(rules.len()), purchases);
            for kind in Kind::POLICY {
                prop_assert_eq!(missing(&rules).contains(&kind), !kinds.contains(&kind));
            }
        }
    }
}
