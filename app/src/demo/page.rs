//! The page "Break something".

use domain::demo::{Breakage, Broken, LASTS};
use leptos::prelude::*;

use super::api::{BreakSomething, DemoView, MendEverything, read_demo};
use crate::{
    form::{FormError, answered},
    format,
    live::{Reload, loaded, read, renew},
    mappings::parts::mappings_table,
    ui::{Button, ButtonKind, Mark, Page, Progress, Section},
    words,
};

/// What can be done here, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    breaks: ServerAction<BreakSomething>,
    mend: ServerAction<MendEverything>,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { breaks: ServerAction::new(), mend: ServerAction::new() }
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

/// Breaks something.
#[component]
pub fn DemoPage() -> AnyView {
    let actions = Actions::new();
    let version = move || actions.breaks.version().get() + actions.mend.version().get();
    let data = read(version, |_| read_demo());
    renew(data, |view| !view.broken.is_empty() || view.mappings.iter().any(words::is_running));
    loaded(data, "Break something", move |view| demo_page(view, actions))
}

/// The page.
pub fn demo_page(view: DemoView, actions: Actions) -> AnyView {
    let answer = sentence(&view).into_any();
    let DemoView { now, broken, mappings } = view;
    let mend = (!broken.is_empty()).then(|| {
        view! {
            <ActionForm action=actions.mend>
                <Button kind=ButtonKind::Primary mark=Mark::Check busy=actions.mend.pending()>
                    "Mend everything"
                </Button>
            </ActionForm>
        }
        .into_any()
    });
    let rows = Breakage::ALL
        .into_iter()
        .map(|what| {
            let left = broken.iter().find(|one| one.what == what);
            breakage_row(what, left, actions)
        })
        .collect_view();
    view! {
        <Page name="Break something" answer actions=mend>
            <FormError answered=answered(actions.breaks) fields=&[] title="Nothing was broken" />
            <FormError answered=answered(actions.mend) fields=&[] title="Nothing was mended" />
            <ul class="breakages">{rows}</ul>
            <Section title="How Segue fares" aside=view! { <Reload /> }.into_any()>
                <p class="reading">
                    "Every mapping runs when something breaks. What is on the way stays in order and is sent again under the same ids until it is answered: nothing is lost, and nothing counts twice."
                </p>
                {mappings_table(mappings, now)}
            </Section>
        </Page>
    }
    .into_any()
}

/// What is broken, for how long, and what waits meanwhile.
fn sentence(view: &DemoView) -> String {
    let pending: u64 = view.mappings.iter().map(|row| row.pending).sum();
    let way = match pending {
        0 => "Nothing is on the way.".to_owned(),
        1 => "1 change is on the way.".to_owned(),
        many => format!("{} changes are on the way.", format::number(many)),
    };
    let broken: Vec<String> = view.broken.iter().map(|one| said(one.what).0.to_owned()).collect();
    if broken.is_empty() {
        return format!("All is well: break something and watch. {way}");
    }
    format!("{}. {way}", format::list(&broken))
}

/// What breaks, and what Segue does about it.
const fn said(what: Breakage) -> (&'static str, &'static str) {
    match what {
        Breakage::SegmentDown => (
            "Segment answers 503",
            "Nothing is taken. Segue tries again, later and later, and goes on where it was.",
        ),
        Breakage::SegmentAnswersLost => (
            "Segment's answers are lost",
            "Every batch is taken, and nobody hears of it. Segue sends it again under the same ids, and Segment drops what it knows.",
        ),
        Breakage::SegmentSlow => (
            "Segment is slow",
            "Each answer comes 4 s late. Progress is slow, and nothing else happens.",
        ),
        Breakage::SegmentResets => (
            "Segment resets connections",
            "Nobody knows whether a batch was taken. Segue asks by sending it again, exactly as it was.",
        ),
        Breakage::SegmentLimits => (
            "Segment asks to slow down",
            "It answers 429 and says to come back in 5 s. Segue sends nothing before that.",
        ),
        Breakage::SegmentBlind => (
            "Segment's Public API answers 503",
            "Nobody can see what arrived. Segue goes on sending; a controlled test stays at what is proven.",
        ),
        Breakage::CustomerioDown => (
            "Customer.io answers 503",
            "Memberships can't be read. The last whole reading stays in use, and says how old it is.",
        ),
        Breakage::CustomerioSlow => {
            ("Customer.io is slow", "Each page of members comes 4 s late. Runs take longer.")
        }
        Breakage::CustomerioLimits => (
            "Customer.io asks to slow down",
            "It answers 429 and says to come back in 5 s. Segue asks nothing before that.",
        ),
    }
}

fn breakage_row(what: Breakage, broken: Option<&Broken>, actions: Actions) -> AnyView {
    let (name, means) = said(what);
    let seconds = |millis: i64| u64::try_from(millis).unwrap_or(0).div_ceil(1_000);
    let state = if let Some(broken) = broken {
        let left = seconds(broken.left.millis());
        let words = format!("{left} s left");
        view! {
            <Progress
                label=format!("{name}: seconds left")
                done=left
                whole=Some(seconds(LASTS.millis()))
                words=words
            />
        }
        .into_any()
    } else {
        let button = format!("Break for {} s", seconds(LASTS.millis()));
        view! {
            <ActionForm action=actions.breaks>
                <input type="hidden" name="what" value=what.as_str() />
                <Button busy=actions.breaks.pending()>
                    {button} <span class="unseen">": " {name}</span>
                </Button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <strong>{name}</strong>
                <p>{means}</p>
            </div>
            <div class="breakage-state">{state}</div>
        </li>
    }
    .into_any()
}
