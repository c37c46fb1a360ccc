//! What saving the form would do, beside the form: renewed with every change of a field, and by
//! a button where there is no script.

use domain::mappings::{
    UseCase,
    preview::{Effect, Moved, Preview, Sampled},
};
use leptos::{ev::Event, prelude::*};
use leptos_router::hooks::use_query_map;

use super::{
    api::{PreviewMapping, Told, preview_mapping},
    entered::MappingForm,
    gates::findings,
};
use crate::{
    browser,
    error::AppError,
    format,
    live::read,
    sync::parts::{Sieve, funnel},
    ui::{Column, Nothing, Notice, NoticeKind, Section, State, StateMark, Table},
    words,
};

/// What a preview answered; nothing until somebody asks.
type Answer = Option<Result<Told, AppError>>;

/// What the form on a page would do, asked for once in the page's life.
#[derive(Clone, Copy)]
pub struct Previewing {
    ask: ServerAction<PreviewMapping>,
    /// The newest answer.
    shown: Signal<Answer>,
}

impl Previewing {
    /// Ready to be asked. Without a script the page is loaded again with what was typed in its
    /// address, and the answer is there from the start.
    #[must_use]
    pub fn new() -> Self {
        let ask = ServerAction::<PreviewMapping>::new();
        let sent = use_query_map().with_untracked(|query| {
            let text = |name: &str| query.get(name).unwrap_or_default();
            query.get("preview").map(|_| MappingForm::of(text))
        });
        let first = read(
            || (),
            move |()| {
                let sent = sent.clone();
                async move {
                    match sent {
                        Some(form) => Some(preview_mapping(form).await),
                        None => None,
                    }
                }
            },
        );
        let shown = Signal::derive(move || ask.value().get().or_else(|| first.get().flatten()));
        Self { ask, shown }
    }

    /// With this answer, whatever is asked.
    #[must_use]
    pub fn answered(answer: Answer) -> Self {
        Self { ask: ServerAction::new(), shown: Signal::stored(answer) }
    }
}

impl Default for Previewing {
    fn default() -> Self {
        Self::new()
    }
}

/// A form, and below it what it would do: asked for whenever one of its fields has changed.
#[component]
pub fn Previewed(
    /// Of the page.
    previewing: Previewing,
    /// The form.
    children: Children,
) -> AnyView {
    let Previewing { ask, shown } = previewing;
    let changed = move |event: Event| {
        if let Some(asked) = browser::entered::<PreviewMapping>(&event) {
            ask.dispatch(asked);
        }
    };
    view! {
        <div class="previewed">
            <div on:change=changed>{children()}</div>
            <div aria-live="polite" aria-busy=move || ask.pending().get().to_string()>
                <Transition fallback=|| ()>{move || shown.get().map(answer)}</Transition>
            </div>
        </div>
    }
    .into_any()
}

fn answer(answer: Result<Told, AppError>) -> AnyView {
    let words = match answer {
        Ok(Told::Preview(preview)) => return panel(*preview),
        Ok(Told::NotYet { message }) => format!("Not to be told yet: {message}."),
        Err(error) => error.to_string(),
    };
    view! {
        <Section title="What it would do">
            <p class="quiet">{words}</p>
        </Section>
    }
    .into_any()
}

/// The whole of it.
pub fn panel(preview: Preview) -> AnyView {
    let Preview { effect, read_at, sample, gates } = preview;
    let gates = findings(&gates);
    if read_at.is_none() {
        return view! {
            <Section title="What it would do">
                <p class="quiet">
                    "The audience's members were not read yet, so nobody can be counted. They are read within a minute of its promotion."
                </p>
                {gates}
            </Section>
        }
        .into_any();
    }
    let sieve = Sieve {
        members: effect.members,
        target: effect.target,
        delivered: None,
        withheld: &effect.withheld,
        use_case: None::<UseCase>,
    };
    let picture = funnel(&sieve, |_| None);
    let waits = effect.waits.then(|| {
        view! {
            <Notice kind=NoticeKind::Late title="The change is abnormal: it would wait for you">
                <p>"Suppressed people leave at once. The rest waits under Approvals."</p>
            </Notice>
        }
    });
    view! {
        <Section title="What it would do">
            <p>{sentence(&effect)}</p>
            {waits}
            {gates}
            {picture}
            {others(&effect.others)}
            {(!sample.is_empty()).then(|| people(sample))}
        </Section>
    }
    .into_any()
}

fn sentence(effect: &Effect) -> String {
    let moves = match (effect.entered, effect.exited) {
        (0, 0) => "Nothing would be sent: whoever should be there is there.".to_owned(),
        (entered, exited) => {
            let come = format!("{} would come in", format::count(entered, "person", "people"));
            let leave = format!("{} would leave", format::number(exited));
            let both = match (entered, exited) {
                (_, 0) => come,
                (0, exited) => {
                    format!("{} would leave", format::count(exited, "person", "people"))
                }
                _ => format!("{come} and {leave}"),
            };
            format!("{both}. At the configured rate that takes {}.", format::duration(effect.takes))
        }
    };
    format!(
        "{} of {} should be there; {} are now. {moves}",
        format::number(effect.target),
        format::count(effect.members, "member", "members"),
        format::number(effect.present),
    )
}

/// Other mappings of the group that win or lose people.
fn others(others: &[Moved]) -> Option<AnyView> {
    if others.is_empty() {
        return None;
    }
    let lines = others
        .iter()
        .map(|one| {
            let gains = (one.gains > 0).then(|| format!("gains {}", format::number(one.gains)));
            let loses = (one.loses > 0).then(|| format!("loses {}", format::number(one.loses)));
            let moves: Vec<String> = gains.into_iter().chain(loses).collect();
            let href = format!("/mappings/{}", one.mapping);
            view! {
                <li>
                    <a href=href>{one.mapping.to_string()}</a>
                    " "
                    {moves.join(" and ")}
                </li>
            }
        })
        .collect_view();
    Some(
        view! {
            <p>"Others of its group change with it:"</p>
            <ul>{lines}</ul>
        }
        .into_any(),
    )
}

/// Some members, and what becomes of them.
fn people(sample: Vec<Sampled>) -> AnyView {
    let columns =
        vec![Column::words("Some members"), Column::words("E-mail"), Column::words("Sent")];
    let rows = sample
        .into_iter()
        .map(|one| {
            let email = match one.email {
                Some(email) => email.into_any(),
                None => view! { <Nothing words="none" /> }.into_any(),
            };
            let sent = match one.cause {
                None => view! { <StateMark state=State::Ok word="Yes" /> }.into_any(),
                Some(cause) => words::cause(cause).into_any(),
            };
            let href = format!("/people/{}", one.cio_id.clone());
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{one.cio_id}</a>
                    </th>
                    <td>{email}</td>
                    <td>{sent}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="Some members and what becomes of them" columns>
            {rows}
        </Table>
    }
    .into_any()
}
