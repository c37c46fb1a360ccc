//! Every profile's messages, as they go over the wire.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use serde_json::Value;

use crate::{
    destinations::{
        Profile,
        value::{Figure, ValueRule},
    },
    sync::Cause,
    time::Instant,
};

fn destination(profile: Profile) -> DestinationSpec {
    DestinationSpec {
        key: "meta".parse().unwrap(),
        profile,
        integration: "Facebook Custom Audiences".to_owned(),
        fields: Vec::new(),
        hash: false,
        value: None,
        budget: crate::destinations::budget::Budget::default(),
    }
}

fn envelope<'a>(destination: &'a DestinationSpec, key: &'a Key) -> Envelope<'a> {
    Envelope {
        installation: Installation { key: Uuid::from_u128(1), number: 1 },
        mapping: MappingId(Uuid::from_u128(2)),
        audience: AudienceId(Uuid::from_u128(3)),
        audience_key: key,
        destination,
        use_case: UseCase::Retarget,
        transition: Transition::Entered,
        generation: 7,
        decided_at: Instant::from_seconds(1_790_000_000),
        entry: None,
    }
}

fn person() -> Person {
    Person {
        cio_id: "a3000001".to_owned(),
        id: Some("u-1".to_owned()),
        email: Some("jane@example.com".to_owned()),
        phone: None,
        fields: BTreeMap::new(),
    }
}

/// The same with a phone number and three fields.
fn known() -> Person {
    let fields = [("ltv", "312.50"), ("tier", "gold"), ("secret", "hush")];
    Person {
        phone: Some("+14155552671".to_owned()),
        fields: fields.iter().map(|&(name, value)| (name.into(), value.into())).collect(),
        ..person()
    }
}

fn parsed(rendering: &Rendering) -> Vec<Value> {
    assert!(rendering.left_out.is_empty(), "{rendering:?}");
    rendering.messages.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
}

#[test]
fn a_list_destination_reads_the_membership() {
    let (destination, key) =
        (destination(Profile::MetaCustomAudiences), "cart-abandoners".parse().unwrap());
    let messages = parsed(&envelope(&destination, &key).sheet().render(&person(), Reason::Joined));
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    insta::assert_json_snapshot!(message);
}

#[test]
fn a_warehouse_gets_a_trait_too_and_no_contact() {
    let (destination, key) = (destination(Profile::Warehouse), "vip".parse().unwrap());
    let messages = parsed(
        &envelope(&destination, &key)
            .sheet()
            .render(&Person { id: None, ..person() }, Reason::Joined),
    );
    insta::assert_json_snapshot!(messages);
}

#[test]
fn a_warehouse_gets_the_fields_that_were_named() {
    let mut destination = destination(Profile::Warehouse);
    destination.fields = ["tier", "ltv", "cio_id", "phone", "unknown"].map(str::to_owned).into();
    let key = "vip".parse().unwrap();
    insta::assert_json_snapshot!(parsed(
        &envelope(&destination, &key).sheet().render(&known(), Reason::Joined)
    ));
}

#[test]
fn a_lookalike_seed_carries_its_value() {
    let mut destination = destination(Profile::MetaCustomAudiences);
    destination.fields = ["tier", "ltv"].map(str::to_owned).into();
    let key = "vip".parse().unwrap();
    let seed = Envelope { use_case: UseCase::Lookalike, ..envelope(&destination, &key) };
    insta::assert_json_snapshot!(parsed(&seed.sheet().render(&known(), Reason::Joined)));
    // Who leaves is worth nothing there, and an audience may be called like the property.
    let exit = Envelope { transition: Transition::Exited, ..seed.clone() };
    let properties = parsed(&exit.sheet().render(&known(), Reason::Joined))[0]["properties"].take();
    assert_eq!(properties, json!({ "audience_key": "vip", "vip": false }));
    let key = "value".parse().unwrap();
    let namesake = Envelope { audience_key: &key, ..seed };
    let properties =
        parsed(&namesake.sheet().render(&known(), Reason::Joined))[0]["properties"].take();
    assert_eq!(properties, json!({ "audience_key": "value", "value": true }));
}

#[test]
fn hashed_identifiers_are_those_of_the_platform() {
    let mut destination = destination(Profile::MetaCustomAudiences);
    destination.hash = true;
    let key = "vip".parse().unwrap();
    insta::assert_json_snapshot!(parsed(
        &envelope(&destination, &key).sheet().render(&known(), Reason::Joined)
    ));
}

#[test]
fn fields_give_way_to_the_limit_the_longest_first() {
    let mut destination = destination(Profile::Plain);
    destination.fields = ["a", "b", "c", "d"].map(str::to_owned).into();
    let key = "vip".parse().unwrap();
    // Quotes count twice: the limit is one of encoded bytes.
    let fields = [("a", "\"".repeat(9_000)), ("b", "x".repeat(20_000)), ("c", "y".repeat(9_000))];
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    let person = Person { fields: fields.collect(), ..person() };
    let rendering = envelope(&destination, &key).sheet().render(&person, Reason::Joined);
    assert_eq!(rendering.left_out, ["b"]);
    assert_eq!(rendering.messages.len(), 2);
    for message in &rendering.messages {
        assert!(message.len() <= LARGEST_EVENT);
        assert!(message.contains("yyy") && !message.contains("xxx"));
    }
}

