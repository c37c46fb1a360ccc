//! The page of a change: what it does, and what can be done with it.

use domain::contract::{
    Compatibility, Difference,
    blast::Over,
    request::{Decision, Request, RequestView, State},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    change_api::{
        ChangeRead, CommentChange, DecideChange, MoveChange, RemoveChangeEvent, page_of,
        read_change, read_replay,
    },
    effect::{concerned, replayed},
    page::{state, title},
    talk::talk,
};
use crate::{
    approvals::keys::decision_keys,
    form::{FormError, answered, typed, wrong},
    format,
    live::{loaded, read},
    ui::{
        Button, ButtonKind, Column, LinkButton, Moment, Nothing, Notice, NoticeKind, Page, Section,
        Table, TextField,
    },
};

/// What can be done with a change.
#[derive(Clone, Copy)]
pub struct Actions {
    moving: ServerAction<MoveChange>,
    decide: ServerAction<DecideChange>,
    remove: ServerAction<RemoveChangeEvent>,
    comment: ServerAction<CommentChange>,
}

impl Default for Actions {
    fn default() -> Self {
        Self {
            moving: ServerAction::new(),
            decide: ServerAction::new(),
            remove: ServerAction::new(),
            comment: ServerAction::new(),
        }
    }
}

impl Actions {
    fn version(self) -> usize {
        self.moving.version().get()
            + self.decide.version().get()
            + self.remove.version().get()
            + self.comment.version().get()
    }
}

/// One change.
#[component]
pub fn ChangePage() -> AnyView {
    let params = use_params_map();
    let actions = Actions::default();
    let change = Memo::new(move |_| params.read().get("change").unwrap_or_default());
    let asked = move || (change.get(), actions.version());
    let data = read(asked, |(change, _)| read_change(change));
    // By itself: of a million events it takes seconds.
    let past = read(asked, |(change, _)| read_replay(change));
    let shown = move || {
        past.get().map(|answer| match answer {
            Ok(replay) => replayed(replay),
            Err(error) => view! { <p>{error.to_string()}</p> }.into_any(),
        })
    };
    loaded(data, "Change", move |read| {
        let past = view! {
            <Transition fallback=|| view! { <p class="quiet">"Being replayed."</p> }>
                {shown}
            </Transition>
        };
        change_page(read, actions, past.into_any())
    })
}

/// The page, with what the change does to what came in lately.
pub fn change_page(read: ChangeRead, actions: Actions, past: AnyView) -> AnyView {
    let ChangeRead { now, view, is_own, may_comment, may_decide } = read;
    let answer = sentence(&view).into_any();
    let RequestView { request, differences, current, touched, over, comments, .. } = view;
    let over = (request.state == State::Open).then(|| over_budget(&over)).flatten();
    let concerned = (!touched.is_empty()).then(|| concerned(touched));
    let is_stale = request.base != current && matches!(request.state, State::Draft | State::Open);
    let stale = is_stale.then(|| stale(&request, current, is_own, actions));
    let decision = request.decision.clone().map(|Decision { by, at, note }| {
        let words = if note.is_empty() { String::new() } else { format!(": {note}") };
        view! {
            <p class="reading">
                {state(request.state)} " by " {by} " " <Moment at now /> {words} "."
            </p>
        }
    });
    let talk = talk(&request, comments, now, may_comment.then_some(actions.comment));
    let edits = (is_own && request.state == State::Draft).then(|| edits(&request, actions));
    let deciding = (request.state == State::Open && !is_stale)
        .then(|| deciding(&request, is_own, may_decide, actions));
    let differences = if differences.is_empty() {
        view! { <p class="quiet">"It changes nothing yet."</p> }.into_any()
    } else {
        table(differences)
    };
    view! {
        <Page name=title(&request) answer>
            <FormError answered=answered(actions.moving) fields=&["title"] title="Nothing was done" />
            <FormError answered=answered(actions.decide) fields=&["note"] title="Nothing was decided" />
            <FormError answered=answered(actions.remove) fields=&[] title="Nothing was removed" />
            {stale}
            {over}
            {decision}
            {deciding}
            <Section title="What it changes">{differences}</Section>
            {concerned}
            <Section title="The last seven days under it">{past}</Section>
            {edits}
            {talk}
        </Page>
    }
    .into_any()
}

