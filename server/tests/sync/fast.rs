//! The fast lane from outside: a purchase at `/v1` makes the person leave the platform at once,
//! while nothing is due, and goes on to Segment.

use std::{
    io::{BufRead as _, BufReader},
    time::{Duration, Instant as Stopwatch},
};

use rand::seq::IndexedRandom as _;
use serde_json::json;

use super::*;

const SERVE: [&str; 3] = ["serve", "--addr", "127.0.0.1:0"];

fn file(every: &str) -> String {
    let rule = "[[suppression]]\nkey = \"bought\"\nreason = \"purchase\"\n\
        event = \"Order Completed\"\nttl = \"24h\"\n\
        [[source]]\nkey = \"shop\"\nwrite_key = \"shop-key\"\n";
    format!("{}every = \"{every}\"\n{rule}", one_mapping())
}

/// A process that takes events, and its address.
pub fn serve(bench: &Bench) -> (Child, String) {
    let mut child = bench.start(&SERVE);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = loop {
        let line = lines.next().expect("it says where it is").unwrap();
        if let Some(url) = line.strip_prefix("Segue is at ") {
            break url.to_owned();
        }
    };
    // Whatever else it says is read to its end.
    std::thread::spawn(move || lines.for_each(drop));
    (child, url)
}

/// Tells of a purchase; whether it was taken.
async fn buy(url: &str, number: u32, message: &str) -> bool {
    let body = json!({
        "writeKey": "shop-key", "event": "Order Completed", "messageId": message,
        "userId": platform_name(number), "anonymousId": cio_id(number),
    });
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    let sent = client.post(format!("{url}/v1/track")).json(&body).send().await;
    sent.is_ok_and(|answer| answer.status().is_success())
}

/// The numbers of the purchases that came to Segment.
fn purchases(bench: &Bench) -> BTreeSet<String> {
    let arrived = bench.sandbox.platform.messages(0, 1_000_000).into_iter();
    arrived
        .filter(|one| one.event.as_deref() == Some("Order Completed"))
        .map(|one| one.message_id)
        .collect()
}

pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Stopwatch::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_mins(1), "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn filled(engine: Engine, every: &str, people: u32) -> (Bench, BTreeSet<u32>) {
    let bench = Bench::new(engine).await;
    let all: BTreeSet<u32> = (0..people).collect();
    for number in &all {
        bench.sandbox.world.add_person(person(*number));
    }
    bench.world_segment(1, "Cart abandoners", &names(&all));
    bench.apply(&file(every)).await;
    bench.sync().await;
    let there: BTreeSet<u32> = all.into_iter().filter(|n| has_email(*n)).collect();
    assert_eq!(bench.platform("Facebook Custom Audiences", "cart_abandoners").len(), there.len());
    (bench, there)
}

async fn a_purchase_leaves_at_once(engine: Engine) {
    // Nothing is due by itself meanwhile.
    let (bench, mut there) = filled(engine, "24h", 300).await;
    let (mut child, url) = serve(&bench);
    assert!(buy(&url, 7, "order-7").await);
    assert!(buy(&url, 7, "order-7").await, "told again, taken again");
    assert!(buy(&url, 8, "order-8").await);
    there.remove(&7);
    there.remove(&8);
    let expected = platform_names(&there);
    let platform = || bench.platform("Facebook Custom Audiences", "cart_abandoners");
    until("both have left", || platform() == expected).await;
    // The purchases went on, each once, under their own numbers.
    let both: BTreeSet<String> = ["order-7", "order-8"].map(str::to_owned).into();
    until("both went on", || purchases(&bench) == both).await;
    all_is_in_order(&bench, &mut child, 2).await;
}

/// Ends the process: the next run finds nothing to do, and so many kept out.
pub async fn all_is_in_order(bench: &Bench, child: &mut Child, suppressed: u64) {
    child.kill().unwrap();
    child.wait().unwrap();
    let runs = bench.sync().await;
    assert_eq!(
        (runs["cart"]["entered"].as_u64(), runs["cart"]["exited"].as_u64()),
        (Some(0), Some(0))
    );
    assert_eq!(runs["cart"]["withheld"]["suppressed"].as_u64(), Some(suppressed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_leaves_at_once_on_sqlite() {
    a_purchase_leaves_at_once(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_leaves_at_once_on_postgres() {
    a_purchase_leaves_at_once(Engine::Postgres).await;
}

/// Killed at random while purchases come in: whoever heard that theirs was taken has left in
/// the end, and it went on, both once.
async fn nothing_taken_is_lost(engine: Engine, kills: u32, seed: u64) {
    // Runs go on beside it.
    let (bench, mut there) = filled(engine, "1s", 300 + 5 * kills).await;
    let mut random = seeded(seed);
    let mut taken = BTreeSet::new();
    for kill in 0..kills {
        let (mut child, url) = serve(&bench);
        for _ in 0..random.random_range(1..6) {
            let all: Vec<u32> = there.iter().copied().collect();
            let Some(one) = all.choose(&mut random) else { break };
            if buy(&url, *one, &format!("order-{one}")).await {
                there.remove(one);
                taken.insert(format!("order-{one}"));
            }
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..60))).await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!taken.is_empty() || kill == 0);
    }
    let (mut child, _) = serve(&bench);
    let expected = platform_names(&there);
    let platform = || bench.platform("Facebook Custom Audiences", "cart_abandoners");
    until("all have left", || platform() == expected).await;
    until("all went on", || taken.is_subset(&purchases(&bench))).await;
    child.kill().unwrap();
    child.wait().unwrap();
    // What was sent again said the same under the same number.
    assert_eq!(bench.sandbox.platform.counts().differing, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_taken_is_lost_on_sqlite() {
    nothing_taken_is_lost(Engine::Sqlite, 12, 41).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_taken_is_lost_on_postgres() {
    nothing_taken_is_lost(Engine::Postgres, 6, 43).await;
}

/// By hand: `cargo test -p server --test integration two_hundred -- --ignored`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn nothing_taken_is_lost_in_two_hundred_kills() {
    nothing_taken_is_lost(Engine::Sqlite, 200, 47).await;
}
