//! The form that makes a mapping and the one that changes it.

use domain::mappings::{MappingSpec, UseCase};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api::{CreateMapping, MappingChoices, UpdateMapping, read_mapping_choices},
    dwell::dwell_hint,
    floor::{every_hint, typed_floor},
    preview::{Previewed, Previewing},
};
use crate::{
    form::{Answered, FormError, answered, ticked, typed, wrong},
    live::{loaded, read},
    ui::{
        Button, ButtonKind, CheckField, Choice, Choices, Empty, FixedField, LinkButton, Page,
        SelectField, TextField,
    },
    words,
};

/// The fields that show their own errors.
const FIELDS: &[&str] = &[
    "key",
    "audience",
    "destination",
    "use_case",
    "every",
    "holdout_percent",
    "offset",
    "dwell",
    "entry_event",
    "exclusivity_group",
    "priority",
    "gate_reason",
];

/// Makes a mapping.
#[component]
pub fn NewMappingPage() -> AnyView {
    let create = ServerAction::<CreateMapping>::new();
    let data = read(|| (), |()| read_mapping_choices(None));
    let previewing = Previewing::new();
    loaded(data, "New mapping", move |choices| new_page(choices, create, previewing))
}

/// The page that makes a mapping.
pub fn new_page(
    choices: MappingChoices,
    create: ServerAction<CreateMapping>,
    previewing: Previewing,
) -> AnyView {
    let answer = "Choose who goes where, and what for. It runs as soon as it is added.";
    let missing = match (choices.audiences.is_empty(), choices.destinations.is_empty()) {
        (true, _) => Some(("No audience to send", "/audiences/new", "Promote a segment")),
        (_, true) => Some(("No destination to send to", "/destinations/new", "Add a destination")),
        _ => None,
    };
    let body = match missing {
        Some((title, href, step)) => view! {
            <Empty title words="A mapping sends an audience to a destination: it needs both.">
                <LinkButton href kind=ButtonKind::Primary>
                    {step}
                </LinkButton>
            </Empty>
        }
        .into_any(),
        None => view! {
            <Previewed previewing>
                <ActionForm action=create attr:class="form">
                    {fields(choices, answered(create), "The mapping was not added")}
                    <div class="buttons">
                        <Button kind=ButtonKind::Primary busy=create.pending()>
                            "Add mapping"
                        </Button>
                        <LinkButton href="/mappings" kind=ButtonKind::Quiet>
                            "Cancel"
                        </LinkButton>
                        {preview_button("/mappings/new".to_owned())}
                    </div>
                </ActionForm>
            </Previewed>
        }
        .into_any(),
    };
    view! {
        <Page name="New mapping" narrow=true answer=answer.into_any()>
            {body}
        </Page>
    }
    .into_any()
}

/// Changes a mapping.
#[component]
pub fn EditMappingPage() -> AnyView {
    let params = use_params_map();
    let update = ServerAction::<UpdateMapping>::new();
    let key = move || params.read().get("key");
    let data = read(key, |key| read_mapping_choices(Some(key.unwrap_or_default())));
    let previewing = Previewing::new();
    loaded(data, "Edit mapping", move |choices| edit_page(choices, update, previewing))
}

/// The page that changes a mapping.
pub fn edit_page(
    choices: MappingChoices,
    update: ServerAction<UpdateMapping>,
    previewing: Previewing,
) -> AnyView {
    let key = choices.spec.as_ref().map(|spec| spec.key.to_string()).unwrap_or_default();
    let page = format!("/mappings/{key}");
    let again = format!("{page}/edit");
    let answer = view! {
        "A change of " <a href=page.clone()>{key.clone()}</a>
        " takes effect with its next run. What is already there stays until then."
    };
    view! {
        <Page name=format!("Edit {key}") narrow=true answer=answer.into_any()>
            <Previewed previewing>
                <ActionForm action=update attr:class="form">
                    {fields(choices, answered(update), "The mapping was not saved")}
                    <div class="buttons">
                        <Button kind=ButtonKind::Primary busy=update.pending()>
                            "Save mapping"
                        </Button>
                        <LinkButton href=page kind=ButtonKind::Quiet>
                            "Cancel"
                        </LinkButton>
                        {preview_button(again)}
                    </div>
                </ActionForm>
            </Previewed>
        </Page>
    }
    .into_any()
}