/// What an approval must say why.
fn over_budget(over: &[Over]) -> Option<AnyView> {
    if over.is_empty() {
        return None;
    }
    let lines = over
        .iter()
        .map(|one| {
            let page = format!("/destinations/{}", one.destination);
            view! { <li><a href=page>{one.words()}</a></li> }
        })
        .collect_view();
    let notice = view! {
        <Notice kind=NoticeKind::Late title="It is over a budget">
            <ul class="plain">{lines}</ul>
            <p>"Whoever approves it says why: the note stays with it."</p>
        </Notice>
    };
    Some(notice.into_any())
}

fn sentence(view: &RequestView) -> String {
    let RequestView { request, differences, releases, looked_at, .. } = view;
    let worst = differences.iter().map(|one| one.compatibility).max();
    let effect = match worst {
        None => "It changes nothing yet.".to_owned(),
        Some(worst) => format!(
            "{} over version {}: {}.",
            format::count(differences.len() as u64, "difference", "differences"),
            request.base,
            effect(worst)
        ),
    };
    let releases = match (*looked_at, *releases) {
        (0, _) => String::new(),
        (all, some) => format!(
            " Of {} in quarantine {} would go on.",
            format::count(all, "event", "events"),
            format::number(some)
        ),
    };
    format!("{} by {}. {effect}{releases}", state(request.state), request.author)
}

/// What a change does to events that are sent as they were.
const fn effect(compatibility: Compatibility) -> &'static str {
    match compatibility {
        Compatibility::Additive => "whatever passed still passes",
        Compatibility::Narrowing => "some events that passed would go to quarantine",
        Compatibility::Breaking => "events that passed would go to quarantine, or say less",
    }
}

fn stale(request: &Request, current: u64, is_own: bool, actions: Actions) -> AnyView {
    let change = request.id.to_string();
    let words =
        format!("It was made from version {}, and version {current} is in force.", request.base);
    let next = if is_own {
        view! {
            <ActionForm action=actions.moving>
                <input type="hidden" name="change" value=change />
                <input type="hidden" name="what" value="rebase" />
                <Button busy=actions.moving.pending()>"Make it anew over what is in force"</Button>
            </ActionForm>
        }
        .into_any()
    } else {
        view! { <p>"Its author makes it anew; then somebody decides on that."</p> }.into_any()
    };
    view! {
        <Notice kind=NoticeKind::Late title="The contract has moved on">
            <p>{words}</p>
            {next}
        </Notice>
    }
    .into_any()
}

fn deciding(request: &Request, is_own: bool, may_decide: bool, actions: Actions) -> AnyView {
    let change = request.id.to_string();
    if is_own {
        return view! {
            <p class="reading">"Somebody else approves it: who proposes a change never does."</p>
            <ActionForm action=actions.moving>
                <input type="hidden" name="change" value=change />
                <input type="hidden" name="what" value="withdraw" />
                <Button busy=actions.moving.pending()>"Take it back"</Button>
            </ActionForm>
        }
        .into_any();
    }
    if !may_decide {
        return view! { <p class="quiet">"An approver decides on it."</p> }.into_any();
    }
    let answer = answered(actions.decide);
    view! {
        <ActionForm action=actions.decide attr:class="form">
            <input type="hidden" name="change" value=change />
            <TextField
                name="note"
                label="What you say to it"
                value=typed("note", "")
                wrong=wrong(answer, "note")
                optional=true
            />
            <div class="buttons">
                <button
                    class="button button-primary"
                    name="verdict"
                    value="approve"
                    data-verdict="approve"
                >
                    "Approve"
                </button>
                <button class="button" name="verdict" value="changes">
                    "Ask for changes"
                </button>
                <button class="button" name="verdict" value="reject" data-verdict="reject">
                    "Turn it away"
                </button>
            </div>
        </ActionForm>
        {decision_keys(false)}
    }
    .into_any()
}

