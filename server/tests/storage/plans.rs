//! Segment's tracking plans by the real client, against the strict stand-in.

use std::sync::Arc;

use domain::{
    Error,
    contract::{plans::service::PlanService, service::Typed},
    error::VendorError,
};
use rstest::rstest;
use serde_json::json;
use server::{
    clock::SystemClock,
    sandbox::{RunningSandbox, SandboxConfig, twilio::plans::PLAN},
    vendors::{self, Credentials, twilio::PublicClient},
};

use super::{
    contract::{approver, author, service},
    harness::{
        Bench,
        Engine::{self, Postgres, Sqlite},
    },
};

const KEYS: &str =
    "[twilio]\nwrite_key = \"sandbox-write-key\"\npublic_api_token = \"sandbox-public-token\"\n";

async fn plans(bench: &Bench, sandbox: &RunningSandbox) -> PlanService {
    bench.apply(KEYS, false).await;
    let credentials = Credentials::new(Arc::new(bench.storage.clone()));
    let url = Some(sandbox.tracking_url.clone());
    let client = PublicClient::new(vendors::client().unwrap(), credentials, url);
    PlanService { api: Arc::new(client), contract: Arc::new(service(bench)) }
}

#[rstest]
#[tokio::test]
async fn a_plan_begins_a_draft_and_is_made_as_what_came_of_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    let config = SandboxConfig::default();
    let sandbox = RunningSandbox::start(config, Arc::new(SystemClock)).await.unwrap();
    let plans = plans(&bench, &sandbox).await;
    let view = plans.view("").await.unwrap();
    assert_eq!((view.plans.len(), &*view.plans[0].name), (1, "Storefront events"));
    assert_eq!((view.chosen, view.version), (None, 0));
    let (_, told) = plans.view(PLAN).await.unwrap().chosen.unwrap();
    assert_eq!((told.removed.len(), told.kept), (2, 1), "nothing is agreed on yet");
    let missing = plans.view("tp_other").await;
    assert!(matches!(missing, Err(Error::NotFound(_))), "{missing:?}");
    let refused = plans.push(PLAN, &approver()).await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "it would lose all: {refused:?}");

    let contract = &plans.contract;
    let id = plans.pull(PLAN, &author()).await.unwrap();
    let draft = contract.request(id).await.unwrap().request.contract;
    assert!(draft.events["Order Completed"].properties["total"].required);
    // The draft is not quite the plan.
    contract.remove_event(id, "Quiz Completed", &author()).await.unwrap();
    let typed = Typed { name: "Cart Shared", properties: "channel: text", ..Typed::default() };
    contract.put_event(id, None, &typed, &author()).await.unwrap();
    contract.propose(id, "As Segment has it, nearly", &author()).await.unwrap();
    contract.decide(id, true, "", &approver()).await.unwrap();
    let (_, told) = plans.view(PLAN).await.unwrap().chosen.unwrap();
    assert_eq!(
        (told.added, told.removed),
        (vec!["Cart Shared".into()], vec!["Quiz Completed".into()])
    );
    assert!(told.changed.is_empty(), "{:?}", told.changed);

    assert!(matches!(plans.push(PLAN, &author()).await, Err(Error::Forbidden)));
    plans.push(PLAN, &approver()).await.unwrap();
    let (_, told) = plans.view(PLAN).await.unwrap().chosen.unwrap();
    assert!(told.is_same(), "{told:?}");
    assert_eq!(told.kept, 1, "who somebody is stays with the plan");
    let trail = bench.texts("SELECT subject FROM audit WHERE action = 'push'").await;
    assert_eq!(trail, [format!("tracking plan {PLAN}")]);
    // What Segment won't have changes nothing.
    let twice = vec![json!({"type": "TRACK", "key": "A", "version": 1, "jsonSchema": {}}); 2];
    for rules in [vec![json!({"type": "TRACK", "version": 1, "jsonSchema": {}})], twice] {
        let refused = plans.api.replace_rules(PLAN, &rules).await;
        assert!(matches!(refused, Err(VendorError::Malformed { .. })), "{refused:?}");
    }
    assert_eq!(plans.api.rules(PLAN).await.unwrap().len(), 3);
}