/// Shows what saving would do where no script does it with every change.
fn preview_button(page: String) -> AnyView {
    view! {
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
    }
    .into_any()
}

/// What a field holds at first: the mapping that is changed, or what makes sense.
fn first(spec: Option<&MappingSpec>, field: &str) -> String {
    let Some(spec) = spec else {
        return match field {
            "every" => "5m".to_owned(),
            "holdout_percent" => "0".to_owned(),
            "priority" => "100".to_owned(),
            "use_case" => UseCase::Retarget.to_string(),
            _ => String::new(),
        };
    };
    match field {
        "key" => spec.key.to_string(),
        "use_case" => spec.use_case.to_string(),
        "every" => spec.every.to_string(),
        "holdout_percent" => spec.holdout_percent.percent().to_string(),
        "offset" => spec.offset.map(|span| span.to_string()).unwrap_or_default(),
        "dwell" => spec.dwell.map(|span| span.to_string()).unwrap_or_default(),
        "entry_event" => spec.entry_event.clone().unwrap_or_default(),
        "exclusivity_group" => {
            spec.exclusivity_group.as_ref().map(ToString::to_string).unwrap_or_default()
        }
        "priority" => spec.priority.to_string(),
        _ => String::new(),
    }
}

fn fields(choices: MappingChoices, answered: Answered, title: &'static str) -> AnyView {
    let value = |field: &str| typed(field, &first(choices.spec.as_ref(), field));
    let use_cases = UseCase::ALL
        .into_iter()
        .map(|one| {
            Choice::new(one.as_str(), words::use_case(one)).with_hint(words::use_case_hint(one))
        })
        .collect();
    let key = match &choices.spec {
        // The key is part of what was sent: it never changes.
        Some(spec) => {
            view! { <input type="hidden" name="key" value=spec.key.to_string() /> }.into_any()
        }
        None => view! {
            <TextField
                name="key"
                label="Key"
                hint="Lower-case words joined by hyphens, such as cart-abandoners-meta. It names the mapping in files and scripts and can't be changed."
                class="input-mono"
                value=value("key")
                wrong=wrong(answered, "key")
            />
        }
        .into_any(),
    };
    view! {
        <FormError answered fields=FIELDS title />
        {key}
        {ends(&choices, answered)}
        <Choices
            name="use_case"
            label="Use case"
            options=use_cases
            value=value("use_case")
            wrong=wrong(answered, "use_case")
        />
        {further_fields(&choices, answered)}
    }
    .into_any()
}

/// Who goes where: chosen once, and fixed from then on.
fn ends(choices: &MappingChoices, answered: Answered) -> AnyView {
    let audiences: Vec<Choice> = choices
        .audiences
        .iter()
        .map(|row| {
            let segment = format!("segment {}", row.spec.segment);
            let name = row.segment_name.clone().unwrap_or(segment);
            Choice::new(row.spec.key.to_string(), format!("{} · {name}", row.spec.key))
        })
        .collect();
    let destinations: Vec<Choice> = choices
        .destinations
        .iter()
        .map(|row| {
            let words = format!("{} · {}", row.spec.key, row.spec.profile.label());
            Choice::new(row.spec.key.to_string(), words)
        })
        .collect();
    if let Some(spec) = &choices.spec {
        let (audience, destination) = (spec.audience.to_string(), spec.destination.to_string());
        let audience_words = words_of(&audiences, &audience);
        let destination_words = words_of(&destinations, &destination);
        return view! {
            <FixedField name="audience" label="Audience" value=audience words=audience_words />
            <FixedField
                name="destination"
                label="Destination"
                value=destination
                words=destination_words
                hint="A mapping keeps its audience and its destination: whoever is there by it would be owed an exit by nobody. To send other people or to another place, add another mapping."
            />
        }
        .into_any();
    }
    let value = |field: &str| typed(field, "");
    view! {
        <SelectField
            name="audience"
            label="Audience"
            options=audiences
            empty="Choose an audience"
            value=value("audience")
            wrong=wrong(answered, "audience")
        />
        <SelectField
            name="destination"
            label="Destination"
            options=destinations
            empty="Choose a destination"
            value=value("destination")
            wrong=wrong(answered, "destination")
        />
    }
    .into_any()
}

