//! The page of a suppression.

use domain::{
    key::Key,
    suppression::{Kind, SuppressionRow, preview::Effect},
};
use leptos::prelude::*;
use leptos_router::{
    components::Form,
    hooks::{use_params_map, use_query_map},
};

use super::api::{Answer, Asked, ChangeRule, RetireRule, RuleView, page_of, read_rule};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    suppression::{
        listing::api::page_of as list_of,
        page::{long, scope},
    },
    ui::{
        Button, ButtonKind, Column, Fact, Facts, Figure, LinkButton, Moment, Notice, NoticeKind,
        Page, Section, Table, TextField, UseCaseMark,
    },
    words,
};

/// What can be done with a rule, made once for the page's life.
#[derive(Clone, Copy)]
pub struct RuleActions {
    change: ServerAction<ChangeRule>,
    retire: ServerAction<RetireRule>,
}

impl RuleActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { change: ServerAction::new(), retire: ServerAction::new() }
    }
}

impl Default for RuleActions {
    fn default() -> Self {
        Self::new()
    }
}

/// One suppression. It doesn't renew itself: somebody may be looking at what would change.
#[component]
pub fn RulePage() -> AnyView {
    let (params, query) = (use_params_map(), use_query_map());
    let actions = RuleActions::new();
    let source = move || {
        let key = params.read().get("key").unwrap_or_default();
        let query = query.read();
        let text = |name: &str| query.get(name).unwrap_or_default();
        let asked = Asked {
            what: text("what"),
            reason: text("reason"),
            ttl: text("ttl"),
            owner: text("owner"),
            destinations: query.get_all("at").unwrap_or_default().join(" "),
        };
        (key, asked, actions.change.version().get())
    };
    let data = read(source, |(key, asked, _)| read_rule(key, asked));
    loaded(data, "Suppression", move |view| rule_page(view, actions))
}

/// The page.
pub fn rule_page(view: RuleView, actions: RuleActions) -> AnyView {
    let RuleView { now, row, destinations, asked, answer } = view;
    let key = row.spec.key.to_string();
    let sentence = sentence(&row);
    let list = row.spec.list.then(|| {
        view! { <LinkButton href=list_of(&key)>"Go to its list"</LinkButton> }
    });
    let back = view! {
        {list}
        <LinkButton href="/suppression" kind=ButtonKind::Quiet>
            "Go to the suppressions"
        </LinkButton>
    };
    let seen = serde_json::to_string(&row.spec).unwrap_or_default();
    let told = told(&key, &asked, answer.clone(), seen, actions);
    let form = change_form(&key, &row, destinations, &asked, &answer);
    let retire = (asked.what != "retire").then(|| retire_link(&key));
    let read = row.mirrored_at.map(|at| {
        view! {
            <Fact term="Audience read">
                <Moment at now />
            </Fact>
        }
    });
    let (who, time) = (who(&row), long(&row));
    let owner = row.spec.owner.clone().unwrap_or_else(|| "Nobody".to_owned());
    let (kind, places) = (words::suppression(row.spec.kind()), scope(&row.spec.destinations));
    view! {
        <Page
            name=format!("Suppression {key}")
            answer=sentence.into_any()
            actions=back.into_any()
        >
            <FormError answered=answered(actions.change) fields=&[] title="The rule was not changed" />
            <FormError answered=answered(actions.retire) fields=&[] title="The rule was not retired" />
            <Facts>
                <Fact term="Kind">{kind}</Fact>
                <Fact term="Who">{who}</Fact>
                <Fact term="Where">{places}</Fact>
                <Fact term="How long">{time}</Fact>
                <Fact term="Owner">{owner}</Fact>
                {read}
            </Facts>
            {told}
            <Section title="Change it">{form}</Section>
            {retire}
        </Page>
    }
    .into_any()
}

