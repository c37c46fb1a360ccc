//! The server is killed while a change is approved: it is in force and on record, or it waits.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::json;

use super::{fast::serve, *};

const ROUNDS: u64 = 12;

struct Programs {
    client: Client,
    author: String,
    approver: String,
}

impl Programs {
    async fn new(bench: &Bench) -> Self {
        let token = async |name: &str, role: &str| {
            let made = bench.segue(&["token", "add", name, "--role", role]).await;
            assert!(made.status.success(), "{}", told(&made));
            String::from_utf8(made.stdout).unwrap().trim().to_owned()
        };
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let author = token("author", "operator").await;
        Self { client, author, approver: token("approver", "approver").await }
    }

    async fn read(&self, url: &str, path: &str) -> Value {
        let call = self.client.get(format!("{url}/api/v1{path}")).bearer_auth(&self.author);
        call.send().await.unwrap().json().await.unwrap()
    }

    async fn propose(&self, url: &str, round: u64) -> String {
        let body = json!({
            "title": format!("Round {round}"),
            "events": [{ "name": format!("Event {round}") }],
        });
        let call = self.client.post(format!("{url}/api/v1/change-requests")).json(&body);
        let answer = call.bearer_auth(&self.author).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let made: Value = answer.json().await.unwrap();
        made["id"].as_str().unwrap().to_owned()
    }

    /// Whether it was answered that it is in force.
    async fn approve(&self, url: &str, change: &str) -> bool {
        let place = format!("{url}/api/v1/change-requests/{change}/decision");
        let call = self.client.post(place).json(&json!({ "verdict": "approve" }));
        let answer = call.bearer_auth(&self.approver).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }
}

async fn survives(engine: Engine, seed: u64) {
    let bench = Bench::new(engine).await;
    let programs = Programs::new(&bench).await;
    let mut random = seeded(seed);
    let (mut in_force, mut cut_off) = (0, 0);
    let (mut child, mut url) = serve(&bench);
    for round in 1..=ROUNDS {
        let change = programs.propose(&url, round).await;
        // At once at first, so that one surely falls before a commit.
        let most = if round == 1 { 1 } else { 12_000 };
        let wait = Duration::from_micros(random.random_range(0..most));
        let approve = programs.approve(&url, &change);
        let kill = async {
            tokio::time::sleep(wait).await;
            child.kill().unwrap();
            child.wait().unwrap();
        };
        let (is_told, ()) = tokio::join!(approve, kill);
        (child, url) = serve(&bench);

        let view = programs.read(&url, &format!("/change-requests/{change}")).await;
        let is_approved = view["state"] == json!("approved");
        assert!(is_approved || view["state"] == json!("open"), "{view}");
        assert!(is_approved || !is_told, "what was answered is so: {view}");
        let contract = programs.read(&url, "/contract").await;
        let has_event = contract["events"]
            .as_array()
            .unwrap()
            .iter()
            .any(|event| event["name"] == json!(format!("Event {round}")));
        assert_eq!(has_event, is_approved, "{contract}");
        if is_approved {
            in_force += 1;
            assert_eq!(contract["change_request"], json!(change));
            assert_eq!(view["decision"]["by"], json!("token approver"));
            assert!(!programs.approve(&url, &change).await, "once is enough");
        } else {
            cut_off += 1;
            assert!(programs.approve(&url, &change).await, "it waits as before");
            in_force += 1;
        }
        assert_eq!(programs.read(&url, "/contract").await["version"], json!(in_force));
        let trail = bench.trail("approve", &format!("change {change}")).await;
        assert_eq!(trail, 1, "each approval is on record, once");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(cut_off > 0, "no kill fell before a commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_whole_or_not_at_all_on_sqlite() {
    survives(Engine::Sqlite, 61).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_is_whole_or_not_at_all_on_postgres() {
    survives(Engine::Postgres, 62).await;
}
