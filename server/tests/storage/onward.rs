//! How events go on by the contract: under former names too, or nowhere; and who reads them.

use domain::{
    contract::{
        Churn,
        blast::Over,
        onward::echoes,
        request::State,
        service::{ContractService, Typed},
    },
    destinations::budget::Budget,
    error::Error,
    events::{
        forward::ForwardStore as _,
        port::{Kept, NewEvent},
    },
    ids::RequestId,
    suppression::listing::NameKind,
    time::Span,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::{
    contract::{approver, author, service},
    events::{event, keep},
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
    },
};

/// Approves a draft.
async fn approve(contract: &ContractService, id: RequestId) {
    contract.propose(id, "Agreed on", &author()).await.unwrap();
    contract.decide(id, true, "", &approver()).await.unwrap();
}

/// Has an event agreed on, in place of `former`.
async fn agree(contract: &ContractService, former: Option<&str>, typed: Typed<'_>) {
    let id = contract.draft(false, &author()).await.unwrap();
    contract.put_event(id, former, &typed, &author()).await.unwrap();
    approve(contract, id).await;
}

/// A track as it is kept after it was held against the contract.
async fn track(bench: &Bench, contract: &ContractService, number: &str, name: &str) -> NewEvent {
    let properties = json!({"total": 9});
    let checked = contract.check(name, Some(&properties)).await.unwrap();
    let called = checked.canonical.clone().unwrap_or_else(|| name.to_owned());
    let body = json!({"type": "track", "event": called, "messageId": number,
        "properties": properties});
    NewEvent {
        echoes: echoes(&body, number, &checked.onward.also_as),
        body: body.to_string(),
        said: Some(properties.to_string()),
        sent_as: checked.canonical.as_ref().map(|_| name.to_owned()),
        also_known_as: checked.also_known_as,
        violation: checked.violation,
        checked_by: checked.version,
        is_forwarded: !checked.onward.is_stopped,
        ..event(number, &called, (NameKind::Id, "u-1"), bench.now())
    }
}

/// Under which names what waits goes on.
async fn going(bench: &Bench) -> Vec<String> {
    let waiting = bench.storage.waiting(100).await.unwrap();
    let read = |one: &domain::events::forward::Waiting| {
        let body: Value = serde_json::from_str(&one.body).unwrap();
        assert_eq!(body["messageId"], *one.number);
        body["event"].as_str().unwrap().to_owned()
    };
    let mut names: Vec<_> = waiting.iter().map(read).collect();
    names.sort();
    names
}

#[rstest]
#[tokio::test]
async fn a_renamed_event_goes_out_under_its_former_name_too_until_its_last_day(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let typed = Typed { name: "Purchase", properties: "total: number", ..Typed::default() };
    agree(&contract, None, typed).await;
    let renamed = Typed { name: "Order Completed", ..typed };
    agree(&contract, Some("Purchase"), renamed).await;
    // Whoever still sends the former name is understood, whoever reads it has time.
    let checked = contract.check("Purchase", Some(&json!({"total": 9}))).await.unwrap();
    assert_eq!(checked.canonical.as_deref(), Some("Order Completed"));
    assert_eq!(checked.onward.also_as, ["Purchase"]);

    let bought = track(&bench, &contract, "m-1", "Purchase").await;
    assert_eq!(keep(&bench, std::slice::from_ref(&bought)).await, [Kept::New]);
    assert_eq!(going(&bench).await, ["Order Completed", "Purchase"]);
    // Told again, neither goes out again, nor does an echo that it had not at first.
    let mut again = bought.clone();
    again.echoes.extend(echoes(&json!({}), "m-1", &["Third".to_owned()]));
    assert_eq!(keep(&bench, &[again]).await, [Kept::Again]);
    assert_eq!(going(&bench).await.len(), 2);
    // An echo is nobody's second purchase: no replay and no count has it.
    assert_eq!(contract.noise().await.unwrap().events, 1);

    let churn = contract.churn().await.unwrap();
    let expected = Churn { versions: 2, renamed: 1, removed: 0, narrowed: churn.narrowed };
    assert_eq!(churn, expected);
    bench.clock.advance(Span::from_hours(32 * 24));
    let late = track(&bench, &contract, "m-2", "Purchase").await;
    assert!(late.echoes.is_empty());
    bench.clock.advance(Span::from_hours(90 * 24));
    assert_eq!(contract.churn().await.unwrap(), Churn::default());
}

