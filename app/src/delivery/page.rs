//! The page of dead letters: whom Segment refused, why, and what can be done.

use std::collections::BTreeMap;

use domain::{
    delivery::{
        Transition,
        letters::{LetterCount, LetterGroup, Letters},
    },
    key::Key,
    time::Instant,
};
use leptos::prelude::*;

use super::api::{LettersView, SettleLetters, read_letters};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read, renew},
    ui::{
        Button, ButtonKind, Column, Empty, Fact, Facts, Figure, Moment, Nothing, Notice,
        NoticeKind, Page, Section, State, StateMark, Table,
    },
};

/// The action of all buttons of the page.
type Settle = ServerAction<SettleLetters>;

/// Whom Segment refused.
#[component]
pub fn LettersPage() -> AnyView {
    let settle = Settle::new();
    let data = read(move || settle.version().get(), |_| read_letters());
    renew(data, |_| false);
    loaded(data, "Dead letters", move |view| letters_page(view, settle))
}

/// The page.
pub fn letters_page(view: LettersView, settle: Settle) -> AnyView {
    let LettersView { now, letters } = view;
    let answer = sentence(&letters).into_any();
    let Letters { open, discarded } = letters;
    if open.is_empty() && discarded.is_empty() {
        return view! {
            <Page name="Dead letters" answer>
                <FormError answered=answered(settle) fields=&[] title="Nothing was changed" />
                <Empty
                    title="No dead letters"
                    words="Whoever's event Segment refuses for good appears here, with its reason and what can be done."
                />
            </Page>
        }
        .into_any();
    }
    let mut mappings: BTreeMap<Key, (Vec<LetterGroup>, u64)> = BTreeMap::new();
    for group in open {
        mappings.entry(group.mapping.clone()).or_default().0.push(group);
    }
    for (mapping, people) in discarded {
        mappings.entry(mapping).or_default().1 = people;
    }
    let sections = mappings
        .into_iter()
        .map(|(mapping, (groups, discarded))| section(mapping, groups, discarded, now, settle))
        .collect_view();
    view! {
        <Page name="Dead letters" answer>
            <FormError answered=answered(settle) fields=&[] title="Nothing was changed" />
            {sections}
            <Section title="What the buttons do">
                <Facts>
                    <Fact term="Retry">
                        "They are taken into the mapping's next run again, as if nothing had been refused. Do it once the cause is gone, or they come back here."
                    </Fact>
                    <Fact term="Discard">
                        "They stay refused in this mapping and are no longer listed. It can be taken back: retry those who were discarded."
                    </Fact>
                    <Fact term="Could not leave">
                        "That person is still at the destination. It is tried again by itself, once a day."
                    </Fact>
                </Facts>
            </Section>
        </Page>
    }
    .into_any()
}

fn sentence(letters: &Letters) -> String {
    let count = letters.count(None);
    if count.all() == 0 {
        return "Segment refuses nobody whom you have not decided about.".to_owned();
    }
    let refused = match count.all() {
        1 => "Segment refused 1 person's event for good.".to_owned(),
        all => format!("Segment refused the events of {} people for good.", format::number(all)),
    };
    format!("{refused}{}", still_there(count))
}

/// What a refused exit means.
fn still_there(count: LetterCount) -> String {
    match count.exited {
        0 => String::new(),
        1 => " One of them should have left and is still at the destination.".to_owned(),
        exited => format!(
            " {} of them should have left and are still at the destination.",
            format::number(exited)
        ),
    }
}

