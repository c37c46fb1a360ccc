//! What a person is worth to a destination: revenue, discount, cost or what is left of it.
//!
//! The amounts stand in attributes of Customer.io. They are read to reckon with, and only the
//! figure that was chosen flows; the attributes themselves do only where `fields` names them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Profile;
use crate::workspace::Currency;

/// Which amount a destination is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// What was or would be paid before any discount.
    Revenue,
    /// What is taken off it.
    Discount,
    /// What the goods cost.
    Cost,
    /// Revenue less discount less cost.
    Margin,
}

impl Figure {
    /// All of them, as pickers show them.
    pub const ALL: [Self; 4] = [Self::Margin, Self::Revenue, Self::Discount, Self::Cost];

    /// The fixed name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Discount => "discount",
            Self::Cost => "cost",
            Self::Margin => "margin",
        }
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Figure {
    type Err = UnknownFigure;
    fn from_str(text: &str) -> Result<Self, UnknownFigure> {
        Self::ALL.into_iter().find(|figure| figure.as_str() == text).ok_or(UnknownFigure)
    }
}

/// No figure has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("choose margin, revenue, discount or cost")]
pub struct UnknownFigure;

/// Which figure goes to a destination, and where its parts are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueRule {
    /// The one that flows.
    pub figure: Figure,
    /// The attribute with the revenue.
    pub revenue: String,
    /// The attribute with the discount; whoever lacks it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<String>,
    /// The attribute with the cost of the goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// In its place, the share of the revenue that goods cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_percent: Option<u8>,
    /// A currency such as `USD`, or the attribute that names one.
    pub currency: String,
}

/// An amount as messages carry it.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// How much.
    pub value: f64,
    /// Of what; nothing where the person's attribute names no currency.
    pub currency: Option<Currency>,
}

impl ValueRule {
    /// The attributes that it reads.
    #[must_use]
    pub fn attributes(&self) -> BTreeSet<&str> {
        let currency = (!self.has_one_currency()).then_some(&*self.currency);
        let parts = [self.discount.as_deref(), self.cost.as_deref(), currency];
        parts.into_iter().flatten().chain([&*self.revenue]).collect()
    }

    /// What it comes to for somebody with these attributes; nothing where a part is missing
    /// or is no amount: a margin without its cost would be a lie.
    #[must_use]
    pub fn amount(&self, attributes: &BTreeMap<String, String>) -> Option<Amount> {
        let read = |name: &str| attributes.get(name).and_then(|text| cents(text));
        let revenue = || read(&self.revenue);
        let discount = || match &self.discount {
            Some(name) if attributes.get(name).is_some_and(|text| !text.trim().is_empty()) => {
                read(name)
            }
            _ => Some(0),
        };
        let cost = || match (&self.cost, self.cost_percent) {
            (Some(name), _) => read(name),
            (None, Some(percent)) => Some(share(revenue()?, percent)),
            (None, None) => None,
        };
        let value = match self.figure {
            Figure::Revenue => revenue()?,
            Figure::Discount => discount()?,
            Figure::Cost => cost()?,
            Figure::Margin => revenue()? - discount()? - cost()?,
        };
        let currency = if self.has_one_currency() {
            self.currency.parse().ok()
        } else {
            attributes.get(&self.currency).and_then(|text| text.parse().ok())
        };
        Some(Amount { value: as_number(value), currency })
    }

    /// What is wrong with it for a destination of this profile with these fields, by field.
    pub fn check(
        &self,
        profile: Profile,
        fields: &[String],
    ) -> Result<(), (&'static str, &'static str)> {
        if self.cost.is_some() && self.cost_percent.is_some() {
            return Err(("cost_percent", "name an attribute or a share, not both"));
        }
        if self.cost_percent.is_some_and(|percent| percent > 100) {
            return Err(("cost_percent", "between 0 and 100"));
        }
        let has_cost = self.cost.is_some() || self.cost_percent.is_some();
        if matches!(self.figure, Figure::Margin | Figure::Cost) && !has_cost {
            return Err(("cost", "name the attribute with the cost, or what share it is"));
        }
        if self.figure == Figure::Discount && self.discount.is_none() {
            return Err(("discount", "name the attribute with the discount"));
        }
        let is_named = |cost: &String| fields.contains(cost);
        if self.figure == Figure::Cost
            && profile.is_for_ads()
            && !self.cost.as_ref().is_some_and(is_named)
        {
            return Err((
                "figure",
                "an ad platform gets no costs, unless the fields that may flow name the attribute",
            ));
        }
        Ok(())
    }

    /// Whether the currency is one, not an attribute: three capital letters.
    fn has_one_currency(&self) -> bool {
        self.currency.len() == 3 && self.currency.bytes().all(|byte| byte.is_ascii_uppercase())
    }
}

/// A text as hundredths, if it is an amount.
fn cents(text: &str) -> Option<i64> {
    let number: f64 = text.trim().parse().ok()?;
    let cents = (number * 100.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "it is within the range")]
    (cents.abs() < MOST).then_some(cents as i64)
}

/// Hundredths up to which every amount is exact.
const MOST: f64 = 1e14;