fn sentence(row: &SuppressionRow) -> String {
    let place = match row.spec.destinations.as_slice() {
        [] => "every mapping that addresses somebody".to_owned(),
        some => {
            let names: Vec<String> = some.iter().map(ToString::to_string).collect();
            format!("mappings to {}", format::list(&names))
        }
    };
    format!(
        "{} keeps {} out of {place}.",
        format::capital(row.spec.key.as_str()),
        format::count(row.people, "person", "people")
    )
}

fn who(row: &SuppressionRow) -> AnyView {
    match (row.spec.audience.clone(), row.spec.event.clone()) {
        (Some(audience), _) => {
            let href = format!("/audiences/{audience}");
            view! {
                "Members of "
                <a href=href>{audience.to_string()}</a>
            }
            .into_any()
        }
        (None, Some(event)) => format!("Whoever sent {event}").into_any(),
        (None, None) => "People on its list".into_any(),
    }
}

/// Asks, and changes nothing: what was asked stands in the address.
fn change_form(
    key: &str,
    row: &SuppressionRow,
    destinations: Vec<Key>,
    asked: &Asked,
    answer: &Answer,
) -> AnyView {
    let wrong = |name: &'static str| {
        let found = match answer {
            Answer::Wrong { field, message } if field == name => Some(message.clone()),
            _ => None,
        };
        Signal::stored(found)
    };
    let ttl_hint = match (&row.spec.audience, &row.spec.event) {
        (Some(_), _) => "Such as 24h or 14d. Empty: no longer than somebody is a member.",
        (None, Some(_)) => "Such as 24h or 14d.",
        (None, None) => "Such as 24h or 14d. Empty: until somebody takes them off the list.",
    };
    let (wrong_reason, wrong_ttl, wrong_owner) = (wrong("reason"), wrong("ttl"), wrong("owner"));
    let wrong_places = wrong("destinations").get_untracked();
    let places = (row.spec.kind() != Kind::Purchase).then(|| places(destinations, asked));
    let Asked { reason, ttl, owner, .. } = asked.clone();
    let by_event = row.spec.event.is_some();
    view! {
        <Form method="GET" action=page_of(key) attr:class="form">
            <input type="hidden" name="what" value="change" />
            <TextField
                name="reason"
                label="Reason"
                hint="It begins with purchase, refund, support or unsubscribed where it is of that kind."
                value=reason
                wrong=wrong_reason
            />
            <TextField
                name="ttl"
                label="How long at least"
                hint=ttl_hint
                class="input-mono input-short"
                value=ttl
                wrong=wrong_ttl
                optional=!by_event
            />
            {places}
            {wrong_places.map(|message| view! { <p class="wrong">{message}</p> })}
            <TextField name="owner" label="Owner" value=owner wrong=wrong_owner optional=true />
            <div class="buttons">
                <Button kind=ButtonKind::Primary>"See what would change"</Button>
            </div>
        </Form>
    }
    .into_any()
}

