//! What nobody knows: ranges that were claimed and never answered until it was too late to
//! send them again, and identifiers that change while a claim is rendered.

use domain::{
    audiences::port::{Identifiers, MirrorStore as _},
    delivery::{
        Transition::{Entered, Exited},
        port::{Advance, Next, Telling},
        retry::SENT_AGAIN_FOR,
    },
    mappings::port::MappingStore as _,
    sync::port::Ordered,
    time::Span,
};
use rstest::rstest;

use super::{
    harness::{
        Engine,
        Engine::{Postgres, Sqlite},
        people, shop,
    },
    worker::{Worker, doubt},
};

#[rstest]
#[tokio::test]
async fn what_is_in_doubt_for_23_hours_is_decided_anew(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1, 2, 3])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 3).await;
    assert_eq!(doubt(&worker.work().await), people([1, 2]));
    bench.clock.advance(SENT_AGAIN_FOR);
    // Segment may have forgotten its ids: it isn't offered any more, and 3 can go on.
    let rest = match worker.next().await {
        Next::Nothing => None,
        Next::Work(work) => Some(work),
        Next::Blocked { .. } => panic!("nobody else is there"),
    };
    assert_eq!(rest, None, "a part with a doubt waits whole");
    // 1 should be there and 2 shouldn't: both are told, under a new generation.
    let ordered = worker.order(&people([1, 3])).await;
    assert_eq!((ordered.entered, ordered.exited), (2, 1));
    let sent = worker.drain().await;
    assert_eq!(sent, [(Exited, 2, people([2])), (Entered, 2, people([1, 3]))]);
    assert_eq!(worker.order(&people([1, 3])).await, Ordered::default(), "and now it is known");
    assert_eq!(bench.row("carts-meta").await.delivered, 2);
}

#[rstest]
#[tokio::test]
async fn a_doubt_outlives_a_decision_that_was_never_claimed(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([1])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 2).await;
    bench.clock.advance(SENT_AGAIN_FOR);
    worker.order(&people([1])).await;
    // Not claimed, and replaced: whether 1 is there is as unknown as before.
    let ordered = worker.order(&people([])).await;
    assert_eq!((ordered.entered, ordered.exited), (0, 1));
    let ordered = worker.order(&people([1])).await;
    assert_eq!((ordered.entered, ordered.exited), (1, 0));
    worker.drain().await;
    assert_eq!(worker.order(&people([1])).await, Ordered::default());
    // An exit without an answer is told again too.
    worker.order(&people([])).await;
    let work = worker.work().await;
    worker.step(&work, 0, 2).await;
    bench.clock.advance(SENT_AGAIN_FOR);
    let ordered = worker.order(&people([])).await;
    assert_eq!((ordered.entered, ordered.exited), (0, 1));
    worker.drain().await;
    assert_eq!(bench.row("carts-meta").await.delivered, 0);
    assert_eq!(worker.order(&people([])).await, Ordered::default());
}

#[rstest]
#[tokio::test]
async fn what_is_on_its_way_is_not_said_again(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&people([1, 2])).await;
    let marked = bench.storage.resync(worker.mapping.id, None, "test", bench.now()).await.unwrap();
    assert_eq!(marked, 2);
    let ordered = worker.order(&people([1, 2])).await;
    assert_eq!((ordered.entered, ordered.exited), (2, 0));
    // Claimed, and no answer yet: the same transition must not get a second id.
    let work = worker.work().await;
    worker.step(&work, 0, 3).await;
    assert_eq!(worker.order(&people([1, 2])).await, Ordered::default());
    let again = worker.work().await;
    assert_eq!((again.generation, doubt(&again)), (2, people([1, 2])));
    worker.step(&again, 3, 3).await;
    assert_eq!(worker.order(&people([1, 2])).await, Ordered::default());
    assert_eq!(bench.row("carts-meta").await.delivered, 2);
}

fn named(number: u32, email: &str) -> Identifiers {
    let cio_id = format!("c{number}");
    Identifiers { cio_id, id: Some(format!("u-{number}")), email: Some(email.to_owned()) }
}

#[rstest]
#[tokio::test]
async fn a_claim_rendered_before_a_change_is_not_made(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let first = [named(0, "a@example.com"), named(1, "b@example.com")];
    bench.storage.learn(&first, bench.now()).await.unwrap();
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people([0, 1])).await;
    let work = worker.work().await;
    let rendered = worker.named(Entered, Telling::Fresh, &people([0, 1])).await;

    bench.storage.learn(&[named(0, "new@example.com")], bench.now()).await.unwrap();
    let step = Advance { claimed: 2, as_of: rendered.as_of, ..Advance::default() };
    let done = worker.try_step(&work, &step).await.unwrap();
    assert!(done.is_outdated);
    assert_eq!(worker.work().await.claimed, 0, "nothing was claimed");

    // Rendered anew it is claimed; a change after that alters nothing that is sent again.
    let email = |named: &domain::delivery::port::Named| named.people[0].1.email.clone().unwrap();
    let fresh = worker.named(Entered, Telling::Fresh, &people([0, 1])).await;
    assert_eq!(email(&fresh), "new@example.com");
    assert!(!worker.step(&work, 0, 2).await.is_outdated);
    bench.clock.advance(Span::from_minutes(1));
    bench.storage.learn(&[named(0, "newest@example.com")], bench.now()).await.unwrap();
    let again = worker.named(Entered, Telling::Again, &people([0, 1])).await;
    assert_eq!(email(&again), "new@example.com");
    worker.step(&work, 2, 2).await;
    // The next order brings the newest address: an exit under the former one goes first.
    let ordered = worker.order(&people([0, 1])).await;
    assert_eq!((ordered.entered, ordered.exited), (0, 0), "a plain destination carries no address");
}
