//! How often the audiences are read that keep people out, and what that takes of Customer.io's
//! budget.

use domain::{
    sync::{Spending, Watched},
    time::Instant,
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{Column, Empty, Moment, Nothing, Table},
};

/// The table and the budget.
pub fn watching(watched: Vec<Watched>, spending: Spending, now: Instant) -> AnyView {
    if watched.is_empty() {
        return view! {
            <Empty
                title="No suppression reads an audience"
                words="An audience that keeps people out is read every 15 seconds, and whoever is new there leaves at once."
            />
        }
        .into_any();
    }
    let columns = vec![
        Column::words("Audience"),
        Column::words("Keeps out by"),
        Column::figures("Requests a reading"),
        Column::figures("Read every"),
        Column::words("Last read"),
    ];
    let rows = watched.into_iter().map(|one| row(one, now)).collect_view();
    view! {
        <Table caption="Audiences that keep people out" columns>
            {rows}
        </Table>
        <p class="reading">{budget(spending)}</p>
    }
    .into_any()
}

fn budget(spending: Spending) -> String {
    let Spending { watching, runs, budget } = spending;
    let requests = format::count(budget, "request", "requests");
    let end = if u64::from(watching.0) + u64::from(runs.0) > 100 * budget {
        ". Together that is more than the budget, so runs take longer than their intervals: let them run less often."
    } else {
        ". What is left is for attributes and for tests."
    };
    format!(
        "By these intervals reading them takes {watching} of {requests} a second that Customer.io grants, and the runs of all mappings take {runs}{end}"
    )
}

fn row(watched: Watched, now: Instant) -> AnyView {
    let Watched { audience, rules, requests, every, read_at } = watched;
    let rules: Vec<String> = rules.iter().map(ToString::to_string).collect();
    let read_at = match read_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => view! { <Nothing words="never" /> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/audiences/{audience}")>{audience.to_string()}</a>
            </th>
            <td class="wrap">{format::list(&rules)}</td>
            <td class="num">{format::number(requests)}</td>
            <td class="num">{format::duration(every)}</td>
            <td>{read_at}</td>
        </tr>
    }
    .into_any()
}
