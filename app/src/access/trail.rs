//! The audit trail: who changed what.

use domain::{
    access::trail::{Entry, Line, Page as Trail},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_query_map};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::context::enter;
use crate::{
    error::AppError,
    format,
    live::{loaded, read},
    ui::{
        Button, ButtonKind, Column, Empty, LinkButton, Mark, Moment, Nothing, Page, Pager, Table,
        TextField,
    },
};

/// Where it is.
const PAGE: &str = "/settings/audit";

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// A kind, or a kind and a name.
    pub about: String,
    /// Who did it.
    pub by: String,
    /// The entry after which the list goes on.
    pub older: String,
}

/// A page of the trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailView {
    /// When this was read.
    pub now: Instant,
    /// The entries.
    pub trail: Trail,
}

/// The trail, as the address asks.
#[server(prefix = "/fn", endpoint = "read_trail")]
pub async fn read_trail(
    /// What to look for.
    asked: Asked,
) -> Result<TrailView, AppError> {
    let (services, _) = enter()?;
    let filter = domain::access::trail::Filter { about: asked.about, by: asked.by };
    // An address that somebody cut short begins anew.
    let trail = services.trail.page(&filter, asked.older.parse().ok()).await?;
    Ok(TrailView { now: services.clock.now(), trail })
}

/// Everything that anybody changed.
#[component]
pub fn TrailPage() -> AnyView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let query = query.read();
        let get = |name: &str| query.get(name).unwrap_or_default();
        Asked { about: get("about"), by: get("by"), older: get("older") }
    });
    let data = read(move || asked.get(), read_trail);
    loaded(data, "Audit trail", move |view| trail_page(&asked.get_untracked(), view))
}

/// The trail's page.
pub fn trail_page(asked: &Asked, view: TrailView) -> AnyView {
    let TrailView { now, trail } = view;
    let answer = sentence(asked, &trail, now);
    let list = if trail.entries.is_empty() {
        view! {
            <Empty
                title="Nothing found"
                words="Each change of the configuration and each thing done by hand appears here, with who did it. The trail is kept for good."
            />
        }
        .into_any()
    } else {
        entries_table(trail.entries, now)
    };
    let first = (!asked.older.is_empty()).then(|| address(asked, None));
    let older = trail.older.map(|id| address(asked, Some(&id.to_string())));
    let (about, by) = (asked.about.clone(), asked.by.clone());
    view! {
        <Page name="Audit trail" answer=answer.into_any()>
            <Form method="GET" action=PAGE attr:class="form-row" attr:role="search">
                <TextField
                    name="about"
                    label="About"
                    hint="A kind or one thing: mapping, or mapping cart-to-meta"
                    value=about
                />
                <TextField name="by" label="Who" value=by />
                <Button mark=Mark::Find>"Show entries"</Button>
            </Form>
            {list}
            <Pager first older />
        </Page>
    }
    .into_any()
}

fn sentence(asked: &Asked, trail: &Trail, now: Instant) -> String {
    let filter = [("about", asked.about.trim()), ("by", asked.by.trim())];
    let filter: Vec<String> = filter
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(word, value)| format!(" {word} {value}"))
        .collect();
    let filter = filter.concat();
    let which = if asked.older.is_empty() { "newest entry" } else { "newest entry of this page" };
    match trail.entries.first() {
        None => format!("No entry{filter} is on record."),
        Some(newest) => format!(
            "The {which}{filter} is from {}: {} {}.",
            format::relative(newest.at, now),
            newest.actor,
            past(&newest.action, &newest.subject),
        ),
    }
}

fn address(asked: &Asked, older: Option<&str>) -> String {
    let older = older.unwrap_or_default();
    format::with_query(PAGE, [("about", &*asked.about), ("by", &*asked.by), ("older", older)])
}

