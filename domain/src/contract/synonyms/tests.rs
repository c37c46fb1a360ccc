use proptest::{prelude::*, sample::select};

use super::super::{Class, Kind, Property, starter::starter};
use super::{name::*, table::*, *};

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn event(aliases: &[&str], properties: &[&str]) -> Event {
    let property = |name: &&str| {
        let (kind, class) = (Kind::Text, Class::Other);
        let property =
            Property { kind, required: false, choices: BTreeSet::new(), unit: None, class };
        ((*name).to_owned(), property)
    };
    Event {
        aliases: set(aliases),
        properties: properties.iter().map(property).collect(),
        ..Event::default()
    }
}

fn contract(events: impl IntoIterator<Item = (String, Event)>) -> Contract {
    Contract { events: events.into_iter().collect() }
}

/// The starter's events without their aliases.
fn bare() -> Contract {
    let mut contract = starter();
    contract.events.values_mut().for_each(|event| event.aliases.clear());
    contract
}

fn seen(name: &str, properties: BTreeSet<String>, events: u64) -> Seen {
    Seen { name: name.to_owned(), properties, events }
}

fn named(name: &str) -> Seen {
    seen(name, BTreeSet::new(), 1)
}

/// The properties that the contract's event has.
fn shape(contract: &Contract, canonical: &str) -> BTreeSet<String> {
    contract.events[canonical].properties.keys().cloned().collect()
}

/// What a name that came in alone stands for.
fn stands_for(contract: &Contract, seen: Seen) -> Option<String> {
    synonyms(contract, &[seen]).pop().map(|synonym| synonym.canonical)
}

/// A name in each style that names are written in.
fn styles(name: &str) -> Vec<String> {
    let words: Vec<String> = name.split(' ').map(str::to_lowercase).collect();
    let hump = |word: &String| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    let humps: Vec<String> = words.iter().map(hump).collect();
    let (first, others) = words.split_first().unwrap();
    let camel = others.iter().map(hump).fold(first.clone(), |all, word| all + &word);
    let joined = ["_", "-", ".", ":", " ", "", " / "].map(|between| words.join(between));
    let upper = ["_", " ", ""].map(|between| words.join(between).to_uppercase());
    let own = [humps.join(" "), humps.concat(), camel, format!("  {} ", humps.join("_"))];
    joined.into_iter().chain(upper).chain(own).collect()
}

#[test]
fn one_concept_is_found_under_many_names() {
    let contract = bare();
    let cases: [(&str, &[&str]); 8] = [
        (
            "Order Completed",
            &[
                "Purchase",
                "checkout_complete",
                "orderCompleted",
                "order_completed_v2",
                "OrderCompletedV3",
                "order_completed_v2_event",
                "Completed Order",
                "CompletePayment",
                "the order completed event",
                "purchases",
                "ordercompleted",
            ],
        ),
        (
            "Product Added",
            &[
                "AddToCart",
                "add_to_cart",
                "added_to_the_cart",
                "product_added_to_cart",
                "addtocart",
            ],
        ),
        ("Product Viewed", &["ViewContent", "view_item", "Viewed Product", "product.viewed"]),
        ("Product Added to Wishlist", &["AddToWishlist", "add_to_wishlist", "addedToWishlist"]),
        ("Checkout Started", &["InitiateCheckout", "begin_checkout", "checkout:started"]),
        ("Order Refunded", &["refund", "Refunded", "order-refund", "REFUND_ORDER"]),
        ("Subscription Started", &["Subscribe", "subscriptionStart"]),
        ("Subscription Cancelled", &["subscription_canceled", "Cancel Subscription"]),
    ];
    for (canonical, names) in cases {
        for name in names {
            assert_eq!(stands_for(&contract, named(name)).as_deref(), Some(canonical), "{name}");
        }
    }
}

