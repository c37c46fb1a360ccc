//! Signing in as a browser meets it: links, passwords, sessions, and who is turned away.

use domain::access::{Actor, Email, Role, link::Purpose};
use domain::time::Span;
use http::header::{CONTENT_TYPE, HOST, LOCATION, REFERER, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use rstest::rstest;
use server::http::router::router;

use crate::databases::Engine;
use crate::house::{House, ask, cookie, form, page};

const PASSWORD: &str = "slow green kettle";

fn ada() -> Email {
    Email::parse("ada@example.com").unwrap()
}

/// A link for Ada, and what it carries as a form sends it.
async fn link(house: &House, purpose: Purpose) -> String {
    let access = &house.segue.services.access;
    let host = Actor::host("test");
    let user = access.add_user(&host, &ada(), Role::Operator).await.unwrap();
    let link = access.issue_link(&host, user, purpose, "http://x").await.unwrap();
    link.split_once('?').unwrap().1.to_owned()
}

fn location(headers: &HeaderMap) -> &str {
    headers[LOCATION].to_str().unwrap()
}

fn credentials(password: &str, next: &str) -> String {
    format!("email=Ada%40example.com&password={}&next={next}", password.replace(' ', "+"))
}

#[rstest]
#[tokio::test]
async fn from_link_to_password_to_sign_out(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let house = House::on(engine).await;
    let router = router(house.edge());
    let token = link(&house, Purpose::SetPassword).await;

    // Looking at the link, as mail scanners do, uses nothing up.
    for _ in 0..2 {
        let (answer, html) = ask(&router, page(&format!("/link/password?{token}"), None)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(html.contains("action=\"/fn/set_password\""), "{html}");
    }
    let (answer, _) =
        ask(&router, form("/fn/set_password", &format!("{token}&password=short"), None)).await;
    assert_eq!(location(answer.headers()), format!("/link/password?{token}&problem=short"));
    assert_eq!(cookie(&answer), None);
    let (_, html) = ask(&router, page(location(answer.headers()), None)).await;
    assert!(html.contains("at least 12 characters"), "{html}");

    let choose = format!("{token}&password={}", PASSWORD.replace(' ', "+"));
    let (answer, _) = ask(&router, form("/fn/set_password", &choose, None)).await;
    assert_eq!(location(answer.headers()), "/");
    let first = cookie(&answer).unwrap();
    let set = answer.headers()[SET_COOKIE].to_str().unwrap();
    for part in ["__Host-segue=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=604800"]
    {
        assert!(set.contains(part), "{set}");
    }
    let (answer, _) = ask(&router, form("/fn/set_password", &choose, None)).await;
    assert!(location(answer.headers()).contains("problem=link"), "a link works once");

    let (answer, html) = ask(&router, page("/", Some(&first))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(html.contains("ada@example.com") && html.contains("/fn/sign_out"));

    // A new sign-in is a new id, and the one before is dead.
    let sign_in = form("/fn/sign_in", &credentials(PASSWORD, "/mappings%3Fa=b"), Some(&first));
    let (answer, _) = ask(&router, sign_in).await;
    assert_eq!(location(answer.headers()), "/mappings?a=b");
    let second = cookie(&answer).unwrap();
    assert_ne!(first, second);
    assert_eq!(ask(&router, page("/", Some(&first))).await.0.status(), StatusCode::SEE_OTHER);
    assert_eq!(ask(&router, page("/", Some(&second))).await.0.status(), StatusCode::OK);

    let (answer, _) = ask(&router, form("/fn/sign_out", "", Some(&second))).await;
    assert_eq!(location(answer.headers()), "/sign-in");
    let removal = answer.headers().get_all(SET_COOKIE).iter().any(|value| {
        let value = value.to_str().unwrap();
        value.starts_with("__Host-segue=;")
            && value.contains("Max-Age=0")
            && value.contains("Secure")
    });
    assert!(removal, "{:?}", answer.headers());
    assert_eq!(ask(&router, page("/", Some(&second))).await.0.status(), StatusCode::SEE_OTHER);
}

#[rstest]
#[tokio::test]
async fn a_session_ends_when_idle_and_in_any_case(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let house = House::on(engine).await;
    let router = router(house.edge());
    let status = async |cookie: &str| ask(&router, page("/", Some(cookie))).await.0.status();

    let cookie = house.signed_in().await;
    house.clock.forward(Span::from_minutes(11 * 60 + 59));
    assert_eq!(status(&cookie).await, StatusCode::OK);
    house.clock.forward(Span::from_minutes(11 * 60 + 59));
    assert_eq!(status(&cookie).await, StatusCode::OK, "use keeps it");
    house.clock.forward(Span::from_hours(12));
    assert_eq!(status(&cookie).await, StatusCode::SEE_OTHER, "idle");

    let cookie = house.signed_in().await;
    for _ in 0..(7 * 24 / 8 - 1) {
        house.clock.forward(Span::from_hours(8));
        assert_eq!(status(&cookie).await, StatusCode::OK);
    }
    house.clock.forward(Span::from_hours(8));
    assert_eq!(status(&cookie).await, StatusCode::SEE_OTHER, "a week old");
}

#[rstest]
#[tokio::test]
async fn locking_out_and_a_new_password_end_every_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let house = House::on(engine).await;
    let router = router(house.edge());
    let access = &house.segue.services.access;
    let status = async |cookie: &str| ask(&router, page("/", Some(cookie))).await.0.status();
    let enter = async || {
        let token = link(&house, Purpose::SignIn).await;
        cookie(&ask(&router, form("/fn/redeem_link", &token, None)).await.0).unwrap()
    };

    let (phone, laptop) = (enter().await, enter().await);
    let token = link(&house, Purpose::SetPassword).await;
    let choose = format!("{token}&password={}", PASSWORD.replace(' ', "+"));
    let fresh = cookie(&ask(&router, form("/fn/set_password", &choose, None)).await.0).unwrap();
    assert_eq!(status(&phone).await, StatusCode::SEE_OTHER);
    assert_eq!(status(&laptop).await, StatusCode::SEE_OTHER);
    assert_eq!(status(&fresh).await, StatusCode::OK);

    // A new password, chosen inside: this browser stays in, under a new id.
    let wrong = form("/fn/change_password", "current=no&password=quick+brown+teapot", Some(&fresh));
    let (answer, _) = ask(&router, wrong).await;
    assert_eq!(location(answer.headers()), "/account?problem=current");
    let body = format!("current={}&password=quick+brown+teapot", PASSWORD.replace(' ', "+"));
    let (answer, _) = ask(&router, form("/fn/change_password", &body, Some(&fresh))).await;
    assert_eq!(location(answer.headers()), "/account?done=");
    assert_eq!(status(&fresh).await, StatusCode::SEE_OTHER);
    let fresh = cookie(&answer).unwrap();
    assert_eq!(status(&fresh).await, StatusCode::OK);

    let link_before = link(&house, Purpose::SignIn).await;
    access.set_disabled(&Actor::host("test"), &ada(), true).await.unwrap();
    assert_eq!(status(&fresh).await, StatusCode::SEE_OTHER);
    let (answer, _) = ask(&router, form("/fn/redeem_link", &link_before, None)).await;
    assert_eq!(location(answer.headers()), "/link?problem=link");
    access.set_disabled(&Actor::host("test"), &ada(), false).await.unwrap();
    assert_eq!(status(&fresh).await, StatusCode::SEE_OTHER, "what ended stays ended");
}

#[rstest]
#[tokio::test]
async fn of_two_at_once_one_comes_in(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let house = House::on(engine).await;
    let access = &house.segue.services.access;
    let token = link(&house, Purpose::SignIn).await;
    let token = token.split_once('=').unwrap().1;
    let tries = futures::future::join_all((0..8).map(|_| access.redeem_link(token))).await;
    assert_eq!(tries.iter().filter(|answer| answer.is_ok()).count(), 1);
}

#[tokio::test]
async fn wrong_and_unknown_are_one_answer_and_guessing_is_slowed_down() {
    let house = House::new().await;
    let router = router(house.edge());
    let token = link(&house, Purpose::SetPassword).await;
    let choose = format!("{token}&password={}", PASSWORD.replace(' ', "+"));
    ask(&router, form("/fn/set_password", &choose, None)).await;

    let (wrong, _) =
        ask(&router, form("/fn/sign_in", &credentials("no", "//evil.example"), None)).await;
    let unknown = "email=nobody%40example.com&password=no&next=//evil.example";
    let (unknown, _) = ask(&router, form("/fn/sign_in", unknown, None)).await;
    assert_eq!(wrong.status(), unknown.status());
    assert_eq!(location(wrong.headers()), location(unknown.headers()));
    assert_eq!(location(wrong.headers()), "/sign-in?next=/&problem=wrong");
    let (_, html) = ask(&router, page(location(wrong.headers()), None)).await;
    assert!(html.contains("E-mail or password is wrong"), "{html}");

    // As a program, which is told by status.
    let program = |password: &str| {
        Request::post("/fn/sign_in")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(axum::body::Body::from(credentials(password, "/")))
            .unwrap()
    };
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(ask(&router, program("no")).await.0.status());
    }
    let refused = statuses.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count();
    assert_eq!(refused, 9, "ten tries, one of them above: {statuses:?}");
    let (answer, text) = ask(&router, program(PASSWORD)).await;
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "even the right one");
    assert_eq!(answer.headers()["retry-after"], "20");
    assert!(text.contains("Too many tries"), "{text}");
    house.clock.forward(Span::from_seconds(20));
    assert_eq!(ask(&router, program(PASSWORD)).await.0.status(), StatusCode::OK);
}

