//! The forms that promote a segment to an audience, and that change what is said of one.

use domain::audiences::{
    AudienceSpec, SegmentRow, SegmentState,
    template::{TEMPLATES, Template},
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::{EditAudience, PromoteAudience, Segments, read_audience, read_segments};
use crate::{
    form::{Answered, FormError, answered, typed, wrong},
    format,
    live::{loaded, read},
    ui::{
        Button, ButtonKind, Choice, Empty, FixedField, LinkButton, Notice, NoticeKind, Page,
        Section, SelectField, TextField, UseCaseMark,
    },
    words,
    workspace::currency,
};

/// Promotes a segment.
#[component]
pub fn PromotePage() -> AnyView {
    let promote = ServerAction::<PromoteAudience>::new();
    let data = read(|| (), |()| read_segments());
    loaded(data, "Promote a segment", move |segments| promote_page(segments, promote))
}

/// The page.
pub fn promote_page(segments: Segments, promote: ServerAction<PromoteAudience>) -> AnyView {
    let (answer, body) = match segments {
        Segments::Unknown { reason } => (
            "The segments can't be read from Customer.io.".to_owned(),
            view! {
                <Notice kind=NoticeKind::Failing title="No list of segments">
                    <p>{reason}</p>
                </Notice>
                <div class="buttons">
                    <LinkButton href="/settings/connections" kind=ButtonKind::Primary>
                        "Check the connection"
                    </LinkButton>
                </div>
            }
            .into_any(),
        ),
        Segments::Known(rows) if rows.is_empty() => (
            "The workspace has no segment yet.".to_owned(),
            view! {
                <Empty
                    title="No segments in Customer.io"
                    words="Who is in a segment is decided there. Make one, then come back."
                />
            }
            .into_any(),
        ),
        Segments::Known(rows) => {
            let free = rows.iter().filter(|row| row.promoted_as.is_none()).count();
            let answer = format!(
                "{free} of {} segments can be promoted. Customer.io goes on deciding who is in them.",
                rows.len()
            );
            (answer, form(rows, promote))
        }
    };
    view! {
        <Page name="Promote a segment" narrow=true answer=answer.into_any()>
            {body}
        </Page>
    }
    .into_any()
}

fn form(rows: Vec<SegmentRow>, promote: ServerAction<PromoteAudience>) -> AnyView {
    let answered = answered(promote);
    let options = rows
        .into_iter()
        .map(|row| {
            let building = match row.segment.state {
                SegmentState::Building { .. } => " · still building",
                SegmentState::Finished => "",
            };
            let already =
                row.promoted_as.map(|key| format!(" · already {key}")).unwrap_or_default();
            let words = format!("{} ({}){building}{already}", row.segment.name, row.segment.id);
            Choice::new(row.segment.id.to_string(), words)
        })
        .collect();
    let template = Template::named(&typed("template", ""));
    view! {
        {template.map(chosen)}
        <ActionForm action=promote attr:class="form">
            <FormError answered fields=FIELDS title="The segment was not promoted" />
            <SelectField
                name="segment"
                label="Segment"
                options
                empty="Choose a segment"
                value=typed("segment", "")
                wrong=wrong(answered, "segment")
            />
            <TextField
                name="key"
                label="Key"
                hint="Lower-case words joined by hyphens, such as cart-abandoners. Destinations see it with underscores, and it can't be changed."
                class="input-mono"
                value=typed("key", template.map_or("", |template| template.key))
                wrong=wrong(answered, "key")
            />
            {described(&First::of(template), answered)}
            <div class="buttons">
                <Button kind=ButtonKind::Primary busy=promote.pending()>
                    "Promote segment"
                </Button>
                <LinkButton href="/audiences" kind=ButtonKind::Quiet>
                    "Cancel"
                </LinkButton>
            </div>
        </ActionForm>
        {template.is_none().then(templates)}
    }
    .into_any()
}

/// Changes what is said of an audience.
#[component]
pub fn EditAudiencePage() -> AnyView {
    let edit = ServerAction::<EditAudience>::new();
    let params = use_params_map();
    let key = Memo::new(move |_| params.read().get("key").unwrap_or_default());
    let data = read(move || key.get(), read_audience);
    loaded(data, "Edit audience", move |one| edit_page(&one.row.spec, edit))
}

/// The page.
pub fn edit_page(spec: &AudienceSpec, edit: ServerAction<EditAudience>) -> AnyView {
    let answered = answered(edit);
    let key = spec.key.to_string();
    let back = format!("/audiences/{key}");
    let answer = "An audience keeps its key and its segment. What is said of it here changes nothing about who is in it.";
    let (segment, fields) = (spec.segment.to_string(), described(&First::from(spec), answered));
    view! {
        <Page name=format!("Edit {key}") narrow=true answer=answer.into_any()>
            <ActionForm action=edit attr:class="form">
                <FormError answered fields=FIELDS title="The audience was not changed" />
                <FixedField name="key" label="Audience" value=key.clone() words=key.clone() />
                <input type="hidden" name="segment" value=segment />
                {fields}
                <div class="buttons">
                    <Button kind=ButtonKind::Primary busy=edit.pending()>
                        "Save audience"
                    </Button>
                    <LinkButton href=back kind=ButtonKind::Quiet>
                        "Cancel"
                    </LinkButton>
                </div>
            </ActionForm>
        </Page>
    }
    .into_any()
}

/// What the fields hold before anything is typed.
#[derive(Default)]
struct First {
    owner: String,
    purpose: String,
    window: String,
    review_on: String,
}

impl First {
    fn of(template: Option<Template>) -> Self {
        template.map_or_else(Self::default, |template| Self {
            purpose: template.purpose.to_owned(),
            window: template.window.unwrap_or_default().to_owned(),
            ..Self::default()
        })
    }
}

impl From<&AudienceSpec> for First {
    fn from(spec: &AudienceSpec) -> Self {
        Self {
            owner: spec.owner.clone().unwrap_or_default(),
            purpose: spec.purpose.clone().unwrap_or_default(),
            window: spec.window.map(|window| window.to_string()).unwrap_or_default(),
            review_on: spec.review_on.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

/// What is said of an audience, new or there already.
fn described(first: &First, answered: Answered) -> AnyView {
    view! {
        <TextField
            name="purpose"
            label="Purpose"
            hint="What it is for, in a sentence."
            value=typed("purpose", &first.purpose)
            wrong=wrong(answered, "purpose")
            optional=true
        />
        <TextField
            name="owner"
            label="Owner"
            hint="Who answers for this audience: a person or a team."
            value=typed("owner", &first.owner)
            wrong=wrong(answered, "owner")
            optional=true
        />
        <TextField
            name="review_on"
            label="Review on"
            kind="date"
            hint="The day on which somebody looks whether it is still wanted as it is."
            class="input-short"
            value=typed("review_on", &first.review_on)
            wrong=wrong(answered, "review_on")
            optional=true
        />
        <TextField
            name="window"
            label="Window"
            hint="How long ago its people did what brought them in, as the segment's conditions say: 4h, or 60d-120d. It is judged by what the audience is for."
            class="input-mono input-short"
            value=typed("window", &first.window)
            wrong=wrong(answered, "window")
            optional=true
        />
    }
    .into_any()
}

/// What to enter in Customer.io for a template, and what comes after.
fn chosen(template: Template) -> AnyView {
    let without: Vec<String> = template.without.iter().map(ToString::to_string).collect();
    let amount = template.has_amount.then(|| format!(" The amount is in {}.", currency()));
    let identifiers: Vec<String> = template.identifiers.iter().map(ToString::to_string).collect();
    view! {
        <Notice kind=NoticeKind::Plain title=format!("{}: first make the segment", template.name)>
            <p>
                "In Customer.io, make a data-driven segment with these conditions, then choose it below: "
                {template.conditions} "." {amount}
            </p>
            <p>
                {format!(
                    "Then map it to {}, kept out by {}. People are found by {}.",
                    words::use_case(template.use_case).to_lowercase(),
                    format::list(&without),
                    format::list(&identifiers),
                )}
            </p>
        </Notice>
    }
    .into_any()
}

/// Audiences that nearly every shop wants.
fn templates() -> AnyView {
    let lines = TEMPLATES
        .into_iter()
        .map(|template| {
            let href = format!("/audiences/new?template={}", template.key);
            view! {
                <li>
                    <a href=href>{template.name}</a>
                    " "
                    <UseCaseMark use_case=template.use_case />
                    <small class="quiet">" " {template.purpose} "."</small>
                </li>
            }
        })
        .collect_view();
    view! {
        <Section title="Begin with a template">
            <ul class="plain">{lines}</ul>
            <p>
                <a href="/audiences/bands">"Cut lapsed buyers into bands"</a>
                <small class="quiet">" that don't overlap, such as 30, 60 and 90 days."</small>
            </p>
        </Section>
    }
    .into_any()
}

/// What the forms send.
const FIELDS: &[&str] = &["key", "segment", "owner", "window", "purpose", "review_on"];