#[test]
fn what_the_starter_does_not_agree_on_is_left_alone() {
    let contract = starter();
    for name in [
        "Place An Order",
        "PlaceAnOrder",
        "order_placed",
        "Product Removed",
        "remove_from_cart",
        "Product Removed From Wishlist",
        "wishlist_product_added_to_cart",
        "Product List Viewed",
        "view_item_list",
        "Product Clicked",
        "Cart Viewed",
        "Checkout Step Completed",
        "Order Cancelled",
        "Order Updated",
        "Email Subscribed",
        "Unsubscribe",
        "Signed Up",
        "Checkout",
        "Order",
        "Product",
        "",
        "!!!",
        "v2",
        "the",
        "purchase_failed",
        "not purchase",
    ] {
        for canonical in contract.events.keys() {
            let properties = shape(&contract, canonical);
            assert_eq!(stands_for(&contract, seen(name, properties, 1)), None, "{name}");
        }
    }
}

#[test]
fn order_matters_where_it_says_who_or_whence() {
    let cases = [
        ("User Invited Friend", "Friend Invited User"),
        ("Product Moved From Cart To Wishlist", "Product Moved From Wishlist To Cart"),
        ("Step 1 2", "Step 12"),
        ("Level 2 Completed", "Level 3 Completed"),
        ("Opted In", "Opted Out"),
    ];
    let all = ["a", "b", "c", "d", "e", "f"];
    for (one, other) in cases {
        let contract = contract([(one.to_owned(), event(&[], &all))]);
        assert_eq!(stands_for(&contract, seen(other, set(&all), 1)), None, "{other}");
    }
    let contract = contract([("Product List Viewed".to_owned(), event(&[], &[]))]);
    assert!(stands_for(&contract, named("viewed_product_lists")).is_some());
}

#[test]
fn a_name_that_two_events_claim_is_proposed_for_neither() {
    let two = contract([
        ("Order Completed".to_owned(), event(&[], &[])),
        ("Checkout Completed".to_owned(), event(&[], &[])),
    ]);
    assert_eq!(stands_for(&two, named("Purchase")), None);
    assert!(stands_for(&two, named("checkout_completed")).is_some());
    let versions = contract([
        ("Order Completed".to_owned(), event(&[], &[])),
        ("Order Completed v2".to_owned(), event(&[], &[])),
    ]);
    assert_eq!(stands_for(&versions, named("order_completed_v2")).unwrap(), "Order Completed v2");
    assert_eq!(stands_for(&versions, named("order_complete")), None);
}

#[test]
fn an_alias_leads_to_its_event_unless_its_verb_speaks_against_it() {
    let contract = contract([(
        "Order Completed".to_owned(),
        event(&["PlaceAnOrder", "Zahlung", "Order Refunded"], &[]),
    )]);
    assert!(stands_for(&contract, named("order_placed")).is_some());
    assert!(stands_for(&contract, named("place_order")).is_some());
    assert!(stands_for(&contract, named("ZAHLUNG")).is_some());
    assert!(stands_for(&contract, named("order_refunded")).is_none());
    assert!(stands_for(&contract, named("refund")).is_none());
}

#[test]
fn a_shape_proposes_where_it_is_strong_and_clear() {
    let contract = bare();
    let order = shape(&contract, "Order Completed");
    let done = |properties| stands_for(&contract, seen("Transaction Done", properties, 1));
    assert_eq!(done(order.clone()).as_deref(), Some("Order Completed"));
    let camel = order.iter().map(|name| name.replace("_id", "Id")).collect();
    assert_eq!(done(camel).as_deref(), Some("Order Completed"));
    let without = |count: usize| order.iter().skip(count).cloned().collect::<BTreeSet<_>>();
    assert!(done(without(2)).is_some(), "11 of 13");
    assert!(done(without(3)).is_none(), "10 of 13");
    let with = |count: usize| {
        let more = (0..count).map(|at| format!("more_{at}"));
        order.iter().cloned().chain(more).collect::<BTreeSet<_>>()
    };
    assert!(done(with(3)).is_some(), "13 of 16");
    assert!(done(with(4)).is_none(), "13 of 17");
    // A name of which no verb is known says too little.
    assert!(stands_for(&contract, seen("thank_you_page", order, 1)).is_none());

    let few = ["a", "b", "c", "d"];
    let few_only = super::tests::contract([("Quiz Completed".to_owned(), event(&[], &few))]);
    assert!(stands_for(&few_only, seen("Survey Done", set(&few), 1)).is_none());
    let all = ["a", "b", "c", "d", "e", "f"];
    let twins = super::tests::contract([
        ("Quiz Completed".to_owned(), event(&[], &all)),
        ("Survey Completed".to_owned(), event(&[], &all)),
    ]);
    assert!(stands_for(&twins, seen("Form Completed", set(&all), 1)).is_none());
}

