//! What may flow to a destination: the form that changes it, and what the change would do,
//! renewed with every change of a field, and by a button where there is no script.

use domain::destinations::{
    DestinationSpec,
    fields::{Difference, FieldsPreview, Flow},
};
use leptos::{ev::Event, prelude::*};
use leptos_router::hooks::use_query_map;

use super::{
    api::{ChangeFields, FieldsTold, PreviewFields, preview_fields},
    one::messages,
};
use crate::{
    browser,
    error::AppError,
    form::{FormError, answered, is_sent_again, typed, wrong},
    format,
    live::read,
    ui::{Button, ButtonKind, Column, Figure, Section, Table, TextField, UseCaseMark},
};

/// What a preview answered; nothing until somebody asks.
type Answer = Option<Result<FieldsTold, AppError>>;

/// What other fields would do, asked for once in the page's life.
#[derive(Clone, Copy)]
pub struct FieldsPreviewing {
    ask: ServerAction<PreviewFields>,
    /// The newest answer.
    shown: Signal<Answer>,
}

impl FieldsPreviewing {
    /// Ready to be asked. Without a script the page is loaded again with what was chosen in
    /// its address, and the answer is there from the start. What was saved is told no longer.
    #[must_use]
    pub fn new(key: Memo<String>, change: ServerAction<ChangeFields>) -> Self {
        let ask = ServerAction::<PreviewFields>::new();
        let query = use_query_map().get_untracked();
        let sent = query.get("preview").map(|_| {
            let add = query.get("add").unwrap_or_default();
            (key.get_untracked(), query.get_all("keep[]").unwrap_or_default(), add)
        });
        let first = read(
            || (),
            move |()| {
                let sent = sent.clone();
                async move {
                    match sent {
                        Some((key, keep, add)) => Some(preview_fields(key, keep, add).await),
                        None => None,
                    }
                }
            },
        );
        let saved = move || matches!(change.value().get(), Some(Ok(())));
        Effect::new(move |_| {
            if saved() {
                ask.clear();
            }
        });
        let shown = Signal::derive(move || {
            ask.value().get().or_else(|| first.get().flatten().filter(|_| !saved()))
        });
        Self { ask, shown }
    }

    /// With this answer, whatever is asked.
    #[must_use]
    pub fn answered(answer: Answer) -> Self {
        Self { ask: ServerAction::new(), shown: Signal::stored(answer) }
    }
}

/// The fields that may flow, and what another choice would do.
pub fn fields_section(
    spec: &DestinationSpec,
    change: ServerAction<ChangeFields>,
    previewing: FieldsPreviewing,
) -> AnyView {
    let FieldsPreviewing { ask, shown } = previewing;
    let changed = move |event: Event| {
        if let Some(asked) = browser::entered::<PreviewFields>(&event) {
            ask.dispatch(asked);
        }
    };
    let key = spec.key.to_string();
    let by_itself = if spec.profile.sends_contact() { "id, e-mail, phone" } else { "id" };
    let form = fields_form(spec, change);
    let answers = move || shown.get().map(|answer| told(answer, &key));
    view! {
        <Section title="What may flow there">
            <p class="reading">
                "By itself: " {by_itself} ". Everything else stays unless it is named here."
            </p>
            <div class="previewed">
                <div on:change=changed>{form}</div>
                <div aria-live="polite" aria-busy=move || ask.pending().get().to_string()>
                    <Transition fallback=|| ()>{answers}</Transition>
                </div>
            </div>
        </Section>
    }
    .into_any()
}

fn fields_form(spec: &DestinationSpec, change: ServerAction<ChangeFields>) -> AnyView {
    let answered = answered(change);
    let query = use_query_map().get_untracked();
    let kept = is_sent_again().then(|| query.get_all("keep[]").unwrap_or_default());
    let (key, page) = (spec.key.to_string(), format!("/destinations/{}", spec.key));
    // What was saved is typed no longer; what was refused stays.
    let saved = Memo::new(move |last: Option<&usize>| match change.value().get() {
        Some(Ok(())) => change.version().get(),
        _ => last.copied().unwrap_or(0),
    });
    // With each saving every box is a new one: nobody's tick passes on to another field.
    let version = saved.get_untracked();
    let fields: Vec<(usize, String)> = spec.fields.iter().cloned().enumerate().collect();
    let rows = view! {
        <For
            each=move || fields.clone()
            key=move |(place, field)| (version, *place, field.clone())
            children=move |(place, field)| {
                let checked = kept.as_ref().is_none_or(|kept| kept.contains(&field));
                allowed_field(place, field, checked)
            }
        />
    };
    let allowed = if spec.fields.is_empty() {
        view! { <p class="quiet">"No field is allowed."</p> }.into_any()
    } else {
        view! {
            <fieldset class="field">
                <legend>"Allowed fields"</legend>
                <div class="choices">{rows}</div>
            </fieldset>
        }
        .into_any()
    };
    view! {
        <ActionForm action=change attr:class="form">
            <FormError answered fields=&["add"] title="The fields were not changed" />
            <input type="hidden" name="key" value=key />
            {allowed}
            <TextField
                name="add"
                label="Allow further fields"
                hint="Attributes as Customer.io names them, separated by commas. In a lookalike seed the first that is a number is what it is worth."
                class="input-mono"
                value=typed("add", "")
                wrong=wrong(answered, "add")
                optional=true
                forget=saved
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary busy=change.pending()>
                    "Save fields"
                </Button>
                <button
                    class="button asleep"
                    name="preview"
                    value="1"
                    formaction=page
                    formmethod="get"
                    formnovalidate
                >
                    "Preview"
                </button>
            </div>
        </ActionForm>
    }
    .into_any()
}

