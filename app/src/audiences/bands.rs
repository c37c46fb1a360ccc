//! The page that cuts lapsed buyers into bands. Pure: the answer is worked out wherever the page
//! is drawn, from its address.

use domain::{
    audiences::bands::{Band, bands},
    time::Span,
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};

use crate::{
    format,
    ui::{Button, ButtonKind, Column, LinkButton, Page, Section, Table, TextField},
};

/// What a field holds and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cut {
    from: String,
    to: String,
    each: String,
    bands: Result<Vec<Band>, (&'static str, String)>,
}

impl Cut {
    fn of(text: impl Fn(&str) -> Option<String>) -> Self {
        let or = |name: &str, first: &str| text(name).unwrap_or_else(|| first.to_owned());
        let (from, to, each) = (or("from", "30d"), or("to", "120d"), or("each", "30d"));
        let span = |name: &'static str, text: &str| -> Result<Span, (&'static str, String)> {
            text.trim().parse().map_err(|_| (name, "Write whole days, such as 30d".to_owned()))
        };
        let cut = || bands(span("from", &from)?, span("to", &to)?, span("each", &each)?);
        let bands = cut();
        Self { from, to, each, bands }
    }
}

/// Bands of lapsed buyers.
#[component]
pub fn BandsPage() -> AnyView {
    let query = use_query_map();
    let show = move || {
        let query = query.read();
        bands_page(|name| query.get(name))
    };
    view! { {show} }.into_any()
}

/// The page, with what its address says.
pub fn bands_page(text: impl Fn(&str) -> Option<String>) -> AnyView {
    let Cut { from, to, each, bands } = Cut::of(text);
    let wrong = |name: &'static str| {
        let found = match &bands {
            Err((field, message)) if *field == name => Some(format::capital(message)),
            _ => None,
        };
        Signal::stored(found)
    };
    let (wrong_from, wrong_to, wrong_each) = (wrong("from"), wrong("to"), wrong("each"));
    let answer = match &bands {
        Ok(bands) => format!(
            "{} from {from} to {to}: whoever lapsed stands in one of them, and in no two.",
            format::count(bands.len() as u64, "band", "bands")
        ),
        Err(_) => "The stretch can't be cut like this.".to_owned(),
    };
    let table = bands.ok().map(table);
    view! {
        <Page name="Bands of lapsed buyers" answer=answer.into_any()>
            <Form method="GET" action="/audiences/bands" attr:class="form-row">
                <TextField
                    name="from"
                    label="From days ago"
                    class="input-mono input-short"
                    value=from
                    wrong=wrong_from
                />
                <TextField
                    name="to"
                    label="To days ago"
                    class="input-mono input-short"
                    value=to
                    wrong=wrong_to
                />
                <TextField
                    name="each"
                    label="Days in each"
                    class="input-mono input-short"
                    value=each
                    wrong=wrong_each
                />
                <Button>"Cut bands"</Button>
            </Form>
            {table}
        </Page>
    }
    .into_any()
}

fn table(bands: Vec<Band>) -> AnyView {
    let columns = vec![
        Column::words("Band"),
        Column::words("Conditions to enter in Customer.io"),
        Column::actions("Promote it"),
    ];
    let rows = bands
        .into_iter()
        .map(|band| {
            let window = band.window.to_string();
            let href = format!(
                "/audiences/new?key={}&window={window}&purpose={}",
                band.key,
                format::in_address(&band.purpose)
            );
            let label = format!("Promote {}", band.key);
            view! {
                <tr>
                    <th scope="row">{window}</th>
                    <td class="wrap">{band.conditions}</td>
                    <td class="pick">
                        <LinkButton href kind=ButtonKind::Quiet>
                            {label}
                        </LinkButton>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="Make a segment of each">
            <p class="reading">
                "Customer.io lets nobody make a segment with conditions from outside: enter them there, then promote each one here. The last band may be shorter."
            </p>
            <Table caption="Bands" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}