/// A share of an amount, to the nearest hundredth.
fn share(cents: i64, percent: u8) -> i64 {
    let hundredfold = cents * i64::from(percent);
    (hundredfold + 50 * hundredfold.signum()) / 100
}

#[expect(clippy::cast_precision_loss, reason = "below what a float holds exactly")]
fn as_number(cents: i64) -> f64 {
    cents as f64 / 100.0
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "amounts are exact to the hundredth")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(figure: Figure) -> ValueRule {
        ValueRule {
            figure,
            revenue: "cart_value".to_owned(),
            discount: Some("cart_discount".to_owned()),
            cost: Some("cart_cost".to_owned()),
            cost_percent: None,
            currency: "USD".to_owned(),
        }
    }

    fn attributes(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn each_figure_is_told_of_the_same_cart() {
        let cart = attributes(&[
            ("cart_value", "64.10"),
            ("cart_discount", " 5 "),
            ("cart_cost", "20.05"),
        ]);
        let told = Figure::ALL.map(|figure| rule(figure).amount(&cart).unwrap().value);
        assert_eq!(told, [39.05, 64.1, 5.0, 20.05]);
        let by_share = ValueRule { cost: None, cost_percent: Some(35), ..rule(Figure::Margin) };
        assert_eq!(by_share.amount(&cart).unwrap().value, 36.66, "35 % of 64.10 is 22.44");
        assert_eq!(by_share.amount(&cart).unwrap().currency, "USD".parse().ok());
    }

    #[test]
    fn nothing_is_told_that_isnt_known() {
        let without_cost = attributes(&[("cart_value", "64.10")]);
        assert_eq!(rule(Figure::Margin).amount(&without_cost), None);
        assert_eq!(rule(Figure::Revenue).amount(&without_cost).unwrap().value, 64.1);
        assert_eq!(rule(Figure::Discount).amount(&without_cost).unwrap().value, 0.0);
        for text in ["", "free", "NaN", "inf", "1e300", "64,10"] {
            let cart = attributes(&[("cart_value", text)]);
            assert_eq!(rule(Figure::Revenue).amount(&cart), None, "{text}");
        }
        let odd = attributes(&[("cart_value", "9"), ("cart_discount", "some"), ("cart_cost", "1")]);
        assert_eq!(rule(Figure::Margin).amount(&odd), None);
    }

    #[test]
    fn a_currency_is_one_or_is_read() {
        let by_attribute = ValueRule { currency: "currency".to_owned(), ..rule(Figure::Revenue) };
        assert!(by_attribute.attributes().contains("currency"));
        assert!(!rule(Figure::Revenue).attributes().contains("USD"));
        let cart = attributes(&[("cart_value", "9"), ("currency", "eur")]);
        assert_eq!(by_attribute.amount(&cart).unwrap().currency, "EUR".parse().ok());
        let unnamed = attributes(&[("cart_value", "9")]);
        assert_eq!(by_attribute.amount(&unnamed).unwrap().currency, None);
    }

    #[test]
    fn what_cant_be_reckoned_is_refused() {
        let ads = Profile::MetaCapi;
        let field = |rule: &ValueRule, profile, fields: &[String]| {
            rule.check(profile, fields).err().map(|(field, _)| field)
        };
        for figure in [Figure::Revenue, Figure::Discount, Figure::Margin] {
            assert_eq!(field(&rule(figure), ads, &[]), None);
        }
        assert_eq!(field(&rule(Figure::Cost), ads, &[]), Some("figure"));
        assert_eq!(field(&rule(Figure::Cost), ads, &["cart_cost".to_owned()]), None);
        assert_eq!(field(&rule(Figure::Cost), Profile::Warehouse, &[]), None);
        let none = ValueRule { cost: None, discount: None, ..rule(Figure::Margin) };
        assert_eq!(field(&none, ads, &[]), Some("cost"));
        assert_eq!(
            field(&ValueRule { figure: Figure::Discount, ..none }, ads, &[]),
            Some("discount")
        );
        let both = ValueRule { cost_percent: Some(35), ..rule(Figure::Margin) };
        assert_eq!(field(&both, ads, &[]), Some("cost_percent"));
        let more = ValueRule { cost: None, cost_percent: Some(101), ..rule(Figure::Margin) };
        assert_eq!(field(&more, ads, &[]), Some("cost_percent"));
    }

    proptest! {
        /// Parts add up to the hundredth, whatever a float makes of them.
        #[test]
        fn what_is_left_and_what_went_are_the_whole(
            revenue in 0_i64..100_000_000, discount in 0_i64..1_000_000, cost in 0_i64..1_000_000,
        ) {
            let text = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
            let cart = attributes(&[
                ("cart_value", &text(revenue)),
                ("cart_discount", &text(discount)),
                ("cart_cost", &text(cost)),
            ]);
            let told = |figure| (rule(figure).amount(&cart).unwrap().value * 100.0).round();
            let left = told(Figure::Revenue) - told(Figure::Discount) - told(Figure::Cost);
            prop_assert_eq!(told(Figure::Margin), left);
        }
    }
}