#[test]
fn a_shape_never_overrules_the_verb() {
    let all = ["currency", "order_id", "products", "tax", "total", "value", "revenue"];
    let contract = contract([("Order Completed".to_owned(), event(&["Purchase"], &all))]);
    for name in [
        "Order Cancelled",
        "order canceled",
        "Order Refunded",
        "Order Updated",
        "Order Started",
        "Order Failed",
        "Order Returned",
        "Order Completed Reversal",
        "Order Not Completed",
        "Order Incomplete",
        "Order Uncompleted",
        "Order Completion Failed",
        "Purchase Refund",
        "Purchase Reversed",
        "Refund Completed",
        "Return Completed",
        "Cancellation Completed",
        "Chargeback Done",
        "Charge Back Completed",
        "Payment Voided",
        "Payment Completed Undo",
        "Order Partially Completed",
        "Order Almost Completed",
        "Refund Request Completed",
        "Retoure Completed",
        "Order Storniert",
        "Order Test Completed",
        "Order Completed 2",
        "Checkout Step Completed",
        "Trial Completed",
        "Exchange Completed",
        "Order Undone",
        "Subscription Completed",
        "Order Disputed",
        "Abandoned Checkout Completed",
        "Order Paid",
        "Order Unsuccessful",
        "Order Completion Pending",
        "Coupon Completed",
        "Order Replaced",
    ] {
        for name in styles(name) {
            assert_eq!(stands_for(&contract, seen(&name, set(&all), 9)), None, "{name}");
        }
    }
}

#[test]
fn reasons_are_sentences() {
    let mut contract = bare();
    contract.events.get_mut("Order Completed").unwrap().aliases = set(&["Kauf"]);
    let eight = set(&["order_id", "total", "tax", "coupon", "currency", "revenue", "value", "x"]);
    let told = |name: &str, properties: &BTreeSet<String>| -> Vec<String> {
        let synonym = synonyms(&contract, &[seen(name, properties.clone(), 1)]).pop().unwrap();
        synonym.reasons.iter().map(ToString::to_string).collect()
    };
    let share = "7 of 8 properties are those of Order Completed";
    assert_eq!(
        told("purchase", &eight),
        [
            "\"purchase\" means \"order completed\" in Customer.io's, GA4's, Meta's and Segment's names",
            share
        ]
    );
    assert_eq!(
        told("order_completed", &eight),
        ["the same words as Order Completed, written otherwise", share]
    );
    assert_eq!(told("KAUF", &set(&["x", "total"])), ["the same words as Kauf, written otherwise"]);
    assert_eq!(
        told("Subscribe", &BTreeSet::new()),
        ["\"subscribe\" means \"subscription started\" in Meta's names"]
    );
}

#[test]
fn they_cross_a_border_unchanged() {
    let contract = bare();
    let all = ["Purchase", "order_completed"]
        .map(|name| seen(name, shape(&contract, "Order Completed"), 3));
    let found = synonyms(&contract, &all);
    assert_eq!(found.len(), 2);
    let text = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Synonym>>(&text).unwrap(), found);
}

#[test]
fn each_concept_is_one() {
    let concepts = &*MEANINGS;
    for (at, (one, (concept, vendors))) in concepts.iter().enumerate() {
        for (other, (of, of_vendors)) in &concepts[at + 1..] {
            assert!(!one.is(other), "{} stands twice", one.written);
            assert!(
                concept != of || !one.marks.oppose(&other.marks),
                "{} speaks against {}",
                one.written,
                other.written
            );
            assert!(concept != of || !(vendors.is_empty() && of_vendors.is_empty()));
        }
    }
}

