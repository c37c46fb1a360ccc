//! How much the names of the contract changed lately.

use super::{
    Churn, Compatibility, Contract, change::differences, request::Version, service::ContractService,
};
use crate::{error::Result, time::Span};

/// So far back.
const LATELY: Span = Span::from_hours(90 * 24);

impl ContractService {
    /// What the versions of the last 90 days changed.
    pub async fn churn(&self) -> Result<Churn> {
        Ok(count(&self.lately().await?))
    }

    /// The versions of the last 90 days, after the one before; the last is in force.
    pub(super) async fn lately(&self) -> Result<Vec<Version>> {
        self.store.versions(self.clock.now().minus(LATELY)).await
    }
}

/// Of versions in their order; the first is what was before.
pub(super) fn count(versions: &[Version]) -> Churn {
    let pairs = versions.iter().zip(versions.iter().skip(1));
    pairs.fold(Churn::default(), |churn, (was, is)| added(churn, &was.contract, &is.contract))
}

fn added(churn: Churn, was: &Contract, is: &Contract) -> Churn {
    let gone = || was.events.keys().filter(|name| !is.events.contains_key(*name));
    let renamed = gone().filter(|name| is.canonical(name).is_some()).count() as u64;
    let narrowing = |one: &&super::Difference| one.compatibility > Compatibility::Additive;
    Churn {
        versions: churn.versions + 1,
        renamed: churn.renamed + renamed,
        removed: churn.removed + gone().count() as u64 - renamed,
        narrowed: churn.narrowed + differences(was, is).iter().filter(narrowing).count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Event;

    fn version(events: &[(&str, &str)]) -> Version {
        let event = |&(name, alias): &(&str, &str)| {
            let aliases = [alias.to_owned()].into();
            (name.to_owned(), Event { aliases, ..Event::default() })
        };
        let contract = Contract { events: events.iter().map(event).collect() };
        Version { contract, ..Version::default() }
    }

    #[test]
    fn names_that_went_are_renamed_or_gone() {
        let all = [
            version(&[("A", "a"), ("B", "b")]),
            version(&[("A2", "A"), ("B", "b")]),
            version(&[("A2", "A")]),
            version(&[("A2", "A"), ("C", "c")]),
        ];
        let churn = count(&all);
        assert_eq!((churn.versions, churn.renamed, churn.removed), (3, 1, 1));
        // A went, its alias with it, and B; what was added harms nobody.
        assert_eq!(churn.narrowed, 3, "{churn:?}");
        assert_eq!(count(&all[..1]), Churn::default());
        assert_eq!(count(&[]), Churn::default());
    }
}
