use proptest::prelude::*;

use super::*;
use crate::{key::Key, mappings::timeline::Channel, time::Instant};

fn key(text: &str) -> Key {
    text.parse().unwrap()
}

fn mapping(name: &str, offset: Option<Span>) -> MappingSpec {
    MappingSpec {
        key: key(name),
        audience: key("carts"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        exclusivity_group: None,
        priority: 100,
        every: Span::from_minutes(5),
        holdout_percent: crate::mappings::HoldoutPercent(0),
        offset,
        dwell: None,
        entry_event: None,
        active: true,
    }
}

fn flow(touches: &[&str]) -> FlowSpec {
    let touches = touches.iter().map(|text| text.parse().unwrap()).collect();
    FlowSpec { key: key("cart-recovery"), audience: key("carts"), touches }
}

/// The brief's own: e-mail at 1 h, SMS at 4 h, e-mail at 20 h, ads at 2 h.
const BRIEF: [&str; 3] = ["email 1h", "sms 4h", "email 20h"];

fn view(flow: &FlowSpec, mapping: &MappingSpec, window: &str, stackings: &[Stacking]) -> FlowView {
    judge(&Facts {
        flow,
        window: window.parse().ok(),
        mappings: vec![(mapping, Profile::MetaCustomAudiences, true)],
        stackings,
    })
}

fn rules(view: &FlowView) -> Vec<(&'static str, Option<String>)> {
    let told = |one: &Conflict| {
        (one.meeting.rule.as_str(), one.meeting.touch.map(|touch| touch.to_string()))
    };
    view.conflicts.iter().map(told).collect()
}

#[test]
fn the_ads_of_the_brief_run_before_its_sms() {
    let (flow, ads) = (flow(&BRIEF), mapping("ads", None));
    let view = view(&flow, &ads, "2h-14d", &[]);
    assert_eq!(rules(&view), [("ads-before-message", Some("sms 4h".to_owned()))]);
    let conflict = &view.conflicts[0];
    assert_eq!((conflict.from, conflict.to), (Span::from_hours(2), Some(Span::from_hours(4))));
    // An hour after the SMS, counted from when people come into the segment.
    assert_eq!(conflict.offset, Some(Span::from_hours(3)));
    let paid = &view.paid[0];
    assert_eq!((paid.sent_at, paid.begins_at), (Span::from_hours(2), Span::from_hours(3)));
    assert_eq!(paid.ends_at, Some(Span::from_hours(14 * 24)));
}

#[test]
fn each_rule_speaks_where_it_should_and_is_silent_elsewhere() {
    let told = |touches: &[&str], offset: Option<&str>, window: &str| {
        let offset = offset.map(|text| text.parse().unwrap());
        let (flow, ads) = (flow(touches), mapping("ads", offset));
        let told = rules(&view(&flow, &ads, window, &[]));
        told.into_iter().map(|(rule, _)| rule.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&BRIEF, Some("3h"), "2h-14d"), [""; 0], "as it suggests");
    assert_eq!(told(&BRIEF, Some("2h"), "2h-14d"), ["ads-beside-message"]);
    assert_eq!(told(&["email 90m", "email 20h"], None, "2h-14d"), ["ads-beside-message"]);
    assert_eq!(told(&["email 20h"], None, "2h-14d"), [""; 0], "an e-mail later is no harm");
    assert_eq!(told(&["push 2d"], None, "14d"), ["ads-before-message"]);
    assert_eq!(told(&["sms 4h", "email 4h"], Some("8h"), "14d"), ["messages-close"]);
    assert_eq!(told(&["sms 4h"], Some("3h"), "4h"), ["ads-after-window"]);
    assert_eq!(told(&[], None, "soon"), [""; 0], "without a window ads begin at once");

    let (flow, ads) = (flow(&BRIEF), mapping("ads", Some(Span::from_hours(3))));
    let facts = Facts {
        flow: &flow,
        window: "2h-14d".parse().ok(),
        mappings: vec![(&ads, Profile::MetaCustomAudiences, false)],
        stackings: &[],
    };
    assert_eq!(rules(&judge(&facts)), [("no-purchase-end", None)]);
    let seed = MappingSpec { use_case: UseCase::Lookalike, ..ads.clone() };
    let facts = Facts { mappings: vec![(&seed, Profile::MetaCustomAudiences, false)], ..facts };
    assert!(judge(&facts).paid.is_empty(), "a seed shows nobody an ad");
}

#[test]
fn what_is_meant_stays_in_sight_with_its_reason() {
    let (flow, ads) = (flow(&BRIEF), mapping("ads", None));
    let meeting = view(&flow, &ads, "2h-14d", &[]).conflicts.remove(0).meeting;
    let meant = Stacking {
        meeting: meeting.clone(),
        reason: "a launch".to_owned(),
        by: "an operator".to_owned(),
        at: Instant(0),
    };
    let stacked = view(&flow, &ads, "2h-14d", std::slice::from_ref(&meant));
    assert_eq!(stacked.conflicts[0].meant.as_ref(), Some(&meant));
    assert_eq!(stacked.open().count(), 0);
    // Another time of the SMS is another meeting.
    let later = super::tests::flow(&["sms 5h"]);
    assert_eq!(view(&later, &ads, "2h-14d", &[meant]).open().count(), 1);
}

#[test]
fn a_message_reads_back_what_it_writes() {
    for text in ["email 1h", "sms 30m", "push 2d", "in_app 5m"] {
        assert_eq!(text.parse::<Touch>().unwrap().to_string(), text);
    }
    for text in ["", "sms", "fax 1h", "sms soon", "4h sms"] {
        assert!(text.parse::<Touch>().unwrap_err().contains("such as sms 4h"), "{text}");
    }
}

proptest! {
    /// Taking the advice ends that conflict, and never moves the ads back.
    #[test]
    fn the_offset_that_is_suggested_ends_the_conflict(
        touches in prop::collection::vec((0..4_usize, 0..72_i64), 0..6),
        joins in 0..6_i64, offset in prop::option::of(1..48_i64),
    ) {
        let touches: Vec<Touch> = touches
            .into_iter()
            .map(|(channel, hours)| Touch {
                channel: Channel::ALL[channel],
                at: Span::from_hours(hours),
            })
            .collect();
        let flow = FlowSpec { key: key("f"), audience: key("carts"), touches };
        let window = format!("{}h-90d", joins.max(1));
        let ads = mapping("ads", offset.map(Span::from_hours));
        for conflict in view(&flow, &ads, &window, &[]).conflicts {
            let Some(advised) = conflict.offset else { continue };
            prop_assert!(advised >= ads.offset.unwrap_or(Span(0)) || conflict.meeting.rule == Rule::AdsBesideMessage);
            let moved = mapping("ads", Some(advised).filter(|span| span.0 > 0));
            let after = view(&flow, &moved, &window, &[]);
            prop_assert!(after.conflicts.iter().all(|one| one.meeting != conflict.meeting));
        }
    }
}