#[test]
fn the_report_lists_each_concepts_spellings() {
    let contract = starter();
    let all = [
        seen("Order Completed", BTreeSet::new(), 5),
        seen("Purchase", BTreeSet::new(), 40),
        seen("orderCompleted", BTreeSet::new(), 3),
        seen("orderCompleted", BTreeSet::new(), 4),
        seen("Checkout Started", BTreeSet::new(), 9),
        seen("view_item", BTreeSet::new(), 2),
        seen("product_viewed", BTreeSet::new(), 2),
        seen("Page Scrolled", BTreeSet::new(), 99),
    ];
    let spelt = |name: &str, events, standing| Spelling { name: name.to_owned(), events, standing };
    let expected = [
        Inconsistency {
            canonical: "Order Completed".to_owned(),
            spellings: vec![
                spelt("Purchase", 40, Standing::Alias),
                spelt("orderCompleted", 7, Standing::Proposed),
                spelt("Order Completed", 5, Standing::Canonical),
            ],
        },
        Inconsistency {
            canonical: "Product Viewed".to_owned(),
            spellings: vec![
                spelt("product_viewed", 2, Standing::Alias),
                spelt("view_item", 2, Standing::Proposed),
            ],
        },
    ];
    assert_eq!(inconsistent(&contract, &all), expected);
    assert_eq!(inconsistent(&contract, &all[4..5]), []);
}

/// Verbs of which no two are one.
const VERBS: &[&str] = &[
    "Added",
    "Removed",
    "Started",
    "Completed",
    "Cancelled",
    "Failed",
    "Refunded",
    "Updated",
    "Viewed",
    "Clicked",
    "Subscribed",
    "Unsubscribed",
    "Abandoned",
    "Returned",
    "Expired",
    "Entered",
    "Exited",
    "Declined",
    "Shipped",
    "Delivered",
    "Created",
    "Paused",
    "Resumed",
];

const NOUNS: &[&str] =
    &["Order", "Product", "Checkout", "Payment", "Subscription", "Cart", "Email"];

const EXTRAS: &[&str] = &["", "_v2", " Event", " To Cart", " Online", " Reversal", " Failed"];

fn a_name() -> impl Strategy<Value = String> {
    let made = (select(NOUNS), select(VERBS), select(EXTRAS), any::<bool>(), 0..14_usize);
    let made = made.prop_map(|(noun, verb, extra, turned, style)| {
        let name = if turned { format!("{verb} {noun}") } else { format!("{noun} {verb}") };
        styles(&name)[style].clone() + extra
    });
    let vendors = select(CONCEPTS).prop_flat_map(select);
    let vendors = (vendors, 0..14_usize).prop_map(|((name, _), style)| styles(name)[style].clone());
    prop_oneof![4 => made, 4 => vendors, 1 => "\\PC{0,30}", 1 => "[vV0-9 _a-cA-C]{0,12}"]
}

fn some_properties() -> impl Strategy<Value = BTreeSet<String>> {
    let starters = select(starter().events.into_values().collect::<Vec<_>>())
        .prop_map(|event| event.properties.into_keys().collect());
    prop_oneof![starters, proptest::collection::btree_set("[a-h]", 0..8)]
}

fn some_seen() -> impl Strategy<Value = Vec<Seen>> {
    let one = (a_name(), some_properties(), any::<u64>())
        .prop_map(|(name, properties, events)| Seen { name, properties, events });
    proptest::collection::vec(one, 0..12)
}

