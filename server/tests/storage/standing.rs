//! Where one person stands, and what was told of them.

use std::collections::BTreeMap;

use domain::{
    Error,
    access::Actor,
    configuration::plan::Leaving,
    delivery::{
        Transition::{self, Entered, Exited},
        message::{Identity, Kind},
    },
    ids::RunId,
    people::{PersonMapping, PersonSet, PersonView, port::PersonStore as _, standing::Answer},
    sync::{Cause, decide::Decision, port::SyncStore as _},
    time::{Instant, Span},
};
use rstest::rstest;

use super::{
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
        SHOP, desired, key, people, shop,
    },
    reads::learn,
    worker::Worker,
};

/// What was told, without ids and answers.
fn told(place: &PersonMapping) -> Vec<(Instant, Transition, i64, RunId)> {
    let line = |entry: &domain::people::HistoryEntry| {
        (entry.at, entry.transition, entry.generation, entry.run)
    };
    place.history.iter().map(line).collect()
}

async fn explain(bench: &Bench, number: u32) -> PersonView {
    bench.storage.explain(number, usize::MAX, bench.now()).await.unwrap()
}

fn place<'a>(view: &'a PersonView, mapping: &str) -> &'a PersonMapping {
    view.mappings.iter().find(|place| place.mapping == key(mapping)).unwrap()
}

#[rstest]
#[tokio::test]
async fn a_person_is_explained_alike_before_and_after_folding(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, 4).await;
    assert!(matches!(
        bench.storage.explain(9, usize::MAX, bench.now()).await,
        Err(Error::NotFound(_))
    ));
    let explain = async |number: u32| {
        let view = bench.storage.explain(number, usize::MAX, bench.now()).await.unwrap();
        assert_eq!(view.person.cio_id, format!("cio-{number}"));
        let names: Vec<&str> = view.mappings.iter().map(|one| one.mapping.as_str()).collect();
        assert_eq!(names, ["buyers-meta", "carts-meta", "viewers-google", "viewers-meta"]);
        view.mappings.into_iter().nth(1).unwrap()
    };
    let place = explain(1).await;
    assert_eq!((place.member, place.delivered, place.cause), (false, false, None));
    assert_eq!((place.audience, place.destination), (key("carts"), key("meta")));

    bench.mirror("carts", &people([1, 2, 3])).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    let withheld =
        BTreeMap::from([(Cause::Suppressed, people([2])), (Cause::Unidentifiable, people([3]))]);
    let first = Decision { members: 3, target: people([1]), withheld };
    worker.decide(&first, &PersonSet::new()).await;
    let (entered_at, entered_by) = (bench.now(), worker.run);
    let work = worker.work().await;
    worker.step(&work, 0, 2).await;
    assert!(!explain(1).await.delivered, "a claim isn't an answer");
    assert!(explain(1).await.history.is_empty());
    worker.step(&work, 2, 2).await;
    let place = explain(1).await;
    assert_eq!((place.member, place.delivered, place.cause), (true, true, None));
    let entry = (entered_at, Entered, 1, entered_by);
    assert_eq!(told(&place), [entry]);
    let place = explain(2).await;
    assert_eq!(
        (place.member, place.delivered, place.cause),
        (true, false, Some(Cause::Suppressed))
    );
    assert_eq!(explain(3).await.cause, Some(Cause::Unidentifiable));
    assert_eq!((explain(0).await.member, explain(0).await.cause), (false, None));

    bench.clock.advance(Span::from_minutes(5));
    bench.mirror("carts", &people([2])).await;
    worker.order(&people([2])).await;
    let exit = (bench.now(), Exited, 2, worker.run);
    worker.drain().await;
    let left = explain(1).await;
    assert_eq!((left.member, left.delivered, left.cause), (false, false, None));
    assert_eq!(told(&left), [entry, exit]);
    let came = explain(2).await;
    assert_eq!((came.delivered, came.cause, came.history.len()), (true, None, 1));
    // Others come and go until everything above is folded.
    for round in 0..20_u32 {
        worker.bring(&people([2, 100 + round])).await;
    }
    assert_eq!(
        bench.texts("SELECT 'x' FROM part WHERE generation <= 2 AND NOT folded").await.len(),
        0
    );
    assert_eq!(explain(1).await, left);
    assert_eq!(explain(2).await, came);
}