#[rstest]
#[tokio::test]
async fn a_draft_renames_what_is_in_force_only(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let id = contract.draft(false, &author()).await.unwrap();
    let typed = Typed { name: "Purchase", ..Typed::default() };
    contract.put_event(id, None, &typed, &author()).await.unwrap();
    let renamed = Typed { name: "Order Completed", ..typed };
    contract.put_event(id, Some("Purchase"), &renamed, &author()).await.unwrap();
    let event = &contract.request(id).await.unwrap().request.contract.events["Order Completed"];
    assert!(event.aliases.is_empty() && event.also_sent_as.is_empty(), "nobody knew the name");
    // What its author says of the former name stays so.
    approve(&contract, id).await;
    let id = contract.draft(false, &author()).await.unwrap();
    let said = Typed { name: "Paid", also_sent_as: "Order Completed until 2031-01-01", ..typed };
    contract.put_event(id, Some("Order Completed"), &said, &author()).await.unwrap();
    let event = &contract.request(id).await.unwrap().request.contract.events["Paid"];
    assert_eq!(domain::contract::onward::write(&event.also_sent_as), [said.also_sent_as]);
    assert!(event.aliases.contains("Order Completed"));
}

#[rstest]
#[tokio::test]
async fn what_a_version_lets_out_of_quarantine_has_its_echo_once(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let typed = Typed { name: "Order Completed", ..Typed::default() };
    agree(&contract, None, typed).await;
    // The total isn't agreed on yet.
    let odd = track(&bench, &contract, "m-1", "Order Completed").await;
    assert!(odd.violation.is_some() && odd.echoes.is_empty());
    let released = track(&bench, &contract, "m-2", "Order Completed").await;
    let stranger = NewEvent { name: "Else".to_owned(), ..released };
    keep(&bench, &[odd, stranger]).await;
    let group = contract.view().await.unwrap().quarantine.into_iter();
    let group = group.into_iter().find(|group| group.name == "Else").unwrap();
    // By hand it goes as it came, and no later look changes that.
    contract.settle(&group.name, &group.violation, true, &approver()).await.unwrap();
    let wider =
        Typed { properties: "total: number", also_sent_as: "Purchase until 2099-01-01", ..typed };
    agree(&contract, Some("Order Completed"), wider).await;
    contract.run_once().await.unwrap();
    contract.run_once().await.unwrap();
    assert_eq!(going(&bench).await, ["Order Completed", "Order Completed", "Purchase"]);
}

