//! The page of the design review.

use domain::review::{About, Remark, Weight};
use leptos::prelude::*;

use super::api::{ReviewView, read_review};
use crate::{
    format,
    live::{loaded, read},
    ui::{Column, Empty, Page, Section, Table},
};

/// The review.
#[component]
pub fn ReviewPage() -> AnyView {
    let data = read(|| (), |()| read_review());
    loaded(data, "Design review", review_page)
}

/// The page.
pub fn review_page(view: ReviewView) -> AnyView {
    let ReviewView { today, remarks } = view;
    let answer = sentence(&remarks);
    let actions = view! {
        <a class="button button-quiet" href="/review.md" rel="external" download="">
            "Export as Markdown"
        </a>
    };
    let body = if remarks.is_empty() {
        view! {
            <Empty
                title="Nothing to remark"
                words="Each mapping, audience and destination is read together with its neighbours. What somebody careful would ask about appears here."
            />
        }
        .into_any()
    } else {
        Weight::ALL.into_iter().map(|weight| group(weight, &remarks)).collect_view().into_any()
    };
    view! {
        <Page name="Design review" answer=answer.into_any() actions=actions.into_any()>
            {body}
            <p class="quiet">"As of " {today.to_string()} ", read anew each time."</p>
        </Page>
    }
    .into_any()
}

fn sentence(remarks: &[Remark]) -> String {
    let of = |weight| remarks.iter().filter(|one| one.weight == weight).count();
    let clauses: Vec<String> = [
        (of(Weight::Wrong), "wrong"),
        (of(Weight::Doubtful), "doubtful"),
        (of(Weight::Untidy), "untidy"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .enumerate()
    .map(|(at, (count, word))| match (at, count) {
        (0, 1) => format!("1 thing is {word}"),
        (0, count) => format!("{} are {word}", format::count(count as u64, "thing", "things")),
        (_, count) => format!("{} {word}", format::number(count as u64)),
    })
    .collect();
    if clauses.is_empty() {
        "The plan has no fault that can be seen from here.".to_owned()
    } else {
        format!("{}.", format::list(&clauses))
    }
}

fn group(weight: Weight, remarks: &[Remark]) -> Option<AnyView> {
    let rows: Vec<_> =
        remarks.iter().filter(|one| one.weight == weight).cloned().map(row).collect();
    if rows.is_empty() {
        return None;
    }
    let columns =
        vec![Column::words("About"), Column::words("What was seen"), Column::words("What to do")];
    let group = view! {
        <Section title=weight.label()>
            <Table caption=weight.label() columns>
                {rows}
            </Table>
        </Section>
    };
    Some(group.into_any())
}

fn row(remark: Remark) -> AnyView {
    let Remark { about, says, remedy, .. } = remark;
    let kind = format::capital(about.kind());
    let key = about.key().to_string();
    let href = match about {
        About::Mapping(_) => format!("/mappings/{key}"),
        About::Audience(_) => format!("/audiences/{key}"),
        About::Destination(_) => format!("/destinations/{key}"),
        About::Flow(_) => "/timeline".to_owned(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=href>{key.clone()}</a>
                <span class="under">{kind}</span>
            </th>
            <td class="wrap">{format::capital(&says)} "."</td>
            <td class="wrap">{format::capital(&remedy)} "."</td>
        </tr>
    }
    .into_any()
}
