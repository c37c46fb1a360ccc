//! The page of connections.

use domain::{
    connections::{ConnectionView, KeySource, Region, TestResult, Vendor, circuit::Trouble},
    time::Instant,
};
use leptos::prelude::*;

use super::{
    api::{
        ConnectionsView, SaveCustomerio, SavePublicToken, SaveTwilio, TestConnection,
        TryConnection, read_connections,
    },
    parts::{Told, any_outage, outage_notice},
    public::public_section,
};
use crate::{
    form::{Answered, FormError, answered, done, spent, typed, wrong},
    format,
    live::{Data, loaded, read, renew},
    ui::{
        Button, ButtonKind, Choice, Fact, Facts, LinkButton, Mark, Moment, Nothing, Notice,
        NoticeKind, Page, Section, SelectField, State, StateMark, TextField,
    },
};

/// What can be done here, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    customerio: ServerAction<SaveCustomerio>,
    twilio: ServerAction<SaveTwilio>,
    public: ServerAction<SavePublicToken>,
    test: ServerAction<TestConnection>,
    try_now: ServerAction<TryConnection>,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            customerio: ServerAction::new(),
            twilio: ServerAction::new(),
            public: ServerAction::new(),
            test: ServerAction::new(),
            try_now: ServerAction::new(),
        }
    }

    /// Changes whenever something was done: a refusal renews nothing, so that what was
    /// typed stays.
    fn done(self) -> usize {
        done(self.customerio) + done(self.twilio) * 1_000 + self.test.version().get() * 1_000_000
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

/// Both connections.
#[component]
pub fn ConnectionsPage() -> AnyView {
    let actions = Actions::new();
    let data = read(move || actions.done(), |_| read_connections());
    // How they fare is renewed beside the forms: what is typed there stays.
    let fares: Data<ConnectionsView> =
        read(move || (actions.done(), actions.try_now.version().get()), |_| read_connections());
    renew(fares, |view| any_outage(&view.connections));
    loaded(data, "Connections", move |view| {
        let first = view.clone();
        let latest = Signal::derive(move || match fares.get() {
            Some(Ok(view)) => view,
            _ => first.clone(),
        });
        connections_page(view, latest, actions)
    })
}

/// The page: its forms as they were loaded, the rest as it is `latest`.
pub fn connections_page(
    view: ConnectionsView,
    latest: Signal<ConnectionsView>,
    actions: Actions,
) -> AnyView {
    let ConnectionsView { now, connections, public_token } = view;
    let answer = move || latest.with(|view| sentence(&view.connections));
    let sections = connections
        .into_iter()
        .map(|connection| connection_section(connection, now, latest, actions))
        .collect_view();
    view! {
        <Page name="Connections" answer=answer.into_any()>
            <FormError
                answered=answered(actions.try_now)
                fields=&[]
                title="It was not tried"
            />
            {sections}
            {public_section(public_token, now, actions.public)}
            <Section title="Events">
                <p class="reading">
                    "Purchases and whatever else people do come in by webhook or from Segment's libraries. Whoever a suppression keeps out for one leaves at once."
                </p>
                <div class="buttons">
                    <LinkButton href="/settings/connections/events">"See what comes in"</LinkButton>
                </div>
            </Section>
        </Page>
    }
    .into_any()
}

/// Whether both can be used.
fn sentence(connections: &[ConnectionView]) -> String {
    // What is true of both is said once.
    let mut states: Vec<(&str, &str, Vec<String>)> = Vec::new();
    for connection in connections {
        let trouble = connection.outage.as_ref().map(|outage| outage.trouble);
        let (one, both) = match (&connection.key, trouble, &connection.tested) {
            (None, ..) => ("has no key", "have no key"),
            (Some(_), Some(Trouble::Down), _) => ("is down", "are down"),
            (Some(_), Some(Trouble::KeyRefused), _) => ("refuses the key", "refuse their keys"),
            (Some(_), None, None) => ("was not tested yet", "were not tested yet"),
            (Some(_), None, Some(test)) if test.ok => ("answers", "answer"),
            (Some(_), None, Some(_)) => ("can't be used", "can't be used"),
        };
        let name = connection.vendor.label().to_owned();
        match states.iter_mut().find(|(known, ..)| *known == one) {
            Some((.., names)) => names.push(name),
            None => states.push((one, both, vec![name])),
        }
    }
    let clauses: Vec<String> = states
        .into_iter()
        .map(|(one, both, names)| {
            let verb = if names.len() == 1 { one } else { both };
            format!("{} {verb}", format::list(&names))
        })
        .collect();
    format!("{}.", format::list(&clauses))
}

fn connection_section(
    connection: ConnectionView,
    now: Instant,
    latest: Signal<ConnectionsView>,
    actions: Actions,
) -> AnyView {
    let vendor = connection.vendor;
    let fare = move || {
        latest.with(|view| {
            let found = view.connections.iter().find(|one| one.vendor == vendor);
            found.map(|connection| fare(connection, view.now, actions))
        })
    };
    let calls = move || {
        let held = latest.with(|view| {
            let found = view.connections.iter().find(|one| one.vendor == vendor);
            found.is_some_and(|connection| connection.outage.is_some())
        });
        let (state, word) = if held { (State::Late, "Held") } else { (State::Ok, "Flow") };
        view! { <StateMark state word /> }
    };
    let stand_in = connection.stand_in.clone().map(|address| {
        let title = format!("Requests go to {address}");
        let words =
            format!("It stands in for {}: nothing here reaches the real one.", vendor.label());
        view! {
            <Notice title>
                <p>{words}</p>
            </Notice>
        }
    });
    let key = match connection.key.clone() {
        Some(KeySource::Stored { at }) => {
            view! { "Stored encrypted, entered " <Moment at now /> }.into_any()
        }
        Some(KeySource::Environment { name }) => {
            view! { "Read from the variable " <code>{name}</code> }.into_any()
        }
        None => view! { <Nothing words="none" /> }.into_any(),
    };
    let form = match vendor {
        Vendor::Customerio => customerio_form(&connection, actions),
        Vendor::Twilio => twilio_form(&connection, actions),
    };
    let test = connection.key.is_some().then(|| {
        let words = format!("Test {}", vendor.label());
        view! {
            <ActionForm action=actions.test>
                <input type="hidden" name="vendor" value=vendor.as_str() />
                <Button busy=actions.test.pending()>{words}</Button>
            </ActionForm>
        }
    });
    view! {
        <Section title=vendor.label()>
            {stand_in} {fare} <div class="split split-form">
                {form}
                <div class="beside">
                    <Facts>
                        <Fact term="Key">{key}</Fact>
                        <Fact term="Calls">{calls}</Fact>
                    </Facts>
                    {test}
                </div>
            </div>
        </Section>
    }
    .into_any()
}

/// Whether it can be used: by those who work, else by the newest test.
fn fare(connection: &ConnectionView, now: Instant, actions: Actions) -> AnyView {
    let vendor = connection.vendor;
    let Some(outage) = connection.outage.clone() else {
        let tested = connection.tested.clone();
        return tested.map(|test| test_notice(test, vendor, now)).into_any();
    };
    let words = format!("Try {} now", vendor.label());
    let form = view! {
        <ActionForm action=actions.try_now>
            <input type="hidden" name="vendor" value=vendor.as_str() />
            <Button mark=Mark::Run busy=actions.try_now.pending()>
                {words}
            </Button>
        </ActionForm>
    };
    outage_notice(vendor, outage, now, Told::AtHome, Some(form.into_any()))
}

fn test_notice(test: TestResult, vendor: Vendor, now: Instant) -> AnyView {
    let (kind, title) = if test.ok {
        (NoticeKind::Ok, format!("{} answers", vendor.label()))
    } else {
        (NoticeKind::Failing, format!("{} can't be used", vendor.label()))
    };
    view! {
        <Notice kind title>
            <p>{test.message} " Tested " <Moment at=test.at now /> "."</p>
        </Notice>
    }
    .into_any()
}

fn regions() -> Vec<Choice> {
    vec![
        Choice::new(Region::Us.as_str(), "United States"),
        Choice::new(Region::Eu.as_str(), "European Union"),
    ]
}

fn key_hint(connection: &ConnectionView, what: &str) -> String {
    if connection.key.is_some() {
        format!("Leave it empty to keep the key that is there. {what}")
    } else {
        what.to_owned()
    }
}

fn customerio_form(connection: &ConnectionView, actions: Actions) -> AnyView {
    let action = actions.customerio;
    let answered: Answered = answered(action);
    let optional = connection.key.is_some();
    let hint = key_hint(connection, "An App API key of the workspace. It is never shown again.");
    let region = typed("region", connection.region.as_str());
    let budget = typed("requests_per_second", &connection.budget.to_string());
    view! {
        <ActionForm action attr:class="form">
            <FormError
                answered
                fields=&["region", "requests_per_second", "app_api_key"]
                title="Customer.io was not saved"
            />
            <SelectField
                name="region"
                label="Region of the workspace"
                options=regions()
                value=region
                wrong=wrong(answered, "region")
            />
            <TextField
                name="app_api_key"
                label="App API key"
                kind="password"
                hint
                class="input-mono"
                wrong=wrong(answered, "app_api_key")
                optional
                forget=spent(action)
            />
            <TextField
                name="requests_per_second"
                label="Budget"
                hint="Customer.io allows 10 in any one second. Leave some to others who use the same workspace."
                kind="number"
                class="input-short"
                unit="requests a second"
                value=budget
                wrong=wrong(answered, "requests_per_second")
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary busy=action.pending()>
                    "Save and test Customer.io"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn twilio_form(connection: &ConnectionView, actions: Actions) -> AnyView {
    let action = actions.twilio;
    let answered: Answered = answered(action);
    let optional = connection.key.is_some();
    let hint = key_hint(
        connection,
        "The write key of the source in Segment. Segment answers 200 even to a wrong one.",
    );
    let region = typed("twilio_region", connection.region.as_str());
    let budget = typed("events_per_second", &connection.budget.to_string());
    view! {
        <ActionForm action attr:class="form">
            <FormError
                answered
                fields=&["twilio_region", "events_per_second", "write_key"]
                title="Segment was not saved"
            />
            <SelectField
                name="twilio_region"
                label="Region of the workspace"
                options=regions()
                value=region
                wrong=wrong(answered, "twilio_region")
            />
            <TextField
                name="write_key"
                label="Write key"
                kind="password"
                hint
                class="input-mono"
                wrong=wrong(answered, "write_key")
                optional
                forget=spent(action)
            />
            <TextField
                name="events_per_second"
                label="Budget"
                kind="number"
                class="input-short"
                unit="events a second"
                value=budget
                wrong=wrong(answered, "events_per_second")
            />
            <div class="buttons">
                <Button kind=ButtonKind::Primary busy=action.pending()>
                    "Save and test Segment"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}
