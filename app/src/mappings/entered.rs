//! What the form of a mapping sends, and the mapping that it means.

use domain::{
    key::Key,
    mappings::{HoldoutPercent, MappingSpec},
};
use serde::{Deserialize, Serialize};

use crate::error::AppError;

/// What the form of a mapping sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingForm {
    /// Its name in Segue.
    pub key: String,
    /// The audience's key.
    pub audience: String,
    /// The destination's key.
    pub destination: String,
    /// What for.
    #[serde(default)]
    pub use_case: String,
    /// How often, such as `5m`.
    pub every: String,
    /// Percent of members.
    #[serde(default)]
    pub holdout_percent: String,
    /// How long an entry is held, such as `4h`, or empty.
    #[serde(default)]
    pub offset: String,
    /// How long whoever left stays out, such as `1d`, or empty.
    #[serde(default)]
    pub dwell: String,
    /// What an entry is called as an event, or empty.
    #[serde(default)]
    pub entry_event: String,
    /// The group's key, or empty.
    #[serde(default)]
    pub exclusivity_group: String,
    /// The lower wins in a group.
    #[serde(default)]
    pub priority: String,
    /// `true`, or empty for paused.
    #[serde(default)]
    pub active: String,
    /// Why it passes gates that block, or empty.
    #[serde(default)]
    pub gate_reason: String,
}

impl MappingForm {
    /// From wherever its fields can be found by name.
    #[must_use]
    pub fn of(field: impl Fn(&str) -> String) -> Self {
        Self {
            key: field("key"),
            audience: field("audience"),
            destination: field("destination"),
            use_case: field("use_case"),
            every: field("every"),
            holdout_percent: field("holdout_percent"),
            offset: field("offset"),
            dwell: field("dwell"),
            entry_event: field("entry_event"),
            exclusivity_group: field("exclusivity_group"),
            priority: field("priority"),
            active: field("active"),
            gate_reason: field("gate_reason"),
        }
    }

    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<MappingSpec, AppError> {
        let holdout: f64 = match self.holdout_percent.trim() {
            "" => 0.0,
            text => text.parse().map_err(|_| {
                AppError::invalid("holdout_percent", "Write a number from 0 to 100, such as 2.5")
            })?,
        };
        let span = |field: &str, text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|error| AppError::invalid(field, error)),
        };
        let (group, event) = (self.exclusivity_group.trim(), self.entry_event.trim());
        Ok(MappingSpec {
            key: key("key", &self.key)?,
            audience: key("audience", &self.audience)
                .map_err(|_| AppError::invalid("audience", "Choose an audience"))?,
            destination: key("destination", &self.destination)
                .map_err(|_| AppError::invalid("destination", "Choose a destination"))?,
            use_case: self
                .use_case
                .parse()
                .map_err(|_| AppError::invalid("use_case", "Choose what it is for"))?,
            exclusivity_group: match group {
                "" => None,
                group => Some(key("exclusivity_group", group)?),
            },
            priority: match self.priority.trim() {
                "" => 100,
                text => text.parse().map_err(|_| {
                    AppError::invalid("priority", "Write a whole number, such as 100")
                })?,
            },
            every: self.every.parse().map_err(|error| AppError::invalid("every", error))?,
            holdout_percent: HoldoutPercent::try_from(holdout).map_err(|_| {
                AppError::invalid("holdout_percent", "Write a number from 0 to 100, such as 2.5")
            })?,
            offset: span("offset", &self.offset)?,
            dwell: span("dwell", &self.dwell)?,
            entry_event: (!event.is_empty()).then(|| event.to_owned()),
            active: self.active == "true",
        })
    }

    /// What the page shows again if it can't be saved.
    #[cfg(feature = "ssr")]
    pub(super) fn typed(&self) -> [(&'static str, &str); 13] {
        [
            ("key", &self.key),
            ("audience", &self.audience),
            ("destination", &self.destination),
            ("use_case", &self.use_case),
            ("every", &self.every),
            ("holdout_percent", &self.holdout_percent),
            ("offset", &self.offset),
            ("dwell", &self.dwell),
            ("entry_event", &self.entry_event),
            ("exclusivity_group", &self.exclusivity_group),
            ("priority", &self.priority),
            ("active", &self.active),
            ("gate_reason", &self.gate_reason),
        ]
    }

    /// Why it passes gates, if that was said.
    #[cfg(feature = "ssr")]
    pub(super) fn reason(&self) -> Option<&str> {
        Some(self.gate_reason.trim()).filter(|reason| !reason.is_empty())
    }
}

fn key(field: &str, text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|error| AppError::invalid(field, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> MappingForm {
        MappingForm {
            key: "vip-meta".to_owned(),
            audience: "vip".to_owned(),
            destination: "meta".to_owned(),
            use_case: "retarget".to_owned(),
            every: "5m".to_owned(),
            active: "true".to_owned(),
            ..MappingForm::default()
        }
    }

    #[test]
    fn what_may_stay_empty_has_the_defaults_of_a_file() {
        let spec = form().parse().expect("it is whole");
        assert_eq!((spec.priority, spec.holdout_percent.0, spec.active), (100, 0, true));
        assert_eq!(spec.exclusivity_group, None);
        assert_eq!((spec.offset, spec.dwell, spec.entry_event), (None, None, None));
    }

    type Spoil = fn(&mut MappingForm);

    #[test]
    fn each_field_names_itself_when_it_is_wrong() {
        let cases: [(&str, Spoil); 10] = [
            ("key", |form| form.key = "Vip Meta".to_owned()),
            ("audience", |form| form.audience.clear()),
            ("destination", |form| form.destination.clear()),
            ("use_case", |form| form.use_case.clear()),
            ("every", |form| form.every = "soon".to_owned()),
            ("holdout_percent", |form| form.holdout_percent = "101".to_owned()),
            ("offset", |form| form.offset = "later".to_owned()),
            ("dwell", |form| form.dwell = "-1d".to_owned()),
            ("priority", |form| form.priority = "first".to_owned()),
            ("exclusivity_group", |form| form.exclusivity_group = "A B".to_owned()),
        ];
        for (field, spoil) in cases {
            let mut form = form();
            spoil(&mut form);
            match form.parse() {
                Err(AppError::Invalid { field: wrong, .. }) => assert_eq!(wrong, field),
                other => panic!("{field}: {other:?}"),
            }
        }
    }
}