#[rstest]
#[tokio::test]
async fn a_stopped_event_goes_nowhere_and_is_counted_all_the_same(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let typed = Typed { name: "Product Viewed", ..Typed::default() };
    agree(&contract, None, typed).await;
    let odd = track(&bench, &contract, "m-0", "Product Viewed").await;
    keep(&bench, &[odd]).await;
    let noise = contract.noise().await.unwrap();
    let [unread] = &noise.unread[..] else { panic!("{noise:?}") };
    assert_eq!((unread.events, unread.since, unread.is_stopped), (1, Some(bench.now()), false));

    let missing = contract.stop_event("Never Heard", true, &author()).await;
    assert!(matches!(missing, Err(Error::NotFound(_))), "{missing:?}");
    let id = contract.stop_event("Product Viewed", true, &author()).await.unwrap();
    let told = contract.request(id).await.unwrap().differences;
    assert_eq!((&*told[0].path, told[0].after.as_deref()), ("goes", Some("nowhere")));
    contract.decide(id, true, "", &approver()).await.unwrap();
    let again = contract.stop_event("Product Viewed", true, &author()).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");

    // By hand nothing of it goes either.
    let group = contract.view().await.unwrap().quarantine.remove(0);
    let refused = contract.settle(&group.name, &group.violation, true, &approver()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");

    // Agreed on with its total, what waits passes: and goes nowhere.
    let wider = Typed { properties: "total: number", stopped: true, ..typed };
    agree(&contract, Some("Product Viewed"), wider).await;
    contract.run_once().await.unwrap();
    let view = track(&bench, &contract, "m-1", "Product Viewed").await;
    assert!(!view.is_forwarded && view.violation.is_none());
    keep(&bench, &[view]).await;
    assert!(going(&bench).await.is_empty());
    let noise = contract.noise().await.unwrap();
    assert_eq!((noise.unread[0].events, noise.unread[0].is_stopped), (2, true));
    assert!(contract.view().await.unwrap().quarantine.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_rule_that_names_another_name_of_an_event_holds(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let rule = "[[suppression]]\nkey = \"bought\"\nreason = \"purchase\"\nevent = \"Purchase\"\nttl = \"24h\"\n";
    bench.apply(rule, false).await;
    let contract = service(&bench);
    let typed = Typed { name: "Purchase", properties: "total: number", ..Typed::default() };
    agree(&contract, None, typed).await;
    let renamed = Typed { name: "Order Completed", ..typed };
    agree(&contract, Some("Purchase"), renamed).await;
    // Its sender has changed already; the rule hasn't.
    let bought = track(&bench, &contract, "m-1", "Order Completed").await;
    assert_eq!(bought.sent_as, None);
    keep(&bench, &[bought]).await;
    assert_eq!(bench.texts("SELECT name FROM held_name").await, ["u-1"]);
    // Nor has it when the former name goes out no more.
    bench.clock.advance(Span::from_hours(32 * 24));
    let bought = track(&bench, &contract, "m-2", "Order Completed").await;
    assert!(bought.echoes.is_empty());
    let names = event("m-2", "", (NameKind::Id, "u-2"), bench.now()).names;
    keep(&bench, &[NewEvent { names, ..bought }]).await;
    let held = bench.texts("SELECT name FROM held_name ORDER BY name").await;
    assert_eq!(held, ["u-1", "u-2"]);
}

#[rstest]
#[tokio::test]
async fn what_nobody_decides_on_is_its_authors_again(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let id = contract.draft(false, &author()).await.unwrap();
    let typed = Typed { name: "Refund", ..Typed::default() };
    contract.put_event(id, None, &typed, &author()).await.unwrap();
    // A draft may take as long as it takes.
    bench.clock.advance(Span::from_hours(90 * 24));
    contract.propose(id, "Refunds", &author()).await.unwrap();
    bench.clock.advance(Span::from_hours(30 * 24));
    contract.run_once().await.unwrap();
    assert_eq!(contract.request(id).await.unwrap().request.state, State::Open);
    bench.clock.advance(Span::from_seconds(1));
    contract.run_once().await.unwrap();
    let view = contract.request(id).await.unwrap();
    assert_eq!((view.request.state, view.comments.len()), (State::Draft, 1));
    assert!(view.comments[0].words.contains("draft again"), "{:?}", view.comments);
    // Asked for anew it waits anew.
    contract.propose(id, "Refunds", &author()).await.unwrap();
    contract.run_once().await.unwrap();
    assert_eq!(contract.waiting().await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn what_a_destination_reads_beyond_its_budget_is_approved_with_a_reason(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let place = "[[destination]]\nkey = \"meta\"\nprofile = \"plain\"\nintegration = \"Meta\"\n";
    bench.apply(&format!("{place}budget = {{ events = 1, properties = 9 }}\n"), false).await;
    let contract = service(&bench);
    let read = Typed { consumers: "meta", properties: "total: number", ..Typed::default() };
    agree(&contract, None, Typed { name: "Order Completed", ..read }).await;
    let id = contract.draft(false, &author()).await.unwrap();
    contract.put_event(id, None, &Typed { name: "Refund", ..read }, &author()).await.unwrap();
    contract.propose(id, "A second one", &author()).await.unwrap();
    let over = contract.request(id).await.unwrap().over;
    let words: Vec<_> = over.iter().map(Over::words).collect();
    assert_eq!(words, ["meta would read 2 events, and its budget is 1"]);
    let refused = contract.decide(id, true, " ", &approver()).await;
    let Err(Error::Invalid { field, message }) = refused else { panic!("{refused:?}") };
    assert_eq!(field, "note");
    assert!(message.contains("its budget is 1: say why"), "{message}");
    contract.decide(id, true, "Meta bids by it", &approver()).await.unwrap();
    let decision = contract.request(id).await.unwrap().request.decision.unwrap();
    assert_eq!(decision.note, "Meta bids by it");

    // One may be turned away without a word, and a budget is changed as it was seen only.
    let key = "meta".parse().unwrap();
    let configuration = bench.configuration();
    let seen = configuration.load().await.unwrap().destinations[0].spec.budget;
    assert_eq!((seen.events, seen.audiences), (Some(1), None));
    let wider = Budget { events: Some(3), ..Budget::default() };
    configuration.change_budget(&key, seen, wider, &author()).await.unwrap();
    let stale = configuration.change_budget(&key, seen, seen, &author()).await;
    assert!(matches!(stale, Err(Error::Conflict(_))), "{stale:?}");
    agree(&contract, None, Typed { name: "Cart", ..read }).await;
    configuration.change_budget(&key, wider, Budget::default(), &author()).await.unwrap();
    assert_eq!(bench.texts("SELECT COALESCE(budget, 'none') FROM destination").await, ["none"]);
}

#[rstest]
#[tokio::test]
async fn no_request_gives_a_name_two_meanings(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let contract = service(&bench);
    let typed = Typed { name: "Purchase", ..Typed::default() };
    agree(&contract, None, typed).await;
    agree(&contract, None, Typed { name: "Refund", ..typed }).await;
    let renamed =
        Typed { name: "Order Completed", also_sent_as: "Bought until 2099-01-01", ..typed };
    agree(&contract, Some("Purchase"), renamed).await;
    let refused = contract.propose_alias("Bought", "Refund", &author()).await;
    let Err(Error::Conflict(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("Bought") && why.contains("Order Completed"), "{why}");

    // Two that are fine alone aren't together.
    let id = contract.draft(false, &author()).await.unwrap();
    let mine = Typed { name: "Cart", aliases: "Basket", ..Typed::default() };
    contract.put_event(id, None, &mine, &author()).await.unwrap();
    agree(&contract, None, Typed { name: "Bag", aliases: "Basket", ..mine }).await;
    let refused = contract.rebase(id, &author()).await;
    assert!(
        matches!(refused, Err(Error::Conflict(ref why)) if why.contains("Basket")),
        "{refused:?}"
    );
}
