//! `/api/v1` as programs meet it: who is let in, what each role may do, and a change of the
//! contract from a quarantined event to its approval.

use axum::{Router, body::Body};
use domain::{
    access::{Actor, Role},
    audiences::port::{Identifiers, MirrorStore as _},
    time::Instant,
};
use http::{Method, Request, StatusCode, header::AUTHORIZATION};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    cli::token::{Add, Named, Token, run},
    http::{
        machines, rest,
        router::{Edge, router},
    },
};

use crate::{
    databases::{Engine, TestDatabase},
    house::{House, ask},
};

/// Segue, with a token of each role.
struct Programs {
    house: House,
    router: Router,
    tokens: Vec<(Role, String)>,
}

impl Programs {
    async fn on(engine: Engine) -> Self {
        let house = House::on(engine).await;
        let services = &house.segue.services;
        let mut tokens = Vec::new();
        for role in Role::ALL {
            let name = role.as_str().parse().unwrap();
            let token = services.tokens.add(&name, role, &Actor::host("test")).await.unwrap();
            tokens.push((role, token));
        }
        let machines = machines::routes(services.events.clone()).merge(rest::routes(services));
        let router = router(Edge { machines, ..house.edge() });
        Self { house, router, tokens }
    }

    fn token(&self, role: Role) -> &str {
        &self.tokens.iter().find(|(one, _)| *one == role).unwrap().1
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let (answer, text) = ask(&self.router, request).await;
        (answer.status(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    async fn get(&self, role: Role, path: &str) -> (StatusCode, Value) {
        let request = Request::get(format!("/api/v1{path}"))
            .header(AUTHORIZATION, format!("Bearer {}", self.token(role)));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, role: Role, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = Request::post(format!("/api/v1{path}"))
            .header(AUTHORIZATION, format!("Bearer {}", self.token(role)))
            .header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// A change that somebody may approve.
    async fn proposed(&self, events: &Value) -> String {
        let body = json!({ "title": "Carts", "events": events });
        let (status, made) = self.post(Role::Operator, "/change-requests", &body).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    async fn approved(&self, id: &str) -> (StatusCode, Value) {
        let verdict = json!({ "verdict": "approve" });
        self.post(Role::Approver, &format!("/change-requests/{id}/decision"), &verdict).await
    }
}

fn cart(properties: &[&str]) -> Value {
    json!([{ "name": "Cart Updated", "owner": "Growth", "properties": properties }])
}

#[rstest]
#[tokio::test]
async fn a_proposal_that_is_sent_again_is_filed_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let programs = Programs::on(engine).await;
    let body = json!({ "title": "Carts", "events": cart(&["total: number"]) });
    let send = async |key: &str, body: &Value| {
        let request = Request::post("/api/v1/change-requests")
            .header(AUTHORIZATION, format!("Bearer {}", programs.token(Role::Operator)))
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        programs.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let (one, other) = tokio::join!(send("k-1", &body), send("k-1", &body));
    assert_eq!((one.0, &one), (StatusCode::CREATED, &other));
    let id = one.1["id"].as_str().unwrap();
    // Also once it is in force, where it would change nothing.
    assert_eq!(programs.approved(id).await.0, StatusCode::OK);
    assert_eq!(send("k-1", &body).await, one);
    let (status, told) = send("k-2", &body).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    let other = json!({ "title": "Else", "events": cart(&["total: number", "x: text"]) });
    for key in ["k-1", "", "two words", "é"] {
        let (status, told) = send(key, &other).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{key}: {told}");
        assert_eq!(told["field"], "Idempotency-Key", "{told}");
    }
    let others = json!({ "title": "Carts", "events": cart(&["total: text"]) });
    let (status, told) = send("k-1", &others).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "the same title is not enough: {told}");
    let (_, listed) = programs.get(Role::Viewer, "/change-requests").await;
    assert_eq!(listed["change_requests"].as_array().unwrap().len(), 1, "{listed}");
}

#[tokio::test]
async fn nothing_is_served_without_a_token_that_works() {
    let programs = Programs::on(Engine::Sqlite).await;
    let open = Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap();
    let (status, document) = programs.send(open).await;
    assert_eq!(status, StatusCode::OK, "what it is like is no secret");
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", "00000000-0000-0000-0000-000000000001");
            for bearer in [None, Some("Bearer segue_no"), Some("Basic YTpi"), Some("Bearer ")] {
                let mut request = Request::builder().method(method.clone()).uri(&path);
                if let Some(bearer) = bearer {
                    request = request.header(AUTHORIZATION, bearer);
                }
                let (answer, text) =
                    ask(&programs.router, request.body(Body::from("nonsense")).unwrap()).await;
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{method} {path}: {text}");
                assert_eq!(answer.headers()["www-authenticate"], "Bearer");
                assert_eq!(answer.headers()["content-type"], "application/problem+json");
                asked += 1;
            }
        }
    }
    assert!(asked >= 15 * 4, "{asked}");
    // Somebody who is signed in in a browser isn't a program.
    let cookie = programs.house.signed_in().await;
    let request = Request::get("/api/v1/contract").header("cookie", cookie);
    let (status, _) = programs.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[rstest]
#[tokio::test]
async fn a_token_works_until_it_is_revoked(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let programs = Programs::on(engine).await;
    let (tokens, host) = (&programs.house.segue.services.tokens, Actor::host("test"));
    let viewer = "viewer".parse().unwrap();
    let found = async || {
        let all = tokens.list(&host).await.unwrap();
        all.into_iter().find(|token| token.name == viewer)
    };
    assert_eq!(found().await.unwrap().used_at, None);
    assert_eq!(programs.get(Role::Viewer, "/contract").await.0, StatusCode::OK);
    assert!(found().await.unwrap().used_at.is_some());
    let again = tokens.add(&viewer, Role::Admin, &host).await.unwrap_err();
    assert!(again.to_string().contains("revoke it first"), "{again}");

    tokens.revoke(&viewer, &host).await.unwrap();
    assert_eq!(found().await, None);
    assert_eq!(programs.get(Role::Viewer, "/contract").await.0, StatusCode::UNAUTHORIZED);
    assert!(tokens.revoke(&viewer, &host).await.is_err(), "it is gone already");
    // The name is free again, and the former one stays dead.
    tokens.add(&viewer, Role::Viewer, &host).await.unwrap();
    assert_eq!(programs.get(Role::Viewer, "/contract").await.0, StatusCode::UNAUTHORIZED);
    let operator = Actor { name: "o@example.com".to_owned(), role: Role::Approver };
    assert!(tokens.add(&"x".parse().unwrap(), Role::Viewer, &operator).await.is_err());
    assert!(
        tokens.list(&operator).await.is_err() && tokens.revoke(&viewer, &operator).await.is_err()
    );
}

#[rstest]
#[tokio::test]
async fn what_one_proposes_another_approves(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let programs = Programs::on(engine).await;
    let (status, none) = programs.get(Role::Viewer, "/contract").await;
    assert_eq!((status, &none["version"]), (StatusCode::OK, &json!(0)));

    // Whoever may only look changes nothing.
    let events = cart(&["total: number, required, in USD"]);
    let body = json!({ "title": "Carts", "events": events });
    for (role, path, body) in [
        (Role::Viewer, "/change-requests", &body),
        (
            Role::Viewer,
            "/quarantine/samples",
            &json!({ "name": "x", "violation": { "path": "", "expected": "", "found": "" } }),
        ),
        (
            Role::Operator,
            "/quarantine/release",
            &json!({ "name": "x", "violation": { "path": "", "expected": "", "found": "" } }),
        ),
    ] {
        let (status, told) = programs.post(role, path, body).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}: {told}");
    }
    let id = programs.proposed(&events).await;
    let place = format!("/change-requests/{id}");
    let (_, view) = programs.get(Role::Viewer, &place).await;
    assert_eq!((&view["state"], &view["author"]), (&json!("open"), &json!("token operator")));
    assert_eq!(view["differences"][0]["compatibility"], json!("narrowing"), "{view}");
    assert!(view["made_at"].as_str().unwrap().ends_with('Z'), "{view}");
    let decision = format!("{place}/decision");
    let approve = json!({ "verdict": "approve" });
    assert_eq!(programs.post(Role::Operator, &decision, &approve).await.0, StatusCode::FORBIDDEN);
    let comments = format!("{place}/comments");
    let words = json!({ "words": "In which currency?" });
    let (_, view) = programs.post(Role::Approver, &comments, &words).await;
    assert_eq!(view["comments"][0]["by"], json!("token approver"));

    // Given back, and asked for again.
    let ask = json!({ "verdict": "ask_for_changes" });
    let (status, told) = programs.post(Role::Approver, &decision, &ask).await;
    assert_eq!((status, &told["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("note")));
    let ask = json!({ "verdict": "ask_for_changes", "note": "Say the currency." });
    let (_, view) = programs.post(Role::Approver, &decision, &ask).await;
    assert_eq!(view["state"], json!("draft"));
    assert_eq!(programs.approved(&id).await.0, StatusCode::CONFLICT, "it doesn't wait");
    let submit = format!("{place}/submit");
    let title = json!({ "title": "Carts in USD" });
    assert_eq!(programs.post(Role::Approver, &submit, &title).await.0, StatusCode::FORBIDDEN);
    assert_eq!(programs.post(Role::Operator, &submit, &title).await.1["state"], json!("open"));
    assert_eq!(programs.approved(&id).await.1["state"], json!("approved"));
    assert_eq!(programs.approved(&id).await.0, StatusCode::CONFLICT, "once is enough");

    let (_, contract) = programs.get(Role::Viewer, "/contract").await;
    assert_eq!(contract["version"], json!(1));
    assert_eq!(contract["change_request"], json!(id));
    assert_eq!(contract["events"][0]["properties"], json!(["total: number, required, in USD"]));
    let (_, schema) = programs.get(Role::Viewer, "/contract/schema").await;
    assert!(schema.to_string().contains("Cart Updated"), "{schema}");
    let (_, approved) = programs.get(Role::Viewer, "/change-requests?state=approved").await;
    assert_eq!(approved["change_requests"][0]["decision"]["by"], json!("token approver"));

    // An approver's own change is somebody else's to approve.
    let body = json!({ "title": "No carts", "remove": ["Cart Updated"] });
    let (_, made) = programs.post(Role::Approver, "/change-requests", &body).await;
    let (status, told) = programs.approved(made["id"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    assert!(told["detail"].as_str().unwrap().contains("somebody else"), "{told}");
    let withdraw = format!("/change-requests/{}/withdraw", made["id"].as_str().unwrap());
    assert_eq!(programs.post(Role::Operator, &withdraw, &json!({})).await.0, StatusCode::FORBIDDEN);
    assert_eq!(
        programs.post(Role::Admin, &withdraw, &json!({})).await.1["state"],
        json!("withdrawn")
    );
}

#[tokio::test]
async fn a_request_over_an_older_version_is_made_anew_first() {
    let programs = Programs::on(Engine::Sqlite).await;
    let carts = programs.proposed(&cart(&["total: number"])).await;
    let views = programs.proposed(&json!([{ "name": "Product Viewed" }])).await;
    assert_eq!(programs.approved(&carts).await.0, StatusCode::OK);
    assert_eq!(programs.approved(&views).await.0, StatusCode::CONFLICT, "its base has moved");
    let place = format!("/change-requests/{views}");
    let nothing = json!({});
    let (status, view) = programs.post(Role::Operator, &format!("{place}/rebase"), &nothing).await;
    assert_eq!(
        (status, &view["state"], &view["base"]),
        (StatusCode::OK, &json!("draft"), &json!(1))
    );
    assert_eq!(view["events"].as_array().unwrap().len(), 2);
    let title = json!({ "title": "Views" });
    programs.post(Role::Operator, &format!("{place}/submit"), &title).await;
    assert_eq!(programs.approved(&views).await.0, StatusCode::OK);
}

#[tokio::test]
async fn events_in_quarantine_go_on_once_a_wider_contract_is_approved() {
    let programs = Programs::on(Engine::Sqlite).await;
    let services = &programs.house.segue.services;
    let file = "[[source]]\nkey = \"shop\"\nwrite_key = \"shop-write-key\"\n";
    let desired = toml::from_str(file).unwrap();
    services.configuration.apply(&desired, false, &Actor::host("test")).await.unwrap();
    let carts = programs.proposed(&cart(&["total: number, required"])).await;
    assert_eq!(programs.approved(&carts).await.0, StatusCode::OK);

    for number in 0..3 {
        let body = json!({
            "userId": "u-1", "event": "Cart Updated", "messageId": format!("m-{number}"),
            "properties": { "total": 5, "coupon": "SPRING" },
        });
        let request = Request::post("/v1/track")
            .header("content-type", "application/json")
            .header(AUTHORIZATION, "Basic c2hvcC13cml0ZS1rZXk6"); // shop-write-key:
        let sent = programs.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(sent.0, StatusCode::OK, "{}", sent.1);
    }
    let (_, waiting) = programs.get(Role::Viewer, "/quarantine").await;
    let group = &waiting["groups"][0];
    assert_eq!((&group["name"], &group["events"]), (&json!("Cart Updated"), &json!(3)));
    let named = json!({ "name": group["name"], "violation": group["violation"] });
    let (_, samples) = programs.post(Role::Operator, "/quarantine/samples", &named).await;
    assert_eq!(samples["events"][0]["properties"]["coupon"], json!("SPRING"));

    let (status, made) = programs.post(Role::Operator, "/quarantine/propose", &named).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let place = format!("/change-requests/{}", made["id"].as_str().unwrap());
    let (_, view) = programs.get(Role::Viewer, &place).await;
    assert_eq!((&view["state"], &view["releases"]), (&json!("draft"), &json!(3)));
    let (_, replay) = programs.get(Role::Viewer, &format!("{place}/replay")).await;
    assert_eq!((&replay["events"], &replay["passing"]), (&json!(3), &json!(3)));
    let title = json!({ "title": "Coupons" });
    programs.post(Role::Operator, &format!("{place}/submit"), &title).await;
    assert_eq!(programs.approved(made["id"].as_str().unwrap()).await.0, StatusCode::OK);
    assert_eq!(services.contract.run_once().await.unwrap(), 3);
    assert_eq!(programs.get(Role::Viewer, "/quarantine").await.1["groups"], json!([]));
    let (_, settled) = programs.post(Role::Approver, "/quarantine/discard", &named).await;
    assert_eq!(settled["events"], json!(0), "nothing of that group is left");
}

#[tokio::test]
async fn a_tracking_plan_goes_out_and_comes_back_as_a_draft() {
    let programs = Programs::on(Engine::Sqlite).await;
    let carts = programs.proposed(&cart(&["total: number, required, in USD"])).await;
    assert_eq!(programs.approved(&carts).await.0, StatusCode::OK);
    let (_, mut plan) = programs.get(Role::Viewer, "/contract/tracking-plan").await;
    let import = "/change-requests/import";
    let (status, _) = programs.post(Role::Viewer, import, &plan).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, told) = programs.post(Role::Operator, import, &plan).await;
    assert_eq!(status, StatusCode::CONFLICT, "{told}");
    let (status, told) = programs.post(Role::Operator, import, &json!({ "rules": 1 })).await;
    assert_eq!((status, &told["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("plan")));

    let properties = &mut plan["rules"][0]["jsonSchema"]["properties"]["properties"];
    properties["properties"]["coupon"] = json!({ "type": "string" });
    properties["properties"]["any"] = json!({});
    // Segment's own plans know neither units nor owners: ours stay.
    properties["properties"]["total"] = json!({ "type": "number" });
    plan["rules"][0]["jsonSchema"]["x-owner"] = json!("");
    let (status, made) = programs.post(Role::Operator, import, &plan).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let place = format!("/change-requests/{}", made["id"].as_str().unwrap());
    let (_, view) = programs.get(Role::Viewer, &place).await;
    assert_eq!(view["state"], json!("draft"));
    assert_eq!(view["events"][0]["owner"], json!("Growth"));
    assert_eq!(
        view["events"][0]["properties"],
        json!(["coupon: text", "total: number, required, in USD"])
    );
    let told = view["comments"][0]["words"].as_str().unwrap();
    assert!(told.contains("any: of no kind"), "{told}");
}

#[tokio::test]
async fn one_call_says_where_somebody_stands() {
    let programs = Programs::on(Engine::Sqlite).await;
    let (services, storage) = (&programs.house.segue.services, &programs.house.segue.storage);
    let file = "[[audience]]\nkey = \"carts\"\nsegment = 1\n[[destination]]\nkey = \"meta\"\nprofile = \"plain\"\n\
        integration = \"Facebook Custom Audiences\"\n[[mapping]]\nkey = \"carts-meta\"\naudience = \"carts\"\n\
        destination = \"meta\"\nuse_case = \"retarget\"\n";
    services
        .configuration
        .apply(&toml::from_str(file).unwrap(), false, &Actor::host("test"))
        .await
        .unwrap();
    let ada = Identifiers {
        cio_id: "c1".to_owned(),
        id: Some("u/1".to_owned()),
        email: Some("ada@example.com".to_owned()),
    };
    storage.learn(&[ada], Instant(1)).await.unwrap();
    for name in ["c1", "u%2F1", "ada%40example.com"] {
        let (status, told) = programs.get(Role::Viewer, &format!("/people/{name}")).await;
        assert_eq!(status, StatusCode::OK, "{name}: {told}");
        assert_eq!(told["email"], json!("ada@example.com"));
        assert_eq!(told["is_member_anywhere"], json!(false));
        assert_eq!(told["is_there_anywhere"], json!(false));
        let place = &told["mappings"][0];
        assert_eq!((&place["mapping"], &place["is_there"]), (&json!("carts-meta"), &json!(false)));
    }
    let (status, told) = programs.get(Role::Viewer, "/people/nobody").await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{told}");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_call_is_said_and_changes_nothing() {
    let programs = Programs::on(Engine::Sqlite).await;
    let call = |path: &str, kind: &str, body: Vec<u8>| {
        let request = Request::post(format!("/api/v1{path}"))
            .header(AUTHORIZATION, format!("bearer {}", programs.token(Role::Operator)))
            .header("content-type", kind);
        programs.send(request.body(Body::from(body)).unwrap())
    };
    let changes = "/change-requests";
    let json_of = |value: &Value| value.to_string().into_bytes();
    let event = |name: &str, properties: &[&str]| json!({ "name": name, "properties": properties });
    let titled = |events: Value| json!({ "title": "T", "events": events });
    for (status, says, body) in [
        (400, "unknown field", json!({ "title": "T", "event": [] })),
        (400, "expected a string", json!({ "title": 7 })),
        (400, "unknown field", titled(json!([{ "name": "A", "kind": "x" }]))),
        (422, "say what it is for", json!({ "title": " ", "events": [event("A", &[])] })),
        (422, "A: properties: line 1", titled(json!([event("A", &["total"])]))),
        (422, "A: properties: line 2", titled(json!([event("A", &["total: number", "x: what"])]))),
        (422, "write what has happened", titled(json!([event("", &[])]))),
        (422, "no control characters", titled(json!([event("A\u{0}", &[])]))),
        (422, "A stands here twice", titled(json!([event("A", &[]), event(" A ", &[])]))),
        (
            422,
            "x is another name of A already",
            titled(json!([{ "name": "A", "aliases": ["x"] }, { "name": "B", "aliases": ["x"] }])),
        ),
        (404, "there is no event X", json!({ "title": "T", "remove": ["X"] })),
        (409, "it changes nothing", json!({ "title": "T" })),
    ] {
        let (answer, told) = call(changes, "application/json", json_of(&body)).await;
        assert_eq!(answer.as_u16(), status, "{body}: {told}");
        assert!(told["detail"].as_str().unwrap().contains(says), "{body}: {told}");
    }
    let (status, _) = call(changes, "application/json", b"{\"title\": \"\xff\"}".to_vec()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, told) = call(changes, "text/plain", json_of(&titled(json!([])))).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{told}");
    let (status, _) = call(changes, "application/json", vec![b' '; 2_000_000]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let (status, told) = programs.get(Role::Viewer, "/change-requests/none").await;
    assert_eq!((status, &told["status"]), (StatusCode::NOT_FOUND, &json!(404)));
    let (status, told) = programs.get(Role::Viewer, "/change-requests?state=late").await;
    assert_eq!((status, &told["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("state")));
    assert_eq!(programs.get(Role::Viewer, "/change-requests?x=1").await.0, StatusCode::BAD_REQUEST);
    assert_eq!(programs.get(Role::Viewer, "/nothing").await.0, StatusCode::NOT_FOUND);
    assert_eq!(
        programs.post(Role::Viewer, "/contract", &json!({})).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
    let (_, all) = programs.get(Role::Viewer, "/change-requests").await;
    assert_eq!(all["change_requests"], json!([]));
}

#[tokio::test]
async fn every_reference_of_the_description_leads_somewhere() {
    let programs = Programs::on(Engine::Sqlite).await;
    let open = Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap();
    let (_, document) = programs.send(open).await;
    let text = document.to_string();
    let mut references = 0;
    for reference in text.split("\"$ref\":\"").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(&pointer[1..]).is_some(), "{pointer}");
        references += 1;
    }
    assert!(references > 20, "{references}");
    let mut paths = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, about) in methods.as_object().unwrap() {
            let responses = about["responses"].as_object().unwrap();
            assert!(responses.contains_key("401"), "{path}");
            for (status, response) in
                responses.iter().filter(|(status, _)| status.as_str() >= "400")
            {
                let kinds: Vec<_> = response["content"].as_object().unwrap().keys().collect();
                assert_eq!(kinds, ["application/problem+json"], "{path} {status}");
            }
            assert!(about["summary"].as_str().is_some_and(|words| !words.is_empty()), "{path}");
            paths.push(format!("{} {path}", method.to_uppercase()));
        }
    }
    insta::assert_snapshot!(paths.join("\n"));
}

#[tokio::test]
async fn the_command_makes_lists_and_revokes() {
    let database = TestDatabase::new(Engine::Sqlite);
    let config = database.config();
    let told = async |token: Token| {
        let mut out = Vec::new();
        run(&config, &token, &mut out).await.map(|_| String::from_utf8(out).unwrap())
    };
    let name = || "ci".parse().unwrap();
    let token = told(Token::Add(Add { name: name(), role: Role::Operator })).await.unwrap();
    assert!(token.starts_with("segue_") && token.trim().len() > 40, "{token}");
    let listed = told(Token::List).await.unwrap();
    assert!(listed.starts_with("ci\toperator\tmade "), "{listed}");
    assert!(listed.ends_with("used never\n"), "{listed}");
    assert_eq!(told(Token::Revoke(Named { name: name() })).await.unwrap(), "");
    assert_eq!(told(Token::List).await.unwrap(), "");
    assert!(told(Token::Revoke(Named { name: name() })).await.is_err());
}
