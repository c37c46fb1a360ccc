//! The pages of mappings: the list, the matrix, one mapping, its closing.

use domain::{
    access::trail::Entry,
    audiences::Mirror,
    delivery::letters::LetterCount,
    mappings::{Health, matrix::Matrix},
    sync::RunState,
};
use leptos::prelude::*;

use super::{answer, page, samples::*, words};
use crate::{
    audiences::{api::AudiencesView, page::audiences_page},
    mappings::{
        api::{MappingView, MappingsView, MatrixView},
        manage::{self, manage_page},
        matrix::{Switched, matrix_page},
        one::{Actions, mapping_page},
        page::mappings_page,
    },
};

fn mapping_html(health: Health) -> String {
    page("/mappings/cart-meta", move || {
        let view = MappingView {
            runs: vec![run(RunState::Done)],
            older: Some(now()),
            ..mapping_view(mapping(health))
        };
        mapping_page(view, Actions::new())
    })
}

fn list(mappings: Vec<domain::mappings::MappingRow>) -> MappingsView {
    MappingsView { now: now(), mappings, closing: vec![], connections: vec![] }
}

#[test]
fn a_mapping_tells_who_is_sent_and_why_others_are_not() {
    let html = mapping_html(Health::Ok);
    assert_eq!(
        answer(&html),
        "12,102 of 14,911 members of Cart &lt;abandoners&gt; are sent to Meta Custom Audiences; \
         1,206 are kept out by suppressions, 322 are held out to measure and 903 can't be \
         identified. 378 changes are on the way."
    );
    for link in ["/suppression", "/audiences#cart-abandoners", "/destinations#meta"] {
        assert!(html.contains(&format!("href=\"{link}\"")), "{link}");
    }
    assert!(html.contains("href=\"/mappings/cart-meta/edit\""));
    assert!(html.contains("/runs/0193a4e2-7c11-7000-8000-00000000beef"));
    assert!(html.contains("?before="), "older runs have an address");
    assert!(!html.contains("<progress"), "nothing runs");
    let words = words(&html);
    assert!(words.contains("Can't be identified there needs e-mail or phone"), "{words}");
    assert!(words.contains("Pause mapping") && !words.contains("Resume mapping"));
}

#[test]
fn a_running_mapping_shows_how_far_it_is_to_eyes_and_ears() {
    let html = mapping_html(Health::Running);
    assert!(html.contains("role=\"status\"") && html.contains("<progress"), "{html}");
    assert!(words(&html).contains("900 of 1,515 acknowledged"));
    assert!(words(&html).contains("Reload"), "without a script the reader reloads");
}

#[test]
fn a_paused_mapping_can_be_resumed_and_says_so_first() {
    let html = mapping_html(Health::Paused);
    assert!(answer(&html).starts_with("Paused. "));
    assert!(words(&html).contains("Resume mapping") && !words(&html).contains("Run now"));
}

#[test]
fn a_failing_mapping_says_what_that_means_for_people() {
    let html = page("/mappings/cart-meta", || {
        let failed = domain::sync::RunRow {
            error: Some("Customer.io refused the key (401)".to_owned()),
            ..run(RunState::Failed)
        };
        let mapping =
            domain::mappings::MappingRow { last_run: Some(failed), ..mapping(Health::Failing) };
        let view =
            MappingView { letters: LetterCount { entered: 2, exited: 0 }, ..mapping_view(mapping) };
        mapping_page(view, Actions::new())
    });
    let words = words(&html);
    assert!(words.contains("Customer.io refused the key (401)"));
    assert!(words.contains("Whoever is at the destination stays there"));
    assert!(words.contains("Segment refused 2 people for good"), "{words}");
    assert!(html.contains("href=\"/dead-letters#cart-meta\""));
}

#[test]
fn how_a_mapping_was_decided_is_kept_with_who_did() {
    let created = Entry {
        id: uuid::Uuid::nil(),
        at: now(),
        actor: "ada@example.com".to_owned(),
        action: "create".to_owned(),
        subject: "mapping cart-meta".to_owned(),
        lines: vec![],
    };
    let html = page("/mappings/cart-meta", || {
        let view = MappingView { changes: vec![created], ..mapping_view(mapping(Health::Ok)) };
        mapping_page(view, Actions::new())
    });
    let text = words(&html);
    assert!(text.contains("How it was decidedOne Audience Entered or Audience Exited"), "{text}");
    assert!(text.contains("ada@example.comcreate"), "{text}");
    assert!(html.contains("/settings/audit?about=mapping%20cart-meta"), "{html}");
}

