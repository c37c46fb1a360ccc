use super::*;
use crate::{
    destinations::Profile,
    mappings::{UseCase, timeline::FlowSpec},
    people::{
        HistoryEntry, Person,
        standing::{Keeping, Membership},
    },
};

fn key(text: &str) -> Key {
    text.parse().expect("a key")
}

fn hour(hours: i64) -> Instant {
    Instant(0).plus(Span::from_hours(hours))
}

/// E-mail at 1 h, SMS at 4 h, e-mail at 20 h; people come into the audience after 1 h.
fn flow() -> FlowView {
    let touches = ["email 1h", "sms 4h", "email 20h"].map(|text| text.parse().expect("a touch"));
    FlowView {
        spec: FlowSpec { key: key("recovery"), audience: key("carts"), touches: touches.into() },
        joins_at: Span::from_hours(1),
        paid: vec![Paid {
            mapping: key("carts-meta"),
            destination: key("meta"),
            profile: Profile::MetaCapi,
            is_active: true,
            sent_at: Span::from_hours(2),
            begins_at: Span::from_hours(2),
            ends_at: Some(Span::from_hours(72)),
        }],
        conflicts: vec![],
    }
}

/// In the audience since the first hour.
fn person(cause: Option<Cause>) -> PersonView {
    PersonView {
        person: Person {
            cio_id: "c".to_owned(),
            id: None,
            email: None,
            phone: None,
            fields: std::collections::BTreeMap::new(),
        },
        audiences: vec![Membership {
            audience: key("carts"),
            segment_name: None,
            read_at: None,
            is_stale: false,
            since: Some(hour(1)),
        }],
        suppressions: vec![],
        mappings: vec![PersonMapping {
            mapping: key("carts-meta"),
            audience: key("carts"),
            destination: key("meta"),
            use_case: UseCase::Retarget,
            group: None,
            priority: 1,
            is_active: true,
            member: true,
            delivered: false,
            cause,
            underway: None,
            letters: vec![],
            history: vec![],
        }],
    }
}

/// Each step as a line: the hour, what, and beside what.
fn lines(view: &PersonView, now: Instant) -> Vec<String> {
    let told = |one: Planned| {
        let hours = one.at.since(Instant(0)).0 / Span::from_hours(1).0;
        let what = match one.step {
            Step::Message { channel, .. } => channel.as_str().to_owned(),
            Step::AdsBegin { mapping } => format!("begin {mapping}"),
            Step::AdsEnd { mapping } => format!("end {mapping}"),
            Step::Released { rule } => format!("released {rule}"),
        };
        let beside: Vec<&str> = one.beside.iter().map(Key::as_str).collect();
        format!("{hours} {what} {}", beside.join(",")).trim_end().to_owned()
    };
    planned(view, &[flow()], now).into_iter().map(told).collect()
}

#[test]
fn messages_and_ads_stand_on_one_line() {
    assert_eq!(
        lines(&person(Some(Cause::Held)), hour(1)),
        ["1 email", "2 begin carts-meta", "4 sms carts-meta", "20 email carts-meta"]
    );
    assert_eq!(lines(&person(None), hour(30)), ["72 end carts-meta"], "48 hours ahead");
    assert_eq!(lines(&person(None), hour(80)), [""; 0]);
}

#[test]
fn whoever_is_kept_out_sees_no_ad_until_it_ends() {
    let mut view = person(Some(Cause::Suppressed));
    view.suppressions.push(Keeping {
        rule: key("purchase"),
        reason: "bought".to_owned(),
        destinations: vec![],
        is_member: false,
        listed: None,
        until: Some(hour(24)),
    });
    assert_eq!(lines(&view, hour(2)), ["4 sms", "20 email", "24 released purchase"]);
    view.suppressions[0].is_member = true;
    assert_eq!(lines(&view, hour(5)), ["20 email"], "nobody knows when they leave its audience");
}

#[test]
fn since_when_is_told_by_the_destination_where_no_reading_tells() {
    let mut view = person(None);
    view.audiences[0].since = None;
    assert_eq!(lines(&view, hour(1)), [""; 0], "nobody knows");
    let entry = |at, transition| HistoryEntry {
        at: hour(at),
        transition,
        generation: at,
        run: "0193a4e2-7c11-7000-8000-00000000beef".parse().expect("an id"),
        message_id: String::new(),
        answer: None,
    };
    view.mappings[0].history = vec![entry(1, Transition::Entered)];
    assert_eq!(lines(&view, hour(3)).len(), 2);
    view.mappings[0].history.push(entry(2, Transition::Exited));
    assert_eq!(lines(&view, hour(3)), [""; 0], "they have left");
}
