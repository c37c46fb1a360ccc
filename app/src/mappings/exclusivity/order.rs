//! The order of a group: moved by links, by arrow keys and by dragging, and saved at once. The
//! address holds the order that is proposed, so that it works without a script too.

use domain::{
    key::Key,
    mappings::exclusivity::{Group, Rank, Reordered},
};
use leptos::{
    ev::{DragEvent, KeyboardEvent},
    prelude::*,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::api::{PAGE, SaveOrder, Weighed, write_order};
use crate::{
    browser,
    error::AppError,
    format,
    ui::{
        Button, ButtonKind, Column, Figure, LinkButton, Notice, NoticeKind, State, StateMark, Table,
    },
};

/// What somebody proposes for one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Which group.
    pub group: String,
    /// Its audiences, the first wins.
    pub order: Vec<Key>,
}

impl Proposal {
    /// From the page's address.
    #[must_use]
    pub fn read(group: &str, order: &str) -> Option<Self> {
        let order = super::api::read_order(order);
        (!group.is_empty() && !order.is_empty()).then(|| Self { group: group.to_owned(), order })
    }
}

/// What a proposal would do; nothing while there is none.
pub type Answer = Option<Result<Weighed, AppError>>;

/// The address of an order.
fn address(group: &Key, order: &[Key]) -> String {
    format!("{PAGE}?group={group}&order={}", write_order(order))
}

/// The order with one audience in the place of another.
#[must_use]
pub fn moved(order: &[Key], from: usize, to: usize) -> Vec<Key> {
    let mut order = order.to_vec();
    if from < order.len() && to < order.len() {
        let audience = order.remove(from);
        order.insert(to, audience);
    }
    order
}

/// A group's audiences in the order that is proposed, or else as it is.
pub fn group_order(
    group: Group,
    proposal: Memo<Option<Proposal>>,
    answer: Signal<Answer>,
    save: ServerAction<SaveOrder>,
) -> AnyView {
    let key = group.key.clone();
    let now: Vec<Key> = group.ranks.iter().map(|rank| rank.audience.clone()).collect();
    let as_it_is = now.clone();
    let order = Memo::new(move |_| {
        let proposed = proposal.get().filter(|one| one.group == key.as_str());
        let mut sorted = as_it_is.clone();
        sorted.sort();
        let whole = |one: &Proposal| {
            let mut asked = one.order.clone();
            asked.sort();
            asked == sorted
        };
        proposed.filter(whole).map_or_else(|| as_it_is.clone(), |one| one.order)
    });
    let is_changed = Memo::new(move |_| order.with(|order| *order != now));
    let list = list(&group, order);
    let foot = foot(&group, order, is_changed, answer, save);
    view! { {list} {foot} }.into_any()
}

fn list(group: &Group, order: Memo<Vec<Key>>) -> AnyView {
    let key = group.key.clone();
    let go = {
        let (key, navigate) = (key.clone(), use_navigate());
        move |from: usize, to: usize| {
            let next = order.with_untracked(|order| moved(order, from, to));
            if order.with_untracked(|order| *order == next) {
                return;
            }
            let audience = next[to].clone();
            let options =
                NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
            navigate(&address(&key, &next), options);
            browser::focus_soon(format!("move-{key}-{audience}"));
        }
    };
    let dragged = RwSignal::new(None::<usize>);
    let ranks = group.ranks.clone();
    let rows = move || {
        let order = order.get();
        let last = order.len().saturating_sub(1);
        let row = |(at, audience): (usize, &Key)| {
            let rank = ranks.iter().find(|rank| rank.audience == *audience).cloned();
            let up = (at > 0).then(|| address(&key, &moved(&order, at, at - 1)));
            let down = (at < last).then(|| address(&key, &moved(&order, at, at + 1)));
            let (by_key, by_drop) = (go.clone(), go.clone());
            let keys = move |event: KeyboardEvent| {
                let to = match event.key().as_str() {
                    "ArrowUp" if at > 0 => at - 1,
                    "ArrowDown" if at < last => at + 1,
                    _ => return,
                };
                event.prevent_default();
                by_key(at, to);
            };
            let dropped = move |event: DragEvent| {
                event.prevent_default();
                if let Some(from) = dragged.get_untracked() {
                    dragged.set(None);
                    by_drop(from, at);
                }
            };
            view! {
                <li
                    draggable="true"
                    class:dragged=move || dragged.get() == Some(at)
                    on:keydown=keys
                    on:dragstart=move |_| dragged.set(Some(at))
                    on:dragend=move |_| dragged.set(None)
                    on:dragover=move |event: DragEvent| event.prevent_default()
                    on:drop=dropped
                >
                    {rank.map(|rank| place(&key, at, rank))}
                    <span class="buttons">
                        {step(up, "Move up", audience)} {step(down, "Move down", audience)}
                    </span>
                </li>
            }
        };
        order.iter().enumerate().map(row).collect_view()
    };
    view! { <ol class="ranks">{rows}</ol> }.into_any()
}

