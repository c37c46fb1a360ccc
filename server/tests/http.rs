//! The edge as a browser or a machine meets it: one request, one answer.

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN,
    REFERER, SET_COOKIE, STRICT_TRANSPORT_SECURITY,
};
use http::{Method, Request, StatusCode};
use server::http::assets::Site;
use server::http::router::{Edge, router};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::house::{House, ask, page};

/// A plain form post, as a browser without JavaScript sends it.
fn form(headers: &[(http::HeaderName, &str)], body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post("/fn/set_theme")
        .header(HOST, "segue.example.com")
        .header(ACCEPT, "text/html")
        .header(REFERER, "http://segue.example.com/")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    request.body(body.into()).unwrap()
}

fn fetch_site() -> http::HeaderName {
    http::HeaderName::from_static("sec-fetch-site")
}

#[tokio::test]
async fn a_page_carries_its_nonce_in_policy_and_scripts_and_a_new_one_each_time() {
    let router = router(House::new().await.edge());
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let (response, html) = ask(&router, page("/sign-in", None)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        let policy = response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonce.len() >= 16, "{nonce}");
        for unsafe_word in ["unsafe-inline", "unsafe-eval'", "*"] {
            assert!(!policy.replace("wasm-unsafe-eval", "").contains(unsafe_word), "{policy}");
        }
        let scripts = html.matches("<script").count();
        assert!(scripts > 0);
        for tag in html.split("<script").skip(1) {
            assert!(tag.split('>').next().unwrap().contains(&nonce), "a script without nonce");
        }
        assert!(html.contains("/pkg/app-1.js") && html.contains("/pkg/app-2.wasm"));
        assert!(html.contains("/pkg/app-3.css"));
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn without_a_built_front_end_pages_still_work_and_say_how_to_build_it() {
    let (response, html) = ask(
        &router(Edge { site: Site::of([]), ..House::new().await.edge() }),
        page("/sign-in", None),
    )
    .await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(html.contains("make build"));
    assert!(!html.contains("/pkg/"));
}

#[tokio::test]
async fn every_answer_is_closed_unless_it_is_a_page() {
    let machines = Router::new().route("/hooks/x", get(|| async { "hook" }));
    let router = router(Edge { machines, ..House::new().await.edge() });
    for path in ["/healthz", "/hooks/x", "/pkg/app-1.js", "/pkg/none.js", "/nothing"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (response, _) = ask(&router, request).await;
        let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap());
        assert!(
            header("content-security-policy").unwrap().contains("default-src 'none'"),
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(header("referrer-policy"), Some("same-origin"), "{path}");
        assert_eq!(header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
        assert!(header("x-request-id").is_some(), "{path}");
        assert_eq!(header("access-control-allow-origin"), None, "{path}");
        assert_eq!(header("strict-transport-security"), None, "{path}");
    }
}

#[tokio::test]
async fn https_is_demanded_for_a_year_where_browsers_come_by_https() {
    let (response, _) =
        ask(&router(Edge { https: true, ..House::new().await.edge() }), page("/sign-in", None))
            .await;
    let header = response.headers()[STRICT_TRANSPORT_SECURITY].to_str().unwrap();
    assert!(header.contains("max-age=31536000"));
}

#[tokio::test]
async fn a_form_from_the_same_page_works_without_javascript() {
    let request = form(&[(ORIGIN, "http://segue.example.com")], "theme=dark");
    let (response, _) = ask(&router(House::new().await.edge()), request).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(response.headers()[LOCATION], "http://segue.example.com/?", "back to its page");
    assert!(response.headers()[SET_COOKIE].to_str().unwrap().contains("theme=dark"));
}

#[tokio::test]
async fn a_form_from_elsewhere_is_refused() {
    for headers in [
        vec![(fetch_site(), "cross-site")],
        vec![(fetch_site(), "same-site"), (ORIGIN, "http://other.example.com")],
        vec![(ORIGIN, "http://evil.example.net")],
        vec![(ORIGIN, "null")],
    ] {
        let (response, _) =
            ask(&router(House::new().await.edge()), form(&headers, "theme=dark")).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{headers:?}");
    }
}

/// What the awake page is told of a refusal, and what becomes of the same form without a script.
#[tokio::test]
async fn a_refusal_has_its_own_status_and_a_plain_form_goes_back_to_its_page() {
    let house = House::new().await;
    let cookie = house.signed_in().await;
    let router = router(house.edge());
    let post = |path: &str, accept: &str, body: &str| {
        Request::post(path)
            .header(HOST, "segue.example.com")
            .header("sec-fetch-site", "same-origin")
            .header(ACCEPT, accept)
            .header(COOKIE, &cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()))
            .unwrap()
    };
    for (path, body, status) in [
        ("/fn/create_destination", "key=Not+A+Key&integration=X&profile=plain", 422),
        ("/fn/create_destination", "key=x", 422),
        ("/fn/run_mapping", "key=none", 404),
        ("/fn/read_mapping", "key=none", 404),
    ] {
        let (answer, told) = ask(&router, post(path, "application/json", body)).await;
        assert_eq!(answer.status().as_u16(), status, "{path} {body}: {told}");
        assert!(told.starts_with('{') && !answer.headers().contains_key(LOCATION), "{told}");
    }
    let plain = post("/fn/create_destination", "text/html", "key=Not+A+Key&integration=X");
    let (answer, _) = ask(&router, plain).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let back = answer.headers()[LOCATION].to_str().unwrap();
    assert!(back.starts_with("/destinations/new?"), "{back}");
}

/// Every server function changes something, or might one day: none may be a GET.
#[tokio::test]
async fn no_server_function_answers_to_get() {
    let house = House::new().await;
    let cookie = house.signed_in().await;
    let router = router(house.edge());
    let mut seen = 0;
    for (path, method) in leptos::server_fn::axum::server_fn_paths() {
        assert_eq!(method, Method::POST, "{path}");
        assert!(path.starts_with("/fn/"), "{path}: every endpoint is named under /fn");
        let (response, _) = ask(&router, page(path, Some(&cookie))).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        seen += 1;
    }
    assert!(seen > 0, "the linker dropped the server functions");
}

#[tokio::test]
async fn a_huge_form_is_refused() {
    let body = format!("name={}", "a".repeat(2 * 1024 * 1024));
    let length = body.len().to_string();
    let headers = [(ORIGIN, "http://segue.example.com"), (http::header::CONTENT_LENGTH, &*length)];
    let (response, _) = ask(&router(House::new().await.edge()), form(&headers, body)).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_people_and_a_line_for_machines() {
    let house = House::new().await;
    let cookie = house.signed_in().await;
    let router = router(house.edge());
    let (response, html) = ask(&router, page("/no/such/page", Some(&cookie))).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(html.contains("There is no such page"));
    let request = Request::get("/no/such/page").header(COOKIE, cookie).body(Body::empty()).unwrap();
    let (response, text) = ask(&router, request).await;
    assert_eq!((response.status(), text.as_str()), (StatusCode::NOT_FOUND, "not found\n"));
}

#[tokio::test]
async fn a_panic_is_an_answer_without_its_details() {
    async fn broken() -> &'static str {
        panic!("the secret detail")
    }
    let machines = Router::new().route("/broken", get(broken));
    let (response, text) =
        ask(&router(Edge { machines, ..House::new().await.edge() }), page("/broken", None)).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!text.contains("secret detail"), "{text}");
    assert!(response.headers().contains_key("x-request-id"));
}