#[rstest]
#[tokio::test]
async fn each_message_has_its_id_its_batch_and_its_answer(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, 6).await;
    bench.mirror("carts", &people(0..6)).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.order(&people(0..6)).await;
    let work = worker.work().await;
    let underway = async |number| {
        let view = explain(&bench, number).await;
        let place = place(&view, "carts-meta").clone();
        assert!(place.history.is_empty() && !place.delivered);
        place.underway.map(|step| (step.transition, step.at, step.sent_at))
    };
    let decided = bench.now();
    assert_eq!(underway(0).await, Some((Entered, decided, None)), "nobody has claimed them");
    bench.clock.advance(Span::from_seconds(1));
    let first_sent = bench.now();
    worker.step(&work, 0, 2).await;
    assert_eq!(underway(1).await, Some((Entered, decided, Some(first_sent))));
    assert_eq!(underway(2).await, Some((Entered, decided, None)));
    bench.clock.advance(Span::from_seconds(1));
    let second_sent = bench.now();
    worker.step(&work, 2, 6).await;
    bench.clock.advance(Span::from_seconds(3));
    // Segment refuses the last of the second batch.
    worker.refuse(&work, 6, &[5]).await;

    let installation = bench.storage.installation().await.unwrap();
    let mapping = worker.mapping.id;
    let identity = Identity { installation, mapping, generation: 1, transition: Entered };
    for (number, sent_at, at, told_of) in
        [(1, first_sent, second_sent, 2), (4, second_sent, bench.now(), 3)]
    {
        let view = explain(&bench, number).await;
        let place = place(&view, "carts-meta");
        assert!(place.underway.is_none() && place.delivered);
        let entry = &place.history[0];
        assert_eq!(entry.answer, Some(Answer { sent_at, at, people: told_of }));
        assert_eq!(entry.message_id, identity.message_id(&view.person.cio_id, Kind::Track));
    }
    let view = explain(&bench, 5).await;
    let refused = place(&view, "carts-meta");
    assert!(refused.history.is_empty() && refused.underway.is_none() && !refused.delivered);
    let [letter] = refused.letters.as_slice() else { panic!("{:?}", refused.letters) };
    assert_eq!((letter.at, letter.reason.as_str()), (bench.now(), "no 5"));
}

#[rstest]
#[tokio::test]
async fn a_person_has_audiences_and_what_keeps_them_out(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, 4).await;
    bench.mirror("carts", &people([1, 2])).await;
    bench.mirror("buyers", &people([2, 3])).await;
    let bought = bench.now();
    let names = |view: &PersonView| -> Vec<String> {
        view.audiences.iter().map(|one| one.audience.to_string()).collect()
    };
    let kept = async |number| {
        let rules = explain(&bench, number).await.suppressions;
        rules.into_iter().map(|rule| (rule.is_member, rule.until)).collect::<Vec<_>>()
    };
    assert_eq!(names(&explain(&bench, 2).await), ["buyers", "carts"]);
    assert!(names(&explain(&bench, 0).await).is_empty());
    let end = bought.plus(Span::from_hours(24));
    assert_eq!(kept(1).await, []);
    assert_eq!(kept(2).await, [(true, Some(end))]);
    bench.clock.advance(Span::from_hours(2));
    bench.mirror("buyers", &people([3])).await;
    assert_eq!(kept(2).await, [(false, Some(end))], "for a day from when it was seen");
    bench.clock.advance(Span::from_hours(23));
    assert_eq!(kept(2).await, []);
    assert_eq!(kept(3).await, [(true, None)]);
}

/// Whoever comes and goes through many folds has every line of it, as if all parts were read.
#[rstest]
#[tokio::test]
async fn a_long_history_is_whole_through_folds_and_after_people_were_abandoned(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, 5).await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    let mut expected = [Vec::new(), Vec::new(), Vec::new()];
    let mut there = [false; 3];
    let mut bring = async |worker: &mut Worker<'_>, round: u32| {
        // 1 each time, 2 each fifth time, 3 in the first round only; 4 comes and goes.
        let turns = [true, round.is_multiple_of(5), round == 0];
        for (at, _) in turns.iter().enumerate().filter(|(_, turn)| **turn) {
            there[at] = !there[at];
            expected[at].push(if there[at] { Entered } else { Exited });
        }
        let mut target: PersonSet =
            (0..3).filter(|at| there[*at as usize]).map(|at| at + 1).collect();
        if round.is_multiple_of(2) {
            target.insert(4);
        }
        worker.bring(&target).await;
        bench.clock.advance(Span::from_minutes(5));
    };
    for round in 0..200 {
        bring(&mut worker, round).await;
    }
    let folds = "SELECT CAST(folds AS TEXT) FROM folded_span ORDER BY first";
    let folds = bench.texts(folds).await;
    assert!(folds.len() > 1 && folds[0] == "8", "{folds:?}");

    // Another catalogue name, and nobody is told to leave: parts are let go with no union.
    let moved = SHOP.replace("Facebook Custom Audiences", "Another list");
    let configuration = bench.configuration();
    let (desired, host) = (desired(&moved), Actor::host("test"));
    configuration.apply_with(&desired, false, Leaving::Abandoned, vec![], &host).await.unwrap();
    let unknown = bench.texts("SELECT 'x' FROM folded_span WHERE length(people) = 0").await;
    assert_eq!(unknown.len(), 1);

    for (at, expected) in expected.iter().enumerate() {
        let view = explain(&bench, u32::try_from(at).unwrap() + 1).await;
        let place = place(&view, "carts-meta");
        let lines: Vec<Transition> = place.history.iter().map(|entry| entry.transition).collect();
        assert_eq!(&lines, expected, "person {}", at + 1);
        let generations: Vec<i64> = place.history.iter().map(|one| one.generation).collect();
        assert!(generations.is_sorted_by(|a, b| a < b), "{generations:?}");
        // The newest lines are the last ones of the whole, and the only one is never left out.
        let number = u32::try_from(at).unwrap() + 1;
        let few = bench.storage.explain(number, 10, bench.now()).await.unwrap();
        let few = told(self::place(&few, "carts-meta"));
        assert!(told(place).ends_with(&few), "person {number}");
        let least = expected.len().min(10);
        assert!((least..=least.max(100)).contains(&few.len()), "{} of {least}", few.len());
    }
}
