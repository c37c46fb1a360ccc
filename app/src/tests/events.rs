//! Where events come in, and how soon people leave for them.

use domain::{
    events::{
        Call, Entrances, Origin,
        canary::{Canary, Round, Word},
        latency::{Latency, Stages},
        objective::{Count, Standing},
    },
    mappings::UseCase,
    number::Hundredths,
    sync::{Spending, Watched},
    time::{Instant, Span},
    workspace::AdCost,
};

use super::{answer, page, samples::now, words};
use crate::events::{
    api::EntrancesView,
    page::{Actions, entrances_page},
};

fn nothing() -> Entrances {
    Entrances {
        keyed: vec![],
        sources: vec![],
        fresh_key: "fresh-key".to_owned(),
        calls: vec![],
        waiting: 0,
        refused: 0,
        latencies: vec![],
        standings: vec![],
        ads: None,
        watched: vec![],
        spending: Spending::default(),
        rules: 0,
    }
}

fn shown(entrances: Entrances) -> String {
    with_canary(entrances, nobody(), true)
}

fn nobody() -> Canary {
    Canary { cio_id: None, chosen_at: None, event: None, rounds: vec![], word: Word::None }
}

fn with_canary(entrances: Entrances, canary: Canary, may_change: bool) -> String {
    let view = EntrancesView { now: now(), entrances, canary, may_change, may_connect: may_change };
    page("/settings/connections/events", || entrances_page(view, Actions::default()))
}

fn call(origin: Origin, taken: Option<i64>, refused: Option<i64>) -> Call {
    let ago = |seconds: i64| Instant(now().0 - Span::from_seconds(seconds).0);
    Call {
        origin,
        taken_at: taken.map(ago),
        refused_at: refused.map(ago),
        refusal: refused.map(|_| "it carries no <signature>".to_owned()),
    }
}

