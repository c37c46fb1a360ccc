//! What waits for a decision is told to a webhook over a real socket: once, and in the end.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use domain::{
    Error,
    access::{Actor, Role},
    contract::service::{ContractService, Typed},
    delivery::port::LeaseStore as _,
    events::signature::verify,
    ids::RequestId,
    notices::{
        Notice, Standing,
        port::{NoticeStore as _, Waiting},
        service::NoticeService,
    },
    time::Span,
};
use http::StatusCode;
use rstest::rstest;
use serde_json::Value;
use server::vendors::{self, Credentials, Webhook};

use super::{
    contract::{approver, author, service},
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
    },
    proposals::approvals,
};

const PUBLIC: &str = "https://segue.example";

type Calls = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// Somebody who takes JSON, unless told to be out of order.
#[derive(Clone)]
struct Receiver {
    calls: Calls,
    answer: Arc<Mutex<(StatusCode, &'static str)>>,
    address: String,
}

impl Receiver {
    async fn start() -> Self {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook", socket.local_addr().unwrap());
        let answer = Arc::new(Mutex::new((StatusCode::OK, "ok")));
        let receiver = Self { calls: Calls::default(), answer, address };
        let router = Router::new().route("/hook", post(take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        receiver
    }

    fn answer(&self, status: StatusCode, words: &'static str) {
        *self.answer.lock().unwrap() = (status, words);
    }

    fn texts(&self) -> Vec<String> {
        let calls = self.calls.lock().unwrap();
        let text = |body: &Bytes| {
            let body: Value = serde_json::from_slice(body).unwrap();
            body["text"].as_str().unwrap().to_owned()
        };
        calls.iter().map(|(_, body)| text(body)).collect()
    }
}

async fn take(
    State(receiver): State<Receiver>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    receiver.calls.lock().unwrap().push((headers, body));
    *receiver.answer.lock().unwrap()
}

fn notices(bench: &Bench, contract: ContractService) -> NoticeService {
    let stored = Arc::new(bench.storage.clone());
    let configuration = Arc::new(bench.configuration());
    NoticeService {
        store: stored.clone(),
        messenger: Arc::new(Webhook::new(
            vendors::client().unwrap(),
            Credentials::new(stored.clone()),
        )),
        approvals: Arc::new(approvals(bench)),
        contract: Arc::new(contract),
        configuration,
        leases: stored,
        clock: bench.clock.clone(),
    }
}

fn admin() -> Actor {
    Actor { name: "ada@example.com".to_owned(), role: Role::Admin }
}

async fn proposed(notices: &NoticeService, name: &str) -> RequestId {
    let contract = &notices.contract;
    let id = contract.draft(false, &author()).await.unwrap();
    let typed = Typed { name, ..Typed::default() };
    contract.put_event(id, None, &typed, &author()).await.unwrap();
    contract.propose(id, &format!("{name} <too>"), &author()).await.unwrap();
    id
}

#[rstest]
#[tokio::test]
async fn what_waits_is_told_once_signed_and_again_when_it_waits_again(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let (receiver, notices) = (Receiver::start().await, notices(&bench, service(&bench)));
    let first = proposed(&notices, "First").await;
    // Nobody has said whom to tell: it waits for an address.
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 0);
    let view = notices.view().await.unwrap();
    assert_eq!((view.standing, view.notices.len()), (Standing::default(), 1));
    assert_eq!(view.notices[0].told_at, None);

    let refused = notices.enter(&receiver.address, "", &approver()).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    for bad in ["", "hooks.slack.com", "http://example.com/x"] {
        let refused = notices.enter(bad, "", &admin()).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{bad}");
    }
    notices.enter(&receiver.address, "a-signing-key", &admin()).await.unwrap();
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 1);
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 0);
    let text = format!(
        "Segue: a decision waits\n• ana@example.com proposes a change of the contract: First \
         &lt;too&gt; <{PUBLIC}/contract/changes/{first}>"
    );
    assert_eq!(receiver.texts(), [text]);
    let (headers, body) = receiver.calls.lock().unwrap()[0].clone();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let signed = (header("x-segue-timestamp"), header("x-segue-signature"));
    let keys = ["a-signing-key".to_owned()];
    verify(&keys, signed.0, signed.1, &body, bench.now()).unwrap();

