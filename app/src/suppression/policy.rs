//! The suppression policy as it is in force, to be printed and signed.

use domain::{
    suppression::{Kind, SuppressionRow},
    time::Instant,
};
use leptos::prelude::*;

use super::{
    api::{SuppressionView, read_suppressions},
    page::{long, scope, uncovered},
};
use crate::{
    format,
    live::{loaded, read},
    ui::{Fact, Facts, LinkButton, Page, Section},
    words,
};

/// The policy.
#[component]
pub fn PolicyPage() -> AnyView {
    let data = read(|| (), |()| read_suppressions());
    loaded(data, "Suppression policy", policy_page)
}

/// The page: it says only what is enforced.
pub fn policy_page(view: SuppressionView) -> AnyView {
    let SuppressionView { now, rules } = view;
    let answer = sentence(&rules, now).into_any();
    let back = view! { <LinkButton href="/suppression">"Go to the suppressions"</LinkButton> };
    let sections = rules.into_iter().zip(1..).map(|(rule, place)| section(rule, place));
    view! {
        <Page name="Suppression policy" narrow=true answer actions=back.into_any()>
            {sections.collect_view()}
            <Section title="How it is enforced">
                <p class="reading">
                    "A rule applies to every mapping that retargets or seeds a lookalike, at every destination or at those that it names, and purchase at every one; no mapping can leave one out. Whoever it holds is sent nowhere, and whoever is there already leaves before anybody else comes or goes: no pause, no waiting change and no emergency stop of other deliveries holds that back."
                </p>
            </Section>
        </Page>
    }
    .into_any()
}

fn sentence(rules: &[SuppressionRow], now: Instant) -> String {
    let date = now.to_iso();
    let date = date.split('T').next().unwrap_or_default();
    let count = match rules.len() as u64 {
        0 => "nobody is kept out of any audience".to_owned(),
        several => format!(
            "{} {} people out of every audience that addresses somebody",
            format::count(several, "rule", "rules"),
            if several == 1 { "keeps" } else { "keep" },
        ),
    };
    format!("As of {date}, {count}.{}", uncovered(rules).unwrap_or_default())
}

fn section(rule: SuppressionRow, place: u32) -> AnyView {
    let time = long(&rule);
    let spec = rule.spec;
    let title = format!("{place}. {}", format::capital(&spec.reason));
    let who = match (spec.audience, spec.event) {
        (Some(audience), _) => format!("members of {audience}"),
        (None, _) if spec.list => "people on its list".to_owned(),
        (None, event) => format!("whoever sent {}", event.unwrap_or_default()),
    };
    let (kind, now) = (words::suppression(Kind::of(&spec.reason)), format::number(rule.people));
    let places = scope(&spec.destinations);
    let owner = spec.owner.unwrap_or_else(|| "nobody".to_owned());
    let key = spec.key.to_string();
    view! {
        <Section title>
            <Facts>
                <Fact term="Rule">{key}</Fact>
                <Fact term="Kind">{kind}</Fact>
                <Fact term="Who">{who}</Fact>
                <Fact term="Where">{places}</Fact>
                <Fact term="How long">{time}</Fact>
                <Fact term="Kept out now">{now}</Fact>
                <Fact term="Owner">{owner}</Fact>
            </Facts>
        </Section>
    }
    .into_any()
}
