//! A contract to begin with: twelve events of a shop with subscriptions, named and filled as
//! Segment's ecommerce specification does. Required is what retention can't do without.

use std::collections::BTreeMap;

use super::{Class, Contract, Event, Kind, Property};

use Class::{Behavioural, Commercial, Identifier, Other};

/// A contract of twelve events.
#[must_use]
pub fn starter() -> Contract {
    let events = shopping().into_iter().chain(afterwards()).chain(messages());
    Contract { events: events.collect() }
}

type Named<T> = (String, T);

/// From the page of a product to the order.
fn shopping() -> [Named<Event>; 5] {
    [
        event(
            "Product Viewed",
            "Somebody opened the page of a product.",
            "Growth",
            &["ViewContent", "product_viewed"],
            product().into_iter().chain([may("currency", Kind::Text, Commercial)]),
        ),
        event(
            "Product Added",
            "Somebody put a product into the cart.",
            "Growth",
            &["Add to Cart", "added_to_cart"],
            product().into_iter().chain([
                may("cart_id", Kind::Text, Other),
                may("currency", Kind::Text, Commercial),
            ]),
        ),
        event(
            "Product Added to Wishlist",
            "Somebody put a product on a wishlist.",
            "Growth",
            &[],
            product().into_iter().chain([
                may("currency", Kind::Text, Commercial),
                may("wishlist_id", Kind::Text, Other),
                may("wishlist_name", Kind::Text, Behavioural),
            ]),
        ),
        event(
            "Checkout Started",
            "Somebody went from the cart to the checkout.",
            "Growth",
            &["InitiateCheckout", "checkout_started"],
            amounts().into_iter().chain([
                must("currency", Kind::Text, Commercial),
                may("checkout_id", Kind::Text, Other),
                may("order_id", Kind::Text, Other),
                may("total", Kind::Number, Commercial),
            ]),
        ),
        event(
            "Order Completed",
            "An order was placed and its payment went through.",
            "Retention",
            &["Purchase", "checkout_complete", "order_completed"],
            amounts().into_iter().chain([
                must("currency", Kind::Text, Commercial),
                must("order_id", Kind::Text, Other),
                must("total", Kind::Number, Commercial),
                may("checkout_id", Kind::Text, Other),
                may("subtotal", Kind::Number, Commercial),
            ]),
        ),
    ]
}

/// What becomes of orders and subscriptions.
fn afterwards() -> [Named<Event>; 4] {
    [
        event(
            "Order Refunded",
            "Money for an order was paid back, in whole or in part.",
            "Support",
            &[],
            [
                must("order_id", Kind::Text, Other),
                may("currency", Kind::Text, Commercial),
                may("products", products(), Behavioural),
                may("reason", Kind::Text, Behavioural),
                may("total", Kind::Number, Commercial),
            ],
        ),
        event(
            "Subscription Started",
            "A subscription began, or its trial did.",
            "Retention",
            &[],
            subscription().into_iter().chain([may("is_trial", Kind::Boolean, Commercial)]),
        ),
        event(
            "Subscription Cancelled",
            "A subscription was ended by its subscriber; it may still run until it is due.",
            "Retention",
            &[],
            subscription().into_iter().chain([
                may("ends_at", Kind::Time, Commercial),
                may("reason", Kind::Text, Behavioural),
            ]),
        ),
        event(
            "Support Ticket Opened",
            "Somebody asked the support for help.",
            "Support",
            &[],
            [
                must("ticket_id", Kind::Text, Other),
                may("category", Kind::Text, Behavioural),
                may("channel", Kind::Text, Behavioural),
                may("order_id", Kind::Text, Other),
                may("priority", Kind::Text, Other),
            ],
        ),
    ]
}

