//! The page of what is seldom done with a mapping: send its people again, adopt, retire.

use domain::{configuration::plan::Leaving, mappings::MappingRow, retention::HISTORY_DAYS};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::api::{AdoptMapping, ResyncMapping, RetireMapping, read_mapping};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    ui::{Button, ButtonKind, Choice, Notice, NoticeKind, Page, Section, SelectField},
};

/// What can be done here, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    resync: ServerAction<ResyncMapping>,
    adopt: ServerAction<AdoptMapping>,
    retire: ServerAction<RetireMapping>,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            resync: ServerAction::new(),
            adopt: ServerAction::new(),
            retire: ServerAction::new(),
        }
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

/// Sends again, adopts, retires.
#[component]
pub fn ManageMappingPage() -> AnyView {
    let params = use_params_map();
    let actions = Actions::new();
    let source = move || params.read().get("key").unwrap_or_default();
    let data = read(source, |key| read_mapping(key, None));
    loaded(data, "Manage mapping", move |view| manage_page(&view.mapping, actions))
}

/// The page.
pub fn manage_page(row: &MappingRow, actions: Actions) -> AnyView {
    let key = row.spec.key.to_string();
    let there = format::count(row.delivered, "person is", "people are");
    let answer = format!("{there} at {} by this mapping.", row.profile.label());
    let (resync, adopt, retire) = (resync(row, actions), adopt(row, actions), retire(row, actions));
    view! {
        <Page name=format!("Manage {key}") answer=answer.into_any()>
            <FormError answered=answered(actions.resync) fields=&[] title="Nobody is sent again" />
            <FormError answered=answered(actions.adopt) fields=&[] title="Nobody was adopted" />
            <FormError answered=answered(actions.retire) fields=&[] title="The mapping was not retired" />
            {resync} {adopt} {retire}
        </Page>
    }
    .into_any()
}

fn resync(row: &MappingRow, actions: Actions) -> AnyView {
    let key = row.spec.key.to_string();
    let choices = [
        ("1h", "the last hour"),
        ("24h", "the last 24 hours"),
        ("7d", "the last 7 days"),
        ("", "the beginning: everybody who is there"),
    ];
    let choices =
        choices.into_iter().map(|(value, words)| Choice::new(value, words)).collect::<Vec<_>>();
    view! {
        <Section title="Send people again">
            <p class="reading">
                "Segment answers 200 even to what it loses later. Whoever was told to come or go since then is told again, under new message ids: those who should be there enter, the others exit."
            </p>
            <ActionForm action=actions.resync attr:class="form">
                <input type="hidden" name="key" value=key />
                <SelectField name="since" label="Told since" options=choices value="24h" />
                <div class="buttons">
                    <Button busy=actions.resync.pending()>"Send them again"</Button>
                </div>
            </ActionForm>
        </Section>
    }
    .into_any()
}

fn adopt(row: &MappingRow, actions: Actions) -> AnyView {
    // Only who has never sent can.
    if row.delivered > 0 || row.last_done_at.is_some() {
        return ().into_any();
    }
    let key = row.spec.key.to_string();
    view! {
        <Section title="Adopt people who are there already">
            <p class="reading">
                "For an audience that was sent to this destination by other means: the first run takes everybody who should be there for there, and sends nothing. What changes later is sent as always. Pause a new mapping first, so that it doesn't run before you adopt."
            </p>
            <ActionForm action=actions.adopt>
                <input type="hidden" name="key" value=key />
                <div class="buttons">
                    <Button busy=actions.adopt.pending()>"Adopt at the first run"</Button>
                </div>
            </ActionForm>
        </Section>
    }
    .into_any()
}

fn retire(row: &MappingRow, actions: Actions) -> AnyView {
    let key = row.spec.key.to_string();
    let number = format::number(row.delivered);
    let exits = format::count(row.delivered, "exit", "exits");
    let button = |leaving: Leaving, words: String, kind: ButtonKind| {
        let key = key.clone();
        let people = match leaving {
            Leaving::Sent => "send",
            Leaving::Abandoned => "abandon",
        };
        view! {
            <ActionForm action=actions.retire>
                <input type="hidden" name="key" value=key />
                <input type="hidden" name="people" value=people />
                <Button kind busy=actions.retire.pending()>
                    {words}
                </Button>
            </ActionForm>
        }
    };
    let buttons = if row.delivered == 0 {
        button(Leaving::Sent, "Retire mapping".to_owned(), ButtonKind::Danger).into_any()
    } else {
        let (send, leave) = (
            button(Leaving::Sent, format!("Send {exits} and retire"), ButtonKind::Danger),
            button(
                Leaving::Abandoned,
                format!("Retire and leave {number} there"),
                ButtonKind::Quiet,
            ),
        );
        view! { {send} {leave} }.into_any()
    };
    view! {
        <Section title="Retire">
            <Notice kind=NoticeKind::Late title="This can't be taken back">
                <p>
                    {format!(
                        "The mapping runs no more, and its history goes after {HISTORY_DAYS} days. Whoever is left at the destination is nobody's business afterwards: no purchase takes them out."
                    )}
                </p>
            </Notice>
            <div class="buttons">{buttons}</div>
        </Section>
    }
    .into_any()
}
