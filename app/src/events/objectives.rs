//! How use cases fare against their objectives, and what lateness may have cost.

use domain::{
    events::objective::{SHARE, Standing, wasted},
    mappings::UseCase,
    workspace::AdCost,
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{Column, State, StateMark, Table},
    words, workspace,
};

/// Their table, and the estimate below it; nothing before anybody had to leave.
pub fn objectives(standings: Vec<Standing>, ads: Option<AdCost>) -> Option<AnyView> {
    if standings.is_empty() {
        return None;
    }
    let columns = vec![
        Column::words("Use case"),
        Column::words("Objective"),
        Column::words("State"),
        Column::figures("Had to leave"),
        Column::figures("Late"),
        Column::figures("Still there"),
        Column::figures("Error budget used"),
        Column::figures("Burn, last hour"),
    ];
    let cost = cost(&standings, ads);
    let rows = standings.into_iter().map(row).collect_view();
    let view = view! {
        <Table caption="Objectives, last 7 days" columns>
            {rows}
        </Table>
        <p class="quiet reading">
            "Late is who left after the objective's time or is still there. The error budget is the 1 of 100 that may be late; a burn of 1 uses it up in 7 days."
        </p>
        {cost}
    };
    Some(view.into_any())
}

/// Whether its error budget is used up, or soon will be.
#[must_use]
pub fn state(standing: &Standing) -> (State, &'static str) {
    if standing.long.burn() > 100 {
        (State::Failing, "Missed")
    } else if standing.short.burn() > 100 {
        (State::Late, "Burning")
    } else {
        (State::Ok, "Met")
    }
}

fn row(standing: Standing) -> AnyView {
    let (state, word) = state(&standing);
    let Standing { use_case, within, long, short, there, .. } = standing;
    let objective = format!("{SHARE} of 100 within {}", format::duration(within));
    let burn = match short.people {
        0 => "–".to_owned(),
        _ => format!("{}×", domain::number::Hundredths::from(short.burn())),
    };
    view! {
        <tr>
            <th scope="row">{words::use_case(use_case)}</th>
            <td>{objective}</td>
            <td>
                <StateMark state word />
            </td>
            <td class="num">{format::number(long.people)}</td>
            <td class="num">{format::number(long.late)}</td>
            <td class="num">{format::number(there)}</td>
            <td class="num">{format::share(long.burn(), 100)}</td>
            <td class="num">{burn}</td>
        </tr>
    }
    .into_any()
}

/// What ads may have cost that went on after a purchase: only where ads are shown.
fn cost(standings: &[Standing], ads: Option<AdCost>) -> Option<AnyView> {
    let retarget = standings.iter().find(|one| one.use_case == UseCase::Retarget)?;
    let settings = view! { <a href=workspace::api::PAGE>"the workspace's settings"</a> };
    let late_for = retarget.late_for;
    let view = match ads {
        _ if late_for.0 == 0 => view! {
            <p class="reading">"Nobody was late in the last 7 days: our part of the way cost no ads."</p>
        }
        .into_any(),
        None => view! {
            <p class="reading">
                {format!(
                    "Those who were late stayed {} after their event, all together. Say in ",
                    format::duration(late_for),
                )} {settings} " what ads cost, and what that may have cost is estimated here."
            </p>
        }
        .into_any(),
        Some(cost) => {
            let currency = workspace::currency();
            let amount = format!("About {} {currency}", wasted(late_for, cost));
            let AdCost { per_thousand, impressions_a_day } = cost;
            let formula = format!(
                " may have gone into ads for people who were late: {} after their event, all together × {impressions_a_day} impressions a day × {per_thousand} {currency} for 1,000 of them. Both figures are in ",
                format::duration(late_for)
            );
            view! {
                <p class="reading">
                    <strong>{amount}</strong>
                    {formula}
                    {settings}
                    "."
                </p>
            }
            .into_any()
        }
    };
    Some(view)
}
