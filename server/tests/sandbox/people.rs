//! The App API: search, attributes, exports.

use domain::time::{Instant, Span};
use reqwest::StatusCode;
use serde_json::{Value, json};
use server::sandbox::world::Person;

use super::Bench;

/// 120 people; every second one is of the tier gold, the last has only a phone number.
async fn store() -> Bench {
    let bench = Bench::new().await;
    fill(&bench);
    bench
}

fn fill(bench: &Bench) {
    let world = &bench.sandbox.world;
    for number in 1..=119 {
        let tier = if number % 2 == 0 { "gold" } else { "none" };
        let person = Person::new(&format!("a3{number:06x}"))
            .with_id(&format!("u-{number}"))
            .with_email(&format!("P{number}+shop@example.com"))
            .with("tier", tier);
        world.add_person(person);
    }
    world.add_person(Person::new("a3000078").with("phone", "+14155550101"));
    world.add_segment(7, "Seven", Instant(0)).unwrap();
    world.set_members(7, ["a3000001", "a3000078"]).unwrap();
}

async fn post(bench: &Bench, path: &str, body: &Value) -> (StatusCode, Value) {
    let url = bench.url(path);
    let request = bench.http.post(url).bearer_auth("sandbox-app-key").json(body);
    let response = request.send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

fn everyone() -> Value {
    json!({"and": [{"attribute": {"field": "cio_id", "operator": "exists"}}]})
}

#[tokio::test]
async fn a_search_is_paged_by_50_and_at_most_1_000() {
    let bench = store().await;
    let body = json!({ "filter": everyone() });
    let (status, first) = post(&bench, "/v1/customers", &body).await;
    assert_eq!(status, 200);
    assert_eq!(first["identifiers"].as_array().unwrap().len(), 50);
    let path = format!("/v1/customers?start={}&limit=1000", first["next"].as_str().unwrap());
    let (_, second) = post(&bench, &path, &body).await;
    assert_eq!(second["identifiers"].as_array().unwrap().len(), 70);
    assert_eq!(second["next"], "");
    assert_eq!(second["ids"][69], "");
    assert_eq!(post(&bench, "/v1/customers?limit=1001", &body).await.0, 400);
}

#[tokio::test]
async fn filters_select_and_nonsense_is_refused() {
    let bench = store().await;
    let count = async |filter: Value| {
        let body = json!({ "filter": filter });
        let (_, answer) = post(&bench, "/v1/customers?limit=1000", &body).await;
        answer["identifiers"].as_array().unwrap().len()
    };
    let attribute = |field: &str, operator: &str| json!({"attribute": {"field": field, "operator": operator, "value": "gold"}});
    assert_eq!(count(attribute("tier", "eq")).await, 59);
    assert_eq!(count(attribute("phone", "exists")).await, 1);
    assert_eq!(count(json!({"segment": {"id": 7}})).await, 2);
    assert_eq!(count(json!({"segment": {"id": 99}})).await, 0);
    let or = json!({"or": [attribute("tier", "eq"), {"segment": {"id": 7}}]});
    assert_eq!(count(or).await, 61);
    for filter in [
        json!({}),
        json!({"and": [], "or": []}),
        json!({"attribute": {"field": "tier", "operator": "eq", "value": 5}}),
        json!({"attribute": {"field": "tier", "operator": "contains", "value": "g"}}),
    ] {
        let (status, body) = post(&bench, "/v1/customers", &json!({ "filter": filter })).await;
        assert_eq!(status, 400);
        assert_eq!(body["errors"][0]["status"], "400");
    }
    assert_eq!(post(&bench, "/v1/customers", &json!({ "filters": everyone() })).await.0, 400);
}

#[tokio::test]
async fn an_address_that_is_not_encoded_finds_nobody_without_an_error() {
    let bench = store().await;
    let encoded = bench.json("/v1/customers?email=p1%2Bshop%40example.com").await;
    assert_eq!(encoded["results"][0]["cio_id"], "a3000001");
    let raw = bench.json("/v1/customers?email=p1+shop@example.com").await;
    assert_eq!(raw["results"], json!([]));
}

#[tokio::test]
async fn attributes_of_one_person_are_text() {
    let bench = store().await;
    let one = bench.json("/v1/customers/u-2/attributes").await;
    let customer = &one["customer"];
    assert_eq!(customer["identifiers"]["cio_id"], "a3000002");
    assert_eq!(customer["attributes"]["tier"], "gold");
    assert!(customer["attributes"].as_object().unwrap().values().all(Value::is_string));
    let by_cio_id = bench.json("/v1/customers/a3000078/attributes?id_type=cio_id").await;
    assert_eq!(by_cio_id["customer"]["attributes"]["phone"], "+14155550101");
    let status = async |path: &str| bench.get(path).send().await.unwrap().status();
    assert_eq!(status("/v1/customers/cio_a3000078/attributes?id_type=cio_id").await, 404);
    assert_eq!(status("/v1/customers/u-2/attributes?id_type=phone").await, 400);
    assert_eq!(status("/v1/customers/u-2/attributes?id_type=x").await, 400);
    assert_eq!(status("/v1/customers/%FF%00/attributes").await, 404);
    let segments = bench.json("/v1/customers/u-1/segments").await;
    assert_eq!(segments["segments"][0]["id"], 7);
}

#[tokio::test]
async fn bulk_takes_1_to_100_ids_and_leaves_unknown_ones_out() {
    let bench = store().await;
    let path = "/v1/customers/attributes?id_type=cio_id";
    let ids: Vec<String> = (1..=101).map(|number| format!("a3{number:06x}")).collect();
    assert_eq!(post(&bench, path, &json!({ "ids": ids })).await.0, 400);
    assert_eq!(post(&bench, path, &json!({"ids": []})).await.0, 400);
    assert_eq!(post(&bench, path, &json!({"ids": [1]})).await.0, 400);
    assert_eq!(post(&bench, path, &json!({})).await.0, 400);
    let (_, all) = post(&bench, path, &json!({ "ids": ids[..100] })).await;
    assert_eq!(all["customers"].as_array().unwrap().len(), 100);
    let some = json!({"ids": ["a3000078", "nobody", "cio_a3000001", "u-1"]});
    let (status, some) = post(&bench, path, &some).await;
    assert_eq!(status, 200);
    assert_eq!(some["customers"].as_array().unwrap().len(), 1);
    assert_eq!(some["customers"][0]["attributes"]["phone"], "+14155550101");
}

#[tokio::test]
async fn bulk_items_are_wrapped_where_asked() {
    let bench = Bench::with(|config| config.modes.wrapped_attributes = true).await;
    fill(&bench);
    let (_, answer) =
        post(&bench, "/v1/customers/attributes?id_type=id", &json!({"ids": ["u-1"]})).await;
    assert_eq!(answer["customers"][0]["customer"]["id"], "u-1");
}

#[tokio::test]
async fn an_export_is_pending_then_done_and_its_link_dies() {
    let bench = store().await;
    assert_eq!(post(&bench, "/v1/exports/customers", &json!({"filter": everyone()})).await.0, 400);
    let asked = json!({"filters": everyone(), "attributes": ["phone", "tier"]});
    let mut headers = Vec::new();
    for id in 1..=2 {
        let (status, made) = post(&bench, "/v1/exports/customers", &asked).await;
        assert_eq!(status, 200);
        assert_eq!(made["export"]["id"], id);
        assert_eq!(made["export"]["status"], "pending");
        let path = format!("/v1/exports/{id}");
        for _ in 0..2 {
            let pending = bench.json(&path).await;
            assert_eq!(
                (&pending["export"]["status"], &pending["export"]["total"]),
                (&json!("pending"), &json!(0))
            );
        }
        let early = format!("{path}/download");
        assert_eq!(bench.get(&early).send().await.unwrap().status(), 404);
        let done = bench.json(&path).await;
        assert_eq!(done["export"]["status"], "done");
        assert_eq!(done["export"]["total"], 120);
        let link = bench.json(&early).await["url"].as_str().unwrap().to_owned();
        let keyed = bench.http.get(&link).bearer_auth("sandbox-app-key").send().await.unwrap();
        assert_eq!(keyed.status(), 401);
        let file = bench.http.get(&link).send().await.unwrap().text().await.unwrap();
        let mut reader = csv::Reader::from_reader(file.as_bytes());
        let header = reader.headers().unwrap().clone();
        let column = header.iter().position(|name| name == "cio_id").unwrap();
        let last = reader.records().last().unwrap().unwrap();
        assert_eq!(&last[column], "a3000078");
        headers.push(header);
        bench.clock.advance(Span(Span::from_minutes(15).0 - 1));
        assert_eq!(bench.http.get(&link).send().await.unwrap().status(), 200);
        bench.clock.advance(Span(1));
        assert_eq!(bench.http.get(&link).send().await.unwrap().status(), 403);
    }
    assert_ne!(headers[0], headers[1], "columns keep one order");
    assert_eq!(bench.get("/v1/exports/9").send().await.unwrap().status(), 404);
    assert_eq!(bench.json("/v1/exports").await["exports"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_export_may_fail() {
    let bench = Bench::with(|config| {
        config.modes.failing_exports = true;
        config.modes.export_polls = 0;
    })
    .await;
    post(&bench, "/v1/exports/customers", &json!({"filters": everyone()})).await;
    let failed = bench.json("/v1/exports/1").await;
    assert_eq!(failed["export"]["status"], "failed");
    assert_eq!(failed["export"]["failed"], true);
    assert_eq!(bench.get("/v1/exports/1/download").send().await.unwrap().status(), 404);
}
