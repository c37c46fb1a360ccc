//! The pages of people.

use domain::{
    delivery::Transition,
    mappings::{UseCase, timeline::Channel},
    people::{
        HistoryEntry, Person, PersonMapping, PersonView,
        planned::{Planned, Step},
        standing::{Answer, Keeping, Letter, Listed, Membership, Underway},
    },
    sync::Cause,
    time::Span,
};

use super::{answer, page, samples::*, words};
use crate::{
    people::{api::Explained, page::people_page, standing::person_page},
    suppression::listing::person::PersonActions,
};

fn person() -> PersonView {
    let run = "0193a4e2-7c11-7000-8000-00000000beef".parse().expect("an id");
    let one = |mapping: &str, delivered, cause| PersonMapping {
        mapping: key(mapping),
        audience: key("carts"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        group: Some("ads".to_owned()),
        priority: if delivered { 1 } else { 2 },
        is_active: true,
        member: true,
        delivered,
        cause,
        underway: None,
        letters: vec![],
        history: vec![HistoryEntry {
            at: now().minus(Span::from_minutes(3)),
            transition: Transition::Entered,
            generation: 3,
            run,
            message_id: "bXkgbWVzc2FnZSBpZA".to_owned(),
            answer: Some(Answer {
                sent_at: now().minus(Span::from_minutes(3)),
                at: now().minus(Span::from_minutes(3)).plus(Span::from_millis(412)),
                people: 2_500,
            }),
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
        audiences: vec![Membership {
            audience: key("carts"),
            segment_name: Some("Carts <4 h>".to_owned()),
            read_at: Some(now()),
            is_stale: false,
            since: None,
        }],
        suppressions: vec![],
        mappings: vec![
            one("carts-meta", true, None),
            one("vip-meta", false, Some(Cause::Suppressed)),
        ],
    }
}

#[test]
fn a_person_is_explained_in_one_sentence() {
    let html = page("/people/a%2Fb", || {
        person_page(Explained { now: now(), view: person(), planned: vec![] }, PersonActions::new())
    });
    assert_eq!(
        answer(&html),
        "In 1 audience and at the destinations of 1 of 2 mappings; not sent by vip-meta, because \
         a suppression keeps them out."
    );
    assert!(html.contains("/runs/0193a4e2-7c11-7000-8000-00000000beef"));
    assert!(html.contains("href=\"/mappings/vip-meta\""));
    assert!(html.contains("Carts &lt;4 h&gt;"), "names are text");
    let words = words(&html);
    assert!(words.contains("412 ms") && words.contains("2,500 people"), "{words}");
    assert!(html.contains("bXkgbWVzc2FnZSBpZA"), "the id that Segment knows");
    assert!(!words.contains("Kept out by"), "nothing holds them");
}

#[test]
fn the_culprit_has_a_name() {
    let told = |change: fn(&mut PersonView)| {
        let mut view = person();
        change(&mut view);
        let html = page("/people/a%2Fb", || {
            person_page(Explained { now: now(), view, planned: vec![] }, PersonActions::new())
        });
        (answer(&html), words(&html))
    };
    let (answer, words) = told(|view| {
        view.suppressions = vec![Keeping {
            rule: key("purchase"),
            reason: "bought".to_owned(),
            destinations: vec![],
            is_member: false,
            listed: None,
            until: Some(now().plus(Span::from_hours(3))),
        }];
    });
    assert!(answer.ends_with("vip-meta, because purchase keeps them out."), "{answer}");
    assert!(words.contains("Kept out by") && words.contains("in 3 h"), "{words}");
    let (answer, words) = told(|view| {
        let rule = |name: &str, places: &[&str], listed| Keeping {
            rule: key(name),
            reason: "asked".to_owned(),
            destinations: places.iter().map(|place| key(place)).collect(),
            is_member: false,
            listed,
            until: None,
        };
        let listed =
            Listed { by: "an operator".to_owned(), since: now(), note: "by phone".to_owned() };
        view.suppressions =
            vec![rule("elsewhere", &["tiktok"], None), rule("staff", &[], Some(listed))];
    });
    assert!(answer.ends_with("vip-meta, because staff keeps them out."), "{answer}");
    assert!(words.contains("put there by an operator, by phone"), "{words}");
    assert!(words.contains("Take the person off every list"), "{words}");
    assert!(words.contains("tiktok") && words.contains("Everywhere"), "{words}");
    let (answer, _) = told(|view| {
        view.mappings[0].audience = key("others");
        view.mappings[1].cause = Some(Cause::Outranked);
    });
    assert!(answer.ends_with("because carts-meta comes first and has them."), "{answer}");
    let (answer, words) = told(|view| {
        let refused =
            Letter { at: now(), transition: Transition::Exited, reason: "400".to_owned() };
        view.mappings[0].letters = vec![refused];
        view.mappings[1].underway = Some(Underway {
            at: now(),
            transition: Transition::Entered,
            run: view.mappings[0].history[0].run,
            sent_at: Some(now().minus(Span::from_minutes(1))),
        });
    });
    assert!(answer.contains("carts-meta, because Segment refused the exit: 400"), "{answer}");
    assert!(words.contains("Could not leave"), "{words}");
    assert!(words.contains("Entry sent 1 min ago, no answer yet"), "{words}");
    let (answer, _) = told(|view| {
        view.audiences.clear();
        view.mappings.clear();
    });
    assert_eq!(answer, "In no audience. There is no mapping that could send this person anywhere.");
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

#[test]
fn what_is_to_come_says_what_meets_what() {
    let at = |hours| now().plus(Span::from_hours(hours));
    let message = |hours, channel, beside: &[&str]| Planned {
        at: at(hours),
        step: Step::Message { flow: key("recovery"), channel },
        beside: beside.iter().map(|text| key(text)).collect(),
    };
    let planned = vec![
        Planned { at: at(1), step: Step::AdsBegin { mapping: key("carts-meta") }, beside: vec![] },
        message(3, Channel::Sms, &["carts-meta"]),
        message(19, Channel::Email, &[]),
    ];
    let html = page("/people/a%2Fb", || {
        person_page(Explained { now: now(), view: person(), planned }, PersonActions::new())
    });
    let text = words(&html);
    for said in [
        "The next 48 hours",
        "Ads of carts-meta may begin",
        "SMS of recovery",
        "Meets ads of carts-meta",
        "E-mail of recovery",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(text.matches("Meets ads").count(), 1);
}
