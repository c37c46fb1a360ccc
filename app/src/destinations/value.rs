//! What a person is worth to a destination: the form, and what it means.

use domain::destinations::{
    DestinationSpec,
    value::{Figure, ValueRule},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::api::ChangeValue;
use crate::{
    error::AppError,
    form::{FormError, answered, typed, wrong},
    ui::{Button, ButtonKind, Choice, Section, SelectField, TextField},
};

/// What the form sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueForm {
    /// The destination's key.
    pub key: String,
    /// The rule that whoever asks has seen, as JSON; empty for none.
    #[serde(default)]
    pub base: String,
    /// Which amount flows; empty for none.
    #[serde(default)]
    pub figure: String,
    /// The attribute with the revenue.
    #[serde(default)]
    pub revenue: String,
    /// The attribute with the discount, or empty.
    #[serde(default)]
    pub discount: String,
    /// The attribute with the cost, or a share such as `35%`, or empty.
    #[serde(default)]
    pub cost: String,
    /// A currency, or the attribute that names one.
    #[serde(default)]
    pub currency: String,
}

const FIELDS: &[&str] = &["figure", "revenue", "discount", "cost", "currency"];

impl ValueForm {
    /// The rule, or none if no amount is to flow; the first field that can't be is named.
    pub fn parse(&self) -> Result<Option<ValueRule>, AppError> {
        let figure = match self.figure.as_str() {
            "" => return Ok(None),
            text => text.parse().map_err(|error| AppError::invalid("figure", error))?,
        };
        let name = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (mut cost, mut cost_percent) = (name(&self.cost), None);
        if let Some(share) = cost.as_deref().and_then(|text| text.strip_suffix('%')) {
            let percent = share.trim().parse().ok().filter(|percent| *percent <= 100);
            let words = "Write a whole share such as 35%, or the attribute's name";
            cost_percent = Some(percent.ok_or_else(|| AppError::invalid("cost", words))?);
            cost = None;
        }
        let missing = |field, words| AppError::invalid(field, words);
        Ok(Some(ValueRule {
            figure,
            revenue: name(&self.revenue)
                .ok_or_else(|| missing("revenue", "Name the attribute with the revenue"))?,
            discount: name(&self.discount),
            cost,
            cost_percent,
            currency: name(&self.currency).ok_or_else(|| {
                missing("currency", "Write a currency such as USD, or the attribute that names it")
            })?,
        }))
    }

    /// The rule that whoever asks has seen.
    pub fn base(&self) -> Result<Option<ValueRule>, AppError> {
        match self.base.as_str() {
            "" => Ok(None),
            text => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| AppError::invalid("base", "Load the page again, then change it")),
        }
    }

    /// What the page shows again if it can't be saved.
    #[cfg(feature = "ssr")]
    pub(super) fn typed(&self) -> [(&'static str, &str); 5] {
        [
            ("figure", &self.figure),
            ("revenue", &self.revenue),
            ("discount", &self.discount),
            ("cost", &self.cost),
            ("currency", &self.currency),
        ]
    }
}

/// What a figure is, in words.
#[must_use]
pub const fn figure(figure: Figure) -> &'static str {
    match figure {
        Figure::Margin => "Margin: revenue less discount less cost",
        Figure::Revenue => "Revenue",
        Figure::Discount => "Discount",
        Figure::Cost => "Cost of the goods",
    }
}

fn cost(rule: &ValueRule) -> Option<String> {
    rule.cost.clone().or_else(|| rule.cost_percent.map(|percent| format!("{percent}%")))
}

/// What a rule does, in a sentence.
#[must_use]
pub fn sentence(rule: Option<&ValueRule>) -> String {
    let Some(rule) = rule else {
        return "No amount flows by itself. A lookalike seed carries the first allowed field that \
                is a number."
            .to_owned();
    };
    let revenue = &rule.revenue;
    let less = |name: &str| format!(" less {name}");
    let discount = rule.discount.as_deref().map(less).unwrap_or_default();
    let cost = match (&rule.cost, rule.cost_percent) {
        (Some(name), _) => less(name),
        (None, Some(percent)) => format!(" less {percent} % of {revenue}"),
        (None, None) => String::new(),
    };
    let reckoned = match rule.figure {
        Figure::Revenue => revenue.clone(),
        Figure::Discount => rule.discount.clone().unwrap_or_default(),
        Figure::Cost => cost.trim_start_matches(" less ").to_owned(),
        Figure::Margin => format!("{revenue}{discount}{cost}"),
    };
    format!(
        "A seed's people and the events of entries carry value = {reckoned}, in {}. What it is \
         reckoned from is read and stays here, unless a field above lets it flow.",
        rule.currency
    )
}

