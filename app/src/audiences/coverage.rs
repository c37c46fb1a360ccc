//! What names the members of each audience, and what that lets a platform find.

use domain::{
    audiences::coverage::{
        Assumption, AudienceCoverage, Band, Coverage, CoverageDay, Forecast, IDENTITY_GAP, Lost,
        trend::{DAYS, change},
    },
    time::Instant,
};
use leptos::prelude::*;

use super::{
    api::{CoverageView, read_coverage},
    page::views,
};
use crate::{
    chart::{Share, Shares, Spark},
    format,
    live::{loaded, read, renew},
    ui::{
        ButtonKind, Column, Empty, LinkButton, Mark, Moment, Nothing, Notice, NoticeKind, Page,
        Section, State, StateMark, Table, text_or_nothing,
    },
};

/// Identifier coverage of all audiences.
#[component]
pub fn CoveragePage() -> AnyView {
    let data = read(|| (), |()| read_coverage());
    renew(data, |_| false);
    loaded(data, "Audiences", coverage_page)
}

/// The page.
pub fn coverage_page(view: CoverageView) -> AnyView {
    let CoverageView { now, audiences, trends } = view;
    let answer = sentence(&audiences).into_any();
    if audiences.is_empty() {
        return view! {
            <Page name="Audiences" answer>
                {views(true)}
                <Empty
                    title="No audiences yet"
                    words="Each promoted segment appears here with how many of its members have an e-mail address, a phone number or an id."
                >
                    <LinkButton href="/audiences/new" kind=ButtonKind::Primary mark=Mark::Add>
                        "Promote a segment"
                    </LinkButton>
                </Empty>
            </Page>
        }
        .into_any();
    }
    let picture = picture(&audiences);
    let alarms = gap_notice(&audiences);
    let forecasts = forecasts(&audiences);
    let rows = audiences
        .iter()
        .map(|one| row(one, trends.get(&one.audience.spec.key).map_or(&[][..], Vec::as_slice), now))
        .collect_view();
    let columns = vec![
        Column::words("Audience"),
        Column::figures("Members"),
        Column::figures("E-mail"),
        Column::figures("Phone"),
        Column::figures("External id"),
        Column::figures("Any of them"),
        Column::figures("E-mail and phone"),
        Column::figures("Neither e-mail nor phone"),
        Column::words("Reachable, by day"),
    ];
    view! {
        <Page name="Audiences" answer>
            {views(true)}
            {alarms}
            {picture}
            <Section title="What names them">
                <Table caption="Members of each audience by what names them" columns>
                    {rows}
                </Table>
                <p class="quiet reading">
                    "A phone number counts once it was read, which happens where a destination takes it; members whose number nobody has read are not in the gap."
                </p>
            </Section>
            {forecasts}
        </Page>
    }
    .into_any()
}

fn sentence(audiences: &[AudienceCoverage]) -> String {
    let known: Vec<&AudienceCoverage> =
        audiences.iter().filter(|one| one.coverage.is_some()).collect();
    if known.is_empty() {
        return "No audience was read yet, so nobody can be counted.".to_owned();
    }
    let sum = |of: fn(&Coverage) -> u64| {
        known.iter().filter_map(|one| one.coverage.as_ref()).map(of).sum()
    };
    let (members, contact): (u64, u64) = (sum(|one| one.members), sum(|one| one.contact));
    let found = format!(
        "{} of {} have an e-mail address or a phone number.",
        format::number(contact),
        format::count(members, "membership", "memberships"),
    );
    let alarms: Vec<String> = known
        .iter()
        .filter(|one| one.alarms())
        .map(|one| one.audience.spec.key.to_string())
        .collect();
    match alarms.as_slice() {
        [] => format!(
            "{found} No audience that is sent by contact lacks it for {IDENTITY_GAP}\u{a0}% or more."
        ),
        [one] => format!("{found} In {one} {IDENTITY_GAP}\u{a0}% or more have neither."),
        several => format!(
            "{found} In {} audiences {IDENTITY_GAP}\u{a0}% or more have neither.",
            several.len()
        ),
    }
}