#[test]
fn a_mapping_that_never_ran_claims_nothing() {
    let html = page("/mappings/cart-meta", || {
        let view = mapping_view(new_mapping());
        mapping_page(view, Actions::new())
    });
    assert_eq!(
        answer(&html),
        "Nobody from cart-abandoners has been sent to Meta Custom Audiences yet. Its first run \
         comes in 1 min."
    );
    assert!(!html.contains("class=\"funnel\""));
    assert!(words(&html).contains("No runs yet"));
}

#[test]
fn the_matrix_has_a_place_for_each_audience_at_each_destination() {
    let view = || {
        let (audiences, destinations) = (vec![audience(Mirror::Fresh)], vec![destination()]);
        let matrix = Matrix::of(audiences, destinations, &[mapping(Health::Paused)]);
        MatrixView { now: now(), matrix }
    };
    let html = page("/mappings?view=matrix", move || {
        matrix_page(view(), ServerAction::new(), Switched::read("pause", "cart-meta"))
    });
    assert_eq!(
        answer(&html),
        "1 of 1 place is used: 1 audience at 1 destination. Every audience is sent somewhere."
    );
    assert!(html.contains("1\u{a0}mapping was paused") && html.contains("Undo"), "{html}");
    assert!(html.contains("name=\"keys[]\"") && html.contains("href=\"/mappings.csv\""));
    let html = page("/mappings?view=matrix", move || {
        let MatrixView { now, mut matrix } = view();
        matrix.audiences[0].cells = vec![vec![]];
        matrix_page(MatrixView { now, matrix }, ServerAction::new(), None)
    });
    assert!(html.contains("/mappings/new?audience=cart-abandoners&amp;destination=meta"), "{html}");
}

#[test]
fn the_lists_begin_with_their_answer() {
    let html = page("/mappings", || mappings_page(list(vec![mapping(Health::Failing)])));
    assert_eq!(
        answer(&html),
        "1 mapping has 12,102 of 14,911 members at their destinations. cart-meta is failing."
    );
    let empty = page("/mappings", || mappings_page(list(vec![])));
    assert!(empty.contains("href=\"/mappings/new\""));

    let html = page("/audiences", || {
        let stale = audience(Mirror::Stale { reason: "still building".to_owned() });
        audiences_page(AudiencesView { now: now(), audiences: vec![stale] })
    });
    assert_eq!(
        answer(&html),
        "1 audience has 14,911 members; 94 % have an e-mail address. cart-abandoners could not \
         be read anew."
    );
    assert!(html.contains("id=\"cart-abandoners\""), "other pages link to the row");
}

#[test]
fn no_page_carries_a_style_attribute_or_a_script() {
    for health in [Health::Ok, Health::Running, Health::Failing] {
        let html = mapping_html(health);
        assert!(!html.contains(" style=") && !html.contains("<script"), "{html}");
    }
}

#[test]
fn retiring_says_the_number_and_offers_a_choice() {
    let row = mapping(Health::Ok);
    let there = crate::format::number(row.delivered);
    let html =
        page("/mappings/cart-meta/manage", move || manage_page(&row, manage::Actions::new()));
    let words = words(&html);
    assert!(words.contains(&format!("Send {there} exits and retire")), "{words}");
    assert!(words.contains(&format!("Retire and leave {there} there")), "{words}");
    assert!(words.contains("Send them again") && !words.contains("Adopt"), "{words}");
    let empty =
        domain::mappings::MappingRow { delivered: 0, last_done_at: None, ..mapping(Health::New) };
    let html =
        page("/mappings/cart-meta/manage", move || manage_page(&empty, manage::Actions::new()));
    let words = self::words(&html);
    assert!(words.contains("Adopt at the first run") && !words.contains("leave"), "{words}");
}
