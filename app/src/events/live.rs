//! The page that shows what comes in and goes out, as it happens.
//!
//! The server writes the newest that it knows; an awake page then listens. Without JavaScript it
//! is the newest, and a reload shows newer ones.

use std::sync::Arc;

use domain::{
    events::live::{Filter, Frame, Frames, Verdict},
    key::Key,
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::{
    browser::{self, Listening},
    error::AppError,
    format,
    live::{Reload, loaded, read},
    ui::{
        Button, Choice, Column, Empty, Mark, Nothing, Notice, NoticeKind, Page, SelectField, State,
        StateMark, Table, TextField,
    },
};

/// The page.
pub const PAGE: &str = "/live";

/// More than these nobody reads, and a page that grew all day would be slow.
const SHOWN: usize = 200;

/// What the page begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveRead {
    /// The newest that are known, the oldest first.
    pub frames: Vec<Frame>,
    /// The destinations that can be asked for.
    pub destinations: Vec<Key>,
}

/// The newest of what came in and went out.
#[server(prefix = "/fn", endpoint = "read_live")]
pub async fn read_live(
    /// Which of them.
    filter: Filter,
) -> Result<LiveRead, AppError> {
    let (services, actor) = enter()?;
    let configuration = services.configuration.load().await?;
    let destinations = configuration.destinations.into_iter().map(|one| one.spec.key);
    Ok(LiveRead {
        frames: services.events.recent(&filter, &actor)?,
        destinations: destinations.collect(),
    })
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Which events.
    pub filter: Filter,
    /// Each body as it came, not arranged for reading.
    pub is_raw: bool,
}

impl Asked {
    fn address<'a>(&'a self, page: &str, more: Option<(&'a str, &'a str)>) -> String {
        let Filter { person, name, verdict, destination } = &self.filter;
        let pairs: [(&str, &str); 4] = [
            ("name", name),
            ("person", person),
            ("verdict", verdict),
            ("destination", destination),
        ];
        format::with_query(page, pairs.into_iter().chain(more))
    }
}

/// What comes in and goes out.
#[component]
pub fn LivePage() -> AnyView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let get = |name: &str| query.get(name).unwrap_or_default().trim().to_owned();
        let filter = Filter {
            person: get("person"),
            name: get("name"),
            verdict: get("verdict"),
            destination: get("destination"),
        };
        Asked { filter, is_raw: get("as") == "raw" }
    });
    let data = read(move || asked.get(), |asked| read_live(asked.filter));
    loaded(data, "Live events", move |view| live_page(asked.get_untracked(), view))
}

/// How the page hears of more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hearing {
    Listening,
    Paused,
    /// The browser tries again by itself.
    Lost,
}

/// What an awake page knows.
#[derive(Clone, Copy)]
struct Ear {
    /// The newest first.
    frames: RwSignal<Vec<Arc<Frame>>>,
    missed: RwSignal<u64>,
    hearing: RwSignal<Hearing>,
    source: StoredValue<Option<Listening>>,
}

impl Ear {
    fn new(frames: Vec<Frame>) -> Self {
        let frames: Vec<_> = frames.into_iter().rev().map(Arc::new).collect();
        Self {
            frames: RwSignal::new(frames),
            missed: RwSignal::new(0),
            hearing: RwSignal::new(Hearing::Listening),
            source: StoredValue::new(None),
        }
    }

    fn listen(self, asked: &Asked) {
        let newest =
            self.frames.with_untracked(|frames| frames.first().map_or(0, |one| one.number));
        let url = asked.address("/live/events", Some(("after", &newest.to_string())));
        let hear = move |text: String| {
            if let Ok(frames) = serde_json::from_str::<Frames>(&text) {
                self.take(frames);
            }
        };
        let state = move |is_open: bool| {
            self.hearing.set(if is_open { Hearing::Listening } else { Hearing::Lost });
        };
        self.source.set_value(browser::listen(&url, hear, state));
        self.hearing.set(Hearing::Listening);
    }

