//! Random sequences of edits, proposals and decisions by several people, against the rule: what
//! is in force was approved by somebody else, as they have seen it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::{
    access::{Actor, Role},
    contract::{
        Contract,
        port::ContractStore as _,
        request::{Request, State},
        service::Typed,
    },
    ids::RequestId,
};
use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rstest::rstest;

use super::{
    contract,
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
    },
};

/// Who does it, to which of the requests so far.
#[derive(Clone, Debug)]
struct Step {
    who: usize,
    request: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Draft,
    Put(u8, u8),
    Remove(u8),
    Propose,
    Rebase,
    Withdraw,
    Decide(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let what = prop_oneof![
        2 => Just(What::Draft),
        4 => (0..4_u8, 0..3_u8).prop_map(|(event, kind)| What::Put(event, kind)),
        1 => (0..4_u8).prop_map(What::Remove),
        3 => Just(What::Propose),
        1 => Just(What::Rebase),
        1 => Just(What::Withdraw),
        4 => any::<bool>().prop_map(What::Decide),
    ];
    (0..PEOPLE.len(), any::<usize>(), what).prop_map(|(who, request, what)| Step {
        who,
        request,
        what,
    })
}

const PEOPLE: [(&str, Role); 4] =
    [("ana", Role::Operator), ("ben", Role::Approver), ("eva", Role::Admin), ("vic", Role::Viewer)];
const EVENTS: [&str; 4] = ["Order Completed", "Order Refunded", "Product Viewed", "Quiz Completed"];
const LINES: [&str; 3] = ["a: text", "a: number, required", "b: boolean"];

/// Every version is a request that somebody else has approved, made from the one before and
/// as it was when they asked for it.
async fn hold(bench: &Bench, asked: &[(RequestId, Contract)]) {
    let newest = bench.storage.current().await.unwrap().number;
    for number in 1..=newest {
        let version = bench.storage.version(number).await.unwrap().unwrap();
        let request = bench.storage.request(version.request.unwrap()).await.unwrap().unwrap();
        let Request { author, base, state, contract, decision, .. } = request;
        let by = decision.unwrap().by;
        let role = PEOPLE.iter().find(|(name, _)| *name == by).unwrap().1;
        assert!(by != author && role >= Role::Approver, "{by} approved what {author} proposed");
        assert_eq!((state, base), (State::Approved, number - 1));
        assert_eq!(contract, version.contract);
        let last = asked.iter().rev().find(|(id, _)| Some(*id) == version.request).unwrap();
        assert_eq!(last.1, version.contract, "not as it was asked for");
    }
}

async fn play(bench: &Bench, steps: &[Step]) {
    bench.execute("DELETE FROM contract_version").await;
    bench.execute("DELETE FROM change_request").await;
    let service = contract::service(bench);
    let (mut requests, mut asked) = (Vec::new(), Vec::new());
    for Step { who, request, what } in steps {
        let (name, role) = PEOPLE[*who];
        let actor = Actor { name: name.to_owned(), role };
        if matches!(what, What::Draft) {
            requests.extend(service.draft(false, &actor).await.ok());
            continue;
        }
        let Some(id) = requests.get(request % requests.len().max(1)).copied() else { continue };
        // A refusal changes nothing; that is what is looked at.
        match what {
            What::Draft => {}
            What::Put(event, kind) => {
                let (name, properties) = (EVENTS[usize::from(*event)], LINES[usize::from(*kind)]);
                let typed = Typed { name, properties, ..Typed::default() };
                drop(service.put_event(id, Some(name), &typed, &actor).await);
            }
            What::Remove(event) => {
                drop(service.remove_event(id, EVENTS[usize::from(*event)], &actor).await);
            }
            What::Propose => {
                if service.propose(id, "As discussed", &actor).await.is_ok() {
                    let contract = bench.storage.request(id).await.unwrap().unwrap().contract;
                    asked.push((id, contract));
                }
            }
            What::Rebase => drop(service.rebase(id, &actor).await),
            What::Withdraw => drop(service.withdraw(id, &actor).await),
            What::Decide(approve) => drop(service.decide(id, *approve, "", &actor).await),
        }
        hold(bench, &asked).await;
    }
}

#[rstest]
fn no_sequence_of_steps_reaches_a_version_that_nobody_approved(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let Some(bench) = runtime.block_on(Bench::open(engine)) else { return };
    let cases = if engine == Sqlite { 48 } else { 12 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..60), |steps| {
            let played = catch_unwind(AssertUnwindSafe(|| runtime.block_on(play(&bench, &steps))));
            played.map_err(|why| {
                let text = why.downcast_ref::<String>().cloned();
                TestCaseError::fail(text.unwrap_or_else(|| "it panicked".to_owned()))
            })
        })
        .unwrap();
}
