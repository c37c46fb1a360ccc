//! The audit trail: who changed what, when, from what to what. Kept for good.
//!
//! Every change writes its line in the transaction that makes it. A new kind of change needs
//! nothing here: its detail is JSON, and [`Line`]s are made of whatever it holds.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::Instant;

/// Entries of one page.
#[cfg(feature = "service")]
const PAGE: usize = 100;

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its identity, by which the list goes on.
    pub id: uuid::Uuid,
    /// When.
    pub at: Instant,
    /// Who: an e-mail address, `host` for a command, `segue` for itself, `Customer.io` where it
    /// was done there.
    pub actor: String,
    /// What they did: a verb such as `update`.
    pub action: String,
    /// To what: a kind and a name, such as `mapping cart-to-meta`.
    pub subject: String,
    /// What it changed.
    pub lines: Vec<Line>,
}

/// One value that was changed, or said of what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// What it was; nothing where there was nothing, or it isn't known.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

/// What to look for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A kind (`mapping`), or a kind and a name (`mapping cart-to-meta`); empty for all.
    pub about: String,
    /// Who did it; empty for anybody.
    pub by: String,
}

/// Some entries, the newest first, and where the list goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// The last entry's id, if there are more.
    pub older: Option<uuid::Uuid>,
}

/// What a stored detail says: one line a value.
#[must_use]
pub fn lines(detail: &str) -> Vec<Line> {
    match serde_json::from_str(detail) {
        Ok(Value::Array(changes)) => changes.iter().filter_map(change).collect(),
        Ok(value @ Value::Object(_)) => {
            change(&value).map_or_else(|| values(&value), |one| vec![one])
        }
        _ => Vec::new(),
    }
}

/// A change of a field: its name, before, after.
fn change(value: &Value) -> Option<Line> {
    let (name, before, after) = (value.get("field")?, value.get("before")?, value.get("after")?);
    Some(Line { name: name.as_str()?.to_owned(), before: text(before), after: text(after) })
}

fn values(value: &Value) -> Vec<Line> {
    let fields = value.as_object().into_iter().flatten();
    // A new thing is told by its subject already.
    fields
        .filter(|(name, _)| *name != "key")
        .filter_map(|(name, value)| {
            let after = text(value)?;
            Some(Line { name: name.clone(), before: None, after: Some(after) })
        })
        .collect()
}

/// A value as a person would write it; nothing where it is empty.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}

#[cfg(feature = "service")]
pub use service::{TrailService, TrailStore};

#[cfg(feature = "service")]
mod service {
    use std::sync::Arc;

    use async_trait::async_trait;
    use uuid::Uuid;

    use super::{Entry, Filter, PAGE, Page};
    use crate::error::Result;

    /// Reads the trail.
    #[async_trait]
    pub trait TrailStore: Send + Sync {
        /// The newest first, those after `older` in the list.
        async fn trail(
            &self,
            filter: &Filter,
            older: Option<Uuid>,
            limit: i64,
        ) -> Result<Vec<Entry>>;

        /// How often one thing was made or changed.
        async fn versions(&self, about: &str) -> Result<u64>;
    }

    /// Shows the trail.
    pub struct TrailService {
        store: Arc<dyn TrailStore>,
    }

    impl TrailService {
        /// Over this.
        pub fn new(store: Arc<dyn TrailStore>) -> Self {
            Self { store }
        }

        /// The newest entries about one thing: as many as stand on its page.
        pub async fn newest(&self, about: &str) -> Result<Vec<Entry>> {
            let filter = Filter { about: about.to_owned(), ..Filter::default() };
            self.store.trail(&filter, None, 10).await
        }

        /// How often one thing was made or changed: the number of its version.
        pub async fn versions(&self, about: &str) -> Result<u64> {
            self.store.versions(about).await
        }

        /// A page of the trail.
        pub async fn page(&self, filter: &Filter, older: Option<Uuid>) -> Result<Page> {
            let filter = Filter {
                about: filter.about.trim().to_owned(),
                by: filter.by.trim().to_lowercase(),
            };
            let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            let mut entries = self.store.trail(&filter, older, most).await?;
            let has_more = entries.len() > PAGE;
            entries.truncate(PAGE);
            let older = entries.last().map(|entry| entry.id).filter(|_| has_more);
            Ok(Page { entries, older })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(detail: &str) -> Vec<(String, Option<String>, Option<String>)> {
        lines(detail).into_iter().map(|line| (line.name, line.before, line.after)).collect()
    }

    fn line(
        name: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> (String, Option<String>, Option<String>) {
        (name.to_owned(), before.map(str::to_owned), after.map(str::to_owned))
    }

    #[test]
    fn every_kind_of_detail_is_told() {
        let update = r#"[{"field":"every","before":"5m","after":"1h"},{"field":"owner","before":null,"after":"Ada"}]"#;
        assert_eq!(
            told(update),
            [line("every", Some("5m"), Some("1h")), line("owner", None, Some("Ada"))]
        );
        let set = r#"{"field":"events_per_second","before":1000,"after":50}"#;
        assert_eq!(told(set), [line("events_per_second", Some("1000"), Some("50"))]);
        let create = r#"{"key":"meta","profile":"plain","fields":["ltv","tier"],"hash":false,"owner":null,"none":[]}"#;
        assert_eq!(
            told(create),
            [
                line("fields", None, Some("ltv, tier")),
                line("hash", None, Some("false")),
                line("profile", None, Some("plain")),
            ]
        );
        for empty in ["{}", "", "nonsense", "[]", "[1]", "null", "7"] {
            assert_eq!(told(empty), [], "{empty}");
        }
    }
}
