//! Holds: entries wait for their time, exits never.

use domain::{
    delivery::Transition::{Entered, Exited},
    people::PersonSet,
    suppression::service::SuppressionStore as _,
    sync::{
        Cause,
        decide::{Decision, decide},
        facts::read_facts,
        port::SyncStore as _,
    },
    time::Span,
};
use rstest::rstest;

use super::{
    events::{keep, purchase},
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
        key, people, shop,
    },
    reads::learn,
    worker::Worker,
};

const HOLD: &str = r#"
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
offset = "4h"
dwell = "1d"
"#;

/// The shop, whose carts are held for four hours and stay out for a day.
async fn held(engine: Engine) -> Option<Bench> {
    let bench = shop(engine).await?;
    bench.apply(HOLD, false).await;
    Some(bench)
}

/// As a run decides it now.
async fn decided(bench: &Bench, mapping: &str) -> Decision {
    let storage = &bench.storage;
    let configuration = bench.configuration().load().await.unwrap();
    let facts = read_facts(&configuration, storage, storage, storage, bench.now()).await.unwrap();
    let id = configuration.mapping(&key(mapping)).unwrap().id;
    decide(&configuration, &facts).remove(&id).unwrap()
}

fn waiting(decision: &Decision) -> PersonSet {
    decision.withheld.get(&Cause::Held).cloned().unwrap_or_default()
}

async fn run(
    worker: &mut Worker<'_>,
    bench: &Bench,
) -> Vec<(domain::delivery::Transition, PersonSet)> {
    let decision = decided(bench, "carts-meta").await;
    let suppressed = bench.storage.suppressed(bench.now()).await.unwrap();
    let suppressed = suppressed.into_iter().fold(PersonSet::new(), |all, rule| all | rule.people);
    worker.decide(&decision, &suppressed).await;
    sent(worker).await
}

/// Sends all that is ordered: who was told what.
async fn sent(worker: &Worker<'_>) -> Vec<(domain::delivery::Transition, PersonSet)> {
    worker.drain().await.into_iter().map(|(what, _, who)| (what, who)).collect()
}

#[rstest]
#[tokio::test]
async fn an_entry_waits_for_its_offset_and_a_purchase_cancels_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = held(engine).await else { return };
    let mut carts = Worker::new(&bench, "carts-meta").await;
    bench.mirror("buyers", &people([])).await;
    bench.mirror("carts", &people([1, 2])).await;
    let first = bench.now();
    bench.clock.advance(Span::from_hours(1));
    bench.mirror("carts", &people([1, 2, 3, 70_001])).await;
    let decision = decided(&bench, "carts-meta").await;
    assert_eq!((decision.members, decision.target.len()), (4, 0));
    assert_eq!(waiting(&decision), people([1, 2, 3, 70_001]));
    assert!(run(&mut carts, &bench).await.is_empty());

    let left = first.plus(Span::from_hours(4)).since(bench.now());
    bench.clock.advance(Span(left.0 - 1));
    assert!(run(&mut carts, &bench).await.is_empty(), "not a moment early");
    bench.clock.advance(Span(1));
    assert_eq!(run(&mut carts, &bench).await, [(Entered, people([1, 2]))]);
    // 3 buys while they wait: that is the cause from now on, and nothing is sent of them.
    bench.mirror("buyers", &people([3])).await;
    bench.clock.advance(Span::from_hours(1));
    let decision = decided(&bench, "carts-meta").await;
    assert_eq!(decision.withheld[&Cause::Suppressed], people([3]));
    assert_eq!(run(&mut carts, &bench).await, [(Entered, people([70_001]))]);
    // The reading forgets who is held no longer.
    let seen = bench.texts("SELECT CAST(c.seen_at AS TEXT) FROM cohort c JOIN audience a ON a.id = c.audience_id WHERE a.key = 'carts'");
    assert_eq!(seen.await.len(), 3, "the second reading reaches into two chunks");
    bench.mirror("carts", &people([1, 2, 3, 70_001])).await;
    let seen = bench.texts("SELECT CAST(c.seen_at AS TEXT) FROM cohort c JOIN audience a ON a.id = c.audience_id WHERE a.key = 'carts'");
    assert_eq!(seen.await.len(), 0);
}

