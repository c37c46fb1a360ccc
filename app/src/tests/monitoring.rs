//! What moved, what failed and how long it took.

use domain::{
    delivery::Transition,
    mappings::UseCase,
    monitoring::{
        ChangeMark, Deed, Only,
        report::{Failure, Figures, OTHERS, Report, Series, Sums, Within},
        window::Range,
    },
    time::{Instant, Span},
};

use super::{answer, page, samples::now, words};
use crate::{chart::Cursor, monitoring::page::monitoring_page};

fn series(name: &str, values: &[Option<u64>]) -> Series {
    let mut all = vec![Some(0); 60];
    all[..values.len()].copy_from_slice(values);
    Series { name: name.to_owned(), values: all }
}

fn sums(entered: u64, exited: u64) -> Sums {
    let within = Within {
        half: Span::from_seconds(2),
        most: Span::from_seconds(9),
        nearly_all: Span::from_seconds(40),
    };
    Sums { entered, exited, sending: Some(within), ..Sums::default() }
}

fn report() -> Report {
    Report {
        now: now(),
        range: Range::Hour,
        window: Range::Hour.window(now()),
        only: Only::default(),
        mappings: vec!["cart-to-meta".parse().unwrap()],
        destinations: vec!["meta".parse().unwrap()],
        since: Some(now()),
        moved: vec![
            series("Entered", &[Some(1_200), Some(34)]),
            series("Exited", &[Some(0), Some(7)]),
        ],
        by_mapping: vec![series("cart<to>meta", &[Some(4)]), series(OTHERS, &[Some(3)])],
        by_destination: vec![series("meta", &[Some(7)])],
        events: vec![series("Order Completed", &[Some(5)])],
        failures: vec![series("Exits refused", &[Some(1)])],
        sending: vec![series("Half", &[None, Some(2_000)])],
        leaving: vec![],
        figures: vec![Figures {
            mapping: "cart-to-meta".parse().unwrap(),
            destination: "meta".parse().unwrap(),
            use_case: UseCase::Retarget,
            sums: sums(1_234, 7),
            before: sums(1_000, 7),
        }],
        sums: sums(1_234, 7),
        before: sums(1_000, 7),
        causes: vec![],
        marks: vec![],
        compares: false,
    }
}

fn shown(report: Report) -> String {
    page("/monitoring", || monitoring_page(report, Cursor::default()))
}

#[test]
fn its_answer_is_how_many_moved_how_long_that_took_and_what_fails() {
    let said = answer(&shown(report()));
    assert_eq!(
        said,
        "1,234 entered and 7 exited in the last hour (+23 %); 95 of 100 were answered within 9 s. Nothing fails now."
    );
    let only = Only { mapping: "cart-to-meta".to_owned(), destination: String::new() };
    let said = answer(&shown(Report { sums: Sums::default(), only, ..report() }));
    assert!(said.starts_with("Nobody of cart-to-meta moved in the last hour."), "{said}");
}

#[test]
fn before_anything_was_counted_it_says_what_will_appear_and_when() {
    let html = shown(Report { since: None, ..report() });
    assert_eq!(answer(&html), "Nothing has moved yet.");
    let text = words(&html);
    assert!(text.contains("within a minute of the first answer"), "{text}");
    assert!(!html.contains("<figure"), "no empty charts");
}

#[test]
fn each_chart_can_be_read_without_its_picture() {
    let html = shown(report());
    let text = words(&html);
    for said in [
        "How many people entered and exited?",
        "Which mappings moved them?",
        "What came in?",
        "How long does a decision take to be answered?",
        "The same as a table",
        "Without 58 steps in which nothing was.",
        "cart<to>meta",
    ] {
        let escaped = said.replace('<', "&lt;").replace('>', "&gt;");
        assert!(text.contains(&escaped), "{said}: {text}");
    }
    // One destination is no picture of where to.
    assert!(!text.contains("Where to?"));
    assert!(html.contains("aria-label=\"In all: Entered 1,234, Exited 7\""), "{html}");
    assert!(html.contains("<td class=\"num\">1,200</td>"), "{html}");
    // What only a script can do isn't offered without one.
    assert!(!html.contains("role=\"slider\"") && !html.contains(" style="), "{html}");
}