fn table(differences: Vec<Difference>) -> AnyView {
    let columns = vec![
        Column::words("Event"),
        Column::words("Effect"),
        Column::words("Where"),
        Column::words("Before"),
        Column::words("After"),
    ];
    let side = |text: Option<String>, none: &'static str| match text {
        Some(text) => view! { {text} }.into_any(),
        None => view! { <Nothing words=none /> }.into_any(),
    };
    // What is so of all is said once.
    let shared = match &differences[..] {
        [first, rest @ ..] if !rest.is_empty() => {
            rest.iter().all(|one| one.reason == first.reason).then(|| first.reason.clone())
        }
        _ => None,
    };
    let has_reasons = shared.is_none();
    let rows = differences
        .into_iter()
        .map(|one| {
            let reason =
                has_reasons.then(|| view! { <div class="quiet">{one.reason.clone()}</div> });
            let place = if one.path.is_empty() { "the event".to_owned() } else { one.path };
            let class = format!("effect effect-{}", one.compatibility.as_str());
            let before = side(one.before, "not there");
            let after = side(one.after, "not there any more");
            view! {
                <tr>
                    <th scope="row">{one.event}</th>
                    <td>
                        <span class=class>{one.compatibility.as_str()}</span>
                    </td>
                    <td class="wrap">
                        {place} {reason}
                    </td>
                    <td class="wrap">{before}</td>
                    <td class="wrap">{after}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        {shared.map(|words| view! { <p class="reading">{words}</p> })}
        <Table caption="What the change does" columns>
            {rows}
        </Table>
    }
    .into_any()
}

/// What its author can still do with a draft.
fn edits(request: &Request, actions: Actions) -> AnyView {
    let page = page_of(&request.id.to_string());
    let answer = answered(actions.moving);
    let columns = vec![
        Column::words("Event"),
        Column::words("Properties"),
        Column::actions("Edit or remove"),
    ];
    let rows = request
        .contract
        .events
        .iter()
        .map(|(name, event)| {
            let edit = format!("{page}/event?former={}", format::in_address(name));
            let properties = format::count(event.properties.len() as u64, "property", "properties");
            let (change, removed) = (request.id.to_string(), name.clone());
            let label = format!("Remove {name}");
            view! {
                <tr>
                    <th scope="row">
                        <a href=edit>{name.clone()}</a>
                    </th>
                    <td>{properties}</td>
                    <td>
                        <ActionForm action=actions.remove>
                            <input type="hidden" name="change" value=change />
                            <input type="hidden" name="name" value=removed />
                            <button class="button button-quiet" aria-label=label>
                                "Remove"
                            </button>
                        </ActionForm>
                    </td>
                </tr>
            }
        })
        .collect_view();
    let change = request.id.to_string();
    let (propose, withdraw) = (change.clone(), change);
    let title = typed("title", &request.title);
    view! {
        <Section title="Edit the draft">
            <Table caption="Events of the draft" columns>
                {rows}
            </Table>
            <div class="buttons">
                <LinkButton href=format!("{page}/event")>"Add an event"</LinkButton>
            </div>
        </Section>
        <Section title="Ask for approval">
            <ActionForm action=actions.moving attr:class="form">
                <input type="hidden" name="change" value=propose />
                <input type="hidden" name="what" value="propose" />
                <TextField
                    name="title"
                    label="What it is for"
                    value=title
                    hint="Whoever approves reads it first."
                    wrong=wrong(answer, "title")
                />
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=actions.moving.pending()>
                        "Ask for approval"
                    </Button>
                </div>
            </ActionForm>
            <ActionForm action=actions.moving>
                <input type="hidden" name="change" value=withdraw />
                <input type="hidden" name="what" value="withdraw" />
                <Button kind=ButtonKind::Quiet busy=actions.moving.pending()>
                    "Drop the draft"
                </Button>
            </ActionForm>
        </Section>
    }
    .into_any()
}