#[rstest]
#[tokio::test]
async fn an_event_cancels_an_entry_that_waits_even_where_it_is_ordered_already(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = held(engine).await else { return };
    let rule = "[[suppression]]\nkey = \"ordered\"\nreason = \"purchase\"\nevent = \"Order Completed\"\nttl = \"24h\"";
    bench.apply(rule, false).await;
    learn(&bench, 6).await;
    let mut carts = Worker::new(&bench, "carts-meta").await;
    bench.mirror("carts", &people([1, 2, 3])).await;
    bench.clock.advance(Span::from_hours(1));
    keep(&bench, &[purchase(&bench, "m-1", "cio-1")]).await;
    let decision = decided(&bench, "carts-meta").await;
    assert_eq!(decision.withheld[&Cause::Suppressed], people([1]));
    assert_eq!(waiting(&decision), people([2, 3]));

    // Their time is up and the run has ordered them; 2 buys before anything was sent.
    bench.clock.advance(Span::from_hours(3));
    let decision = decided(&bench, "carts-meta").await;
    assert_eq!(carts.decide(&decision, &people([1])).await.entered, 2);
    keep(&bench, &[purchase(&bench, "m-2", "cio-2")]).await;
    assert_eq!(sent(&carts).await, [(Entered, people([3]))]);
    // A day after the purchase, and still in the cart, they may come.
    bench.clock.advance(Span::from_hours(24));
    assert_eq!(run(&mut carts, &bench).await, [(Entered, people([1, 2]))]);
}

#[rstest]
#[tokio::test]
async fn whoever_left_stays_out_and_whoever_is_there_stays(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = held(engine).await else { return };
    let mut carts = Worker::new(&bench, "carts-meta").await;
    bench.mirror("carts", &people([1, 2, 3])).await;
    bench.clock.advance(Span::from_hours(4));
    assert_eq!(run(&mut carts, &bench).await, [(Entered, people([1, 2, 3]))]);
    bench.mirror("carts", &people([2, 3])).await;
    assert_eq!(run(&mut carts, &bench).await, [(Exited, people([1]))], "an exit never waits");
    let left = bench.now();
    bench.mirror("carts", &people([1, 2, 3])).await;
    bench.clock.advance(Span::from_hours(5));
    let decision = decided(&bench, "carts-meta").await;
    assert_eq!(waiting(&decision), people([1]), "past the offset, still out");
    assert_eq!(decision.target, people([2, 3]));
    bench.clock.advance(left.plus(Span::from_hours(24)).since(bench.now()));
    assert_eq!(run(&mut carts, &bench).await, [(Entered, people([1]))]);
    assert!(run(&mut carts, &bench).await.is_empty());
    assert!(bench.texts("SELECT CAST(left_at AS TEXT) FROM departure").await.is_empty());

    // A hold that comes later throws nobody out, and without one nobody is noted.
    bench.apply(&HOLD.replace("\"4h\"", "\"90d\""), false).await;
    assert_eq!(decided(&bench, "carts-meta").await.target, people([1, 2, 3]));
    let mapping = bench.mapping("viewers-meta").await;
    assert_eq!(bench.storage.waiting(&mapping, bench.now()).await.unwrap(), people([]));
}

#[rstest]
#[tokio::test]
async fn a_suppress_mapping_never_waits(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let rule = "[[mapping]]\nkey = \"buyers-meta\"\naudience = \"buyers\"\ndestination = \"meta\"\nuse_case = \"suppress\"\noffset = \"4h\"";
    bench.apply(rule, false).await;
    bench.mirror("buyers", &people([1])).await;
    assert_eq!(decided(&bench, "buyers-meta").await.target, people([1]));
    let long = rule.replace("4h", "91d");
    let desired = super::harness::desired(&long);
    let actor = domain::access::Actor::host("test");
    let error = bench.configuration().apply(&desired, false, &actor).await.unwrap_err();
    assert!(error.to_string().contains("between 1s and 90d"), "{error}");
}