/// A contract of such names, some of them aliases.
fn a_contract() -> impl Strategy<Value = Contract> {
    let one = (a_name(), proptest::collection::btree_set(a_name(), 0..3), some_properties());
    let made = proptest::collection::vec(one, 0..10).prop_map(|all| {
        let made = all.iter().map(|(name, aliases, properties)| {
            let aliases: Vec<&str> = aliases.iter().map(String::as_str).collect();
            let properties: Vec<&str> = properties.iter().map(String::as_str).collect();
            (name.clone(), event(&aliases, &properties))
        });
        contract(made)
    });
    prop_oneof![made, Just(starter()), Just(bare())]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn only_unknown_names_are_proposed_and_each_once(
        contract in a_contract(), seen in some_seen(),
    ) {
        let mut names = BTreeSet::new();
        for synonym in synonyms(&contract, &seen) {
            prop_assert_eq!(contract.canonical(&synonym.name), None);
            prop_assert!(contract.events.contains_key(&synonym.canonical));
            prop_assert!(!synonym.reasons.is_empty());
            prop_assert!(seen.iter().any(|seen| seen.name == synonym.name));
            prop_assert!(names.insert(synonym.name));
        }
    }

    #[test]
    fn the_order_of_input_does_not_matter(
        contract in a_contract(),
        (seen, shuffled) in some_seen()
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        prop_assert_eq!(synonyms(&contract, &seen), synonyms(&contract, &shuffled));
        prop_assert_eq!(inconsistent(&contract, &seen), inconsistent(&contract, &shuffled));
    }

    #[test]
    fn no_name_is_proposed_for_the_opposite_verb(
        noun in select(NOUNS), verbs in proptest::sample::subsequence(VERBS, 2),
        turned in any::<bool>(), swapped in any::<bool>(), style in 0..14_usize,
        extra in select(&["", "_v2", " Event"][..]),
    ) {
        let (one, other) = if swapped { (verbs[1], verbs[0]) } else { (verbs[0], verbs[1]) };
        let all = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let contract = contract([(format!("{noun} {one}"), event(&[], &all))]);
        let name = if turned { format!("{other} {noun}") } else { format!("{noun} {other}") };
        let came = seen(&(styles(&name)[style].clone() + extra), set(&all), 1);
        prop_assert_eq!(synonyms(&contract, &[came]), []);
    }

    /// Whatever else a name, its event and the aliases of that say.
    #[test]
    fn what_takes_something_back_is_never_what_gives_it(
        contract in a_contract(), seen in some_seen(),
    ) {
        let backs = [
            "refund", "cancel", "remove", "return", "fail", "declin", "abandon", "unsubscri", "exit",
        ];
        let letters = |name: &str| -> String {
            name.chars().filter(|char| char.is_alphanumeric()).collect::<String>().to_lowercase()
        };
        for Synonym { name, canonical, .. } in synonyms(&contract, &seen) {
            for back in backs {
                let one = letters(&name).contains(back);
                let other = letters(&canonical).contains(back);
                prop_assert_eq!(one, other, "{} is {}", name, canonical);
            }
        }
    }

    #[test]
    fn another_style_of_a_canonical_name_is_always_found(
        names in proptest::collection::btree_set("[A-Z][a-z]{1,7}( [A-Z][a-z]{1,7}){0,3}", 1..8),
        style in 0..14_usize, which in any::<proptest::sample::Index>(),
        properties in some_properties(),
    ) {
        let letters = |name: &str| name.to_lowercase().replace(' ', "");
        let distinct: BTreeSet<String> = names.iter().map(|name| letters(name)).collect();
        prop_assume!(distinct.len() == names.len());
        let contract = contract(names.iter().map(|name| (name.clone(), Event::default())));
        let names: Vec<&String> = names.iter().collect();
        let canonical = which.get(&names).as_str();
        let written = &styles(canonical)[style];
        if contract.canonical(written).is_none() {
            let found = synonyms(&contract, &[seen(written, properties, 1)]);
            prop_assert_eq!(found.len(), 1, "{}", written);
            prop_assert_eq!(&*found[0].canonical, canonical);
        }
    }

    #[test]
    fn the_report_counts_each_event_once(contract in a_contract(), mut seen in some_seen()) {
        for seen in &mut seen {
            seen.events %= 1000;
        }
        let mut names = BTreeSet::new();
        for one in inconsistent(&contract, &seen) {
            prop_assert!(one.spellings.len() > 1);
            for spelling in one.spellings {
                let came = seen.iter().filter(|seen| seen.name == spelling.name);
                prop_assert_eq!(came.map(|seen| seen.events).sum::<u64>(), spelling.events);
                let is_known = contract.canonical(&spelling.name).is_some();
                prop_assert_eq!(is_known, spelling.standing != Standing::Proposed);
                prop_assert!(names.insert(spelling.name));
            }
        }
    }
}