    fn pause(self) {
        self.source.set_value(None);
        self.hearing.set(Hearing::Paused);
    }

    fn take(self, came: Frames) {
        if came.missed > 0 {
            self.missed.update(|missed| *missed += came.missed);
        }
        if came.frames.is_empty() {
            return;
        }
        self.frames.update(|frames| {
            let newest = frames.first().map_or(0, |one| one.number);
            let fresh = came.frames.into_iter().filter(|one| one.number > newest);
            let mut all: Vec<_> = fresh.map(Arc::new).collect();
            all.reverse();
            all.append(frames);
            all.truncate(SHOWN);
            *frames = all;
        });
    }
}

/// The page.
pub fn live_page(asked: Asked, view: LiveRead) -> AnyView {
    let LiveRead { frames, destinations } = view;
    let ear = Ear::new(frames);
    {
        let asked = asked.clone();
        // Effects run in the browser only.
        Effect::new(move |_| ear.listen(&asked));
    }
    on_cleanup(move || ear.source.set_value(None));
    let answer = move || match ear.hearing.get() {
        Hearing::Listening => "What this process takes in and sends shows here as it happens.",
        Hearing::Paused => "Paused. Whatever happens meanwhile isn't shown, and isn't lost.",
        Hearing::Lost => "The connection was lost; the page tries again by itself.",
    };
    let actions = actions(&asked, ear);
    let is_filtered = !asked.filter.is_empty();
    let nothing = move || {
        ear.frames.with(Vec::is_empty).then(|| {
            let (title, words) = if is_filtered {
                ("Nothing like this yet", "It shows as soon as it happens. Show all to see the rest.")
            } else {
                (
                    "Nothing has happened yet",
                    "Events at /v1 and reports of Customer.io show as they come in, memberships as Segment has taken them.",
                )
            };
            view! { <Empty title words /> }
        })
    };
    let missed = move || {
        let missed = ear.missed.get();
        (missed > 0).then(|| {
            view! {
                <Notice kind=NoticeKind::Plain title="More happens than can be shown">
                    <p>
                        {format::count(missed, "event isn't", "events aren't")}
                        " shown: the page would fall behind. Filter by name, person or destination to see all of those. Each one is kept and sent all the same."
                    </p>
                </Notice>
            }
        })
    };
    view! {
        <Page name="Live events" answer=answer.into_any() actions>
            {filters(&asked, &destinations)} {missed} {nothing} {table(asked.is_raw, ear)}
            <p class="quiet">
                <Reload />
            </p>
        </Page>
    }
    .into_any()
}

fn actions(asked: &Asked, ear: Ear) -> AnyView {
    let other = if asked.is_raw {
        view! { <a class="button" href=asked.address(PAGE, None)>"Arrange bodies"</a> }
    } else {
        view! {
            <a class="button" href=asked.address(PAGE, Some(("as", "raw")))>
                "Show bodies as they came"
            </a>
        }
    };
    let asked = asked.clone();
    let is_paused = move || ear.hearing.get() == Hearing::Paused;
    let turn = move |_| {
        if ear.hearing.get_untracked() == Hearing::Paused {
            ear.listen(&asked);
        } else {
            ear.pause();
        }
    };
    view! {
        {other}
        <button type="button" class="button awake-only" aria-pressed=move || is_paused().to_string() on:click=turn>
            {move || if is_paused() { "Go on" } else { "Pause" }}
        </button>
    }
    .into_any()
}

