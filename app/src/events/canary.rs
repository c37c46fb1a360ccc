//! The canary purchaser: who it is, what it says, and its newest rounds.

use domain::{
    events::canary::{Canary, Round, Word},
    time::Instant,
};
use leptos::prelude::*;

use super::api::{ChooseCanary, DismissCanary};
use crate::{
    form::{FormError, answered, spent, wrong},
    format,
    ui::{
        Button, ButtonKind, Column, Moment, Nothing, Notice, NoticeKind, Section, State, StateMark,
        Table, TextField, text_or_nothing,
    },
};

/// What can be done about it, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    choose: ServerAction<ChooseCanary>,
    dismiss: ServerAction<DismissCanary>,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { choose: ServerAction::new(), dismiss: ServerAction::new() }
    }

    /// Grows with each answer.
    #[must_use]
    pub fn version(self) -> usize {
        self.choose.version().get() + self.dismiss.version().get()
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

/// The section, for whoever may choose one or only read.
pub fn canary_section(canary: Canary, now: Instant, may_change: bool, actions: Actions) -> AnyView {
    let said = sentence(&canary, now);
    let form = may_change.then(|| match canary.cio_id {
        Some(_) => dismiss(actions),
        None => choose(actions),
    });
    let rounds = (!canary.rounds.is_empty()).then(|| rounds(canary.rounds, now));
    view! {
        <Section title="Canary purchaser">
            <p class="reading">{said}</p>
            {rounds}
            {form}
        </Section>
    }
    .into_any()
}

/// The alarm for pages that show what is wrong.
pub fn canary_notice(canary: &Canary, now: Instant) -> Option<AnyView> {
    let title = match canary.word {
        Word::Stayed => "The canary purchaser did not leave in time",
        Word::Silent => "The canary purchaser proves nothing any more",
        Word::None | Word::NoRule | Word::Waiting | Word::Leaving | Word::Left => return None,
    };
    let kind = if canary.word == Word::Stayed { NoticeKind::Failing } else { NoticeKind::Late };
    let said = sentence(canary, now);
    let view = view! {
        <Notice kind title>
            <p>{said}</p>
            <p>
                <a href=super::api::PAGE>"See how soon people leave"</a>
            </p>
        </Notice>
    };
    Some(view.into_any())
}

fn sentence(canary: &Canary, now: Instant) -> String {
    let who = canary.cio_id.as_deref().unwrap_or_default();
    let event = canary.event.as_deref().unwrap_or_default();
    let newest = canary.rounds.first();
    let stood = newest.map_or(0, |round| round.stood.len() as u64);
    let mappings = format::count(stood, "mapping", "mappings");
    match canary.word {
        Word::None => "Nobody is the canary. Once a day Segue takes the canary for a purchaser, and whatever holds them must let them go within its objective; one that stays is an alarm. Only its exits reach Segment.".to_owned(),
        Word::NoRule => format!("{who} is the canary, and no suppression names an event that makes it leave."),
        Word::Waiting => format!("{who} is the canary. It buys as soon as a mapping holds it at a destination."),
        Word::Leaving => format!("{who} bought just now: {event}. {mappings} must let it go."),
        Word::Left => {
            let took = newest.and_then(|round| Some(round.ended_at?.since(round.began_at)));
            let took = took.map(format::duration).unwrap_or_default();
            format!("{who} bought, and {mappings} had let it go when Segue looked {took} later.")
        }
        Word::Stayed => {
            let there = newest.map(|round| round.there.iter().map(ToString::to_string).collect());
            let there: Vec<String> = there.unwrap_or_default();
            format!("{who} bought, and was not let go in time by {}.", format::list(&there))
        }
        Word::Silent => {
            let since = newest.map(|round| round.began_at).or(canary.chosen_at).unwrap_or(now);
            format!("{who} is at no destination, so it can't leave one: its last round is from {}. Make it a member of an audience again, or choose somebody else.", format::relative(since, now))
        }
    }
}

fn rounds(rounds: Vec<Round>, now: Instant) -> AnyView {
    let columns = vec![
        Column::words("Bought"),
        Column::words("Outcome"),
        Column::figures("Mappings"),
        Column::figures("Seen gone after"),
        Column::words("Stayed at"),
    ];
    let rows = rounds.into_iter().map(|round| row(&round, now)).collect_view();
    view! {
        <Table caption="Newest rounds of the canary" columns>
            {rows}
        </Table>
    }
    .into_any()
}

fn row(round: &Round, now: Instant) -> AnyView {
    let passed = round.has_passed();
    let (state, word) = match passed {
        None => (State::Running, "Leaving"),
        Some(true) => (State::Ok, "Left in time"),
        Some(false) => (State::Failing, "Stayed"),
    };
    let took = match (passed, round.ended_at) {
        (Some(true), Some(ended_at)) => format::duration(ended_at.since(round.began_at)).into_any(),
        _ => view! { <Nothing words="not gone" /> }.into_any(),
    };
    let there: Vec<String> = round.there.iter().map(ToString::to_string).collect();
    let there = text_or_nothing(format::list(&there), "nowhere");
    view! {
        <tr>
            <th scope="row">
                <Moment at=round.began_at now />
            </th>
            <td>
                <StateMark state word />
            </td>
            <td class="num">{format::number(round.stood.len() as u64)}</td>
            <td class="num">{took}</td>
            <td class="wrap">{there}</td>
        </tr>
    }
    .into_any()
}

fn choose(actions: Actions) -> AnyView {
    let answer = answered(actions.choose);
    view! {
        <ActionForm action=actions.choose attr:class="form-row">
            <FormError answered=answer fields=&["person"] title="Nobody was chosen" />
            <TextField
                name="person"
                label="Customer.io id, id or e-mail address"
                hint="Of somebody of your own: the canary is kept out of ads after each of its purchases."
                wrong=wrong(answer, "person")
                forget=spent(actions.choose)
            />
            <Button busy=actions.choose.pending()>"Make it the canary"</Button>
        </ActionForm>
    }
    .into_any()
}

fn dismiss(actions: Actions) -> AnyView {
    let answer = answered(actions.dismiss);
    view! {
        <ActionForm action=actions.dismiss>
            <FormError answered=answer fields=&[] title="The canary was not let go" />
            <Button kind=ButtonKind::Quiet busy=actions.dismiss.pending()>"Dismiss the canary"</Button>
        </ActionForm>
    }
    .into_any()
}