#[tokio::test]
async fn a_request_id_from_outside_is_not_believed() {
    let request =
        Request::get("/healthz").header("x-request-id", "forged").body(Body::empty()).unwrap();
    let (response, _) = ask(&router(House::new().await.edge()), request).await;
    assert_ne!(response.headers()["x-request-id"], "forged");
}

#[tokio::test]
async fn readiness_follows_the_hook() {
    let ready = Arc::new(AtomicBool::new(true));
    let seen = Arc::clone(&ready);
    let hook = Arc::new(move || {
        let now = seen.load(Ordering::SeqCst);
        Box::pin(async move { now }) as futures::future::BoxFuture<'static, bool>
    });
    let router = router(Edge { ready: hook, ..House::new().await.edge() });
    assert_eq!(ask(&router, page("/readyz", None)).await.0.status(), StatusCode::OK);
    ready.store(false, Ordering::SeqCst);
    assert_eq!(
        ask(&router, page("/readyz", None)).await.0.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test]
async fn downloads_are_for_whoever_is_signed_in() {
    let house = House::new().await;
    let router = router(house.edge());
    let (answer, body) = ask(&router, page("/mappings.csv", None)).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert!(body.is_empty(), "{body}");
    let ledger = "/audiences/no-such/ledger.csv";
    let (answer, body) = ask(&router, page(ledger, None)).await;
    assert_eq!((answer.status(), body.as_str()), (StatusCode::SEE_OTHER, ""));
    let cookie = house.signed_in().await;
    for nothing in [ledger, "/audiences/No%20Key%22/ledger.csv"] {
        let (answer, _) = ask(&router, page(nothing, Some(&cookie))).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    }
    let (answer, body) = ask(&router, page("/mappings.csv", Some(&cookie))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/csv; charset=utf-8");
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    assert!(body.starts_with("\"mapping\",\"audience\",\"segment\""), "{body}");
}

/// A form with a file, as a browser sends it.
fn upload(cookie: Option<&str>, site: &str, file: &[u8]) -> Request<Body> {
    upload_to("/suppression/lists/staff/file", cookie, site, file)
}

fn upload_to(path: &str, cookie: Option<&str>, site: &str, file: &[u8]) -> Request<Body> {
    let mut body = b"--b\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nasked\r\n--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"../<b>.csv\"\r\ncontent-type: text/csv\r\n\r\n".to_vec();
    body.extend(file);
    body.extend(b"\r\n--b--\r\n");
    let request = Request::post(path)
        .header(HOST, "segue.example.com")
        .header(ACCEPT, "text/html")
        .header(fetch_site(), site)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=b");
    let request = cookie.into_iter().fold(request, |request, value| request.header(COOKIE, value));
    request.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_file_is_taken_in_or_comes_back_with_why() {
    let house = House::new().await;
    let cookie = house.signed_in().await;
    let router = router(house.edge());
    let list = domain::configuration::Desired {
        suppression: vec![domain::suppression::SuppressionSpec {
            list: true,
            ..domain::suppression::SuppressionSpec::new("staff".parse().unwrap(), "staff")
        }],
        ..domain::configuration::Desired::default()
    };
    let host = domain::access::Actor::host("test");
    house.segue.services.configuration.apply(&list, false, &host).await.unwrap();
    let led_to = async |file: &[u8]| {
        let (response, _) = ask(&router, upload(Some(&cookie), "same-origin", file)).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        response.headers()[LOCATION].to_str().unwrap().to_owned()
    };
    let taken = led_to(b"email\nada@example.com\n").await;
    assert!(taken.starts_with("/suppression/lists/staff/0"), "{taken}");
    let (_, html) = ask(&router, page(&taken, Some(&cookie))).await;
    assert!(html.contains("../&lt;b&gt;.csv on staff"), "a file's name is text");

    let large = vec![b'a'; 9 * 1024 * 1024];
    for (file, said) in [
        (&b"\xff\xfe"[..], "no UTF-8 text from line 1"),
        (b"", "Name somebody"),
        (b"email\nnobody", "no e-mail address"),
        (&large, "larger than 8 MB"),
    ] {
        let back = led_to(file).await;
        assert!(back.starts_with("/suppression/lists/staff?"), "{back}");
        let (_, html) = ask(&router, page(&back, Some(&cookie))).await;
        assert!(html.contains(said), "{said}");
    }

    let (response, _) = ask(&router, upload(Some(&cookie), "cross-site", b"u1")).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let (response, _) = ask(&router, upload(None, "same-origin", b"u1")).await;
    assert_ne!(response.status(), StatusCode::OK);
    assert!(
        !response
            .headers()
            .get(LOCATION)
            .is_some_and(|to| to.to_str().unwrap().contains("lists/staff/0"))
    );
}

#[tokio::test]
async fn a_tracking_plan_becomes_a_draft_or_comes_back_with_why() {
    let house = House::new().await;
    let cookie = house.signed_in().await;
    let router = router(house.edge());
    let path = app::contract::api::IMPORT;
    let led_to = async |file: &[u8]| {
        let (response, _) = ask(&router, upload_to(path, Some(&cookie), "same-origin", file)).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let to = response.headers()[LOCATION].to_str().unwrap().to_owned();
        let (_, html) = ask(&router, page(&to, Some(&cookie))).await;
        (to, html)
    };
    let large = vec![b' '; 5 * 1024 * 1024];
    for (file, said) in [
        (&b""[..], "Choose a file"),
        (b"{\"rules\": [", "no JSON from line 1"),
        (b"\xff", "no JSON from line 1"),
        (b"{\"rules\": 7}", "it has no list of rules"),
        (b"{\"rules\": []}", "changes nothing"),
        (&large, "larger than 4 MB"),
    ] {
        let (to, html) = led_to(file).await;
        assert!(to.starts_with("/contract?"), "{to}");
        assert!(html.to_lowercase().contains(&said.to_lowercase()), "{said}: {html}");
    }
    let plan = br#"[{"type": "TRACK", "key": "<b>Sold</b>", "jsonSchema": {}}]"#;
    let (to, html) = led_to(plan).await;
    assert!(to.starts_with("/contract/changes/"), "{to}");
    assert!(html.contains("&lt;b&gt;Sold") && !html.contains("<b>Sold"), "a name is text");
    let (response, _) = ask(&router, upload_to(path, Some(&cookie), "cross-site", plan)).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}
