//! The page of suppressions.

use domain::{
    mappings::UseCase,
    suppression::{
        SuppressionRow, SuppressionSpec,
        listing::{Leaving, List, Listing, ListingState, Review, Unreadable},
        preview::{Effect, Shift},
    },
    time::Span,
};
use leptos::prelude::ServerAction;

use super::{answer, page, samples::*, words};
use crate::suppression::{
    api::SuppressionView,
    listing::{
        api::{ListView, ReviewView},
        list::list_page,
        review::{ListingActions, listing_page},
    },
    page::suppression_page,
    policy::policy_page,
    rule::{
        api::{Answer, Asked, RuleView},
        page::{RuleActions, rule_page},
    },
};

#[test]
fn suppressions_say_whom_they_keep_out_and_for_how_long() {
    let rule = SuppressionRow {
        spec: SuppressionSpec {
            audience: Some(key("purchasers")),
            ttl: Some(Span::from_hours(24)),
            owner: Some("Retention".to_owned()),
            ..SuppressionSpec::new(key("purchase"), "purchase")
        },
        people: 1_206,
        mirrored_at: Some(now()),
        stale: Some("the members shrank abnormally".to_owned()),
    };
    let printed = rule.clone();
    let html = page("/suppression", || {
        suppression_page(SuppressionView { now: now(), rules: vec![rule] })
    });
    assert!(answer(&html).ends_with("Refund, support and unsubscribed are covered by no rule."));
    assert!(html.contains("href=\"/suppression/policy\""));
    let policy = page("/suppression/policy", || {
        policy_page(SuppressionView { now: now(), rules: vec![printed] })
    });
    assert!(answer(&policy).starts_with("As of 2026-10-23, 1 rule keeps people out of every"));
    let said = self::words(&policy);
    for part in ["1. Purchase", "members of purchasers", "Kept out now1,206", "OwnerRetention"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(answer(&html).starts_with("Purchase keeps 1,206 people out"));
    let words = words(&html);
    assert!(words.contains("while a member, at least 24 h"), "{words}");
    assert!(words.contains("the members shrank abnormally"));
    let empty =
        page("/suppression", || suppression_page(SuppressionView { now: now(), rules: vec![] }));
    assert!(empty.contains("href=\"/suppression/new\""));
}

#[test]
fn a_rule_tells_what_would_change_before_it_does() {
    let row = SuppressionRow {
        spec: SuppressionSpec {
            audience: Some(key("unsubscribed")),
            destinations: vec![key("meta")],
            ..SuppressionSpec::new(key("unsubscribed"), "unsubscribed")
        },
        people: 1_201,
        mirrored_at: Some(now()),
        stale: None,
    };
    let shift = Shift {
        mapping: key("carts-meta"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        is_active: true,
        leave: 0,
        come: 1,
    };
    let told = |what: &str, answer| {
        let view = RuleView {
            now: now(),
            row: row.clone(),
            destinations: vec![key("meta"), key("tiktok")],
            asked: Asked {
                what: what.to_owned(),
                destinations: "meta".to_owned(),
                ..Asked::default()
            },
            answer,
        };
        page("/suppression/rules/unsubscribed", || rule_page(view, RuleActions::new()))
    };
    let html = told("", Answer::Nothing);
    assert_eq!(answer(&html), "Unsubscribed keeps 1,201 people out of mappings to meta.");
    assert!(html.contains("what=retire"));
    let effect = |after, shifts| Answer::Effect(Effect { before: 1_201, after, shifts });
    let said = words(&told("retire", effect(0, vec![shift.clone()])));
    assert!(said.contains("no longer keep 1,201 people out. 1 person would come."), "{said}");
    assert!(said.contains("Retire it and send 1 entry"), "{said}");
    let paused = Shift { is_active: false, leave: 2, ..shift };
    let said = words(&told("change", effect(1_203, vec![paused])));
    assert!(said.contains("It would keep 1,203 out, not 1,201 people."), "{said}");
    assert!(said.contains("Change it and send 2 exits and 0 entries"), "{said}");
    let wrong = Answer::Wrong { field: "ttl".to_owned(), message: "Write 24h".to_owned() };
    assert!(words(&told("change", wrong)).contains("Write 24h"));
    assert!(words(&told("change", Answer::Same)).contains("Nothing would change"));
}

#[test]
fn a_file_says_what_follows_before_it_holds() {
    let listing = Listing {
        id: "0193a4e2-7c11-7000-8000-00000000beef".parse().expect("an id"),
        rule: key("staff"),
        state: ListingState::Draft,
        source: "<b>.csv".to_owned(),
        note: String::new(),
        by: "an operator".to_owned(),
        at: now(),
        held_since: None,
        names: 3,
        people: 2,
        unknown: 1,
        repeated: 4,
        unreadable: 30,
    };
    let told = |listing: &Listing, leaving: Vec<Leaving>| {
        let unreadable = vec![Unreadable {
            line: 7,
            text: "nobody@".to_owned(),
            why: "is no address".to_owned(),
        }];
        let review = Review { listing: listing.clone(), unreadable, leaving };
        page("/suppression/lists/staff/x", || {
            listing_page(ReviewView { now: now(), review }, ListingActions::new())
        })
    };
    let leaving = Leaving {
        mapping: key("carts-meta"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        is_active: true,
        people: 2,
    };
    let html = told(&listing, vec![leaving.clone()]);
    assert!(answer(&html).starts_with("3 names: 2 people known, 1 not yet"), "{}", answer(&html));
    assert!(answer(&html).ends_with("2 exits would be sent at once."));
    assert!(html.contains("&lt;b&gt;.csv on staff"), "a file's name is text");
    let said = words(&html);
    for part in ["Keep 2 people out", "Discard these names", "The first 1 of 30 such lines"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let holding =
        Listing { state: ListingState::Holding, held_since: Some(now()), ..listing.clone() };
    let html = told(&holding, vec![leaving]);
    assert_eq!(answer(&html), "It keeps 2 people out; 2 exits are on the way.");
    assert!(words(&html).contains("Take 2 people off the list"));
    let ended = Listing { state: ListingState::Ended, ..holding };
    assert!(!words(&told(&ended, vec![])).contains("Take 2 people"));

    let rule = SuppressionRow {
        spec: SuppressionSpec { list: true, ..SuppressionSpec::new(key("staff"), "staff") },
        people: 2,
        mirrored_at: None,
        stale: None,
    };
    let list = List { rule: rule.clone(), listings: vec![listing] };
    let html = page("/suppression/lists/staff", || {
        list_page(ListView { now: now(), list }, ServerAction::new())
    });
    assert_eq!(
        answer(&html),
        "The list keeps 2 people out, until somebody takes them off. One file waits to be looked at."
    );
    assert!(html.contains("action=\"/suppression/lists/staff/file\""));
    let html = page("/suppression", || {
        suppression_page(SuppressionView { now: now(), rules: vec![rule] })
    });
    assert!(html.contains("href=\"/suppression/lists/staff\""));
}