#[tokio::test]
async fn strangers_are_sent_to_sign_in_and_programs_are_told() {
    let house = House::new().await;
    let router = router(house.edge());
    for (path, to) in [
        ("/", "/sign-in"),
        ("/mappings?state=late", "/sign-in?next=/mappings%3Fstate%3Dlate"),
        ("//evil.example", "/sign-in"),
    ] {
        let (answer, _) = ask(&router, page(path, None)).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{path}");
        assert_eq!(location(answer.headers()), to);
    }
    let no_cookie_of_ours = page("/", Some("__Host-segue=AAAAAAAAAAAAAAAAAAAAAA"));
    assert_eq!(ask(&router, no_cookie_of_ours).await.0.status(), StatusCode::SEE_OTHER);
    let program = Request::get("/mappings").body(axum::body::Body::empty()).unwrap();
    assert_eq!(ask(&router, program).await.0.status(), StatusCode::UNAUTHORIZED);
    // A form whose session ended comes back to its page.
    let mut expired = form("/fn/sign_out", "", None);
    expired.headers_mut().insert(REFERER, "http://segue.example.com/people?q=a".parse().unwrap());
    assert_eq!(expired.headers()[HOST], "segue.example.com");
    let (answer, _) = ask(&router, expired).await;
    assert_eq!(location(answer.headers()), "/sign-in?next=/people%3Fq%3Da");
}