/// The words of a choice; its value where it is none any more.
fn words_of(choices: &[Choice], value: &str) -> String {
    let choice = choices.iter().find(|choice| choice.value == value);
    choice.map_or_else(|| value.to_owned(), |choice| choice.words.clone())
}

/// How it runs: all of it has a value that makes sense from the start.
fn further_fields(choices: &MappingChoices, answered: Answered) -> AnyView {
    let spec = choices.spec.as_ref();
    let value = |field: &str| typed(field, &first(spec, field));
    let destination = spec.map(|spec| spec.destination.to_string()).unwrap_or_default();
    let floor = typed_floor(choices, &typed("destination", &destination), &value("every"));
    view! {
        <TextField
            name="every"
            label="Runs every"
            hint=every_hint(choices)
            class="input-mono input-short"
            value=value("every")
            wrong=wrong(answered, "every")
        />
        {floor}
        <TextField
            name="holdout_percent"
            label="Holdout"
            hint="Members who are never sent, so that the effect can be measured."
            kind="number"
            class="input-short"
            unit="% of members"
            value=value("holdout_percent")
            wrong=wrong(answered, "holdout_percent")
        />
        <TextField
            name="offset"
            label="Hold entries for"
            hint="Such as 4h: nobody is sent before they have been in the audience for so long, so that messages come first. A purchase meanwhile cancels the entry. Looked at with every run."
            class="input-mono input-short"
            value=value("offset")
            wrong=wrong(answered, "offset")
            optional=true
        />
        <TextField
            name="dwell"
            label="Stay out for"
            hint=dwell_hint(choices.flapping)
            class="input-mono input-short"
            value=value("dwell")
            wrong=wrong(answered, "dwell")
            optional=true
        />
        <TextField
            name="entry_event"
            label="Event for an entry"
            hint="Such as Entered Cart Abandoners: an event of its own with what the person is worth, why they came in and the allowed fields, for whatever reacts to events. Lists of people don't read it."
            value=value("entry_event")
            wrong=wrong(answered, "entry_event")
            optional=true
        />
        <TextField
            name="exclusivity_group"
            label="Exclusivity group"
            hint="In a group each person is in one audience only. Give every mapping of the group the same name."
            class="input-mono"
            value=value("exclusivity_group")
            wrong=wrong(answered, "exclusivity_group")
            optional=true
        />
        <TextField
            name="priority"
            label="Priority in the group"
            hint="The lower goes first. Each audience of a group has its own."
            kind="number"
            class="input-short"
            value=value("priority")
            wrong=wrong(answered, "priority")
        />
        <CheckField
            name="active"
            label="Active"
            checked=ticked("active", spec.is_none_or(|spec| spec.active))
            hint="A paused mapping sends only what protects people."
        />
        <TextField
            name="gate_reason"
            label="Reason to pass a gate"
            hint="Needed only where a gate keeps it from starting: it stays with your name in its checklist and in the matrix."
            value=typed("gate_reason", "")
            wrong=wrong(answered, "gate_reason")
            optional=true
        />
    }
    .into_any()
}