/// The audience in its place; the arrow keys move it from here.
fn place(group: &Key, at: usize, rank: Rank) -> AnyView {
    let Rank { audience, mappings, is_active, members, outranked } = rank;
    let id = format!("move-{group}-{audience}");
    let label = format!("{audience}, place {}: arrow keys move it", at + 1);
    let paused = (!is_active).then(|| view! { <StateMark state=State::Paused word="Paused" /> });
    let names: Vec<String> = mappings.iter().map(ToString::to_string).collect();
    let counts = format!(
        "{}, {} have an audience before it · {}",
        format::count(members, "member", "members"),
        format::number(outranked),
        format::list(&names),
    );
    view! {
        <button class="grip" type="button" id=id aria-label=label>
            <span aria-hidden="true">"⠿"</span>
        </button>
        <span class="rank">
            <strong>{audience.to_string()}</strong>
            " "
            {paused}
            <span class="under">{counts}</span>
        </span>
    }
    .into_any()
}

fn step(href: Option<String>, words: &'static str, audience: &Key) -> AnyView {
    let Some(href) = href else { return ().into_any() };
    let label = format!("{words}: {audience}");
    let sign = if words == "Move up" { "↑" } else { "↓" };
    view! {
        <a class="button button-quiet" href=href aria-label=label>
            {sign}
        </a>
    }
    .attr("noscroll", "")
    .into_any()
}

/// What the proposed order would do, and the way to save it.
fn foot(
    group: &Group,
    order: Memo<Vec<Key>>,
    is_changed: Memo<bool>,
    answer: Signal<Answer>,
    save: ServerAction<SaveOrder>,
) -> AnyView {
    let (key, base) = (group.key.to_string(), group.base.clone());
    let shown = move || {
        let told = match answer.get() {
            None => return ().into_any(),
            Some(Ok(Weighed::Effects(effects))) => effect_table(effects),
            Some(Ok(Weighed::NotYet { message })) => {
                view! { <p class="quiet">{message}</p> }.into_any()
            }
            Some(Err(error)) => view! { <p class="quiet">{error.to_string()}</p> }.into_any(),
        };
        view! { {told} }.into_any()
    };
    let proposed = move || {
        is_changed.get().then(|| {
            let (key, base) = (key.clone(), base.clone());
            view! {
                <div class="proposed" aria-live="polite">
                    <h3>"What this order would do"</h3>
                    <Transition fallback=|| ()>{shown}</Transition>
                    <ActionForm action=save>
                        <input type="hidden" name="group" value=key />
                        <input type="hidden" name="order" value=move || write_order(&order.get()) />
                        <input type="hidden" name="base" value=base />
                        <div class="buttons">
                            <Button kind=ButtonKind::Primary busy=save.pending()>
                                "Save this order"
                            </Button>
                            <LinkButton href=PAGE kind=ButtonKind::Quiet>
                                "Keep the order as it is"
                            </LinkButton>
                        </div>
                    </ActionForm>
                </div>
            }
        })
    };
    view! { {proposed} }.into_any()
}

/// Each mapping of the group, before and after.
pub fn effect_table(effects: Vec<Reordered>) -> AnyView {
    let still = effects.iter().all(|one| one.gains + one.loses == 0);
    let title = "Nobody would move: whoever is in several audiences stays where they are";
    if still {
        return view! { <Notice kind=NoticeKind::Plain title /> }.into_any();
    }
    let columns = vec![
        Column::words("Mapping"),
        Column::figures("Now"),
        Column::figures("Then"),
        Column::figures("Gains"),
        Column::figures("Loses"),
    ];
    let rows = effects
        .into_iter()
        .map(|one| {
            view! {
                <tr>
                    <th scope="row">{one.mapping.to_string()}</th>
                    <Figure value=one.before />
                    <Figure value=one.after />
                    <Figure value=one.gains />
                    <Figure value=one.loses />
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption="What this order would do to each mapping" columns>
            {rows}
        </Table>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moves_and_the_others_keep_their_order() {
        let keys = super::super::api::read_order;
        let order = keys("a,b,c,d");
        for (from, to, expected) in [
            (0, 0, "a,b,c,d"),
            (0, 3, "b,c,d,a"),
            (3, 0, "d,a,b,c"),
            (1, 2, "a,c,b,d"),
            (0, 9, "a,b,c,d"),
        ] {
            assert_eq!(write_order(&moved(&order, from, to)), expected);
        }
        assert_eq!(Proposal::read("", "a"), None);
        assert_eq!(Proposal::read("g", "<b>,"), None);
        let proposal = Proposal::read("g", "a,b").expect("an order");
        assert_eq!(proposal.order, keys("a,b"));
    }
}