/// Audiences whose members can't be found: what it means, and what to do.
pub fn gap_notice(audiences: &[AudienceCoverage]) -> Option<AnyView> {
    let affected: Vec<&AudienceCoverage> = audiences.iter().filter(|one| one.alarms()).collect();
    let lines = affected
        .iter()
        .map(|one| {
            let Coverage { gap, members, .. } = one.coverage.unwrap_or_default();
            let costs = one.costs().map(|band| {
                format!(" With contact, a platform might know {} of them.", between(band))
            });
            let words = format!(
                ": {} of {} ({}).",
                format::number(gap),
                format::count(members, "member", "members"),
                format::share(gap, members),
            );
            let key = one.audience.spec.key.to_string();
            view! {
                <li>
                    <a href=format!("/audiences?view=coverage#{key}")>{key.clone()}</a>
                    {words}
                    {costs}
                </li>
            }
        })
        .collect_view();
    let title = match affected.len() {
        0 => return None,
        1 => {
            "One audience can hardly be matched: too many have neither e-mail nor phone".to_owned()
        }
        many => format!(
            "{many} audiences can hardly be matched: too many have neither e-mail nor phone"
        ),
    };
    Some(
        view! {
            <Notice kind=NoticeKind::Late title>
                <ul>{lines}</ul>
                <p>
                    "Ads will seem weak there, whatever the creative. Collect phone numbers or e-mail addresses in Customer.io, or choose a segment of people who have them."
                </p>
            </Notice>
        }
        .into_any(),
    )
}

fn picture(audiences: &[AudienceCoverage]) -> AnyView {
    let shares = audiences
        .iter()
        .filter_map(|one| {
            let coverage = one.coverage?;
            let key = one.audience.spec.key.to_string();
            Some(Share {
                href: format!("/audiences?view=coverage#{key}"),
                words: key,
                part: coverage.contact,
                whole: coverage.members,
                class: "use-analytics",
            })
        })
        .collect();
    view! {
        <Shares
            question="How many members can an ad platform be told about?"
            legend="The whole bar is the audience, the filled part has an e-mail address or a phone number."
            shares
        />
    }
    .into_any()
}

fn row(one: &AudienceCoverage, days: &[CoverageDay], now: Instant) -> AnyView {
    let key = one.audience.spec.key.to_string();
    let at = match one.audience.mirrored_at {
        Some(at) => view! { "read " <Moment at now /> }.into_any(),
        None => "never read".into_any(),
    };
    let trend = trend(days);
    let cells = match one.coverage {
        Some(coverage) => {
            let whole = coverage.members;
            let parts = [coverage.email, coverage.phone, coverage.id, coverage.any, coverage.both]
                .map(|part| figure(part, whole, None))
                .collect_view();
            let unread = (coverage.unread > 0)
                .then(|| format!("{} not read", format::number(coverage.unread)));
            let gap = if coverage.is_gap() {
                let share = format!("{} have none", format::share(coverage.gap, whole));
                view! {
                    <td class="num">
                        {format::number(coverage.gap)}
                        <span class="under">
                            <StateMark state=State::Late word=share />
                        </span>
                    </td>
                }
                .into_any()
            } else {
                figure(coverage.gap, whole, unread)
            };
            view! {
                <td class="num">{format::number(whole)}</td>
                {parts}
                {gap}
            }
            .into_any()
        }
        None => view! {
            <td class="none" colspan="7">
                "Nobody can be counted yet"
            </td>
        }
        .into_any(),
    };
    view! {
        <tr id=key.clone()>
            <th scope="row">
                {key.clone()} <span class="under">{at}</span>
            </th>
            {cells}
            <td>{trend}</td>
        </tr>
    }
    .into_any()
}