    // It goes back to its author and waits again: that is news.
    let (contract, approver) = (&notices.contract, approver());
    contract.ask_for_changes(first, "Why?", &approver).await.unwrap();
    notices.run_once(PUBLIC).await.unwrap();
    assert!(notices.view().await.unwrap().notices[0].ended_at.is_some());
    contract.propose(first, "First, with reasons", &author()).await.unwrap();
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 1);
    assert!(receiver.texts()[1].contains("First, with reasons"));
    contract.decide(first, true, "", &approver).await.unwrap();
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 0);

    // Nobody is told any more, and the address is gone.
    notices.forget(&admin()).await.unwrap();
    proposed(&notices, "Second").await;
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 0);
    assert_eq!(receiver.texts().len(), 2);
    assert_eq!(notices.view().await.unwrap().standing, Standing::default());
    let trail = bench.texts("SELECT action FROM audit WHERE subject = 'notices.webhook'").await;
    assert_eq!(trail, ["secret", "clear"]);
    bench.clock.advance(Span::from_hours(91 * 24));
    proposed(&notices, "Third").await;
    notices.run_once(PUBLIC).await.unwrap();
    assert_eq!(notices.view().await.unwrap().notices.len(), 2, "what is long over is forgotten");
}

#[rstest]
#[tokio::test]
async fn what_a_webhook_does_not_take_is_told_later(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = Bench::open(engine).await else { return };
    let (receiver, notices) = (Receiver::start().await, notices(&bench, service(&bench)));
    notices.enter(&receiver.address, "", &admin()).await.unwrap();
    receiver.answer(StatusCode::GONE, "{\"message\": \"channel_is_archived\"}");
    let refused = notices.test(&admin()).await;
    let Err(Error::Conflict(why)) = refused else { panic!("{refused:?}") };
    assert!(why.ends_with("it answered 410 Gone"), "what it says may quote the address: {why}");
    assert!(receiver.texts()[0].contains("a test by ada@example.com"));

    proposed(&notices, "First").await;
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 0);
    let told = notices.view().await.unwrap().notices.remove(0);
    assert_eq!((told.failures, told.told_at), (1, None));
    assert_eq!(told.failure.as_deref(), Some("it answered 410 Gone"));
    // Not at once, and not in the words of an address.
    notices.run_once(PUBLIC).await.unwrap();
    assert_eq!(receiver.texts().len(), 2);
    proposed(&notices, "Second").await;
    bench.clock.advance(Span::from_seconds(15));
    receiver.answer(StatusCode::OK, "ok");
    assert_eq!(notices.run_once(PUBLIC).await.unwrap(), 2);
    assert!(receiver.texts()[2].starts_with("Segue: 2 decisions wait"));
    assert!(receiver.calls.lock().unwrap()[2].0.get("x-segue-signature").is_none());
    let told = notices.view().await.unwrap().notices;
    assert!(told.iter().all(|one| one.told_at.is_some() && one.failure.is_none()), "{told:?}");
}

#[rstest]
#[tokio::test]
async fn what_pauses_for_a_moment_has_not_ceased_to_wait(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let notice = Notice {
        subject: "run of carts-meta".to_owned(),
        words: "60 % would leave".to_owned(),
        page: "/approvals".to_owned(),
    };
    let run = Waiting { notice, lull: Some(Span::from_minutes(30)) };
    let lease = bench.storage.acquire("notices", bench.now()).await.unwrap().unwrap();
    let note = async |begun: &[Waiting], ended: &[&str]| {
        bench.storage.note_notices(&lease, begun, ended, bench.now()).await.unwrap();
        bench.storage.notices(9).await.unwrap().remove(0)
    };
    note(std::slice::from_ref(&run), &[]).await;
    let subjects = ["run of carts-meta"];
    bench.storage.tell_notices(&lease, &subjects, None, bench.now()).await.unwrap();
    // The next pass mirrors; then its run waits as the one before did.
    assert!(note(&[], &subjects).await.ended_at.is_some());
    bench.clock.advance(Span::from_minutes(5));
    let again = note(std::slice::from_ref(&run), &[]).await;
    assert!(again.ended_at.is_none() && again.told_at.is_some(), "nobody is told twice");
    note(&[], &subjects).await;
    bench.clock.advance(Span::from_minutes(31));
    let news = note(&[run], &[]).await;
    assert!(news.ended_at.is_none() && news.told_at.is_none(), "this time it is news");
}