fn places(destinations: Vec<Key>, asked: &Asked) -> AnyView {
    let boxes = destinations
        .into_iter()
        .map(|key| {
            let (id, value) = (format!("at-{key}"), key.to_string());
            let checked = asked.destinations.split_whitespace().any(|one| one == value);
            view! {
                <div class="field check">
                    <input
                        type="checkbox"
                        id=id.clone()
                        name="at"
                        value=value.clone()
                        checked=checked
                    />
                    <label for=id>{value}</label>
                </div>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <fieldset class="field" aria-describedby="at-hint">
            <legend>"Only at" <span class="optional">" (optional)"</span></legend>
            <p class="hint" id="at-hint">
                "None ticked is everywhere."
            </p>
            <div class="choices">{boxes}</div>
        </fieldset>
    }
    .into_any()
}

fn retire_link(key: &str) -> AnyView {
    let href = format!("{}?what=retire", page_of(key));
    view! {
        <Section title="Retire it">
            <p class="reading">
                "Whom only this rule keeps out may be sent again. You see how many before anything happens."
            </p>
            <div class="buttons">
                <LinkButton href>"See what retiring it would do"</LinkButton>
            </div>
        </Section>
    }
    .into_any()
}

/// What was asked would do this.
fn told(
    key: &str,
    asked: &Asked,
    answer: Answer,
    seen: String,
    actions: RuleActions,
) -> Option<AnyView> {
    let retires = asked.what == "retire";
    let effect = match answer {
        Answer::Nothing => return None,
        Answer::Same => {
            return Some(
                view! {
                    <Notice kind=NoticeKind::Plain title="Nothing would change">
                        <p>"The rule is like this already."</p>
                    </Notice>
                }
                .into_any(),
            );
        }
        Answer::Wrong { message, .. } => {
            return Some(
                view! {
                    <Notice kind=NoticeKind::Failing title="It can't be changed like this">
                        <p>{message}</p>
                    </Notice>
                }
                .into_any(),
            );
        }
        Answer::Effect(effect) => effect,
    };
    let words = effect_words(&effect, retires);
    let exits = format::count(effect.leave(), "exit", "exits");
    let entries = format::count(effect.come(), "entry", "entries");
    let key = key.to_owned();
    let Asked { reason, ttl, owner, destinations, .. } = asked.clone();
    let button = if retires {
        view! {
            <ActionForm action=actions.retire>
                <input type="hidden" name="key" value=key />
                <Button kind=ButtonKind::Danger busy=actions.retire.pending()>
                    {format!("Retire it and send {entries}")}
                </Button>
            </ActionForm>
        }
        .into_any()
    } else {
        view! {
            <ActionForm action=actions.change>
                <input type="hidden" name="key" value=key />
                <input type="hidden" name="seen" value=seen />
                <input type="hidden" name="reason" value=reason />
                <input type="hidden" name="ttl" value=ttl />
                <input type="hidden" name="owner" value=owner />
                <input type="hidden" name="destinations" value=destinations />
                <Button kind=ButtonKind::Primary busy=actions.change.pending()>
                    {format!("Change it and send {exits} and {entries}")}
                </Button>
            </ActionForm>
        }
        .into_any()
    };
    let table = (!effect.shifts.is_empty()).then(|| shifts(effect));
    Some(
        view! {
            <Section title="What would change">
                <p class="reading">{words}</p>
                {table}
                <div class="buttons">{button}</div>
            </Section>
        }
        .into_any(),
    )
}

fn effect_words(effect: &Effect, retires: bool) -> String {
    let before = format::count(effect.before, "person", "people");
    let kept = match (retires, effect.before == effect.after) {
        (true, _) => format!("It would no longer keep {before} out."),
        (false, true) => format!("It would keep out the same number, {before}."),
        (false, false) => {
            format!("It would keep {} out, not {before}.", format::number(effect.after))
        }
    };
    let moves = match (effect.leave(), effect.come()) {
        (0, 0) => "Nobody would leave or come anywhere.".to_owned(),
        (leave, 0) => format!("{} leave at once.", would(leave)),
        (0, come) => format!("{} come.", would(come)),
        (leave, come) => format!("{} leave at once, and {} come.", would(leave), would(come)),
    };
    format!("{kept} {moves}")
}

fn would(people: u64) -> String {
    format!("{} would", format::count(people, "person", "people"))
}

fn shifts(effect: Effect) -> AnyView {
    let columns = vec![
        Column::words("Mapping"),
        Column::words("Use case"),
        Column::words("Destination"),
        Column::figures("Leave"),
        Column::figures("Come"),
    ];
    let rows = effect
        .shifts
        .into_iter()
        .map(|shift| {
            let (key, destination) = (shift.mapping.to_string(), shift.destination.to_string());
            let paused = (!shift.is_active).then_some(" (paused: nobody comes)");
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/mappings/{key}")>{key.clone()}</a>
                        {paused}
                    </th>
                    <td>
                        <UseCaseMark use_case=shift.use_case />
                    </td>
                    <td>
                        <a href=format!("/destinations/{destination}")>{destination.clone()}</a>
                    </td>
                    <Figure value=shift.leave />
                    <Figure value=shift.come />
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="Who would leave and come" columns>
            {rows}
        </Table>
    }
    .into_any()
}
