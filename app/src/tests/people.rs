//! The pages of people.

use domain::{
    delivery::Transition,
    mappings::UseCase,
    people::{HistoryEntry, Person, PersonMapping, PersonView},
    sync::Cause,
    time::Span,
};

use super::{answer, page, samples::*, words};
use crate::people::{
    api::Explained,
    page::{people_page, person_page},
};

fn person() -> PersonView {
    let run = "0193a4e2-7c11-7000-8000-00000000beef".parse().expect("an id");
    let one = |mapping: &str, delivered, cause| PersonMapping {
        mapping: key(mapping),
        audience: key("carts"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        member: true,
        delivered,
        cause,
        history: vec![HistoryEntry {
            at: now().minus(Span::from_minutes(3)),
            transition: Transition::Entered,
            generation: 3,
            run,
        }],
    };
    PersonView {
        person: Person {
            cio_id: "a/b".to_owned(),
            id: None,
            email: Some("ada@example.com".to_owned()),
            phone: None,
            fields: std::collections::BTreeMap::new(),
        },
        mappings: vec![
            one("carts-meta", true, None),
            one("vip-meta", false, Some(Cause::Suppressed)),
        ],
    }
}

#[test]
fn a_person_is_explained_in_one_sentence() {
    let html = page("/people/a%2Fb", || person_page(Explained { now: now(), view: person() }));
    assert_eq!(
        answer(&html),
        "At the destinations of 1 of 2 mappings; not sent by vip-meta, because a suppression \
         keeps them out."
    );
    assert!(html.contains("/runs/0193a4e2-7c11-7000-8000-00000000beef"));
    assert!(html.contains("href=\"/mappings/vip-meta\""));
}

#[test]
fn finding_links_to_people_whatever_their_ids_hold() {
    let html = page("/people?find=ada@example.com", || {
        people_page("ada@example.com", vec![person().person])
    });
    assert_eq!(answer(&html), "One person is known as ada@example.com.");
    assert!(html.contains("href=\"/people/a%2Fb\""), "{html}");
    assert!(html.contains("value=\"ada@example.com\"") && html.contains("name=\"find\""));
    let none = page("/people?find=x", || people_page("x", vec![]));
    assert!(words(&none).contains("Nobody found"));
    let asked = page("/people", || people_page("", vec![]));
    assert!(!words(&asked).contains("Nobody found"));
}