#[test]
fn the_filters_and_the_files_keep_what_the_address_says() {
    let only = Only { mapping: "cart-to-meta".to_owned(), destination: "meta".to_owned() };
    let html = shown(Report { only, compares: true, ..report() });
    let query = "mapping=cart-to-meta&amp;destination=meta";
    assert!(html.contains(&format!("/monitoring?range=1y&amp;{query}&amp;compare=before")));
    assert!(html.contains(&format!("/monitoring.csv?range=1h&amp;{query}\"")), "{html}");
    assert!(html.contains("/monitoring-events.csv?range=1h\""), "{html}");
    assert!(html.contains("type=\"hidden\" name=\"range\" value=\"1h\""), "{html}");
    assert!(html.contains("aria-current=\"page\">Last hour</a>"), "{html}");
}

#[test]
fn what_fails_is_said_by_cause_with_where_to_act() {
    let causes = vec![
        Failure::Refused {
            mapping: "cart-to-meta".parse().unwrap(),
            transition: Transition::Exited,
            reason: "the message is too <long>".to_owned(),
            people: 2,
            last_at: now(),
        },
        Failure::Quarantined {
            name: "checkout & pay".to_owned(),
            reason: "total: expected a number, found a text".to_owned(),
            events: 1,
            last_at: now(),
        },
    ];
    let html = shown(Report { causes, ..report() });
    let said = answer(&html);
    assert!(said.ends_with("2 people are refused by Segment. 1 event is in quarantine."), "{said}");
    assert!(html.contains("/dead-letters#cart-to-meta"), "{html}");
    assert!(html.contains("/contract/quarantine?find=checkout%20%26%20pay"), "{html}");
    assert!(html.contains("The message is too &lt;long&gt;"), "{html}");
    assert!(words(&html).contains("still there"));
}

#[test]
fn what_was_changed_stands_above_the_charts_and_in_words_below() {
    let mark = |deed, subject: &str, id: &str, ago: i64| ChangeMark {
        at: now().minus(Span::from_minutes(ago)),
        deed,
        subject: subject.to_owned(),
        id: id.to_owned(),
        action: "update".to_owned(),
        by: "ada@example.com".to_owned(),
    };
    let marks = vec![
        mark(Deed::Waiting, "cart-to-meta", "0193", 30),
        mark(Deed::Outage, "twilio", "", 20),
        mark(Deed::Contract, "Margin", "7", 20),
        mark(Deed::Mapping, "cart-to-meta", "cart-to-meta", 10),
    ];
    let html = shown(Report { marks, ..report() });
    let text = words(&html);
    for said in ["Calls of Segment held", "Contract approved: Margin", "cart-to-meta: update"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    for href in ["/runs/0193", "/contract/changes/7", "about=mapping%20cart-to-meta"] {
        assert!(html.contains(href), "{href}: {html}");
    }
    // Two in one minute share a flag, in the colour of what is worst; each chart has them all.
    let charts = html.matches("<figure").count();
    let flags = ["class=\"flag\"", "class=\"flag "].map(|class| html.matches(class).count());
    assert_eq!(flags.iter().sum::<usize>(), charts * 3);
    assert_eq!(html.matches("flag-failing").count(), charts);
    assert!(text.contains("Calls of Segment held; Contract approved: Margin"), "{text}");
    assert!(words(&shown(report())).contains("Nothing was changed in this time"));
}

#[test]
fn a_time_that_nobody_has_is_a_dash_and_a_limit_has_its_name() {
    let leaving = vec![series("95 of 100", &[Some(61_000)])];
    let html = shown(Report { leaving, ..report() });
    let text = words(&html);
    assert!(text.contains("Retarget: 99 of 100 within 1 min"), "{text}");
    assert!(html.contains("class=\"rule-limit\""), "{html}");
    assert!(text.contains("nobody was answered"), "a dash has words: {text}");
    assert!(text.contains("9 s9 s before"), "beside the period before: {text}");
    let later = Instant(now().0 + 1);
    assert_eq!(answer(&shown(Report { now: later, ..report() })), answer(&shown(report())));
}
