//! What our source in Segment received lately, and what of it isn't Segue's.

use domain::connections::traffic::{Arrival, SourceTraffic};
use leptos::prelude::*;

use super::{
    api::{PAGE, Traffic, read_source_traffic},
    public::unusable,
};
use crate::{
    format,
    live::{loaded, read},
    ui::{Column, Empty, LinkButton, Notice, NoticeKind, Page, State, StateMark, Table},
};

/// The name of the page.
const NAME: &str = "What the source receives";

/// What came in with our write key.
#[component]
pub fn SourcePage() -> AnyView {
    let data = read(|| (), |()| read_source_traffic());
    loaded(data, NAME, source_page)
}

/// The page.
pub fn source_page(traffic: Traffic) -> AnyView {
    let traffic = match traffic {
        Traffic::Known(traffic) => traffic,
        Traffic::Unknown { reason } => {
            let answer = "Segment could not be asked what came in.".into_any();
            return view! {
                <Page name=NAME answer>
                    {unusable(reason)}
                    <div class="buttons">
                        <LinkButton href=PAGE>"Check the connections"</LinkButton>
                    </div>
                </Page>
            }
            .into_any();
        }
    };
    let answer = sentence(&traffic).into_any();
    let is_shared = traffic.foreign().next().is_some();
    let advice = is_shared.then(|| {
        view! {
            <Notice kind=NoticeKind::Late title="Others write to this source too">
                <p>
                    "Its destinations get what they send, and Segue's part can't be told apart when something is wrong. Make a source in Segment for Segue alone, connect its destinations there, and enter its write key."
                </p>
            </Notice>
            <div class="buttons">
                <LinkButton href=PAGE>"Enter another write key"</LinkButton>
            </div>
        }
    });
    let body = if traffic.arrivals.is_empty() {
        view! {
            <Empty
                title="Nothing came in"
                words="Segment counts a call a minute or so after it came. Run a mapping, or test the connection, and load this page again."
            />
        }
        .into_any()
    } else {
        let columns = vec![
            Column::words("Event"),
            Column::words("Call"),
            Column::figures("Last 24 h"),
            Column::words("Sent by"),
        ];
        let rows = traffic.arrivals.into_iter().map(row).collect_view();
        view! {
            <Table caption="Calls in the last 24 hours" columns>
                {rows}
            </Table>
        }
        .into_any()
    };
    view! {
        <Page name=NAME answer>
            {advice}
            {body}
            <p class="quiet reading">
                "Counted by Segment. An identify has no name: it counts as Segue's as long as there aren't more of them than of Segue's own events."
            </p>
        </Page>
    }
    .into_any()
}

fn sentence(traffic: &SourceTraffic) -> String {
    let source = &traffic.source;
    let kinds = traffic.foreign().count() as u64;
    let calls: u64 = traffic.foreign().map(|one| one.total).sum();
    match (traffic.arrivals.is_empty(), kinds) {
        (true, _) => format!("Nothing came into the source {source} in the last 24 hours."),
        (false, 0) => {
            format!("All that came into the source {source} in the last 24 hours is Segue's.")
        }
        (false, kinds) => format!(
            "{} of {} that Segue doesn't make came into the source {source} in the last 24 hours.",
            format::count(calls, "call", "calls"),
            format::count(kinds, "kind", "kinds")
        ),
    }
}

fn row(arrival: Arrival) -> AnyView {
    let Arrival { counted, is_ours } = arrival;
    let name = counted.event.unwrap_or_else(|| format::capital(&counted.kind));
    let (state, by) = if is_ours { (State::Ok, "Segue") } else { (State::Late, "Somebody else") };
    view! {
        <tr>
            <th scope="row" class="wrap">
                {name}
            </th>
            <td>{counted.kind}</td>
            <td class="num">{format::number(counted.total)}</td>
            <td>
                <StateMark state word=by />
            </td>
        </tr>
    }
    .into_any()
}