fn filters(asked: &Asked, destinations: &[Key]) -> AnyView {
    let Filter { person, name, verdict, destination } = asked.filter.clone();
    let verdicts = Verdict::ALL.map(|one| Choice::new(one.as_str(), words_of(one).1)).to_vec();
    let destinations =
        destinations.iter().map(|key| Choice::new(key.as_str(), key.as_str())).collect::<Vec<_>>();
    let all = (!asked.filter.is_empty()).then(|| {
        let all = Asked { is_raw: asked.is_raw, ..Asked::default() };
        let more = asked.is_raw.then_some(("as", "raw"));
        view! { <a href=all.address(PAGE, more)>"Show all"</a> }
    });
    let raw = asked.is_raw.then(|| view! { <input type="hidden" name="as" value="raw" /> });
    view! {
        <Form method="GET" action=PAGE attr:class="form-row" attr:role="search">
            <TextField name="name" label="Event" kind="search" value=name optional=true />
            <TextField name="person" label="Person" kind="search" value=person optional=true />
            <SelectField
                name="verdict"
                label="What became of it"
                options=verdicts
                value=verdict
                empty="Anything"
                optional=true
            />
            <SelectField
                name="destination"
                label="Destination"
                options=destinations
                value=destination
                empty="All, and what comes in"
                optional=true
            />
            {raw}
            <Button mark=Mark::Find>"Show events"</Button>
            {all}
        </Form>
    }
    .into_any()
}

fn table(is_raw: bool, ear: Ear) -> AnyView {
    let columns = vec![
        Column::words("Time"),
        Column::words("Event"),
        Column::words("What became of it"),
        Column::words("Whom"),
        Column::words("Destination"),
    ];
    let is_empty = move || ear.frames.with(Vec::is_empty);
    view! {
        <div hidden=is_empty>
            <Table caption="Events, the newest first" columns>
                <For
                    each=move || ear.frames.get()
                    key=|frame| frame.number
                    children=move |frame| row(&frame, is_raw)
                />
            </Table>
        </div>
    }
    .into_any()
}

/// The shape and the words of a verdict.
const fn words_of(verdict: Verdict) -> (State, &'static str) {
    match verdict {
        Verdict::Taken => (State::New, "Taken, not checked"),
        Verdict::Agreed => (State::Ok, "As agreed"),
        Verdict::Renamed => (State::Ok, "Renamed"),
        Verdict::Quarantined => (State::Waiting, "Quarantined"),
        Verdict::Sent => (State::Ok, "Sent"),
        Verdict::Refused => (State::Failing, "Refused by Segment"),
    }
}

fn row(frame: &Frame, is_raw: bool) -> AnyView {
    let (state, word) = words_of(frame.verdict);
    let note = match (frame.verdict, frame.note.is_empty()) {
        (_, true) => None,
        (Verdict::Renamed, _) => Some(format!("sent on as {}", frame.note)),
        _ => Some(frame.note.clone()),
    };
    let body = if is_raw { frame.body.clone() } else { format::json(&frame.body) };
    let people = frame.people.iter().map(|name| {
        let href = format!("/people?find={}", format::in_address(name));
        view! {
            <a class="id" href=href>
                {name.clone()}
            </a>
        }
    });
    let people = if frame.people.is_empty() {
        view! { <Nothing words="nobody" /> }.into_any()
    } else {
        view! { <span class="whom">{people.collect_view()}</span> }.into_any()
    };
    let destination = match &frame.destination {
        Some(key) => {
            let href = format!("/destinations/{key}");
            view! { <a href=href>{key.to_string()}</a> }.into_any()
        }
        None => view! { <Nothing words="none: it came in" /> }.into_any(),
    };
    let at = frame.at;
    view! {
        <tr>
            <td>
                <time class="num" datetime=at.to_iso() title=format::exact(at)>
                    {format::second(at)}
                </time>
            </td>
            <th scope="row">
                <details>
                    <summary>{frame.name.clone()}</summary>
                    <pre class="payload" class:payload-raw=is_raw>
                        <code>{body}</code>
                    </pre>
                </details>
            </th>
            <td>
                <StateMark state word />
                {note.map(|note| view! { <span class="quiet note">{note}</span> })}
            </td>
            <td>{people}</td>
            <td>{destination}</td>
        </tr>
    }
    .into_any()
}
