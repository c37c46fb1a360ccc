//! The person dictionary's numbers, the mirrors, and whom suppressions keep from them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    access::trail::{Filter, Line, TrailStore as _},
    audiences::{
        Mirror, Segment,
        port::{Identifiers, MirrorStore as _},
    },
    configuration::port::ConfigurationStore as _,
    people::{PersonSet, port::PersonStore as _},
    suppression::service::SuppressionStore as _,
    sync::port::SyncStore as _,
    time::{Instant, Span},
};
use rstest::rstest;
use server::storage::Storage;

use super::harness::{
    Bench, Engine,
    Engine::{Postgres, Sqlite},
    SHOP, people, segment,
};

fn who(cio_id: &str, id: Option<&str>, email: Option<&str>) -> Identifiers {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Identifiers { cio_id: cio_id.to_owned(), id: owned(id), email: owned(email) }
}

fn names(cio_ids: &[&str]) -> Vec<Identifiers> {
    cio_ids.iter().map(|cio_id| who(cio_id, None, None)).collect()
}

async fn learn(bench: &Bench, page: &[Identifiers]) -> Vec<u32> {
    bench.storage.learn(page, bench.now()).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn numbers_are_dense_stable_and_never_used_again(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    assert_eq!(learn(&bench, &[]).await, [0_u32; 0]);
    assert_eq!(learn(&bench, &names(&["a", "007", "c"])).await, [0, 1, 2]);
    assert_eq!(learn(&bench, &names(&["c", "d", "a", "7"])).await, [2, 3, 0, 4]);
    assert_eq!(learn(&bench, &names(&["007", "A", "é\"'{}", "a"])).await, [1, 5, 6, 0]);
    let odd = bench.storage.people(&people([1, 6])).await.unwrap();
    let odd: Vec<&str> = odd.iter().map(|(_, person)| person.cio_id.as_str()).collect();
    assert_eq!(odd, ["007", "é\"'{}"]);
    bench.execute("DELETE FROM person WHERE ordinal >= 5").await;
    assert_eq!(learn(&bench, &names(&["new", "A"])).await, [7, 8]);
}

#[rstest]
#[tokio::test]
async fn the_last_line_of_a_page_wins(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let mail = Some("jane@example.com");
    let page = [
        who("a", None, None),
        who("b", Some("u-b"), mail),
        who("a", Some("u-a"), mail),
        who("b", None, None),
        who("b", Some("u-b2"), None),
    ];
    assert_eq!(learn(&bench, &page).await, [0, 1, 0, 1, 1]);
    let check = async |email: PersonSet, id: PersonSet| {
        let sets = bench.storage.identifier_sets().await.unwrap();
        assert_eq!((sets.email, sets.id, sets.phone), (email, id, PersonSet::new()));
    };
    check(people([0]), people([0, 1])).await;
    let known = bench.storage.people(&people([0, 1])).await.unwrap();
    assert_eq!(known[0].1.email.as_deref(), mail);
    assert_eq!((known[1].1.email.as_deref(), known[1].1.id.as_deref()), (None, Some("u-b2")));
    // Of known people too, whose first line isn't their last.
    let page = [who("a", None, None), who("a", Some("u-a"), mail), who("b", None, mail)];
    assert_eq!(learn(&bench, &page).await, [0, 0, 1]);
    check(people([0, 1]), people([0])).await;
    assert_eq!(bench.storage.find("u-a", 9).await.unwrap()[0].1.email.as_deref(), mail);
}

#[rstest]
#[tokio::test]
async fn changed_identifiers_change_the_person_and_the_sets(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let page = [who("a", Some("u-a"), Some("a@example.com")), who("b", None, None)];
    learn(&bench, &page).await;
    let page = [who("a", Some("u-a"), None), who("b", None, Some("b@example.com"))];
    assert_eq!(learn(&bench, &page).await, [0, 1]);
    let sets = bench.storage.identifier_sets().await.unwrap();
    assert_eq!((sets.email, sets.id), (people([1]), people([0])));
    assert!(bench.storage.find("a@example.com", 9).await.unwrap().is_empty());
    let found = bench.storage.find("b@example.com", 9).await.unwrap();
    assert_eq!((found.len(), found[0].0, found[0].1.cio_id.as_str()), (1, 1, "b"));
}

#[rstest]
#[tokio::test]
async fn two_learners_at_once_never_give_one_number_twice(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let (one, two) = (bench.process(2).await, bench.process(3).await);
    let now = bench.now();
    // Each has names of its own, and every third is known to the other.
    let learner = async |storage: Storage, side: u32| {
        let mut known = Vec::new();
        for page in 0..12_u32 {
            let page: Vec<String> = (page * 10..page * 10 + 10)
                .map(|n| if n % 3 == 0 { format!("both-{n}") } else { format!("{side}-{n}") })
                .collect();
            let asked: Vec<Identifiers> = page.iter().map(|name| who(name, None, None)).collect();
            let numbers = storage.learn(&asked, now).await.unwrap();
            known.extend(page.into_iter().zip(numbers));
        }
        known
    };
    let (left, right) = tokio::join!(learner(one, 1), learner(two, 2));
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    for (name, number) in left.into_iter().chain(right) {
        assert_eq!(*numbers.entry(name.clone()).or_insert(number), number, "{name}");
    }
    let given: BTreeSet<u32> = numbers.values().copied().collect();
    assert_eq!(given.len(), numbers.len(), "a number was given twice");
    assert_eq!(given.last(), Some(&(u32::try_from(numbers.len()).unwrap() - 1)), "dense");
}

#[rstest]
#[tokio::test]
async fn a_membership_larger_than_a_chunk(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let everyone: Vec<Identifiers> = (0..70_000)
        .map(|n| {
            let email = (n % 2 == 0).then(|| format!("{n}@example.com"));
            who(&format!("cio-{n}"), None, email.as_deref())
        })
        .collect();
    let mut members = PersonSet::new();
    for page in everyone.chunks(30_000) {
        members.extend(learn(&bench, page).await);
    }
    assert_eq!(members, (0..70_000).collect::<PersonSet>());
    bench.mirror("carts", &members).await;
    assert_eq!(bench.storage.members(bench.audience("carts").await).await.unwrap(), Some(members));
    assert_eq!(
        bench.texts("SELECT CAST(chunk AS TEXT) FROM audience_chunk ORDER BY 1").await,
        ["0", "1"]
    );
    let row = bench.storage.audience_rows().await.unwrap().remove(1);
    assert_eq!((row.members, row.with_email, row.with_id), (70_000, 35_000, 0));
    let sets = bench.storage.identifier_sets().await.unwrap();
    assert_eq!(sets.email, (0..70_000).step_by(2).collect::<PersonSet>());
    // Dense and sparse sets are read in two ways.
    for asked in [people(65_530..65_545), people([3, 65_536, 69_999, 80_000])] {
        let there: Vec<u32> = asked.iter().filter(|number| *number < 70_000).collect();
        let read = bench.storage.people(&asked).await.unwrap();
        assert_eq!(read.iter().map(|(number, _)| *number).collect::<Vec<_>>(), there);
        assert!(read.iter().all(|(number, person)| person.cio_id == format!("cio-{number}")));
        let ids: BTreeMap<u32, String> =
            bench.storage.cio_ids(&asked).await.unwrap().into_iter().collect();
        assert_eq!(ids, there.iter().map(|number| (*number, format!("cio-{number}"))).collect());
    }
}

#[rstest]
#[tokio::test]
async fn a_reading_replaces_the_last_one(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let carts = bench.audience("carts").await;
    assert_eq!(bench.storage.members(carts).await.unwrap(), None, "never read isn't empty");
    for members in
        [people([]), people([1, 2, 70_000]), people([2, 3]), people([65_536]), people([])]
    {
        bench.mirror("carts", &members).await;
        assert_eq!(bench.storage.members(carts).await.unwrap(), Some(members.clone()));
        let row = bench.storage.audience_rows().await.unwrap().remove(1);
        assert_eq!((row.members, row.mirror), (members.len(), Mirror::Fresh));
    }
    assert!(bench.texts("SELECT CAST(chunk AS TEXT) FROM audience_chunk").await.is_empty());
    assert!(bench.storage.members(bench.audience("viewers").await).await.unwrap().is_none());
}

#[rstest]
#[tokio::test]
async fn an_older_reading_never_replaces_a_newer(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let buyers = bench.audience("buyers").await;
    let early = bench.now();
    bench.clock.advance(Span::from_minutes(1));
    let late = bench.now();
    bench.storage.put_mirror(buyers, &segment("late"), &people([1]), late, late).await.unwrap();
    for began_at in [early, late] {
        bench
            .storage
            .put_mirror(buyers, &segment("other"), &people([2, 3]), began_at, late)
            .await
            .unwrap();
        assert_eq!(bench.storage.members(buyers).await.unwrap(), Some(people([1])));
        let row = bench.storage.audience_rows().await.unwrap().remove(0);
        assert_eq!((row.segment_name.as_deref(), row.members), (Some("late"), 1));
        assert_eq!(row.mirrored_at, Some(late));
    }
    assert_eq!(suppressed(&bench, late).await, people([1]), "nor does it leave a cohort");
    // Unless that one began in what is the future again: the clock has been put back.
    bench
        .storage
        .put_mirror(buyers, &segment("other"), &people([2, 3]), early, early)
        .await
        .unwrap();
    assert_eq!(bench.storage.members(buyers).await.unwrap(), Some(people([2, 3])));
}

#[rstest]
#[tokio::test]
async fn a_failed_reading_keeps_the_members(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let carts = bench.audience("carts").await;
    let row = async || bench.storage.audience_rows().await.unwrap().remove(1);
    let stale = |reason: &str| Mirror::Stale { reason: reason.to_owned() };
    assert_eq!(row().await.mirror, Mirror::Never);
    bench.storage.mark_stale(carts, "building", bench.now()).await.unwrap();
    assert_eq!(row().await.mirror, stale("building"));
    assert_eq!(bench.storage.members(carts).await.unwrap(), None);
    bench.mirror("carts", &people([1, 2])).await;
    let read_at = bench.now();
    assert_eq!(row().await.mirror, Mirror::Fresh);
    bench.clock.advance(Span::from_minutes(1));
    bench.storage.mark_stale(carts, "404", bench.now()).await.unwrap();
    assert_eq!(bench.storage.members(carts).await.unwrap(), Some(people([1, 2])));
    let after = row().await;
    assert_eq!((after.mirror, after.mirrored_at, after.members), (stale("404"), Some(read_at), 2));
    bench.mirror("carts", &people([2])).await;
    assert_eq!(row().await.mirror, Mirror::Fresh);

    // Customer.io's mark of the last change comes with each whole reading.
    assert_eq!(row().await.segment_changed_at, None);
    bench.clock.advance(Span::from_minutes(1));
    let (now, changed_at) = (bench.now(), Some(read_at));
    let segment = Segment { changed_at, ..segment("Carts") };
    bench.storage.put_mirror(carts, &segment, &people([2]), now, now).await.unwrap();
    assert_eq!(row().await.segment_changed_at, changed_at);
}

#[rstest]
#[tokio::test]
async fn a_segment_renamed_or_deleted_over_there_is_in_the_trail_once(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    let buyers = bench.audience("buyers").await;
    let read = async |name: &str| {
        bench.clock.advance(Span::from_minutes(1));
        let now = bench.now();
        bench.storage.put_mirror(buyers, &segment(name), &people([1]), now, now).await.unwrap();
    };
    let gone = async |reason: &str| {
        bench.clock.advance(Span::from_minutes(1));
        bench.storage.mark_gone(buyers, reason, bench.now()).await.unwrap();
    };
    let told = async || {
        let filter = Filter { by: "customer.io".to_owned(), ..Filter::default() };
        let trail = bench.storage.trail(&filter, None, 10).await.unwrap();
        assert!(trail.iter().all(|entry| entry.subject == "audience buyers"));
        let line = |line: Line| (line.before.unwrap_or_default(), line.after.unwrap_or_default());
        trail
            .into_iter()
            .map(|entry| (entry.action, line(entry.lines[0].clone())))
            .rev()
            .collect::<Vec<_>>()
    };
    let said = |action: &str, before: &str, after: &str| {
        (action.to_owned(), (before.to_owned(), after.to_owned()))
    };
    read("Buyers").await;
    read("Buyers").await;
    assert_eq!(told().await, [], "its first name is no change");
    read("Buyers <b>").await;
    read("Buyers <b>").await;
    let mut all = vec![said("rename segment", "Buyers", "Buyers <b>")];
    assert_eq!(told().await, all);
    bench.storage.mark_stale(buyers, "building", bench.now()).await.unwrap();
    gone("404").await;
    gone("404").await;
    all.push(said("delete segment", "", "Buyers <b>"));
    assert_eq!(told().await, all);
    let row = bench.storage.audience_rows().await.unwrap().remove(0);
    assert_eq!(row.mirror, Mirror::Stale { reason: "404".to_owned() });
    assert_eq!(bench.storage.members(buyers).await.unwrap(), Some(people([1])));
    // It came back, and goes again: that is news.
    read("Buyers <b>").await;
    gone("404").await;
    all.push(said("delete segment", "", "Buyers <b>"));
    assert_eq!(told().await, all);
}

/// Everyone whom any rule holds.
async fn suppressed(bench: &Bench, at: Instant) -> PersonSet {
    let rules = bench.storage.suppressed(at).await.unwrap();
    rules.into_iter().fold(PersonSet::new(), |all, rule| all | rule.people)
}

#[rstest]
#[tokio::test]
async fn who_left_stays_suppressed_for_the_ttl_and_no_longer(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(SHOP, false).await;
    bench.mirror("buyers", &people([1, 2, 70_001])).await;
    let first = bench.now();
    bench.clock.advance(Span::from_hours(1));
    bench.mirror("buyers", &people([2, 3])).await;
    let second = bench.now();
    let day = Span::from_hours(24);
    assert_eq!(suppressed(&bench, second).await, people([1, 2, 3, 70_001]));
    let last = first.plus(day).minus(Span(1));
    assert_eq!(suppressed(&bench, last).await, people([1, 2, 3, 70_001]));
    assert_eq!(suppressed(&bench, first.plus(day)).await, people([2, 3]), "2 is still a member");
    // A reading in between forgets only what no rule needs any more.
    let buyers = bench.audience("buyers").await;
    let next = first.plus(day);
    bench.storage.put_mirror(buyers, &segment(""), &people([]), next, next).await.unwrap();
    assert_eq!(suppressed(&bench, first.plus(day)).await, people([3]), "first seen an hour later");
    assert_eq!(suppressed(&bench, second.plus(day).minus(Span(1))).await, people([3]));
    assert_eq!(suppressed(&bench, second.plus(day)).await, people([]));
}

#[rstest]
#[tokio::test]
async fn each_rule_holds_by_itself(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let rules = "[[suppression]]\nkey = \"brief\"\nreason = \"r\"\naudience = \"buyers\"\nttl = \"1h\"
        [[suppression]]\nkey = \"plain\"\nreason = \"r\"\naudience = \"buyers\"
        [[suppression]]\nkey = \"other\"\nreason = \"r\"\naudience = \"viewers\"
        [[suppression]]\nkey = \"event\"\nreason = \"r\"\nevent = \"Order Completed\"\nttl = \"1h\"";
    let all = format!("{SHOP}\n{rules}");
    bench.apply(&all, false).await;
    bench.mirror("buyers", &people([1, 2])).await;
    bench.clock.advance(Span::from_hours(2));
    bench.mirror("buyers", &people([2])).await;
    bench.mirror("viewers", &people([5])).await;
    let rows = bench.storage.suppression_rows(bench.now()).await.unwrap();
    let held: Vec<(&str, u64)> =
        rows.iter().map(|row| (row.spec.key.as_str(), row.people)).collect();
    assert_eq!(held, [("brief", 1), ("event", 0), ("other", 1), ("plain", 1), ("purchase", 2)]);
    let (configuration, _) = bench.storage.load().await.unwrap();
    let purchase = configuration.suppressions[4].id;
    let rules = bench.storage.suppressed(bench.now()).await.unwrap();
    let held = rules.into_iter().find(|held| held.rule == purchase).unwrap();
    assert_eq!(held.people, people([1, 2]));
    bench.apply(SHOP, true).await;
    assert_eq!(suppressed(&bench, bench.now()).await, people([1, 2]));
    bench.apply(&SHOP.replace("ttl = \"24h\"", ""), true).await;
    assert_eq!(suppressed(&bench, bench.now()).await, people([2]), "without a ttl, members only");
}
