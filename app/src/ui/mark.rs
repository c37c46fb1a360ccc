//! Small signs that stand in tables and headings: use case, state, time, id, progress.
//!
//! A state is told by shape, colour and word together; never by one of them alone.

use domain::{
    mappings::{Health, UseCase},
    sync::RunState,
    time::Instant,
};
use leptos::prelude::*;

use crate::{format, words};

/// How something fares. [`StateMark`] draws it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be: a filled disc.
    Ok,
    /// Later than it should be: a clock.
    Late,
    /// It failed: a diamond.
    Failing,
    /// Somebody must decide: a square with a dot.
    Waiting,
    /// Switched off: two bars.
    Paused,
    /// At work: an open ring.
    Running,
    /// Nothing yet: a dotted ring.
    New,
}

impl State {
    const fn class(self) -> &'static str {
        match self {
            Self::Ok => "state state-ok",
            Self::Late => "state state-late",
            Self::Failing => "state state-failing",
            Self::Waiting => "state state-waiting",
            Self::Paused => "state state-paused",
            Self::Running => "state state-running",
            Self::New => "state state-new",
        }
    }

    /// On a 12 px grid, as markup of one path: fill rule even-odd, no stroke.
    const fn path(self) -> &'static str {
        match self {
            Self::Ok => "M6 2a4 4 0 1 1 0 8 4 4 0 0 1 0-8Z",
            Self::Late => {
                "M6 .5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM6 2a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM5.4 3h1.2v2.8l1.9 1.3-.7 1-2.4-1.7Z"
            }
            Self::Failing => "M6 0l6 6-6 6-6-6ZM5.3 3h1.4v3.6h-1.4ZM5.3 7.5h1.4v1.4h-1.4Z",
            Self::Waiting => "M1 1h10v10h-10ZM2.5 2.5v7h7v-7ZM4.5 4.5h3v3h-3Z",
            Self::Paused => "M2.5 2h2.5v8h-2.5ZM7 2h2.5v8h-2.5Z",
            Self::Running => "M6 .5a5.5 5.5 0 1 1-5.5 5.5h1.7a3.8 3.8 0 1 0 3.8-3.8Z",
            Self::New => {
                "M5.2 1h1.6v1.6h-1.6ZM9.4 5.2h1.6v1.6h-1.6ZM5.2 9.4h1.6v1.6h-1.6ZM1 5.2h1.6v1.6h-1.6ZM8.2 2.2h1.5v1.5h-1.5ZM8.2 8.3h1.5v1.5h-1.5ZM2.2 8.3h1.5v1.5h-1.5ZM2.2 2.2h1.5v1.5h-1.5Z"
            }
        }
    }
}

/// A state: its shape, and the word for it here.
#[component]
pub fn StateMark(
    /// Which.
    state: State,
    /// What it is called here.
    #[prop(into)]
    word: String,
) -> AnyView {
    view! {
        <span class=state.class()>
            <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
                <path d=state.path() fill="currentColor" fill-rule="evenodd" />
            </svg>
            <span class="word">{word}</span>
        </span>
    }
    .into_any()
}

/// How a mapping fares.
#[component]
pub fn HealthMark(
    /// By its newest run and its clock.
    health: Health,
) -> AnyView {
    let (state, word) = match health {
        Health::Failing => (State::Failing, "Failing"),
        Health::Late => (State::Late, "Late"),
        Health::Waiting => (State::Waiting, "Waiting for you"),
        Health::Running => (State::Running, "Running"),
        Health::New => (State::New, "Never run"),
        Health::Ok => (State::Ok, "In time"),
        Health::Paused => (State::Paused, "Paused"),
    };
    view! { <StateMark state word /> }.into_any()
}

/// How far a run has come.
#[component]
pub fn RunMark(
    /// Its state.
    state: RunState,
) -> AnyView {
    let (state, word) = match state {
        RunState::Mirroring => (State::Running, "Reading members"),
        RunState::Delivering => (State::Running, "Delivering"),
        RunState::Done => (State::Ok, "Done"),
        RunState::Waiting => (State::Waiting, "Waiting for you"),
        RunState::Failed => (State::Failing, "Failed"),
    };
    view! { <StateMark state word /> }.into_any()
}

/// A use case: its colour and its word.
#[component]
pub fn UseCaseMark(
    /// Which.
    use_case: UseCase,
) -> AnyView {
    let (class, word) = match use_case {
        UseCase::Retarget => ("use-case use-retarget", "Retarget"),
        UseCase::Suppress => ("use-case use-suppress", "Suppress"),
        UseCase::Lookalike => ("use-case use-lookalike", "Lookalike"),
        UseCase::Analytics => ("use-case use-analytics", "Analytics"),
    };
    view! {
        <span class=class>
            <span class="swatch"></span>
            <span class="word">{word}</span>
        </span>
    }
    .into_any()
}

/// A moment: relative for reading, exact on hover and for machines. `now` comes with the
/// page's data, so that the browser writes what the server wrote.
#[component]
pub fn Moment(
    /// The moment.
    at: Instant,
    /// From where it is seen.
    now: Instant,
) -> AnyView {
    view! {
        <time datetime=at.to_iso() title=format::exact(at)>
            {format::relative(at, now)}
        </time>
    }
    .into_any()
}

/// A moment that is to come, as something that is waited for.
#[component]
pub fn Soon(
    /// The moment.
    at: Instant,
    /// From where it is seen.
    now: Instant,
) -> AnyView {
    view! {
        <time datetime=at.to_iso() title=format::exact(at)>
            {words::soon(at, now)}
        </time>
    }
    .into_any()
}

/// An id, shortened in the middle; whole on hover. Once the page is awake it can be copied.
#[component]
pub fn ShortId(
    /// The whole id.
    #[prop(into)]
    id: String,
) -> AnyView {
    let (awake, wake) = signal(crate::browser::is_awake());
    let (copied, set_copied) = signal(false);
    // Runs in the browser only: without a script there is no clipboard to offer.
    Effect::new(move || wake.set(true));
    let short = format::short_id(&id);
    let whole = id.clone();
    view! {
        <span class="id-copy">
            <code class="id" title=id>
                {short}
            </code>
            <Show when=move || awake.get()>
                {
                    let whole = whole.clone();
                    view! {
                        <button
                            type="button"
                            title="Copy"
                            on:click=move |_| {
                                crate::browser::copy(&whole);
                                set_copied.set(true);
                            }
                        >
                            <span class="unseen" role="status">
                                {move || if copied.get() { "Copied" } else { "Copy" }}
                            </span>
                            {move || {
                                let mark = if copied.get() {
                                    super::Mark::Check
                                } else {
                                    super::Mark::Copy
                                };
                                view! { <super::Icon mark /> }
                            }}
                        </button>
                    }
                }
            </Show>
        </span>
    }
    .into_any()
}

/// How much of something is done, with the words for it.
#[component]
pub fn Progress(
    /// What is in progress, for ears.
    #[prop(into)]
    label: String,
    /// Done so far.
    #[prop(into)]
    done: Signal<u64>,
    /// All there is to do; nothing if nobody knows yet.
    #[prop(into)]
    whole: Signal<Option<u64>>,
    /// What stands beside the bar.
    #[prop(into)]
    words: Signal<String>,
) -> AnyView {
    view! {
        <div class="progress">
            <progress
                aria-label=label
                max=move || whole.get().map(|whole| whole.max(1).to_string())
                value=move || {
                    whole.get().map(|whole| done.get().min(whole.max(1)).to_string())
                }
            ></progress>
            <span>{words}</span>
        </div>
    }
    .into_any()
}
