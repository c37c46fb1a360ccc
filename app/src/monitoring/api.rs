//! The server function of monitoring.

use domain::monitoring::{Only, report::Report, window::Range};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::{error::AppError, format};

/// The page.
pub const PAGE: &str = "/monitoring";

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// How far back.
    pub range: Range,
    /// Whose figures.
    pub only: Only,
    /// Whether the period before is drawn too.
    pub compares: bool,
}

impl Asked {
    /// As an address says it; what it says otherwise is as if it said nothing.
    #[must_use]
    pub fn read(get: impl Fn(&str) -> String) -> Self {
        let get = |name| get(name).trim().to_owned();
        Self {
            range: get("range").parse().unwrap_or_default(),
            only: Only { mapping: get("mapping"), destination: get("destination") },
            compares: get("compare") == "before",
        }
    }

    /// The address of a page or a file that says the same.
    #[must_use]
    pub fn address(&self, page: &str) -> String {
        let range = if self.range == Range::default() { "" } else { self.range.as_str() };
        let compare = if self.compares { "before" } else { "" };
        let pairs = [
            ("range", range),
            ("mapping", &self.only.mapping),
            ("destination", &self.only.destination),
            ("compare", compare),
        ];
        format::with_query(page, pairs)
    }
}

/// What moved, what failed and how long it took.
#[server(prefix = "/fn", endpoint = "read_monitoring")]
pub async fn read_monitoring(
    /// Of what.
    asked: Asked,
) -> Result<Report, AppError> {
    let (services, _) = enter()?;
    let Asked { range, only, compares } = asked;
    Ok(services.monitoring.report(range, only, compares).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_asked_and_nothing_else() {
        let read = |query: &str| {
            let pairs: Vec<(&str, &str)> =
                query.split('&').filter_map(|pair| pair.split_once('=')).collect();
            Asked::read(|name| {
                let found = pairs.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
            })
        };
        for query in ["", "?range=1y&mapping=cart-to-meta&compare=before", "?destination=meta"] {
            let asked = read(query.trim_start_matches('?'));
            assert_eq!(asked.address(PAGE), format!("{PAGE}{query}"));
        }
        assert_eq!(read("range=24h&compare=no"), Asked::default());
        assert_eq!(read("range=7years"), Asked::default(), "what nobody offers is the default");
    }
}
