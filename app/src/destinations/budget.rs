//! How much may go to a destination, and how much does.

use std::collections::BTreeSet;

use domain::{
    contract::Event,
    destinations::{
        DestinationSpec,
        budget::{Budget, Budgeted, exported},
    },
    mappings::MappingRow,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::api::ChangeBudget;
use crate::{
    error::AppError,
    form::{FormError, answered, typed, wrong},
    format,
    ui::{Button, ButtonKind, Section, TextField},
};

/// Fields that show their own errors.
const FIELDS: &[&str] = &["audiences", "events", "properties"];

/// What the form sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetForm {
    /// Whose.
    pub key: String,
    /// The budget that whoever asks has seen: JSON.
    #[serde(default)]
    pub base: String,
    /// Most audiences; empty for any number.
    #[serde(default)]
    pub audiences: String,
    /// Most events.
    #[serde(default)]
    pub events: String,
    /// Most properties.
    #[serde(default)]
    pub properties: String,
}

impl BudgetForm {
    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<Budget, AppError> {
        let number = |field: &str, text: &str| match text.trim() {
            "" => Ok(None),
            text => text
                .parse::<u32>()
                .map(Some)
                .map_err(|_| AppError::invalid(field, "Write a whole number, or nothing")),
        };
        Ok(Budget {
            audiences: number("audiences", &self.audiences)?,
            events: number("events", &self.events)?,
            properties: number("properties", &self.properties)?,
        })
    }

    /// The budget that whoever asks has seen.
    pub fn base(&self) -> Result<Budget, AppError> {
        let again = |_| AppError::invalid("base", "Load the page again, then change it");
        serde_json::from_str(&self.base).map_err(again)
    }

    /// What the page shows again if it can't be saved.
    #[cfg(feature = "ssr")]
    pub(super) fn typed(&self) -> [(&'static str, &str); 3] {
        [("audiences", &self.audiences), ("events", &self.events), ("properties", &self.properties)]
    }
}

/// What goes there now, in the order of [`Budgeted::ALL`].
fn used(mappings: &[MappingRow], events: &[(String, Event)]) -> [u64; 3] {
    let active = mappings.iter().filter(|row| row.spec.active);
    let audiences: BTreeSet<_> = active.map(|row| &row.spec.audience).collect();
    let (events, properties) = exported(events.iter().map(|(_, event)| event));
    [audiences.len() as u64, events, properties]
}

/// The form, with what goes there now.
pub fn budget_section(
    spec: &DestinationSpec,
    mappings: &[MappingRow],
    events: &[(String, Event)],
    change: ServerAction<ChangeBudget>,
) -> AnyView {
    let answered = answered(change);
    let fields = Budgeted::ALL.into_iter().zip(used(mappings, events)).map(|(of, used)| {
        let most = spec.budget.most(of);
        let label = match of {
            Budgeted::Audiences => "Most audiences",
            Budgeted::Events => "Most events",
            Budgeted::Properties => "Most properties",
        };
        let over =
            if most.is_some_and(|most| used > most.into()) { ": more than that" } else { "" };
        let hint = format!("{} now{over}", format::number(used));
        let first = most.map(|most| most.to_string()).unwrap_or_default();
        view! {
            <TextField
                name=of.as_str()
                label
                hint
                class="input-short"
                value=typed(of.as_str(), &first)
                wrong=wrong(answered, of.as_str())
                optional=true
            />
        }
    });
    let fields = fields.collect_view();
    let (key, base) = (spec.key.to_string(), serde_json::to_string(&spec.budget));
    view! {
        <Section title="Budget">
            <p class="reading">
                "What nobody needs there costs money, and says more of people than it must. A mapping that would bring one audience too many starts for a reason only, and a change of the contract after which this destination reads more events or properties is approved with a note only."
            </p>
            <ActionForm action=change attr:class="form">
                <FormError answered fields=FIELDS title="The budget was not changed" />
                <input type="hidden" name="key" value=key />
                <input type="hidden" name="base" value=base.unwrap_or_default() />
                {fields}
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=change.pending()>
                        "Save budget"
                    </Button>
                </div>
            </ActionForm>
        </Section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_whole_numbers_or_nothing() {
        let form = BudgetForm { audiences: " 12 ".to_owned(), ..BudgetForm::default() };
        let expected = Budget { audiences: Some(12), ..Budget::default() };
        assert_eq!(form.parse().unwrap(), expected);
        for wrong in ["-1", "1.5", "many", "99999999999"] {
            let form = BudgetForm { events: wrong.to_owned(), ..form.clone() };
            let refused = form.parse().unwrap_err();
            assert!(matches!(refused, AppError::Invalid { field, .. } if field == "events"));
        }
        let base = serde_json::to_string(&expected).unwrap();
        assert_eq!(BudgetForm { base, ..form.clone() }.base().unwrap(), expected);
        assert!(BudgetForm { base: "{}x".to_owned(), ..form }.base().is_err());
    }
}
