//! Modes: what the vendors leave open, or what changes from day to day, as switches.
//!
//! To add one: a field here with its default, and the place that asks for it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happens to a batch of more than 2,500 messages; Segment doesn't say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OversizedBatch {
    /// Nothing of it arrives.
    #[default]
    DropAll,
    /// The first 2,500 arrive.
    DropExcess,
}

/// The switches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Modes {
    /// Whether the App API's 429 carries `Retry-After`; it doesn't when a daily quota was hit.
    pub customerio_retry_after: bool,
    /// Whether items of a bulk attribute answer are wrapped in `customer`, as the
    /// specification says, or bare, as the live service answers.
    pub wrapped_attributes: bool,
    /// How many looks at an export find it pending.
    pub export_polls: u32,
    /// Whether exports fail in the end.
    pub failing_exports: bool,
    /// So many links to an export are dead when they are used.
    pub dead_links: u32,
    /// Whether the tracking API's 429 carries `Retry-After` and `X-RateLimit-Reset`.
    pub tracking_retry_after: bool,
    /// What happens to a batch of more than 2,500 messages.
    pub oversized_batch: OversizedBatch,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            customerio_retry_after: true,
            wrapped_attributes: false,
            export_polls: 2,
            failing_exports: false,
            dead_links: 0,
            tracking_retry_after: true,
            oversized_batch: OversizedBatch::default(),
        }
    }
}

impl Modes {
    /// The same with the members of a JSON object in place of its own.
    pub fn patched(&self, patch: &Value) -> Result<Self, serde_json::Error> {
        let mut all = serde_json::to_value(self)?;
        if let (Value::Object(all), Value::Object(patch)) = (&mut all, patch) {
            all.extend(patch.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        serde_json::from_value(all)
    }

    /// Whether the link that is being used is one of those that are dead.
    pub(super) fn kill_link(&mut self) -> bool {
        let is_dead = self.dead_links > 0;
        self.dead_links = self.dead_links.saturating_sub(1);
        is_dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_what_it_names_and_refuses_the_rest() {
        let modes = Modes::default();
        let patched = modes.patched(&json!({"oversized_batch": "drop_excess"})).unwrap();
        assert_eq!(patched, Modes { oversized_batch: OversizedBatch::DropExcess, ..modes.clone() });
        assert_eq!(modes.patched(&json!({})).unwrap(), modes);
        for nonsense in [json!({"no_such": true}), json!({"export_polls": -1})] {
            assert!(modes.patched(&nonsense).is_err(), "{nonsense}");
        }
    }
}
