//! Audiences that nearly every shop wants, ready to be promoted.
//!
//! Customer.io has no way to make a segment with conditions from outside, so a template says
//! which conditions to enter there. A new one is a line in [`TEMPLATES`].

use crate::mappings::UseCase;

/// A ready-made audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// The key it begins with.
    pub key: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// The conditions to enter in Customer.io.
    pub conditions: &'static str,
    /// Whether the conditions hold an amount of money.
    pub has_amount: bool,
    /// How long ago its people did what brought them in, if that is limited.
    pub window: Option<&'static str>,
    /// What its first mapping is for.
    pub use_case: UseCase,
    /// Reasons of the suppressions that should keep people out.
    pub without: &'static [&'static str],
    /// What the segment's people should be known by, the best first.
    pub identifiers: &'static [&'static str],
}

/// All of them.
pub const TEMPLATES: [Template; 4] = [
    Template {
        key: "cart-abandoners",
        name: "Cart abandoners",
        purpose: "Bring back people who left a cart",
        conditions: "Performed Checkout Started in the past 4 hours, and did not perform Order Completed in the past 4 hours",
        has_amount: false,
        window: Some("4h"),
        use_case: UseCase::Retarget,
        without: &["purchase", "refund", "support", "unsubscribed"],
        identifiers: &["e-mail", "phone", "id"],
    },
    Template {
        key: "vip-buyers",
        name: "VIP buyers",
        purpose: "Find more people like the best customers",
        conditions: "The attribute ltv is greater than 300",
        has_amount: true,
        window: None,
        use_case: UseCase::Lookalike,
        without: &["refund"],
        identifiers: &["e-mail", "phone"],
    },
    Template {
        key: "lapsed-buyers",
        name: "Lapsed buyers",
        purpose: "Win back people who have not bought for two months",
        conditions: "Performed Order Completed in the past 120 days, and did not perform it in the past 60 days",
        has_amount: false,
        window: Some("60d-120d"),
        use_case: UseCase::Retarget,
        without: &["purchase", "refund", "support", "unsubscribed"],
        identifiers: &["e-mail", "phone", "id"],
    },
    Template {
        key: "first-time-buyers",
        name: "First-time buyers",
        purpose: "Lead people to a second order",
        conditions: "The attribute orders is equal to 1, and performed Order Completed in the past 14 days",
        has_amount: false,
        window: Some("14d"),
        use_case: UseCase::Retarget,
        without: &["refund", "support", "unsubscribed"],
        identifiers: &["e-mail", "phone", "id"],
    },
];

impl Template {
    /// The template of that key.
    #[must_use]
    pub fn named(key: &str) -> Option<Self> {
        TEMPLATES.into_iter().find(|template| template.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{audiences::window::Window, key::Key};

    #[test]
    fn each_template_can_be_promoted_as_it_is() {
        for template in TEMPLATES {
            assert!(template.key.parse::<Key>().is_ok(), "{}", template.key);
            if let Some(window) = template.window {
                assert!(window.parse::<Window>().is_ok(), "{window}");
            }
            assert!(!template.identifiers.is_empty());
            assert_eq!(Template::named(template.key), Some(template));
        }
        assert_eq!(Template::named("nothing"), None);
    }
}