/// How the share that has contact went, and by how much since the first day.
fn trend(days: &[CoverageDay]) -> AnyView {
    let Some(change) = change(days) else {
        return view! { <Nothing words="after two days" /> }.into_any();
    };
    let values: Vec<u64> = days.iter().filter_map(CoverageDay::share).collect();
    let title = format!("Hundredths of a percent with contact in the last {DAYS} days");
    let points = format::points(change);
    view! {
        <Spark title values />
        <span class="under">{points}</span>
    }
    .into_any()
}

/// So many, and what share that is.
fn figure(part: u64, whole: u64, further: Option<String>) -> AnyView {
    let under = further.map_or_else(
        || format::share(part, whole),
        |further| format!("{}, {further}", format::share(part, whole)),
    );
    view! {
        <td class="num">
            {format::number(part)} <span class="under">{under}</span>
        </td>
    }
    .into_any()
}

/// What each audience comes to wherever it is sent.
fn forecasts(audiences: &[AudienceCoverage]) -> Option<AnyView> {
    let all: Vec<(&AudienceCoverage, &Forecast)> =
        audiences.iter().flat_map(|one| one.forecasts.iter().map(move |to| (one, to))).collect();
    if all.is_empty() {
        return None;
    }
    let rows = all.into_iter().map(|(one, to)| forecast_row(one, to)).collect_view();
    let columns = vec![
        Column::words("Audience"),
        Column::words("Destination"),
        Column::figures("Can be named there"),
        Column::words("Who can't, and why"),
        Column::words("May be matched"),
    ];
    Some(
        view! {
            <Section title="What platforms may find">
                <Table caption="What each audience comes to at its destinations" columns>
                    {rows}
                </Table>
                <p class="quiet reading">{assumption()}</p>
            </Section>
        }
        .into_any(),
    )
}

/// Where the bands come from, said beside them.
fn assumption() -> String {
    let list = domain::destinations::Profile::MetaCustomAudiences;
    let shares = Assumption::of(list)
        .map_or_else(String::new, |Assumption { low, high }| format!("{low} to {high}\u{a0}%"));
    format!(
        "An assumption, not a measurement: list platforms find {shares} of the people they are told about, as a vendor of such lists writes (Wondaris, Understanding Customer Match, November 2026). Meta, Google and TikTok publish no figure for it. Events are matched one by one and have no such share. What a platform reports later is the truth."
    )
}

fn forecast_row(one: &AudienceCoverage, to: &Forecast) -> AnyView {
    let whole = one.coverage.map_or(0, |coverage| coverage.members);
    let band = match to.band {
        Some(band) => format!("{} people", between(band)).into_any(),
        None if to.profile.sends_contact() => {
            view! { <Nothing words="no share is assumed for events" /> }.into_any()
        }
        None => "everybody: nothing is matched there".into_any(),
    };
    let destination = to.destination.to_string();
    view! {
        <tr>
            <th scope="row">{one.audience.spec.key.to_string()}</th>
            <td>
                <a href=format!("/destinations/{destination}")>{destination.clone()}</a>
                <span class="under">{to.profile.label()}</span>
            </td>
            {figure(to.findable, whole, None)}
            <td class="wrap">{causes(to.lost)}</td>
            <td>{band}</td>
        </tr>
    }
    .into_any()
}

/// Each lost person counts once, under the first cause that applies.
fn causes(lost: Lost) -> AnyView {
    let causes = [
        (lost.unread, "phone not read yet"),
        (lost.id_only, "with an id only"),
        (lost.nameless, "with no identifier"),
    ];
    let words: Vec<String> = causes
        .into_iter()
        .filter(|(people, _)| *people > 0)
        .map(|(people, why)| format!("{} {why}", format::number(people)))
        .collect();
    text_or_nothing(words.join(", "), "nobody")
}

fn between(band: Band) -> String {
    format!("{} to {}", format::number(band.low), format::number(band.high))
}
