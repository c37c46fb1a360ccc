//! A whole Segue over a database of its own, with a clock that tests turn by hand.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use axum::Router;
use axum::body::{Body, to_bytes};
use domain::time::{Clock, Instant, Span};
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{Request, Response};
use server::auth::{self, Auth};
use server::compose::{Purpose, Segue};
use server::http::assets::Site;
use server::http::router::{Edge, router};
use server::http::{downloads, uploads};
use tower::ServiceExt as _;

use crate::databases::{Engine, TestDatabase};

const MANIFEST: &str =
    r#"{"script":"/pkg/app-1.js","wasm":"/pkg/app-2.wasm","style":"/pkg/app-3.css"}"#;

/// A clock that stands still.
pub struct Hand(AtomicI64);

impl Hand {
    /// Turns it.
    pub fn forward(&self, span: Span) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// Everything, without a listener.
pub struct House {
    /// The composition root.
    pub segue: Segue,
    /// Access and sessions go by it.
    pub clock: Arc<Hand>,
    _database: TestDatabase,
}

impl House {
    /// On SQLite.
    pub async fn new() -> Self {
        Self::on(Engine::Sqlite).await
    }

    /// On this engine.
    pub async fn on(engine: Engine) -> Self {
        let database = TestDatabase::new(engine);
        let mut segue = Segue::open(&database.config(), Purpose::Serve).await.unwrap();
        let clock = Arc::new(Hand(AtomicI64::new(1_800_000_000_000_000)));
        segue.services.access = auth::service(&segue.storage, clock.clone());
        Self { segue, clock, _database: database }
    }

    /// What the composition root gives to the edge.
    pub fn edge(&self) -> Edge {
        let services = self.segue.services.clone();
        Edge {
            site: Site::of([
                ("manifest.json".to_owned(), MANIFEST.into()),
                ("pkg/app-1.js".to_owned(), b"export default 1".to_vec()),
            ]),
            auth: Auth::new(
                self.segue.storage.clone(),
                services.access.clone(),
                self.clock.clone(),
            ),
            provide: Arc::new(move || leptos::prelude::provide_context(services.clone())),
            ready: Arc::new(|| Box::pin(async { true })),
            https: false,
            downloads: downloads::routes(self.segue.services.clone()),
            uploads: uploads::routes(self.segue.services.clone()),
            machines: Router::new(),
        }
    }

    /// The cookie of somebody who has just come in by the first link.
    pub async fn signed_in(&self) -> String {
        let link = self.segue.services.access.first_link("http://x").await.unwrap().unwrap();
        let body = link.split_once('?').unwrap().1.to_owned();
        let (answer, _) = ask(&router(self.edge()), form("/fn/redeem_link", &body, None)).await;
        cookie(&answer).expect("the link signs in")
    }
}

/// One request, one answer.
pub async fn ask(router: &Router, request: Request<Body>) -> (Response<()>, String) {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, 10_000_000).await.unwrap();
    (Response::from_parts(parts, ()), String::from_utf8_lossy(&body).into_owned())
}

/// A page as a browser asks for it.
pub fn page(path: &str, cookie: Option<&str>) -> Request<Body> {
    let request = Request::get(path).header(ACCEPT, "text/html");
    let request = cookie.into_iter().fold(request, |request, value| request.header(COOKIE, value));
    request.body(Body::empty()).unwrap()
}

/// A form as a browser without JavaScript sends it.
pub fn form(path: &str, body: &str, cookie: Option<&str>) -> Request<Body> {
    let request = Request::post(path)
        .header(HOST, "segue.example.com")
        .header(ACCEPT, "text/html")
        .header("sec-fetch-site", "same-origin")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = cookie.into_iter().fold(request, |request, value| request.header(COOKIE, value));
    request.body(Body::from(body.to_owned())).unwrap()
}

/// The session's cookie as the browser sends it back.
pub fn cookie(answer: &Response<()>) -> Option<String> {
    answer
        .headers()
        .get_all(SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok()?.split(';').next().map(str::to_owned))
        .find(|pair| pair.starts_with(auth::COOKIE) && !pair.ends_with('='))
}
