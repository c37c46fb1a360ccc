//! The page of exclusivity.

use domain::mappings::exclusivity::{Bounce, Exclusivity, Overlaps};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    api::{ExclusivityView, SaveOrder, read_exclusivity, weigh_order, write_order},
    order::{Answer, Proposal, group_order},
};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    mappings::page::{View, views},
    ui::{Column, Empty, Figure, Page, Section, Table},
};

/// Groups, overlaps and who stands in two ad sets.
#[component]
pub fn ExclusivityPage() -> AnyView {
    let save = ServerAction::<SaveOrder>::new();
    let query = use_query_map();
    let text = move |name| query.read().get(name).unwrap_or_default();
    let proposal = Memo::new(move |_| Proposal::read(&text("group"), &text("order")));
    let data = read(move || save.version().get(), |_| read_exclusivity());
    let weighed = read(
        move || proposal.get().map(|one| (one.group, write_order(&one.order))),
        |asked| async move {
            match asked {
                Some((group, order)) => Some(weigh_order(group, order).await),
                None => None,
            }
        },
    );
    let answer = Signal::derive(move || weighed.get().flatten());
    loaded(data, "Exclusivity", move |view| exclusivity_page(view, proposal, answer, save))
}

/// The page.
pub fn exclusivity_page(
    view: ExclusivityView,
    proposal: Memo<Option<Proposal>>,
    weighed: Signal<Answer>,
    save: ServerAction<SaveOrder>,
) -> AnyView {
    let Exclusivity { groups, overlaps, bounces } = view.exclusivity;
    let answer = sentence(groups.len() as u64, &bounces, outranked(&groups)).into_any();
    let none = groups.is_empty().then(|| {
        view! {
            <Empty
                title="No groups yet"
                words="In a group each person stands in one audience, the first that has them. Give two mappings the same group in their forms, and it appears here with its order."
            />
        }
    });
    let groups = groups
        .into_iter()
        .map(|group| {
            let (id, title) = (group.key.to_string(), format!("Order of {}", group.key));
            view! {
                <div id=id>
                    <Section title>
                        <p class="quiet">
                            "Whoever is in several of these audiences is sent with the first."
                            <span class="awake-only">
                                " Drag one, or move it by the arrow keys from its handle."
                            </span>
                        </p>
                        {group_order(group, proposal, weighed, save)}
                    </Section>
                </div>
            }
        })
        .collect_view();
    view! {
        <Page name="Exclusivity" answer>
            {views(View::Exclusivity)}
            <FormError answered=answered(save) fields=&[] title="The order was not saved" />
            {none}
            {groups}
            {bounce_section(bounces)}
            {overlap_section(overlaps)}
        </Page>
    }
    .into_any()
}

fn outranked(groups: &[domain::mappings::exclusivity::Group]) -> u64 {
    groups.iter().flat_map(|group| &group.ranks).map(|rank| rank.outranked).sum()
}

fn sentence(groups: u64, bounces: &[Bounce], outranked: u64) -> String {
    let now = match bounces {
        [] => "Nobody stands in two ad sets of one destination.".to_owned(),
        [first, ..] => {
            let all = bounces.iter().map(|one| one.people).sum();
            let those = if bounces.len() == 1 { ":" } else { ", most of them in" };
            format!(
                "{} in two ad sets of one destination{those} {} and {}.",
                format::count(all, "person stands", "people stand"),
                first.one,
                first.other
            )
        }
    };
    let kept = match groups {
        0 => "No group keeps anybody out of a second audience.".to_owned(),
        several => format!(
            "{} {} out of a second audience.",
            format::count(several, "group keeps", "groups keep"),
            format::count(outranked, "person", "people")
        ),
    };
    format!("{now} {kept}")
}

/// Who stands in two ad sets now.
fn bounce_section(bounces: Vec<Bounce>) -> Option<AnyView> {
    if bounces.is_empty() {
        return None;
    }
    let columns = vec![
        Column::words("One ad set"),
        Column::words("The other"),
        Column::words("Destination"),
        Column::figures("People in both"),
    ];
    let rows = bounces
        .into_iter()
        .map(|one| {
            let (first, last) =
                (format!("/mappings/{}", one.one), format!("/mappings/{}", one.other));
            view! {
                <tr>
                    <th scope="row">
                        <a href=first>{one.one.to_string()}</a>
                    </th>
                    <td>
                        <a href=last>{one.other.to_string()}</a>
                    </td>
                    <td>{format!("{} · {}", one.destination, one.profile.label())}</td>
                    <Figure value=one.people />
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <Section title="Who stands in two ad sets now">
                <p class="quiet">
                    "Two ad sets bid against each other for these people, and their frequency counts twice. A group with both mappings ends that."
                </p>
                <Table caption="Pairs of ad sets that share people" columns>
                    {rows}
                </Table>
            </Section>
        }
        .into_any(),
    )
}

/// Every audience against every other.
fn overlap_section(overlaps: Overlaps) -> Option<AnyView> {
    let Overlaps { audiences, shared } = overlaps;
    if audiences.len() < 2 {
        return None;
    }
    let head = audiences
        .iter()
        .map(|key| view! { <th scope="col" class="num">{key.to_string()}</th> })
        .collect_view();
    let rows = audiences
        .iter()
        .zip(&shared)
        .enumerate()
        .map(|(at, (key, row))| {
            let all = row.get(at).copied().unwrap_or(0);
            let cells = row
                .iter()
                .enumerate()
                .map(|(other, people)| {
                    let share = (other != at && *people > 0).then(|| {
                        view! { <span class="under">{format::share(*people, all)}</span> }
                    });
                    let class = if other == at { "num own" } else { "num" };
                    view! {
                        <td class=class>
                            {format::number(*people)}
                            {share}
                        </td>
                    }
                })
                .collect_view();
            view! {
                <tr>
                    <th scope="row">{key.to_string()}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    Some(
        view! {
            <Section title="How do audiences overlap?">
                <p class="quiet">
                    "People whom the audience of the row shares with that of the column, and their share of the row's members. By the last whole reading of each."
                </p>
                <div
                    class="table-frame overlaps"
                    role="region"
                    aria-label="People whom two audiences share"
                    tabindex="0"
                >
                    <table class="table">
                        <caption class="unseen">"People whom two audiences share"</caption>
                        <thead>
                            <tr>
                                <th scope="col">"Audience"</th>
                                {head}
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </Section>
        }
        .into_any(),
    )
}
