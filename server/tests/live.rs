//! `/live/events` as a browser hears it: a real socket, one event after the other.

use std::sync::Arc;

use axum::{Router, body::Body};
use domain::{
    access::{Actor, Role},
    events::live::{Filter, Frame, Frames, Live as _, Verdict},
    time::Instant,
};
use futures::StreamExt as _;
use http::{Request, StatusCode};
use server::{
    http::{
        live, machines,
        router::{Edge, router},
    },
    live::Hub,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::house::{House, ask};

/// Segue with a reader's cookie.
struct Window {
    hub: Arc<Hub>,
    router: Router,
    cookie: String,
    stop: CancellationToken,
    _house: House,
}

/// What a browser hears of an answer that goes on.
struct Heard(axum::body::BodyDataStream, String);

impl Heard {
    /// The next event: its id and its frames; nothing once it is over.
    async fn next(&mut self) -> Option<(String, Frames)> {
        loop {
            if let Some((event, rest)) = self.1.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.1 = rest;
                let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
                if let (Some(id), Some(data)) = (line("id: "), line("data: ")) {
                    return Some((id.to_owned(), serde_json::from_str(data).unwrap()));
                }
                continue;
            }
            let more = self.0.next().await?.ok()?;
            self.1.push_str(std::str::from_utf8(&more).unwrap());
        }
    }
}

impl Window {
    async fn open() -> Self {
        let house = House::new().await;
        let (hub, stop) = (house.segue.live.clone(), CancellationToken::new());
        let edge = house.edge();
        let downloads = edge.downloads.clone().merge(live::routes(hub.clone(), stop.clone()));
        let machines = machines::routes(house.segue.services.events.clone());
        let router = router(Edge { downloads, machines, ..edge });
        let cookie = house.signed_in().await;
        Self { hub, router, cookie, stop, _house: house }
    }

    async fn hear(&self, query: &str, last: Option<&str>) -> Heard {
        let mut request = Request::get(format!("/live/events{query}"))
            .header("cookie", &self.cookie)
            .header("accept-encoding", "gzip, br");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Body::empty()).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert!(!answer.headers().contains_key("content-encoding"), "it must not be gathered");
        Heard(answer.into_body().into_data_stream(), String::new())
    }

    fn tell(&self, name: &str, person: &str) {
        self.hub.tell(Frame {
            number: 0,
            at: Instant(1),
            name: name.to_owned(),
            people: vec![person.to_owned()],
            destination: None,
            verdict: Verdict::Agreed,
            note: String::new(),
            body: "{}".to_owned(),
        });
    }
}

fn names(frames: &Frames) -> Vec<&str> {
    frames.frames.iter().map(|frame| frame.name.as_str()).collect()
}

#[tokio::test]
async fn a_reader_hears_what_was_and_then_what_comes() {
    let window = Window::open().await;
    window.tell("A", "ada");
    window.tell("B", "bob");
    let mut all = window.hear("", None).await;
    let mut bob = window.hear("?person=BO&verdict=agreed", None).await;
    let first = window.hub.recent(&Filter::default())[0].number;
    let mut later = window.hear(&format!("?after={first}"), None).await;
    let mut again = window.hear("?after=0", Some(&first.to_string())).await;
    assert_eq!(names(&all.next().await.unwrap().1), ["A", "B"]);
    assert_eq!(names(&bob.next().await.unwrap().1), ["B"]);
    assert_eq!(names(&later.next().await.unwrap().1), ["B"]);
    let (id, known) = again.next().await.unwrap();
    assert_eq!((id, names(&known)), ((first + 1).to_string(), vec!["B"]), "it says what it had");
    // Whoever comes back and has missed nothing keeps their place.
    let newest = (first + 1).to_string();
    let (id, nothing) = window.hear("?after=0", Some(&newest)).await.next().await.unwrap();
    assert_eq!((id, nothing), (newest, Frames::default()));
    window.tell("C", "ada");
    window.tell("D", "bob");
    // What comes together goes together.
    assert_eq!(names(&all.next().await.unwrap().1), ["C", "D"]);
    let (id, frames) = bob.next().await.unwrap();
    assert_eq!((id, names(&frames)), ((first + 3).to_string(), vec!["D"]));
    // Everybody is sent away when the process ends.
    window.stop.cancel();
    assert_eq!(all.next().await, None);
    drop((all, bob, later, again));
    assert!(!window.hub.is_watched());
}

#[tokio::test]
async fn a_storm_is_counted_and_not_kept() {
    let window = Window::open().await;
    let mut slow = window.hear("", None).await;
    assert_eq!(names(&slow.next().await.unwrap().1), [""; 0]);
    for number in 0..2_000 {
        window.tell(&number.to_string(), "ada");
    }
    let (id, frames) = slow.next().await.unwrap();
    assert_eq!(id, window.hub.recent(&Filter::default())[99].number.to_string());
    assert_eq!(frames.frames.len() as u64 + frames.missed, 2_000, "each is shown or counted");
    assert_eq!(frames.frames.len(), 50);
    assert_eq!(window.hub.recent(&Filter::default()).len(), 100);
}

#[tokio::test]
async fn it_is_for_operators_who_are_signed_in() {
    let window = Window::open().await;
    let stranger = Request::get("/live/events").body(Body::empty()).unwrap();
    assert_eq!(ask(&window.router, stranger).await.0.status(), StatusCode::UNAUTHORIZED);
    let hub = live::routes(window.hub.clone(), window.stop.clone());
    let viewer = Actor { name: "v@example.com".to_owned(), role: Role::Viewer };
    let mut request = Request::get("/live/events").body(Body::empty()).unwrap();
    request.extensions_mut().insert(viewer);
    assert_eq!(ask(&hub, request).await.0.status(), StatusCode::FORBIDDEN);
    assert!(!window.hub.is_watched());
}
