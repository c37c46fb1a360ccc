//! The list of audiences.

use domain::{
    audiences::{AudienceRow, Mirror},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    api::{AudiencesView, read_audiences},
    coverage::CoveragePage,
};
use crate::{
    format,
    live::{loaded, read, renew},
    ui::{
        ButtonKind, Column, Empty, Figure, LinkButton, Mark, Moment, Nothing, Page, State,
        StateMark, Tab, Table, Tabs,
    },
};

/// All audiences, as a list or by what names their members.
#[component]
pub fn AudiencesPage() -> AnyView {
    let query = use_query_map();
    let is_coverage = Memo::new(move |_| query.read().get("view").as_deref() == Some("coverage"));
    let show = move || {
        if is_coverage.get() {
            view! { <CoveragePage /> }
        } else {
            view! { <ListPage /> }
        }
    };
    view! { {show} }.into_any()
}

/// The two views of all audiences.
pub fn views(is_coverage: bool) -> AnyView {
    let tab = |href: &str, words: &str, current| Tab {
        href: href.to_owned(),
        words: words.to_owned(),
        current,
    };
    let tabs = vec![
        tab("/audiences", "List", !is_coverage),
        tab("/audiences?view=coverage", "Identifier coverage", is_coverage),
    ];
    view! { <Tabs label="Views of the audiences" tabs /> }.into_any()
}

#[component]
fn ListPage() -> AnyView {
    let data = read(|| (), |()| read_audiences());
    renew(data, |_| false);
    loaded(data, "Audiences", audiences_page)
}

/// The list's page.
pub fn audiences_page(view: AudiencesView) -> AnyView {
    let AudiencesView { now, audiences } = view;
    let answer = sentence(&audiences);
    let promote = || {
        view! {
            <LinkButton href="/audiences/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Promote a segment"
            </LinkButton>
        }
    };
    if audiences.is_empty() {
        return view! {
            <Page name="Audiences" answer=answer.into_any()>
                <Empty
                    title="No audiences yet"
                    words="Each promoted segment appears here with its members, who of them can be identified, and how fresh that is."
                >
                    {promote()}
                </Empty>
            </Page>
        }
        .into_any();
    }
    let columns = vec![
        Column::words("Audience"),
        Column::words("Segment in Customer.io"),
        Column::words("Members read"),
        Column::figures("Members"),
        Column::figures("With e-mail"),
        Column::figures("With id"),
        Column::figures("Mappings"),
        Column::words("Owner"),
    ];
    let rows = audiences.into_iter().map(|row| audience_row(row, now)).collect_view();
    view! {
        <Page name="Audiences" answer=answer.into_any() actions=promote().into_any()>
            {views(false)}
            <Table caption="Audiences" columns>
                {rows}
            </Table>
        </Page>
    }
    .into_any()
}

fn sentence(rows: &[AudienceRow]) -> String {
    if rows.is_empty() {
        return "No segment is promoted: nobody can be sent anywhere yet.".to_owned();
    }
    let members: u64 = rows.iter().map(|row| row.members).sum();
    let email: u64 = rows.iter().map(|row| row.with_email).sum();
    let stale: Vec<String> = rows
        .iter()
        .filter(|row| matches!(row.mirror, Mirror::Stale { .. }))
        .map(|row| row.spec.key.to_string())
        .collect();
    let verb = if rows.len() == 1 { "has" } else { "have" };
    let fresh = match stale.as_slice() {
        [] => String::new(),
        [one] => format!(" {one} could not be read anew."),
        several if several.len() <= 3 => {
            format!(" {} could not be read anew.", format::list(several))
        }
        several => format!(" {} could not be read anew.", several.len()),
    };
    let share = if members == 0 {
        "nobody was read yet.".to_owned()
    } else {
        format!("{} have an e-mail address.", format::share(email, members))
    };
    format!(
        "{} {verb} {}; {share}{fresh}",
        format::count(rows.len() as u64, "audience", "audiences"),
        format::count(members, "member", "members"),
    )
}

fn audience_row(row: AudienceRow, now: Instant) -> AnyView {
    let at = move || match row.mirrored_at {
        Some(at) => view! { <Moment at now /> }.into_any(),
        None => view! { <Nothing words="never" /> }.into_any(),
    };
    let class = if matches!(row.mirror, Mirror::Stale { .. }) { "wrap" } else { "" };
    let mirror = match row.mirror {
        Mirror::Never => view! { <StateMark state=State::New word="Not read yet" /> }.into_any(),
        Mirror::Fresh => view! {
            <StateMark state=State::Ok word="Read" />
            " "
            {at()}
        }
        .into_any(),
        Mirror::Stale { reason } => view! {
            <StateMark state=State::Late word="Old, from" />
            " "
            {at()}
            <span class="under">{reason}</span>
        }
        .into_any(),
    };
    let segment = match row.segment_name {
        Some(name) => format!("{name} ({})", row.spec.segment),
        None => row.spec.segment.to_string(),
    };
    let window = row.spec.window.map(|window| {
        view! { <span class="under">{format!("window {window}")}</span> }
    });
    let owner = match row.spec.owner {
        Some(owner) => owner.into_any(),
        None => view! { <Nothing words="nobody" /> }.into_any(),
    };
    view! {
        <tr id=row.spec.key.to_string()>
            <th scope="row">
                <a href=format!("/audiences/{}", row.spec.key)>{row.spec.key.to_string()}</a>
            </th>
            <td>{segment} {window}</td>
            <td class=class>{mirror}</td>
            <Figure value=row.members />
            <Figure value=row.with_email />
            <Figure value=row.with_id />
            <td class="num">
                {if row.mappings > 0 {
                    format::number(row.mappings).into_any()
                } else {
                    let href = format!("/mappings/new?audience={}", row.spec.key);
                    view! { <a href=href>"Add a mapping"</a> }.into_any()
                }}
            </td>
            <td>{owner}</td>
        </tr>
    }
    .into_any()
}
