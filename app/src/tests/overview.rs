//! The overview.

use domain::{
    audiences::Mirror,
    connections::Vendor,
    delivery::letters::LetterCount,
    events::canary::{Canary, Word},
    mappings::Health,
    sync::RunState,
};

use super::{answer, page, samples::*, words};
use crate::overview::{api::Overview, page::overview_page};

pub fn overview(mappings: Vec<domain::mappings::MappingRow>) -> Overview {
    Overview {
        now: now(),
        connections: vec![connection(Vendor::Customerio, true), connection(Vendor::Twilio, true)],
        audiences: vec![audience(Mirror::Fresh)],
        gaps: vec![],
        destinations: 1,
        mappings,
        suppressions: vec![],
        runs: vec![run(RunState::Done)],
        letters: LetterCount::default(),
        waiting: 0,
        canary: canary(Word::None),
        first_steps: None,
    }
}

/// A canary without rounds.
fn canary(word: Word) -> Canary {
    Canary {
        cio_id: Some("c-1".to_owned()),
        chosen_at: Some(now()),
        event: Some("Order Completed".to_owned()),
        rounds: vec![],
        word,
    }
}

#[test]
fn a_canary_that_stayed_or_fell_silent_is_said() {
    let told = |word| {
        let view = Overview { canary: canary(word), ..overview(vec![mapping(Health::Ok)]) };
        words(&page("/", || overview_page(view)))
    };
    assert!(told(Word::Stayed).contains("The canary purchaser did not leave in time"));
    assert!(told(Word::Silent).contains("proves nothing any more"));
    for calm in [Word::None, Word::NoRule, Word::Waiting, Word::Leaving, Word::Left] {
        assert!(!told(calm).contains("canary"), "{calm:?}");
    }
}

#[test]
fn the_overview_says_who_is_where_and_what_needs_somebody() {
    let html =
        page("/", || overview_page(overview(vec![mapping(Health::Late), mapping(Health::Ok)])));
    assert_eq!(
        answer(&html),
        "2 mappings have 24,204 of 29,822 members at their destinations, 756 on the way. \
         cart-meta is late."
    );
    assert!(words(&html).contains("Needs you"));
    assert!(html.contains("href=\"/mappings/cart-meta\""));

    let calm = page("/", || overview_page(overview(vec![mapping(Health::Ok)])));
    assert!(answer(&calm).ends_with("It is in time."));
    assert!(!words(&calm).contains("Needs you"));
}

#[test]
fn what_is_wrong_with_keys_and_members_stands_on_the_overview() {
    let html = page("/", || {
        let mut view = overview(vec![mapping(Health::Ok)]);
        view.connections = vec![connection(Vendor::Customerio, false)];
        view.letters = LetterCount { entered: 4, exited: 3 };
        view.audiences =
            vec![audience(Mirror::Stale { reason: "it is still building".to_owned() })];
        overview_page(view)
    });
    let words = words(&html);
    assert!(words.contains("Customer.io can't be used"));
    assert!(words.contains("The members of cart-abandoners are from 2 h ago"), "{words}");
    assert!(words.contains("it is still building"));
    assert!(words.contains("3 people should have left and are still at the destination"));
    assert!(html.contains("href=\"/settings/connections\""));
}

#[test]
fn before_the_first_mapping_the_overview_has_the_next_step() {
    let html = page("/", || {
        let mut view = overview(vec![]);
        view.audiences = vec![];
        view.destinations = 0;
        overview_page(view)
    });
    assert!(answer(&html).contains("3 steps are left"));
    assert!(html.contains("href=\"/audiences/new\""));
    assert!(!html.contains("href=\"/settings/connections\""), "that step is done");
}
