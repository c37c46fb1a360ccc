//! Where a suppression holds: everywhere, or at the destinations that it names.

use crate::key::Key;

use super::{Kind, SuppressionSpec};

/// Whether a rule of these destinations holds at one.
#[must_use]
pub fn holds_at(destinations: &[Key], destination: &Key) -> bool {
    destinations.is_empty() || destinations.contains(destination)
}

/// Why a rule may not hold there, if so.
#[must_use]
pub fn check_scope(spec: &SuppressionSpec) -> Option<&'static str> {
    let is_narrow = !spec.destinations.is_empty();
    (is_narrow && spec.kind() == Kind::Purchase)
        .then_some("a purchase keeps people out everywhere: name no destination")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purchase_can_be_left_out_nowhere() {
        let rule = |reason: &str, destinations: &[&str]| SuppressionSpec {
            destinations: destinations.iter().map(|key| key.parse().unwrap()).collect(),
            ..SuppressionSpec::new("rule".parse().unwrap(), reason)
        };
        assert!(check_scope(&rule("purchase", &["meta"])).is_some());
        assert!(check_scope(&rule("Purchased lately", &["meta"])).is_some());
        assert_eq!(check_scope(&rule("purchase", &[])), None);
        assert_eq!(check_scope(&rule("support", &["meta"])), None);
    }

    #[test]
    fn naming_no_destination_means_all() {
        let keys =
            |names: &[&str]| -> Vec<Key> { names.iter().map(|key| key.parse().unwrap()).collect() };
        let [meta, tiktok] = ["meta", "tiktok"].map(|key| key.parse::<Key>().unwrap());
        assert!(holds_at(&[], &meta));
        assert!(holds_at(&keys(&["meta"]), &meta));
        assert!(!holds_at(&keys(&["meta"]), &tiktok));
    }
}
