//! Destinations are found in Segment by the real client, against the strict stand-in.

use std::sync::Arc;

use domain::{
    Error,
    connections::traffic::port::TrafficReader,
    destinations::{Profile, import::service::ImportService},
    error::VendorError,
    time::{Clock as _, Instant, Span},
};
use rstest::rstest;
use server::{
    clock::SystemClock,
    sandbox::{RunningSandbox, SandboxConfig},
    vendors::{self, Credentials, twilio::PublicClient},
};

use super::harness::{
    Bench, Engine,
    Engine::{Postgres, Sqlite},
    key,
};

async fn sandbox(calls_a_minute: usize) -> RunningSandbox {
    let config =
        SandboxConfig { public_calls_a_minute: calls_a_minute, ..SandboxConfig::default() };
    RunningSandbox::start(config, Arc::new(SystemClock)).await.unwrap()
}

fn service(bench: &Bench, sandbox: &RunningSandbox) -> ImportService {
    let credentials = Credentials::new(Arc::new(bench.storage.clone()));
    let url = Some(sandbox.tracking_url.clone());
    let client = PublicClient::new(vendors::client().unwrap(), credentials, url);
    ImportService { configuration: Arc::new(bench.configuration()), public: Arc::new(client) }
}

const KEYS: &str =
    "[twilio]\nwrite_key = \"sandbox-write-key\"\npublic_api_token = \"sandbox-public-token\"\n";

#[rstest]
#[tokio::test]
async fn what_segment_has_is_listed_with_what_we_know_of_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let sandbox = sandbox(100).await;
    let meta = "[[destination]]\nkey = \"tiktok\"\nprofile = \"tiktok-audiences\"\nintegration = \"TikTok Audiences\"\n";
    bench.apply(&format!("{KEYS}{meta}"), false).await;
    let listing = service(&bench, &sandbox).list().await.unwrap();
    assert_eq!((listing.source.as_str(), listing.destinations.len()), ("Storefront", 7));
    let last = listing.destinations.last().unwrap();
    assert_eq!(
        (last.offered.catalog.as_str(), &last.known_as),
        ("TikTok Audiences", &vec![key("tiktok")])
    );
    let capi = listing.destinations.iter().find(|row| row.offered.id == "dest-capi").unwrap();
    assert_eq!(
        (capi.profile, &capi.key),
        (Some(Profile::MetaCapi), &Some(key("meta-server-events")))
    );
    let unnamed =
        listing.destinations.iter().find(|row| row.offered.id == "dest-warehouse").unwrap();
    assert_eq!(unnamed.offered.name, "Warehouse", "the catalogue's name stands in for none");
    let other = listing.destinations.iter().find(|row| row.offered.id == "dest-braze").unwrap();
    assert_eq!((other.profile, other.offered.enabled), (None, false));
    assert_eq!(
        bench.texts("SELECT key FROM destination").await,
        ["tiktok"],
        "nothing is made by looking"
    );
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let Some(bench) = Bench::open(Sqlite).await else { return };
    let sandbox = sandbox(2).await;
    let ask = async || service(&bench, &sandbox).list().await.unwrap_err().to_string();
    bench.apply("[twilio]\nwrite_key = \"sandbox-write-key\"\n", false).await;
    let error = service(&bench, &sandbox).list().await.unwrap_err();
    assert!(matches!(error, Error::Vendor(VendorError::NotConnected(_))), "{error}");
    bench.apply("[twilio]\npublic_api_token = \"of-another-workspace\"\n", false).await;
    assert!(ask().await.contains("refused the token (401)"));
    bench.apply(&KEYS.replace("sandbox-write", "another-write"), false).await;
    assert!(ask().await.contains("no source of its workspace has our write key"));
    bench.apply(KEYS, false).await;
    service(&bench, &sandbox).list().await.unwrap();
    assert!(ask().await.contains("slow down (429)"));
}

#[tokio::test]
async fn traffic_that_isnt_ours_is_told_from_ours() {
    let Some(bench) = Bench::open(Sqlite).await else { return };
    let at_once = (Span(0), Span(0));
    let config = SandboxConfig { public_lags: at_once, ..SandboxConfig::default() };
    let sandbox = RunningSandbox::start(config, Arc::new(SystemClock)).await.unwrap();
    bench.apply(KEYS, false).await;
    let (url, credentials) =
        (Some(sandbox.tracking_url.clone()), Credentials::new(Arc::new(bench.storage.clone())));
    let http = vendors::client().unwrap();
    let shop = |kind: &str, body: serde_json::Value| {
        http.post(format!("{}/v1/{kind}", sandbox.tracking_url))
            .basic_auth("sandbox-write-key", Some(""))
            .json(&body)
            .send()
    };
    let ours = serde_json::json!({"userId": "a", "event": "Audience Entered"});
    let order = serde_json::json!({"userId": "a", "event": "Order Completed"});
    for (kind, body) in [("track", ours.clone()), ("track", order), ("identify", ours)] {
        assert_eq!(shop(kind, body).await.unwrap().status(), 200);
    }
    let reader: Arc<dyn TrafficReader> = Arc::new(PublicClient::new(http, credentials, url));
    let now = SystemClock.now();
    let to = now.plus(Span::from_minutes(5));
    let seen = reader.traffic(Instant(now.0 - Span::from_hours(1).0), to).await.unwrap();
    assert_eq!(seen.source, "Storefront");
    let foreign: Vec<_> = seen.foreign().map(|one| (one.event.as_deref(), one.total)).collect();
    assert_eq!(foreign, [(Some("Order Completed"), 1)]);
}