#[test]
fn before_anything_came_in_it_says_what_to_do() {
    let html = shown(nothing());
    assert_eq!(answer(&html), "Nothing has come in yet.");
    let text = words(&html);
    assert_eq!(text.matches("No key is set").count(), 3, "{text}");
    for said in
        ["No suppression names an event", "Nobody had to leave yet", "segment_id", "Add the source"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn an_entrance_shows_its_last_call_and_why_one_was_refused() {
    let html = shown(Entrances {
        keyed: vec![Origin::Reporting, Origin::Campaign],
        sources: vec!["shop".parse().unwrap()],
        calls: vec![
            call(Origin::Source, Some(60), None),
            call(Origin::Reporting, Some(600), Some(30)),
        ],
        waiting: 1,
        refused: 2,
        rules: 1,
        ..nothing()
    });
    let text = words(&html);
    for said in
        ["Takes calls", "Refuses calls", "Not called yet", "1 min ago", "won't take 2 events"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.contains("1 event is on the way"), "{text}");
    assert!(html.contains("It carries no &lt;signature&gt;"), "{html}");
    assert!(!text.contains("No suppression names an event"));
    assert!(answer(&html).starts_with("Events come in"), "{html}");
}

#[test]
fn how_soon_people_leave_is_said_with_its_stages() {
    let millis = Span::from_millis;
    let latency = Latency {
        destination: "meta".parse().unwrap(),
        people: 1_200,
        half: millis(380),
        most: millis(900),
        nearly_all: millis(2_400),
        stages: Stages { coming: millis(300), deciding: millis(20), sending: millis(60) },
    };
    let html = shown(Entrances { latencies: vec![latency], rules: 1, ..nothing() });
    let said = answer(&html).replace('\u{a0}', " ");
    assert_eq!(
        said,
        "Half of those who leave meta for an event leave within 380 ms, 99 of 100 within 2 s."
    );
    let text = words(&html).replace('\u{a0}', " ");
    assert!(text.contains("1,200") && text.contains("60 ms"), "{text}");
}

fn standing(long: (u64, u64), short: (u64, u64), late_for: Span) -> Standing {
    let count = |(people, late)| Count { people, late };
    Standing {
        use_case: UseCase::Retarget,
        within: Span::from_minutes(1),
        long: count(long),
        short: count(short),
        there: 2,
        late_for,
    }
}

#[test]
fn an_objective_is_met_burns_or_is_missed() {
    let told = |long, short| {
        let standings = vec![standing(long, short, Span::from_hours(30))];
        shown(Entrances { standings, rules: 1, ..nothing() })
    };
    let text = |html: &str| words(html).replace('\u{a0}', " ");
    let met = text(&told((1_000, 5), (10, 0)));
    for said in ["Met", "99 of 100 within 1 min", "1,000", "50 %", "0.00×", "what ads cost"] {
        assert!(met.contains(said), "{said}: {met}");
    }
    let burning = text(&told((1_000, 5), (10, 1)));
    assert!(burning.contains("Burning") && burning.contains("10.00×"), "{burning}");
    let missed = told((1_000, 11), (0, 0));
    assert!(text(&missed).contains("Missed") && text(&missed).contains("110 %"), "{missed}");
    let said = answer(&missed).replace('\u{a0}', " ");
    assert!(
        said.starts_with("Retarget misses its objective: 11 of 1,000 left later than 1 min"),
        "{said}"
    );
}

#[test]
fn what_lateness_may_have_cost_stands_with_its_formula() {
    let told = |ads, late_for| {
        let standings = vec![standing((100, 1), (0, 0), late_for)];
        words(&shown(Entrances { standings, ads, rules: 1, ..nothing() })).replace('\u{a0}', " ")
    };
    let ads = AdCost { per_thousand: Hundredths(1_250), impressions_a_day: Hundredths(400) };
    let text = told(Some(ads), Span::from_hours(240));
    for said in ["About 0.50 USD", "10 d after", "4.00 impressions a day", "12.50 USD for 1,000"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(told(Some(ads), Span(0)).contains("cost no ads"));
}

fn round(ended_after: Option<Span>, there: &[&str]) -> Round {
    let began_at = Instant(now().0 - Span::from_hours(2).0);
    let keys = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    Round {
        began_at,
        due_at: began_at.plus(Span::from_minutes(1)),
        stood: keys(&["cart-to-meta", "vip-to-meta"]),
        ended_at: ended_after.map(|span| began_at.plus(span)),
        there: keys(there),
    }
}

#[test]
fn the_canary_says_how_its_rounds_went() {
    let told = |word, rounds| {
        let canary = Canary {
            cio_id: Some("c<1".to_owned()),
            chosen_at: Some(now()),
            event: Some("Order Completed".to_owned()),
            rounds,
            word,
        };
        let html = with_canary(nothing(), canary, true);
        assert!(!html.contains("c<1"), "escaped");
        words(&html).replace('\u{a0}', " ")
    };
    let passed = round(Some(Span::from_seconds(4)), &[]);
    let left = told(Word::Left, vec![passed.clone()]);
    for said in ["2 mappings had let it go when Segue looked 4 s later", "Left in time", "Dismiss"]
    {
        assert!(left.contains(said), "{said}: {left}");
    }
    let stayed = round(Some(Span::from_minutes(1)), &["vip-to-meta"]);
    let stayed = told(Word::Stayed, vec![stayed, passed]);
    assert!(stayed.contains("did not leave in time"), "{stayed}");
    assert!(stayed.contains("was not let go in time by vip-to-meta"), "{stayed}");
    let silent = told(Word::Silent, vec![]);
    assert!(silent.contains("is at no destination"), "{silent}");
}

#[test]
fn whoever_only_reads_can_choose_no_canary() {
    let html = with_canary(nothing(), nobody(), true);
    assert!(html.contains("Make it the canary") && html.contains("name=\"person\""));
    let html = with_canary(nothing(), nobody(), false);
    assert!(words(&html).contains("Nobody is the canary") && !html.contains("<form"), "{html}");
    assert!(!html.contains("fresh-key"));
}

#[test]
fn whoever_may_change_it_enters_keys_and_is_given_one() {
    let html = shown(Entrances { sources: vec!["shop".parse().unwrap()], ..nothing() });
    for field in ["reporting_signing_key", "campaign_signing_key", "source", "write_key"] {
        assert!(html.contains(&format!("name=\"{field}\"")), "{field}: {html}");
    }
    assert!(html.contains("value=\"fresh-key\""), "{html}");
    assert!(words(&html).contains("shop may send"), "{html}");
}

#[test]
fn how_often_suppressions_are_read_stands_with_what_that_takes() {
    let watched = Watched {
        audience: "recent-purchasers".parse().unwrap(),
        rules: vec!["purchase".parse().unwrap()],
        requests: 3,
        every: Span::from_seconds(15),
        read_at: Some(now()),
    };
    let spending = Spending { watching: Hundredths(20), runs: Hundredths(1_150), budget: 10 };
    let told = |spending| {
        let html = shown(Entrances { watched: vec![watched.clone()], spending, ..nothing() });
        words(&html).replace('\u{a0}', " ")
    };
    let text = told(spending);
    for said in
        ["recent-purchasers", "15 s", "0.20 of 10 requests", "11.50", "more than the budget"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let calm = told(Spending { runs: Hundredths(150), ..spending });
    assert!(!calm.contains("more than the budget"), "{calm}");
    assert!(words(&shown(nothing())).contains("No suppression reads an audience"));
}
