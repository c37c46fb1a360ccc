//! The page of exclusivity.

use domain::{
    destinations::Profile,
    mappings::exclusivity::{Bounce, Exclusivity, Group, Overlaps, Rank, Reordered},
};
use leptos::prelude::*;

use super::{answer, page, samples::*, words};
use crate::mappings::exclusivity::{
    api::{ExclusivityView, SaveOrder, Weighed},
    order::{Proposal, effect_table},
    page::exclusivity_page,
};

fn rank(audience: &str, outranked: u64) -> Rank {
    let mappings = vec![key(&format!("{audience}-meta"))];
    Rank { audience: key(audience), mappings, is_active: true, members: 1_000, outranked }
}

fn exclusivity() -> Exclusivity {
    let bounce = Bounce {
        destination: key("meta"),
        profile: Profile::MetaCustomAudiences,
        one: key("carts-meta"),
        other: key("lapsed-meta"),
        people: 1_204,
    };
    Exclusivity {
        groups: vec![Group {
            key: key("ads"),
            ranks: vec![rank("carts", 0), rank("viewers", 214)],
            base: "carts-meta:10,viewers-meta:20".to_owned(),
        }],
        overlaps: Overlaps {
            audiences: vec![key("carts"), key("viewers")],
            shared: vec![vec![1_000, 214], vec![214, 2_000]],
        },
        bounces: vec![bounce],
    }
}

fn effect(gains: u64) -> Reordered {
    let mapping = key("viewers-meta");
    Reordered { mapping, before: 1_786, after: 1_786 + gains, gains, loses: 0 }
}

fn html(exclusivity: Exclusivity, proposed: Option<&'static str>) -> String {
    page("/exclusivity", move || {
        let proposal = Memo::new(move |_| Proposal::read("ads", proposed.unwrap_or_default()));
        let told = proposed.map(|_| Ok(Weighed::Effects(vec![effect(214)])));
        let view = ExclusivityView { now: now(), exclusivity };
        exclusivity_page(view, proposal, Signal::stored(told), ServerAction::<SaveOrder>::new())
    })
}

#[test]
fn it_says_who_bounces_whom_the_order_keeps_out_and_how_audiences_overlap() {
    let html = html(exclusivity(), None);
    assert_eq!(
        answer(&html),
        "1,204 people stand in two ad sets of one destination: carts-meta and lapsed-meta. \
         1 group keeps 214 people out of a second audience."
    );
    let said = words(&html);
    for part in
        ["Order of ads", "1,000 members, 214 have an audience before it · viewers-meta", "11 %"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(html.contains("href=\"/exclusivity?group=ads&amp;order=viewers,carts\""), "{html}");
    assert!(!said.contains("Save this order"), "nothing is proposed");
}

#[test]
fn a_proposed_order_says_what_it_would_do_and_can_be_saved() {
    let html = html(exclusivity(), Some("viewers,carts"));
    let said = words(&html);
    for part in ["What this order would do", "Save this order"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let told = |gains| words(&page("/exclusivity", move || effect_table(vec![effect(gains)])));
    assert!(told(214).contains("viewers-meta1,7862,0002140"), "{}", told(214));
    assert!(told(0).contains("Nobody would move"));
    assert!(html.contains("value=\"carts-meta:10,viewers-meta:20\""), "what it was made against");
    let first = html.find("move-ads-viewers").expect("it is there");
    assert!(first < html.find("move-ads-carts").expect("it is there"), "in the proposed order");
}

#[test]
fn what_is_no_order_of_the_group_proposes_nothing() {
    for other in ["carts", "carts,viewers", "carts,viewers,more"] {
        let said = words(&html(exclusivity(), Some(other)));
        assert!(!said.contains("Save this order"), "{other}: {said}");
    }
}

#[test]
fn without_groups_it_says_how_to_make_one() {
    let html = html(Exclusivity::default(), None);
    assert_eq!(
        answer(&html),
        "Nobody stands in two ad sets of one destination. \
         No group keeps anybody out of a second audience."
    );
    assert!(words(&html).contains("No groups yet"));
}