fn section(
    mapping: Key,
    groups: Vec<LetterGroup>,
    discarded: u64,
    now: Instant,
    settle: Settle,
) -> AnyView {
    let all: u64 = groups.iter().map(|group| group.people).sum();
    let key = mapping.to_string();
    // One reason has its buttons in its row already.
    let whole = (groups.len() > 1).then(|| {
        let (retry, discard) = (
            format!("Retry all {}", format::number(all)),
            format!("Discard all {}", format::number(all)),
        );
        let key = key.clone();
        view! {
            <div class="buttons">
                <SettleForm settle mapping=key.clone() pick="open" verdict="retry">
                    {retry}
                </SettleForm>
                <SettleForm settle mapping=key pick="open" verdict="discard">
                    {discard}
                </SettleForm>
            </div>
        }
    });
    let columns = vec![
        Column::words("What didn't happen"),
        Column::actions("Retry or discard"),
        Column::words("Segment's reason"),
        Column::figures("People"),
        Column::words("One of them"),
        Column::figures("First"),
        Column::figures("Last"),
    ];
    let caption = format!("Dead letters of {key}");
    let rows = groups.into_iter().map(|group| row(group, now, settle)).collect_view();
    let table = (all > 0).then(|| {
        view! {
            <Table caption columns>
                {rows}
            </Table>
        }
    });
    let discarded = (discarded > 0).then(|| {
        let words = format!(
            "{} here by somebody's decision.",
            format::count(discarded, "person stays refused", "people stay refused")
        );
        let button = format!("Retry {} discarded", format::number(discarded));
        let key = key.clone();
        view! {
            <div class="buttons">
                <p>{words}</p>
                <SettleForm settle mapping=key pick="discarded" verdict="retry">
                    {button}
                </SettleForm>
            </div>
        }
    });
    let (href, id) = (format!("/mappings/{key}"), key.clone());
    view! {
        <section class="section" id=id>
            <div class="section-head">
                <h2>
                    <a href=href>{key}</a>
                </h2>
                {whole}
            </div>
            {table}
            {discarded}
        </section>
    }
    .into_any()
}

fn row(group: LetterGroup, now: Instant, settle: Settle) -> AnyView {
    let what = match group.transition {
        Transition::Exited => view! { <StateMark state=State::Failing word="Could not leave" /> },
        Transition::Entered => view! { <StateMark state=State::Late word="Could not enter" /> },
    };
    let sample = match group.sample {
        Some(cio_id) => {
            let href = format!("/people/{}", format::in_address(&cio_id));
            view! { <a href=href>{cio_id}</a> }.into_any()
        }
        None => view! { <Nothing words="unknown" /> }.into_any(),
    };
    let (mapping, transition) = (group.mapping.to_string(), group.transition.as_str());
    let people = format::number(group.people);
    let (retry, discard) = (format!("Retry {people}"), format!("Discard {people}"));
    view! {
        <tr>
            <th scope="row">{what}</th>
            <td class="tight pick">
                <div class="buttons">
                    <SettleForm
                        settle
                        mapping=mapping.clone()
                        pick=transition
                        reason=group.reason.clone()
                        verdict="retry"
                    >
                        {retry}
                    </SettleForm>
                    <SettleForm settle mapping pick=transition reason=group.reason.clone() verdict="discard">
                        {discard}
                    </SettleForm>
                </div>
            </td>
            <td class="wrap">{group.reason}</td>
            <Figure value=group.people />
            <td>{sample}</td>
            <td class="num">
                <Moment at=group.first_at now />
            </td>
            <td class="num">
                <Moment at=group.last_at now />
            </td>
        </tr>
    }
    .into_any()
}

/// One decision.
#[component]
fn SettleForm(
    /// The page's action.
    settle: Settle,
    /// Whose letters.
    mapping: String,
    /// `open`, `discarded`, or a transition where `reason` picks.
    pick: &'static str,
    /// Segment's reason.
    #[prop(optional, into)]
    reason: String,
    /// `retry` or `discard`.
    verdict: &'static str,
    /// The verb and the number.
    children: Children,
) -> AnyView {
    let kind = if verdict == "retry" { ButtonKind::Plain } else { ButtonKind::Quiet };
    view! {
        <ActionForm action=settle>
            <input type="hidden" name="mapping" value=mapping />
            <input type="hidden" name="pick" value=pick />
            <input type="hidden" name="reason" value=reason />
            <input type="hidden" name="verdict" value=verdict />
            <Button kind busy=settle.pending()>
                {children()}
            </Button>
        </ActionForm>
    }
    .into_any()
}

/// What other pages say of dead letters; nothing while there are none.
pub fn letters_notice(count: LetterCount, mapping: Option<&Key>) -> AnyView {
    if count.all() == 0 {
        return ().into_any();
    }
    let href =
        mapping.map_or_else(|| "/dead-letters".to_owned(), |key| format!("/dead-letters#{key}"));
    let (kind, title) = match (count.exited, count.entered) {
        (0, entered) => (
            NoticeKind::Late,
            format!("Segment refused {} for good", format::count(entered, "person", "people")),
        ),
        (exited, _) => {
            let people = format::count(
                exited,
                "person should have left and is",
                "people should have left and are",
            );
            (
                NoticeKind::Failing,
                format!("{people} still at the destination: Segment refused the exit"),
            )
        }
    };
    view! {
        <Notice kind title>
            <p>
                <a href=href>"See why, and retry or discard"</a>
            </p>
        </Notice>
    }
    .into_any()
}
