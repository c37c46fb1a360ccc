//! The page of a listing: what a file says and what would follow, before it holds; and the way
//! to take it off afterwards.

use domain::{
    suppression::listing::{Leaving, Listing, ListingState, Review, Unreadable},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api::{EndListing, HoldListing, ReviewView, page_of, read_listing},
    list::state,
};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read},
    ui::{
        Button, ButtonKind, Column, Fact, Facts, Figure, LinkButton, Moment, Page, Section, Table,
        UseCaseMark,
    },
};

/// What can be done with a listing, made once for the page's life.
#[derive(Clone, Copy)]
pub struct ListingActions {
    hold: ServerAction<HoldListing>,
    end: ServerAction<EndListing>,
}

impl ListingActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { hold: ServerAction::new(), end: ServerAction::new() }
    }
}

impl Default for ListingActions {
    fn default() -> Self {
        Self::new()
    }
}

/// A listing.
#[component]
pub fn ListingPage() -> AnyView {
    let params = use_params_map();
    let actions = ListingActions::new();
    let data = read(move || params.read().get("listing").unwrap_or_default(), read_listing);
    loaded(data, "Listing", move |view| listing_page(view, actions))
}

/// The page.
pub fn listing_page(view: ReviewView, actions: ListingActions) -> AnyView {
    let ReviewView { now, review } = view;
    let answer = sentence(&review);
    let Review { listing, unreadable, leaving } = review;
    let places = (!leaving.is_empty()).then(|| places(&leaving));
    let lines = (!unreadable.is_empty()).then(|| unread(unreadable, listing.unreadable));
    let (list, name) =
        (page_of(listing.rule.as_str()), format!("{} on {}", listing.source, listing.rule));
    let back = view! {
        <LinkButton href=list kind=ButtonKind::Quiet>
            "Go to the list"
        </LinkButton>
    };
    let buttons = buttons(&listing, actions);
    let facts = facts(listing, now);
    view! {
        <Page
            name=name
            answer=answer.into_any()
            actions=back.into_any()
        >
            <FormError answered=answered(actions.hold) fields=&[] title="Nobody is kept out by it" />
            <FormError answered=answered(actions.end) fields=&[] title="Nobody was taken off" />
            {buttons}
            {facts}
            {places}
            {lines}
        </Page>
    }
    .into_any()
}

fn exits(leaving: &[Leaving]) -> u64 {
    leaving.iter().map(|one| one.people).sum()
}

fn sentence(review: &Review) -> String {
    let Review { listing, leaving, .. } = review;
    let people = format::count(listing.people, "person", "people");
    match listing.state {
        ListingState::Draft => {
            let known = match (listing.people, listing.unknown) {
                (0, _) => "nobody of them is known yet".to_owned(),
                (_, 0) => {
                    format!("{people} are known by them").replace("1 person are", "1 person is")
                }
                (_, unknown) => format!(
                    "{people} known, {} not yet: whoever comes under one is kept out too",
                    format::number(unknown)
                ),
            };
            let leave = match exits(leaving) {
                0 => "Nobody of them is anywhere now, so nothing would be sent.".to_owned(),
                some => format!("{} would be sent at once.", format::count(some, "exit", "exits")),
            };
            format!("{}: {known}. {leave}", format::count(listing.names, "name", "names"))
        }
        ListingState::Holding => {
            let leave = match exits(leaving) {
                0 => "none of them is anywhere".to_owned(),
                some => format!("{} on the way", format::count(some, "exit is", "exits are")),
            };
            format!("It keeps {people} out; {leave}.")
        }
        ListingState::Expired => "Its time is over: it keeps nobody out.".to_owned(),
        ListingState::Ended => "It was taken off: it keeps nobody out.".to_owned(),
    }
}

fn buttons(listing: &Listing, actions: ListingActions) -> Option<AnyView> {
    let (rule, id) = (listing.rule.to_string(), listing.id.to_string());
    let hidden = move || {
        view! {
            <input type="hidden" name="rule" value=rule.clone() />
            <input type="hidden" name="listing" value=id.clone() />
        }
    };
    let (hidden, also_hidden) = (hidden.clone(), hidden);
    let people = format::count(listing.people, "person", "people");
    match listing.state {
        ListingState::Draft => Some(
            view! {
                <div class="buttons">
                    <ActionForm action=actions.hold>
                        {hidden()}
                        <Button kind=ButtonKind::Primary busy=actions.hold.pending()>
                            {format!("Keep {people} out")}
                        </Button>
                    </ActionForm>
                    <ActionForm action=actions.end>
                        {also_hidden()}
                        <Button kind=ButtonKind::Quiet busy=actions.end.pending()>
                            "Discard these names"
                        </Button>
                    </ActionForm>
                </div>
            }
            .into_any(),
        ),
        ListingState::Holding | ListingState::Expired => Some(
            view! {
                <ActionForm action=actions.end>
                    {hidden()}
                    <Button kind=ButtonKind::Danger busy=actions.end.pending()>
                        {format!("Take {people} off the list")}
                    </Button>
                </ActionForm>
            }
            .into_any(),
        ),
        ListingState::Ended => None,
    }
}

fn facts(listing: Listing, now: Instant) -> AnyView {
    let mark = state(&listing);
    let note = if listing.note.is_empty() { "Not said".to_owned() } else { listing.note };
    let held = listing.held_since.map(|at| {
        view! {
            <Fact term="Keeps out since">
                <Moment at now />
            </Fact>
        }
    });
    view! {
        <Facts>
            <Fact term="State">{mark}</Fact>
            <Fact term="Why">{note}</Fact>
            <Fact term="By">{listing.by}</Fact>
            <Fact term="Handed in">
                <Moment at=listing.at now />
            </Fact>
            {held}
            <Fact term="Names">{format::number(listing.names)}</Fact>
            <Fact term="People known by them">{format::number(listing.people)}</Fact>
            <Fact term="Names of nobody yet">{format::number(listing.unknown)}</Fact>
            <Fact term="Lines that repeat one">{format::number(listing.repeated)}</Fact>
        </Facts>
    }
    .into_any()
}

fn places(leaving: &[Leaving]) -> AnyView {
    let columns = vec![
        Column::words("Mapping"),
        Column::words("Use case"),
        Column::words("Destination"),
        Column::figures("Exits"),
    ];
    let rows = leaving
        .iter()
        .map(|one| {
            let (key, destination) = (one.mapping.to_string(), one.destination.to_string());
            view! {
                <tr>
                    <th scope="row">
                        <a href=format!("/mappings/{key}")>{key.clone()}</a>
                    </th>
                    <td>
                        <UseCaseMark use_case=one.use_case />
                    </td>
                    <td>
                        <a href=format!("/destinations/{destination}")>{destination.clone()}</a>
                    </td>
                    <Figure value=one.people />
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="Where they are">
            <Table caption="Exits by mapping" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn unread(lines: Vec<Unreadable>, all: u64) -> AnyView {
    let columns =
        vec![Column::figures("Line"), Column::words("It says"), Column::words("What is wrong")];
    let shown = lines.len() as u64;
    let more =
        (all > shown).then(|| format!("The first {shown} of {} such lines.", format::number(all)));
    let rows = lines
        .into_iter()
        .map(|one| {
            view! {
                <tr>
                    <Figure value=one.line />
                    <td class="wrap">{one.text}</td>
                    <td class="wrap">{format::capital(&one.why)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="Lines that name nobody">
            <Table caption="Lines that could not be read" columns>
                {rows}
            </Table>
            {more.map(|more| view! { <p class="quiet">{more}</p> })}
        </Section>
    }
    .into_any()
}
