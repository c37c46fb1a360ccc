//! Attributes of people, and whose reading is new enough.

use std::collections::BTreeMap;

use domain::{
    audiences::port::{Identifiers, MirrorStore as _},
    delivery::{Transition::Entered, port::Advance},
    people::{
        Person,
        attributes::{Learned, Wanted},
        port::{AttributeStore as _, PersonStore as _},
    },
    sync::port::{Ordered, SyncStore as _},
    time::{Instant, Span},
};
use rstest::rstest;

use super::{
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        SHOP, people,
    },
    worker::Worker,
};

const DAY: Span = Span::from_hours(24);

async fn known(engine: Engine, count: u32) -> Option<Bench> {
    let bench = Bench::open(engine).await?;
    let page: Vec<Identifiers> = (0..count)
        .map(|number| Identifiers { cio_id: format!("cio-{number}"), ..Identifiers::default() })
        .collect();
    bench.storage.learn(&page, bench.now()).await.unwrap();
    Some(bench)
}

fn learned<const N: usize>(ordinal: u32, values: [(&str, Option<&str>); N]) -> Learned {
    let owned = |(name, value): (&str, Option<&str>)| (name.to_owned(), value.map(str::to_owned));
    Learned { ordinal, values: values.into_iter().map(owned).collect(), too_long: Vec::new() }
}

fn wanted<const N: usize>(fields: [(&str, &[u32]); N]) -> Wanted {
    let set = |(name, of): (&str, &[u32])| (name.to_owned(), people(of.iter().copied()));
    fields.into_iter().map(set).collect()
}

async fn put(bench: &Bench, learned: &[Learned]) {
    bench.storage.put_attributes(&Wanted::new(), learned, bench.now()).await.unwrap();
}

async fn person(bench: &Bench, number: u32) -> Person {
    bench.storage.people(&people([number])).await.unwrap().remove(0).1
}

#[rstest]
#[tokio::test]
async fn a_phone_number_is_learned_changed_and_lost(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = known(engine, 4).await else { return };
    let phone = |number| learned(number, [("phone", Some("+14155552671"))]);
    put(&bench, &[phone(0), phone(2), learned(3, [("phone", None)])]).await;
    assert_eq!(person(&bench, 0).await.phone.as_deref(), Some("+14155552671"));
    assert_eq!(person(&bench, 3).await.phone, None);
    assert_eq!(bench.storage.identifier_sets().await.unwrap().phone, people([0, 2]));
    put(&bench, &[learned(0, [("phone", Some("+493012345678"))]), learned(2, [("phone", None)])])
        .await;
    assert_eq!(person(&bench, 0).await.phone.as_deref(), Some("+493012345678"));
    assert_eq!(bench.storage.identifier_sets().await.unwrap().phone, people([0]));
    // The membership page says nothing of phones: reading it takes none away.
    let page = [Identifiers { cio_id: "cio-0".to_owned(), ..Identifiers::default() }];
    bench.storage.learn(&page, bench.now()).await.unwrap();
    assert_eq!(person(&bench, 0).await.phone.as_deref(), Some("+493012345678"));
    // Named twice in one slice: the last word counts.
    put(&bench, &[phone(1), learned(1, [("phone", None)])]).await;
    assert_eq!(bench.storage.identifier_sets().await.unwrap().phone, people([0]));
}

