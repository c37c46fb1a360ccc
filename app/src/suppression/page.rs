//! The list of suppressions.

use domain::{
    key::Key,
    suppression::{SuppressionRow, registry::missing},
};
use leptos::prelude::*;

use super::{
    api::{SuppressionView, read_suppressions},
    listing::api::page_of,
    rule,
};
use crate::{
    chart::{Bar, Bars},
    format,
    live::{loaded, read, renew},
    ui::{ButtonKind, Column, Empty, Figure, LinkButton, Mark, Nothing, Page, Stale, Table},
};

/// Bars of the picture.
const BARS: usize = 5;

/// All rules.
#[component]
pub fn SuppressionPage() -> AnyView {
    let data = read(|| (), |()| read_suppressions());
    renew(data, |_| false);
    loaded(data, "Suppression", suppression_page)
}

/// The list's page.
pub fn suppression_page(view: SuppressionView) -> AnyView {
    let SuppressionView { now, rules } = view;
    let answer = format!("{}{}", sentence(&rules), uncovered(&rules).unwrap_or_default());
    let add = || {
        view! {
            <LinkButton href="/suppression/new" kind=ButtonKind::Primary mark=Mark::Add>
                "Add a suppression"
            </LinkButton>
        }
    };
    if rules.is_empty() {
        return view! {
            <Page name="Suppression" answer=answer.into_any()>
                <Empty
                    title="Nobody is kept out"
                    words="Whoever bought still sees the ad. The rule to begin with is purchase, for 24 hours: each rule appears here with how many people it keeps out."
                >
                    {add()}
                </Empty>
            </Page>
        }
        .into_any();
    }
    let stale = rules
        .iter()
        .filter_map(|rule| {
            let reason = rule.stale.clone()?;
            let what = format!("The people of {}", rule.spec.key);
            Some(view! { <Stale what at=rule.mirrored_at now reason /> })
        })
        .collect_view();
    let picture = picture(&rules);
    let actions = view! {
        <LinkButton href="/suppression/policy" kind=ButtonKind::Quiet>
            "Policy to print"
        </LinkButton>
        {add()}
    }
    .into_any();
    let columns = vec![
        Column::words("Suppression"),
        Column::words("Reason"),
        Column::words("Who"),
        Column::words("Where"),
        Column::words("How long"),
        Column::words("Owner"),
        Column::figures("Kept out now"),
    ];
    let rows = rules.into_iter().map(rule_row).collect_view();
    view! {
        <Page name="Suppression" answer=answer.into_any() actions>
            {stale}
            {picture}
            <Table caption="Suppressions" columns>
                {rows}
            </Table>
        </Page>
    }
    .into_any()
}

fn sentence(rules: &[SuppressionRow]) -> String {
    match rules {
        [] => "Nobody is kept out of any audience.".to_owned(),
        [one] => format!(
            "{} keeps {} out of every mapping that addresses somebody.",
            format::capital(one.spec.key.as_str()),
            format::count(one.people, "person", "people")
        ),
        several => {
            let largest = several.iter().max_by_key(|rule| rule.people);
            let largest = largest.map_or_else(String::new, |rule| {
                format!(
                    " {} keeps out most: {}.",
                    format::capital(rule.spec.key.as_str()),
                    format::count(rule.people, "person", "people")
                )
            });
            format!(
                "{} keep people out of every mapping that addresses somebody.{largest}",
                format::count(several.len() as u64, "suppression", "suppressions")
            )
        }
    }
}

/// The reasons of a whole policy that no rule covers.
pub fn uncovered(rules: &[SuppressionRow]) -> Option<String> {
    let missing: Vec<String> =
        missing(rules).into_iter().map(|kind| kind.as_str().to_owned()).collect();
    let verb = if missing.len() == 1 { "is" } else { "are" };
    (!missing.is_empty()).then(|| {
        format!(" {} {verb} covered by no rule.", format::capital(&format::list(&missing)))
    })
}

fn picture(rules: &[SuppressionRow]) -> Option<AnyView> {
    if rules.len() < 2 {
        return None;
    }
    let mut sorted: Vec<_> = rules.iter().collect();
    sorted.sort_by_key(|rule| std::cmp::Reverse(rule.people));
    let bars = sorted
        .into_iter()
        .take(BARS)
        .map(|rule| Bar {
            words: rule.spec.key.to_string(),
            value: rule.people,
            class: "use-suppress",
        })
        .collect();
    Some(view! { <Bars question="Which rule keeps how many people out?" bars /> }.into_any())
}

/// Where a rule holds.
#[must_use]
pub fn scope(destinations: &[Key]) -> String {
    if destinations.is_empty() {
        return "Everywhere".to_owned();
    }
    let names: Vec<String> = destinations.iter().map(ToString::to_string).collect();
    format::list(&names)
}

/// How long a rule keeps somebody out.
pub fn long(rule: &SuppressionRow) -> String {
    match rule.spec.ttl {
        Some(ttl) if rule.spec.audience.is_some() => {
            format!("while a member, at least {}", format::duration(ttl))
        }
        Some(ttl) => format::duration(ttl),
        None if rule.spec.list => "until taken off".to_owned(),
        None => "while a member".to_owned(),
    }
}

fn rule_row(rule: SuppressionRow) -> AnyView {
    let spec = rule.spec.clone();
    let who = match (spec.audience, spec.event) {
        (None, None) if spec.list => {
            let href = page_of(spec.key.as_str());
            view! { <a href=href>"its list"</a> }.into_any()
        }
        (Some(audience), _) => {
            let href = format!("/audiences/{audience}");
            view! { <a href=href>{audience.to_string()}</a> }.into_any()
        }
        (None, Some(event)) => format!("Whoever sent {event}").into_any(),
        (None, None) => view! { <Nothing words="nobody" /> }.into_any(),
    };
    let page = rule::api::page_of(spec.key.as_str());
    let places = scope(&spec.destinations);
    let owner = match spec.owner.clone() {
        Some(owner) => owner.into_any(),
        None => view! { <Nothing words="nobody" /> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <a href=page>{spec.key.to_string()}</a>
            </th>
            <td>{spec.reason}</td>
            <td>{who}</td>
            <td>{places}</td>
            <td>{long(&rule)}</td>
            <td>{owner}</td>
            <Figure value=rule.people />
        </tr>
    }
    .into_any()
}
