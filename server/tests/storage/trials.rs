//! Controlled tests from pin to proof: the real client, the strict stand-in, both databases.

use std::sync::Arc;

use domain::{
    Error,
    access::Actor,
    audiences::port::{Identifiers, MirrorStore as _},
    delivery::{drain::Jitter, service::StopStore as _, stop::Scope},
    mappings::trial::{Place, Proof, Trial, service::TrialService},
    people::service::PeopleService,
    sync::Cause,
    time::{Clock, Span},
};
use rstest::rstest;
use server::{
    random::RandomJitter,
    sandbox::{
        RunningSandbox, SandboxConfig,
        fault::{Fault, FaultKind, Vendor as FaultAt},
    },
    vendors::{
        self, Credentials,
        fuse::Fuse,
        twilio::{PublicClient, TrackingClient},
    },
};

use super::harness::{
    Bench, Engine,
    Engine::{Postgres, Sqlite},
    key, people,
};

const SHOP: &str = r#"
[twilio]
write_key = "sandbox-write-key"
public_api_token = "sandbox-public-token"
[[destination]]
key = "meta"
profile = "meta-custom-audiences"
integration = "Facebook Custom Audiences"
[[audience]]
key = "carts"
segment = 1
[[audience]]
key = "buyers"
segment = 2
[[suppression]]
key = "purchase"
reason = "purchase"
audience = "buyers"
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
active = false
"#;

fn service(bench: &Bench, sandbox: &RunningSandbox) -> TrialService {
    let stored = Arc::new(bench.storage.clone());
    let credentials = Credentials::new(stored.clone());
    let (http, url) = (vendors::client().unwrap(), Some(sandbox.tracking_url.clone()));
    let time = Arc::new(server::clock::SystemClock);
    let clock: Arc<dyn Clock> = bench.clock.clone();
    let jitter: Arc<dyn Jitter> = Arc::new(RandomJitter::new());
    let twilio = domain::connections::Vendor::Twilio;
    let fuse = Arc::new(Fuse::new(twilio, clock.clone(), time, jitter));
    let tracking = TrackingClient::new(
        http.clone(),
        credentials.clone(),
        url.clone(),
        clock.clone(),
        fuse,
        None,
    );
    TrialService {
        configuration: Arc::new(bench.configuration()),
        mirrors: stored.clone(),
        suppressions: stored.clone(),
        store: stored.clone(),
        people: Arc::new(PeopleService::new(stored.clone(), clock.clone())),
        names: stored.clone(),
        trials: stored.clone(),
        stops: stored,
        sink: Arc::new(tracking),
        witness: Arc::new(PublicClient::new(http, credentials, url)),
        clock,
        ids: Arc::new(super::harness::Counter::default()),
    }
}

/// Each way that Segment's Public API fails leaves what is known, and says what happened.
#[tokio::test]
async fn a_proof_that_cannot_be_read_is_said_and_costs_nothing() {
    let Some((bench, sandbox, trials)) = shop(Sqlite).await else { return };
    let (mapping, host) = (key("carts-meta"), Actor::host("jane"));
    trials.pin("cio-0", &host).await.unwrap();
    trials.send(&mapping, "cio-0", &host).await.unwrap();
    bench.clock.advance(Span::from_seconds(61));
    for (kind, after, says) in [
        (FaultKind::Status, false, "a server error (503)"),
        (FaultKind::Html, false, "a server error (502)"),
        (FaultKind::Reset, false, "the connection broke off"),
        (FaultKind::CutBody, true, "the connection broke off"),
    ] {
        let fault = Fault { after, ..Fault::new(FaultAt::Public, kind) };
        sandbox.faults.inject(fault, bench.now());
        let (sent, trouble) = trials.look(&mapping).await.unwrap();
        let trouble = trouble.unwrap();
        assert!(trouble.contains(says), "{kind:?}: {trouble}");
        assert_eq!(sent[0].proof(), Proof::Sent, "{kind:?}");
        sandbox.faults.clear();
    }
    let page = Fault::new(FaultAt::Public, FaultKind::Html).status(200);
    sandbox.faults.inject(page, bench.now());
    assert!(trials.look(&mapping).await.unwrap().1.unwrap().contains("a web page in its place"));
    sandbox.faults.clear();
    let (sent, trouble) = trials.look(&mapping).await.unwrap();
    assert_eq!((sent[0].proof(), trouble), (Proof::Arrived, None), "and then it is there");
}