/// The form.
pub fn value_section(spec: &DestinationSpec, change: ServerAction<ChangeValue>) -> AnyView {
    let answered = answered(change);
    let rule = spec.value.as_ref();
    let first = |text: Option<String>| text.unwrap_or_default();
    let figures = Figure::ALL.map(|one| Choice::new(one.as_str(), figure(one))).to_vec();
    let base = first(rule.and_then(|rule| serde_json::to_string(rule).ok()));
    let chosen = first(rule.map(|rule| rule.figure.to_string()));
    let revenue = first(rule.map(|rule| rule.revenue.clone()));
    let discount = first(rule.and_then(|rule| rule.discount.clone()));
    let cost = first(rule.and_then(cost));
    let currency = rule.map_or_else(|| "USD".to_owned(), |rule| rule.currency.clone());
    let (key, words) = (spec.key.to_string(), sentence(rule));
    view! {
        <Section title="What a person is worth">
            <p class="reading">{words}</p>
            <ActionForm action=change attr:class="form">
                <FormError answered fields=FIELDS title="The value was not changed" />
                <input type="hidden" name="key" value=key />
                <input type="hidden" name="base" value=base />
                <SelectField
                    name="figure"
                    label="Value that flows"
                    options=figures
                    empty="None"
                    optional=true
                    value=typed("figure", &chosen)
                    wrong=wrong(answered, "figure")
                />
                <TextField
                    name="revenue"
                    label="Revenue"
                    hint="The attribute in Customer.io, before any discount, such as cart_value."
                    class="input-mono"
                    value=typed("revenue", &revenue)
                    wrong=wrong(answered, "revenue")
                    optional=true
                />
                <TextField
                    name="discount"
                    label="Discount"
                    hint="The attribute with what is taken off. Whoever lacks it has none."
                    class="input-mono"
                    value=typed("discount", &discount)
                    wrong=wrong(answered, "discount")
                    optional=true
                />
                <TextField
                    name="cost"
                    label="Cost of the goods"
                    hint="The attribute with the cost, or a share of the revenue, such as 35%."
                    class="input-mono"
                    value=typed("cost", &cost)
                    wrong=wrong(answered, "cost")
                    optional=true
                />
                <TextField
                    name="currency"
                    label="Currency"
                    hint="Three capital letters, or the attribute that names it."
                    class="input-mono input-short"
                    value=typed("currency", &currency)
                    wrong=wrong(answered, "currency")
                    optional=true
                />
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=change.pending()>
                        "Save value"
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

    fn form() -> ValueForm {
        ValueForm {
            key: "meta".to_owned(),
            figure: "margin".to_owned(),
            revenue: " cart_value ".to_owned(),
            cost: "35%".to_owned(),
            currency: "USD".to_owned(),
            ..ValueForm::default()
        }
    }

    #[test]
    fn a_cost_is_an_attribute_or_a_share() {
        let rule = form().parse().unwrap().unwrap();
        assert_eq!((rule.cost.as_deref(), rule.cost_percent), (None, Some(35)));
        assert_eq!(rule.revenue, "cart_value");
        let words = sentence(Some(&rule));
        assert!(words.contains("cart_value less 35 % of cart_value, in USD"), "{words}");
        let named = ValueForm { cost: "cart_cost".to_owned(), ..form() };
        assert_eq!(named.parse().unwrap().unwrap().cost.as_deref(), Some("cart_cost"));
        let none = ValueForm { figure: String::new(), ..form() };
        assert_eq!(none.parse().unwrap(), None);
    }

    type Spoil = fn(&mut ValueForm);

    #[test]
    fn each_field_names_itself_when_it_is_wrong() {
        let cases: [(&str, Spoil); 5] = [
            ("figure", |form| form.figure = "joy".to_owned()),
            ("revenue", |form| form.revenue.clear()),
            ("cost", |form| form.cost = "101%".to_owned()),
            ("cost", |form| form.cost = "some%".to_owned()),
            ("currency", |form| form.currency.clear()),
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