#[test]
fn a_message_has_its_fields_in_the_order_of_the_alphabet() {
    let (destination, key) = (destination(Profile::Plain), "audience-key".parse().unwrap());
    for person in [person(), Person { id: None, ..person() }] {
        for message in envelope(&destination, &key).sheet().render(&person, Reason::Joined).messages
        {
            let value: Value = serde_json::from_str(&message).unwrap();
            assert_eq!(message, value.to_string());
        }
    }
}

#[test]
fn each_part_of_a_messages_identity_changes_its_id() {
    let (destination, key) = (destination(Profile::Plain), "vip".parse().unwrap());
    let one = envelope(&destination, &key);
    let mut others = vec![one.clone(); 5];
    others[0].generation += 1;
    others[1].transition = Transition::Exited;
    others[2].mapping = MappingId(Uuid::from_u128(9));
    others[3].installation.number += 1;
    others[4].decided_at = Instant(0);
    let id = one.sheet().message_id("a", Kind::Track);
    for (other, differs) in others.iter().zip([true, true, true, true, false]) {
        assert_eq!(other.sheet().message_id("a", Kind::Track) != id, differs);
    }
    assert_ne!(one.sheet().message_id("b", Kind::Track), id);
    assert_ne!(one.sheet().message_id("a", Kind::Identify), id);
    assert!(id.len() <= 64, "{id}");
}

#[test]
fn a_mark_is_all_that_tells_a_test_apart() {
    let (destination, key) = (destination(Profile::Plain), "vip".parse().unwrap());
    let envelope = envelope(&destination, &key);
    let plain = parsed(&envelope.sheet().render(&person(), Reason::Joined));
    let marked = parsed(&envelope.sheet().marked("segue-test-1").render(&person(), Reason::Joined));
    assert_eq!(plain.len(), marked.len());
    for (plain, mut marked) in plain.into_iter().zip(marked) {
        let context = marked["context"].as_object_mut().unwrap();
        assert_eq!(context.remove("app"), Some(json!({ "version": "segue-test-1" })));
        assert_eq!(plain, marked);
    }
}

fn worth() -> ValueRule {
    ValueRule {
        figure: Figure::Margin,
        revenue: "cart_value".to_owned(),
        discount: None,
        cost: None,
        cost_percent: Some(35),
        currency: "USD".to_owned(),
    }
}

/// Somebody with a cart, as Customer.io keeps it: in text.
fn shopper() -> Person {
    let cart = [
        ("cart_value", "64.10"),
        ("cart_items", r#"[{"sku":"zinc-30","quantity":2}]"#),
        ("tier", "gold"),
        ("age", "41"),
        ("secret", "hush"),
    ];
    let fields = cart.iter().map(|&(name, value)| (name.into(), value.into())).collect();
    Person { fields, ..person() }
}

#[test]
fn an_entry_is_an_event_of_its_own_with_what_was_known() {
    let mut destination = destination(Profile::Warehouse);
    destination.fields = ["cart_items", "tier", "age"].map(str::to_owned).into();
    destination.value = Some(worth());
    let key = "cart-abandoners".parse().unwrap();
    let entry = EntryEvent { name: "Entered Cart Abandoners".to_owned(), audience_version: 3 };
    let envelope = Envelope { entry: Some(&entry), ..envelope(&destination, &key) };
    let messages = parsed(&envelope.sheet().render(&shopper(), Reason::No(Cause::Held)));
    assert_eq!(messages.len(), 3);
    insta::assert_json_snapshot!(messages[2]);
    let ids: BTreeSet<_> = messages.iter().map(|one| one["messageId"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    // Whoever is there already doesn't come in, and nobody who leaves does.
    let again = envelope.sheet().render(&shopper(), Reason::Again);
    assert_eq!(again.messages.len(), 2);
    let exit = Envelope { transition: Transition::Exited, ..envelope };
    assert_eq!(exit.sheet().render(&shopper(), Reason::Joined).messages.len(), 2);
}

#[test]
fn an_ad_platform_is_told_the_figure_and_nothing_that_it_comes_from() {
    let mut destination = destination(Profile::MetaCapi);
    destination.value = Some(worth());
    let key = "carts".parse().unwrap();
    let entry = EntryEvent { name: "Entered Carts".to_owned(), audience_version: 1 };
    let envelope = Envelope {
        entry: Some(&entry),
        use_case: UseCase::Lookalike,
        ..envelope(&destination, &key)
    };
    let rendering = envelope.sheet().render(&shopper(), Reason::Joined);
    for message in parsed(&rendering) {
        assert_eq!(message["properties"]["value"], json!(41.66));
        assert_eq!(message["properties"]["currency"], json!("USD"));
    }
    let text = rendering.messages.concat();
    for hidden in ["64.1", "cart_value", "hush", "gold"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[test]
fn what_an_attribute_is_called_never_hides_what_segue_says() {
    let mut destination = destination(Profile::Plain);
    destination.fields = ["reason", "audience", "value"].map(str::to_owned).into();
    let key = "carts".parse().unwrap();
    let entry = EntryEvent { name: "Entered Carts".to_owned(), audience_version: 1 };
    let fields = ["reason", "audience", "value"].map(|name| (name.to_owned(), "mine".to_owned()));
    let person = Person { fields: fields.into(), ..person() };
    let envelope = Envelope { entry: Some(&entry), ..envelope(&destination, &key) };
    let message = parsed(&envelope.sheet().render(&person, Reason::Joined)).pop().unwrap();
    let properties = &message["properties"];
    assert_eq!(
        (&properties["reason"], &properties["audience"]),
        (&json!("joined"), &json!("carts"))
    );
    assert_eq!(properties["value"], json!("mine"), "no rule says what it is");
}