/// A field that flows unless its box is cleared.
fn allowed_field(place: usize, field: String, checked: bool) -> AnyView {
    let id = format!("keep-{place}");
    view! {
        <div class="field check">
            <input type="hidden" name="base[]" value=field.clone() />
            <input
                type="checkbox"
                id=id.clone()
                name="keep[]"
                value=field.clone()
                checked=checked
            />
            <label for=id class="field-name">
                {field}
            </label>
        </div>
    }
    .into_any()
}

/// What a preview answered, in words.
pub fn told(answer: Result<FieldsTold, AppError>, key: &str) -> AnyView {
    let words = match answer {
        Ok(FieldsTold::Preview(preview)) => return panel(*preview, key),
        Ok(FieldsTold::NotYet { message }) => format!("Not to be told yet: {message}."),
        Err(error) => error.to_string(),
    };
    view! {
        <Section title="What saving would do">
            <p class="quiet">{words}</p>
        </Section>
    }
    .into_any()
}

/// The whole of it.
pub fn panel(preview: FieldsPreview, key: &str) -> AnyView {
    let FieldsPreview { difference, flows, people, examples } = preview;
    let is_nothing = difference.begins.is_empty() && difference.stops.is_empty();
    let words = sentence(&difference, &flows, people, key);
    let rest = (!is_nothing).then(|| {
        view! {
            {(!flows.is_empty()).then(|| table(flows, &difference))}
            {messages(&examples, &difference.begins)}
        }
    });
    view! {
        <Section title="What saving would do">
            <p>{words}</p>
            {rest}
        </Section>
    }
    .into_any()
}

fn sentence(difference: &Difference, flows: &[Flow], people: u64, key: &str) -> String {
    let Difference { begins, stops } = difference;
    let mappings = || format::count(flows.len() as u64, "mapping", "mappings");
    let starting = match (begins.as_slice(), flows) {
        ([], _) => None,
        (begins, []) => Some(format!(
            "{} may flow to {key} from then on; no mapping sends there yet.",
            format::list(begins)
        )),
        (begins, _) => Some(format!(
            "{} would begin to flow to {key}: about {} at most, by {}.",
            format::list(begins),
            format::count(people, "person", "people"),
            mappings()
        )),
    };
    let stopping = (!stops.is_empty()).then(|| {
        format!(
            "{} would stop flowing to {key}. What is there already stays there: Segue can't take it back.",
            format::list(stops)
        )
    });
    let all: Vec<String> = starting.into_iter().chain(stopping).collect();
    if all.is_empty() { "Nothing would change.".to_owned() } else { all.join(" ") }
}

fn table(flows: Vec<Flow>, difference: &Difference) -> AnyView {
    let begins = !difference.begins.is_empty();
    let columns = vec![
        Column::words("By mapping"),
        Column::words("Use case"),
        Column::figures("People"),
        Column::words("When"),
    ];
    let rows = flows
        .into_iter()
        .map(|flow| {
            let when = match (flow.active, begins && flow.tells_again) {
                (false, _) => "Paused: only with what protects",
                (true, true) => "Once the values are read: they are told again",
                (true, false) => "With the next message about each",
            };
            let href = format!("/mappings/{}", flow.mapping);
            view! {
                <tr>
                    <th scope="row">
                        <a href=href>{flow.mapping.to_string()}</a>
                    </th>
                    <td>
                        <UseCaseMark use_case=flow.use_case />
                    </td>
                    <Figure value=flow.people />
                    <td class="wrap">{when}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="Mappings by which it would flow or stop" columns>
            {rows}
        </Table>
    }
    .into_any()
}
