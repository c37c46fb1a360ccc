//! What processes tell each other of a vendor in trouble.

use domain::{
    Error,
    connections::{
        Vendor,
        circuit::{BELIEVED_FOR, Outage, Trouble},
        port::{ConnectionStore as _, OutageStore as _},
    },
    time::{Instant, Span},
};
use rstest::rstest;

use super::harness::{
    Bench, Engine,
    Engine::{Postgres, Sqlite},
};

fn outage(since: Instant) -> Outage {
    Outage {
        trouble: Trouble::Down,
        since,
        reason: "Segment answers 503".to_owned(),
        next_try: since.plus(Span::from_seconds(4)),
    }
}

async fn told(bench: &Bench, vendor: Vendor) -> Option<Outage> {
    bench.storage.view(vendor, bench.now()).await.unwrap().outage
}

async fn tell(bench: &Bench, outage: &Outage) {
    bench.storage.tell(Vendor::Twilio, outage, bench.now()).await.unwrap();
}

/// Who did what, oldest first.
async fn audit(bench: &Bench) -> Vec<String> {
    bench
        .texts(
            "SELECT actor || ': ' || action || ' ' || subject || ' ' || detail FROM audit ORDER BY at, id",
        )
        .await
}

#[rstest]
#[tokio::test]
async fn an_outage_is_told_again_and_again_and_audited_once(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let first = outage(bench.now());
    tell(&bench, &first).await;
    assert_eq!(told(&bench, Vendor::Twilio).await, Some(first.clone()));
    assert_eq!(told(&bench, Vendor::Customerio).await, None, "each vendor its own");
    // Another process tells of the same, which it met later and by another reason.
    bench.clock.advance(Span::from_seconds(9));
    let second = Outage {
        trouble: Trouble::KeyRefused,
        reason: "Segment refuses the request (401)".to_owned(),
        ..outage(bench.now())
    };
    tell(&bench, &second).await;
    assert_eq!(told(&bench, Vendor::Twilio).await, Some(Outage { since: first.since, ..second }));
    for _ in 0..2 {
        bench.storage.tell_end(Vendor::Twilio, bench.now()).await.unwrap();
    }
    assert_eq!(told(&bench, Vendor::Twilio).await, None);
    assert_eq!(
        audit(&bench).await,
        [
            r#"segue: hold calls connection twilio {"reason":"Segment answers 503","trouble":"down"}"#,
            r#"segue: let calls go connection twilio {"after_seconds":9}"#,
        ]
    );
}

#[rstest]
#[tokio::test]
async fn what_a_dead_process_told_is_believed_for_a_minute(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    tell(&bench, &outage(bench.now())).await;
    bench.clock.advance(Span(BELIEVED_FOR.0 - 1));
    assert!(told(&bench, Vendor::Twilio).await.is_some());
    bench.clock.advance(Span(1));
    assert_eq!(told(&bench, Vendor::Twilio).await, None);
    let wanted = bench.storage.want_try(Vendor::Twilio, "ada", bench.now()).await;
    assert!(matches!(wanted, Err(Error::Conflict(_))), "nobody would hear it");
    // The next one is an outage of its own.
    let next = outage(bench.now());
    tell(&bench, &next).await;
    assert_eq!(told(&bench, Vendor::Twilio).await, Some(next));
    assert_eq!(audit(&bench).await.len(), 2);
}

#[rstest]
#[tokio::test]
async fn a_wanted_try_is_taken_once(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let take = || bench.storage.take_wanted_try(Vendor::Twilio);
    let free = bench.storage.want_try(Vendor::Twilio, "ada", bench.now()).await;
    assert!(matches!(free, Err(Error::Conflict(_))), "{free:?}");
    assert!(!take().await.unwrap());
    tell(&bench, &outage(bench.now())).await;
    assert!(!take().await.unwrap());
    bench.storage.want_try(Vendor::Twilio, "ada", bench.now()).await.unwrap();
    // What is told meanwhile doesn't forget it.
    tell(&bench, &outage(bench.now())).await;
    assert_eq!([take().await.unwrap(), take().await.unwrap()], [true, false]);
    assert_eq!(audit(&bench).await.last().unwrap(), "ada: try now connection twilio {}");
}