/// Who may be written to, and who belongs to an audience.
fn messages() -> [Named<Event>; 3] {
    // An audience also says yes or no under its own key, which isn't known here: whoever sends
    // these adds that property to the contract.
    let audience = || [must("audience_key", Kind::Text, Behavioural)];
    [
        event(
            "Email Unsubscribed",
            "Somebody wants no more messages of a list, or of any.",
            "Retention",
            &[],
            [
                may("campaign_id", Kind::Text, Other),
                may("campaign_name", Kind::Text, Other),
                may("email", Kind::Text, Identifier),
                may("email_id", Kind::Text, Other),
                may("email_subject", Kind::Text, Other),
                may("list_id", Kind::Text, Other),
                may("list_name", Kind::Text, Other),
            ],
        ),
        event("Audience Entered", "Somebody came into an audience.", "Retention", &[], audience()),
        event("Audience Exited", "Somebody left an audience.", "Retention", &[], audience()),
    ]
}

/// What is said of a product.
fn product() -> [Named<Property>; 12] {
    [
        must("product_id", Kind::Text, Behavioural),
        may("brand", Kind::Text, Behavioural),
        may("category", Kind::Text, Behavioural),
        may("coupon", Kind::Text, Commercial),
        may("image_url", Kind::Text, Other),
        may("name", Kind::Text, Behavioural),
        may("position", Kind::Whole, Other),
        may("price", Kind::Number, Commercial),
        may("quantity", Kind::Whole, Commercial),
        may("sku", Kind::Text, Behavioural),
        may("url", Kind::Text, Other),
        may("variant", Kind::Text, Behavioural),
    ]
}

fn products() -> Kind {
    Kind::List(Box::new(Kind::Object(BTreeMap::from(product()))))
}

/// What is said of a cart on its way to an order.
fn amounts() -> [Named<Property>; 8] {
    [
        may("affiliation", Kind::Text, Other),
        may("coupon", Kind::Text, Commercial),
        may("discount", Kind::Number, Commercial),
        may("products", products(), Behavioural),
        may("revenue", Kind::Number, Commercial),
        may("shipping", Kind::Number, Commercial),
        may("tax", Kind::Number, Commercial),
        may("value", Kind::Number, Commercial),
    ]
}

fn subscription() -> [Named<Property>; 5] {
    [
        must("subscription_id", Kind::Text, Other),
        may("currency", Kind::Text, Commercial),
        may("interval", Kind::Text, Commercial),
        may("plan", Kind::Text, Commercial),
        may("price", Kind::Number, Commercial),
    ]
}

fn event(
    name: &str,
    description: &str,
    owner: &str,
    aliases: &[&str],
    properties: impl IntoIterator<Item = Named<Property>>,
) -> Named<Event> {
    let event = Event {
        description: description.to_owned(),
        owner: owner.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        properties: properties.into_iter().collect(),
        ..Event::default()
    };
    (name.to_owned(), event)
}

/// A property that an event can't do without.
fn must(name: &str, kind: Kind, class: Class) -> Named<Property> {
    let (name, property) = may(name, kind, class);
    (name, Property { required: true, ..property })
}

/// A property that may be missing.
fn may(name: &str, kind: Kind, class: Class) -> Named<Property> {
    let choices = [].into();
    (name.to_owned(), Property { kind, required: false, choices, unit: None, class })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{FEWEST_EVENTS, MOST_EVENTS};
    use super::*;

    #[test]
    fn it_has_twelve_events_that_somebody_answers_for() {
        let events = starter().events;
        assert_eq!(events.len(), 12);
        assert!((FEWEST_EVENTS..=MOST_EVENTS).contains(&events.len()));
        for (name, event) in events {
            assert!(!event.owner.is_empty() && !event.description.is_empty(), "{name}");
        }
    }

    #[test]
    fn each_name_stands_for_one_event() {
        let events = starter().events;
        let mut names: BTreeSet<&String> = events.keys().collect();
        for alias in events.values().flat_map(|event| &event.aliases) {
            assert!(names.insert(alias), "{alias}");
        }
    }

    #[test]
    fn properties_are_in_snake_case() {
        fn check(properties: &BTreeMap<String, Property>) {
            for (name, property) in properties {
                let is_part = |part: &str| {
                    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase())
                };
                assert!(name.split('_').all(is_part), "{name}");
                if let Kind::List(of) = &property.kind
                    && let Kind::Object(properties) = &**of
                {
                    check(properties);
                }
            }
        }
        starter().events.values().for_each(|event| check(&event.properties));
    }
}