/// A new server function is closed unless it is listed as open here and there.
#[tokio::test]
async fn every_server_function_but_the_ways_in_wants_a_session() {
    let house = House::new().await;
    let router = router(house.edge());
    let open = ["/fn/sign_in", "/fn/redeem_link", "/fn/set_password", "/fn/set_theme"];
    let mut closed = 0;
    for (path, _) in leptos::server_fn::axum::server_fn_paths() {
        let request = Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(axum::body::Body::empty())
            .unwrap();
        let (answer, body) = ask(&router, request).await;
        if !open.contains(&path) {
            assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(body, "\"unauthenticated\"", "{path}: as pages read errors");
            closed += 1;
        }
    }
    assert!(closed > 0);
}

#[tokio::test]
async fn adding_somebody_on_the_host_prints_one_link_that_works() {
    let house = House::new().await;
    let router = router(house.edge());
    let access = &house.segue.services.access;
    let mut out = Vec::new();
    let role = Role::Approver;
    server::cli::user::add(
        access,
        " Grace@Example.com",
        role,
        "https://segue.example.com",
        &mut out,
    )
    .await
    .unwrap();
    let out = String::from_utf8(out).unwrap();
    let token = out.trim().strip_prefix("https://segue.example.com/link/password?").unwrap();
    let choose = format!("{token}&password={}", PASSWORD.replace(' ', "+"));
    let (answer, _) = ask(&router, form("/fn/set_password", &choose, None)).await;
    let (_, html) = ask(&router, page("/", cookie(&answer).as_deref())).await;
    assert!(html.contains("grace@example.com"));
    assert_eq!(access.first_link("http://x").await.unwrap(), None, "somebody has a password");
    let refused = server::cli::user::add(access, "nobody", role, "http://x", &mut Vec::new()).await;
    assert!(refused.is_err());
}