/// A shop with three in the carts, of whom one has bought.
async fn shop(engine: Engine) -> Option<(Bench, RunningSandbox, TrialService)> {
    let bench = Bench::open(engine).await?;
    bench.apply(SHOP, false).await;
    let page: Vec<Identifiers> = (0..4)
        .map(|n| Identifiers {
            cio_id: format!("cio-{n}"),
            id: None,
            email: Some(format!("{n}@example.com")),
        })
        .collect();
    bench.storage.learn(&page, bench.now()).await.unwrap();
    bench.mirror("carts", &people([0, 1, 2])).await;
    bench.mirror("buyers", &people([2])).await;
    let config = SandboxConfig { public_calls_a_minute: 100_000, ..SandboxConfig::default() };
    let sandbox = RunningSandbox::start(config, bench.clock.clone()).await.unwrap();
    let service = service(&bench, &sandbox);
    Some((bench, sandbox, service))
}

#[rstest]
#[tokio::test]
async fn a_test_is_amber_until_the_destination_got_it(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some((bench, sandbox, trials)) = shop(engine).await else { return };
    let (mapping, host) = (key("carts-meta"), Actor::host("jane"));
    trials.pin("0@example.com", &host).await.unwrap();
    trials.pin("cio-0", &host).await.unwrap();
    assert_eq!(trials.pinned().await.unwrap().len(), 1, "pinned once");
    let preview = trials.preview(&mapping, "cio-0").await.unwrap();
    assert_eq!((preview.place, preview.is_pinned), (Place::Goes, true));
    assert!(preview.messages[0].contains("0@example.com"));
    assert_eq!(sandbox.platform.counts().received, 0, "a preview sends nothing");

    trials.send(&mapping, "cio-0", &host).await.unwrap();
    assert!(sandbox.platform.members("Facebook Custom Audiences", "carts").contains("cio-0"));
    let look = async || {
        let (trials, trouble) = trials.look(&mapping).await.unwrap();
        assert_eq!(trouble, None);
        trials[0].clone()
    };
    assert_eq!(look().await.proof(), Proof::Sent, "the edge takes anything");
    bench.clock.advance(Span::from_seconds(61));
    let arrived = look().await;
    assert_eq!((arrived.proof(), arrived.arrived_at), (Proof::Arrived, Some(bench.now())));
    // Somebody else's messages are not counted with it.
    trials.send(&mapping, "cio-0", &host).await.unwrap();
    bench.clock.advance(Span::from_minutes(4));
    let (both, _) = trials.look(&mapping).await.unwrap();
    assert_eq!(
        both.iter().map(Trial::proof).collect::<Vec<_>>(),
        [Proof::Arrived, Proof::Forwarded]
    );
    bench.clock.advance(Span::from_minutes(2));
    assert_eq!(look().await.proof(), Proof::Forwarded);
    assert_eq!(sandbox.platform.counts().duplicate, 0, "each test is a message of its own");
}

#[rstest]
#[tokio::test]
async fn nobody_is_sent_whom_production_would_not_send(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some((bench, sandbox, trials)) = shop(engine).await else { return };
    let (mapping, host) = (key("carts-meta"), Actor::host("jane"));
    let refused = async |who: &str| match trials.send(&mapping, who, &host).await {
        Err(Error::Conflict(why)) => why,
        other => panic!("{who}: {other:?}"),
    };
    assert!(refused("cio-1").await.contains("is no test person"));
    for who in ["cio-1", "cio-2", "cio-3"] {
        trials.pin(who, &host).await.unwrap();
    }
    assert!(refused("cio-2").await.contains("suppressed"));
    assert!(refused("cio-3").await.contains("no member"));
    let place = trials.preview(&mapping, "cio-2").await.unwrap().place;
    assert_eq!(place, Place::Withheld(Cause::Suppressed));
    bench.storage.stop(&Scope::Everything, "jane", bench.now()).await.unwrap();
    assert!(refused("cio-1").await.contains("stopped"));
    bench.storage.resume(&Scope::Everything, "jane", bench.now()).await.unwrap();
    trials.unpin("cio-1", &host).await.unwrap();
    assert!(refused("cio-1").await.contains("is no test person"));
    assert_eq!(sandbox.platform.counts().received, 0);
    assert!(trials.look(&mapping).await.unwrap().0.is_empty());
    assert!(matches!(trials.pin(" ", &host).await, Err(Error::Invalid { .. })));
    assert!(matches!(trials.pin("nobody", &host).await, Err(Error::NotFound(_))));

    // A token that fails takes nothing away, and says so.
    trials.pin("cio-1", &host).await.unwrap();
    trials.send(&mapping, "cio-1", &host).await.unwrap();
    bench.apply("[twilio]\npublic_api_token = \"of-another-workspace\"\n", false).await;
    let (sent, trouble) = trials.look(&mapping).await.unwrap();
    assert_eq!(sent.len(), 1);
    assert!(trouble.unwrap().contains("refused the token (401)"));
}
