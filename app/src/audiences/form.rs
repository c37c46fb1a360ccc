//! The form that promotes a segment to an audience.

use domain::audiences::{SegmentRow, SegmentState};
use leptos::prelude::*;

use super::api::{PromoteAudience, Segments, read_segments};
use crate::{
    form::{FormError, answered, typed, wrong},
    live::loaded,
    ui::{
        Button, ButtonKind, Choice, Empty, LinkButton, Notice, NoticeKind, Page, SelectField,
        TextField,
    },
};

/// Promotes a segment.
#[component]
pub fn PromotePage() -> AnyView {
    let promote = ServerAction::<PromoteAudience>::new();
    let data = Resource::new(|| (), |()| read_segments());
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
    view! {
        <ActionForm action=promote attr:class="form">
            <FormError
                answered
                fields=&["key", "segment", "owner", "window"]
                title="The segment was not promoted"
            />
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
                value=typed("key", "")
                wrong=wrong(answered, "key")
            />
            <TextField
                name="owner"
                label="Owner"
                hint="Who answers for this audience: a person or a team."
                value=typed("owner", "")
                wrong=wrong(answered, "owner")
                optional=true
            />
            <TextField
                name="window"
                label="Window"
                hint="How long ago its people did what brought them in, as the segment's conditions say: 4h, or 60d-120d. It is judged by what the audience is for."
                class="input-mono input-short"
                value=typed("window", "")
                wrong=wrong(answered, "window")
                optional=true
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary busy=promote.pending()>
                    "Promote segment"
                </Button>
                <LinkButton href="/audiences" kind=ButtonKind::Quiet>
                    "Cancel"
                </LinkButton>
            </div>
        </ActionForm>
    }
    .into_any()
}