/// What was done, as it is told: `changed mapping cart-to-meta`.
fn past(action: &str, subject: &str) -> String {
    let done = match action {
        "accept smaller reading" => "accepted the smaller reading of",
        "adopt" => "adopted who stands at the platform for",
        "approve" => "approved",
        "ask for changes" => "asked for changes of",
        "begin" => "began",
        "cancel" => "cancelled",
        "choose" => "chose the",
        "clear" => "took away the key",
        "comment" => "said something to",
        "create" => "created",
        "delete segment" => "deleted or archived the segment of",
        "discard" => "discarded",
        "dismiss" => "dismissed the",
        "edit" => "edited",
        "forget" => "forgot",
        "hold calls" => "held back all calls to",
        "let calls go" => "let calls go again to",
        "link" => "made a link for",
        "make anew" => "made anew",
        "override" => "passed over a gate of",
        "password" => "set the password of",
        "pin" => "pinned",
        "propose" => "proposed",
        "push" => "made as the contract says",
        "put on list" => "put people on the list of",
        "reject" => "turned away",
        "release" => "released",
        "rename segment" => "renamed the segment of",
        "resume" => "resumed",
        "resync" => "ordered everybody to be sent again by",
        "retire" => "retired",
        "retry" => "tried again",
        "revoke" => "revoked",
        "secret" => "replaced the key",
        "send test" => "sent",
        "set" => "set",
        "sign off" => "signed off",
        "stack" => "allowed messages beside ads for",
        "stop" => "stopped",
        "take back" => "took back",
        "take off list" => "took people off the list of",
        "try now" => "asked for a try of",
        "unpin" => "unpinned",
        "update" => "changed",
        "withdraw" => "withdrew a decision about",
        "withdraw sign-off" => "withdrew the sign-off of",
        "sign in" => return format!("signed in by {subject}"),
        other => return format!("did \"{other}\" to {subject}"),
    };
    format!("{done} {subject}")
}

/// The page of what an entry is about, if it has one.
fn page_of(subject: &str) -> Option<String> {
    let (kind, name) = subject.split_once(' ')?;
    let name = format::in_address(name);
    Some(match kind {
        "mapping" => format!("/mappings/{name}"),
        "audience" => format!("/audiences/{name}"),
        "destination" => format!("/destinations/{name}"),
        "suppression" => format!("/suppression/rules/{name}"),
        "run" => format!("/runs/{name}"),
        "proposal" => "/approvals".to_owned(),
        "change" => format!("/contract/changes/{name}"),
        "quarantine" => "/contract/quarantine".to_owned(),
        _ => return None,
    })
}

/// The newest entries about one thing, as they stand on its page, and the way to all of them.
pub fn newest_about(subject: &str, entries: Vec<Entry>, now: Instant) -> AnyView {
    let all = format!("{PAGE}?about={}", format::in_address(subject));
    view! {
        {entries_table(entries, now)}
        <div class="buttons">
            <LinkButton href=all kind=ButtonKind::Quiet>
                "Show the whole trail"
            </LinkButton>
        </div>
    }
    .into_any()
}

/// Entries, as a table.
fn entries_table(entries: Vec<Entry>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("When"),
        Column::words("Who"),
        Column::words("What"),
        Column::words("About"),
        Column::words("Changes"),
    ];
    let rows = entries
        .into_iter()
        .map(|entry| {
            let about = match page_of(&entry.subject) {
                Some(href) => view! { <a href=href>{entry.subject}</a> }.into_any(),
                None => entry.subject.into_any(),
            };
            view! {
                <tr>
                    <th scope="row">
                        <Moment at=entry.at now />
                    </th>
                    <td>{entry.actor}</td>
                    <td>{entry.action}</td>
                    <td>{about}</td>
                    <td class="wrap">{change_list(entry.lines)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="Audit trail" columns>
            {rows}
        </Table>
    }
    .into_any()
}

/// Fields with what they were and what they are.
pub fn change_list(lines: Vec<Line>) -> AnyView {
    if lines.is_empty() {
        return view! { <Nothing words="nothing further" /> }.into_any();
    }
    let lines = lines
        .into_iter()
        .map(|Line { name, before, after }| {
            let after = after.unwrap_or_else(|| "nothing".to_owned());
            let before = before.map(|before| view! { <del>{before}</del> " → " });
            view! {
                <li>
                    <span class="quiet">{name}": "</span>
                    {before}
                    {after}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="plain">{lines}</ul> }.into_any()
}