#[rstest]
#[tokio::test]
async fn fields_are_kept_as_text_and_come_with_their_people(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = known(engine, 600).await else { return };
    let odd = "a\"b'c\\ 🛒\nסל";
    put(
        &bench,
        &[
            learned(1, [("tier", Some("gold")), ("ltv", Some("312.50"))]),
            learned(2, [("tier", Some(odd))]),
            learned(500, [("tier", Some("none"))]),
        ],
    )
    .await;
    put(&bench, &[learned(1, [("tier", Some("silver")), ("ltv", None)])]).await;
    let tier = |text: &str| BTreeMap::from([("tier".to_owned(), text.to_owned())]);
    // Side by side, and far apart.
    for set in [people(0..4), people([1, 2, 500])] {
        let all: BTreeMap<u32, Person> =
            bench.storage.people(&set).await.unwrap().into_iter().collect();
        assert_eq!(all.len() as u64, set.len());
        assert_eq!(all[&1].fields, tier("silver"));
        assert_eq!(all[&2].fields, tier(odd));
    }
    assert!(person(&bench, 0).await.fields.is_empty());
    assert_eq!(person(&bench, 500).await.fields, tier("none"));
    let far = bench.storage.cio_ids(&people([3, 590])).await.unwrap();
    let mut far: Vec<_> = far.iter().map(|(number, name)| (*number, name.as_str())).collect();
    far.sort_unstable();
    assert_eq!(far, [(3, "cio-3"), (590, "cio-590")]);
    bench.execute("DELETE FROM person WHERE ordinal = 2").await;
    assert!(bench.texts("SELECT value FROM person_field WHERE ordinal = 2").await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_reading_is_new_enough_for_a_week(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = known(engine, 1).await else { return };
    let first = bench.now();
    let read = async |fields: Wanted, at: Instant| {
        bench.storage.put_attributes(&fields, &[], at).await.unwrap();
    };
    let readings = async |at: Instant| bench.storage.readings(at).await.unwrap();
    assert_eq!(readings(first).await, Wanted::new());
    read(wanted([("phone", &[1, 2, 70_000]), ("ltv", &[1])]), first).await;
    read(wanted([("phone", &[3])]), first).await;
    read(wanted([("phone", &[1])]), first.plus(DAY)).await;
    let all = wanted([("phone", &[1, 2, 3, 70_000]), ("ltv", &[1])]);
    assert_eq!(readings(first).await, all);
    let days = |count: i64| first.plus(Span(DAY.0 * count));
    assert_eq!(readings(days(6)).await, all);
    assert_eq!(readings(days(7)).await, wanted([("phone", &[1])]), "read again a day later");
    assert_eq!(readings(days(8)).await, Wanted::new());
    // What is too old is not kept.
    read(wanted([("ltv", &[9])]), days(7)).await;
    assert_eq!(
        bench.texts("SELECT name FROM attribute_reading ORDER BY name").await,
        ["ltv", "phone"]
    );
}

#[rstest]
#[tokio::test]
async fn whoever_comes_into_an_audience_counts_as_unread(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = known(engine, 1).await else { return };
    bench.apply(SHOP, false).await;
    bench.mirror("carts", &people([1, 2, 70_000])).await;
    let everyone = wanted([("phone", &[1, 2, 3, 4, 70_000, 70_001]), ("ltv", &[3, 4])]);
    bench.storage.put_attributes(&everyone, &[], bench.now()).await.unwrap();
    bench.mirror("carts", &people([1, 2, 70_000])).await;
    assert_eq!(bench.storage.readings(bench.now()).await.unwrap(), everyone);
    bench.mirror("carts", &people([2, 3, 70_000, 70_001])).await;
    let left = wanted([("phone", &[1, 2, 4, 70_000]), ("ltv", &[4])]);
    assert_eq!(bench.storage.readings(bench.now()).await.unwrap(), left);
    // Nobody is sent from an audience that no mapping sends.
    let idle = format!("{SHOP}[[audience]]\nkey = \"idle\"\nsegment = 9\n");
    bench.apply(&idle, false).await;
    bench.mirror("idle", &people([1, 2, 4])).await;
    assert_eq!(bench.storage.readings(bench.now()).await.unwrap(), left);
}

/// Google takes what people are worth, and Meta takes no fields.
fn worth() -> String {
    let google = "integration = \"Google Ads\"";
    SHOP.replace(google, &format!("{google}\nfields = [\"ltv\"]"))
}

fn ltv(ordinal: u32, value: Option<&str>) -> Learned {
    learned(ordinal, [("ltv", value)])
}

/// An entry of somebody who is there.
const AGAIN: Ordered = Ordered { entered: 1, exited: 0, repeated: 1, held: None, again: false };

#[rstest]
#[tokio::test]
async fn a_changed_value_is_told_where_somebody_reads_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = known(engine, 3).await else { return };
    bench.apply(&worth(), false).await;
    let mut google = Worker::new(&bench, "viewers-google").await;
    let mut meta = Worker::new(&bench, "viewers-meta").await;
    put(&bench, &[ltv(0, Some("7")), ltv(2, Some("7"))]).await;
    let there = people([0, 1]);
    google.bring(&there).await;
    meta.bring(&there).await;
    put(&bench, &[ltv(0, Some("7"))]).await;
    assert_eq!(google.order(&there).await, Ordered::default(), "it is the same");
    // Of whom isn't there nothing is said, not even an exit.
    put(&bench, &[ltv(0, Some("8")), ltv(2, Some("8"))]).await;
    assert_eq!(google.order(&there).await, AGAIN);
    assert_eq!(google.drain().await, [(Entered, 2, people([0]))]);
    assert_eq!(google.order(&there).await, Ordered::default());
    assert_eq!(bench.row("viewers-google").await.delivered, 2);
    // A first value is one that they were told without; one that is gone can't be told.
    put(&bench, &[ltv(0, None), ltv(1, Some("5"))]).await;
    assert_eq!(google.order(&there).await, AGAIN);
    // Replaced before it was claimed, it is still owed.
    assert_eq!(google.order(&there).await, AGAIN);
    let work = google.work().await;
    let rendered = google.as_of().await;
    put(&bench, &[ltv(1, Some("6"))]).await;
    let claim = Advance { claimed: 2, as_of: rendered, ..Advance::default() };
    assert!(google.try_step(&work, &claim).await.unwrap().is_outdated, "it says 5");
    assert_eq!(google.drain().await, [(Entered, 4, people([1]))]);
    assert_eq!(meta.order(&there).await, Ordered::default());
    let told = bench.texts("SELECT CAST(repeated AS TEXT) FROM run WHERE repeated > 0").await;
    assert_eq!(told, ["1", "1", "1"]);
}

#[rstest]
#[tokio::test]
async fn a_value_that_changes_while_an_entry_is_on_its_way_is_read_again(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = known(engine, 2).await else { return };
    bench.apply(&worth(), false).await;
    let mut google = Worker::new(&bench, "viewers-google").await;
    put(&bench, &[ltv(0, Some("7"))]).await;
    google.order(&people([0, 1])).await;
    let work = google.work().await;
    google.step(&work, 0, 2).await;
    let read = wanted([("ltv", &[0, 1])]);
    let changed = [ltv(0, Some("8"))];
    bench.storage.put_attributes(&read, &changed, bench.now()).await.unwrap();
    assert_eq!(person(&bench, 0).await.fields["ltv"], "7");
    let readings = bench.storage.readings(bench.now()).await.unwrap();
    assert_eq!(readings, wanted([("ltv", &[1])]));
    google.step(&work, 2, 2).await;
    bench.storage.put_attributes(&read, &changed, bench.now()).await.unwrap();
    assert_eq!(google.order(&people([0, 1])).await, AGAIN);
    assert_eq!(google.drain().await, [(Entered, 2, people([0]))]);
}
