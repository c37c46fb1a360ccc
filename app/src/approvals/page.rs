//! The page of approvals: each thing that waits with its numbers and what can be decided.

use domain::{
    approvals::{Approvals, ShrunkAudience, WaitingRun},
    contract::request::Request,
    time::Instant,
};
use leptos::prelude::*;

use super::{
    api::{AcceptShrunk, ApprovalsView, DiscardRun, PAGE, ReleaseRun, read_approvals},
    keys::decision_keys,
    proposals,
};
use crate::{
    contract,
    form::{FormError, answered},
    format,
    live::{loaded, read, renew},
    ui::{
        Button, ButtonKind, Column, Empty, Figure, Moment, Notice, NoticeKind, Page, Section,
        Table, UseCaseMark,
    },
};

/// What can be done here, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    release: ServerAction<ReleaseRun>,
    discard: ServerAction<DiscardRun>,
    accept: ServerAction<AcceptShrunk>,
    proposals: proposals::Actions,
}

impl Actions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self {
            release: ServerAction::new(),
            discard: ServerAction::new(),
            accept: ServerAction::new(),
            proposals: proposals::Actions::new(),
        }
    }

    fn version(self) -> usize {
        self.release.version().get()
            + self.discard.version().get()
            + self.accept.version().get()
            + self.proposals.version()
    }
}

impl Default for Actions {
    fn default() -> Self {
        Self::new()
    }
}

/// Everything that waits.
#[component]
pub fn ApprovalsPage() -> AnyView {
    let actions = Actions::new();
    let data = read(move || actions.version(), |_| read_approvals());
    renew(data, |_| false);
    loaded(data, "Approvals", move |view| approvals_page(view, actions))
}

/// The page.
pub fn approvals_page(view: ApprovalsView, actions: Actions) -> AnyView {
    let ApprovalsView { now, actor, second_person, approvals, changes } = view;
    let switch = proposals::switch(second_person, &actor, actions.proposals);
    let answer = sentence(&approvals, changes.len() as u64).into_any();
    let content = if approvals.is_empty() && changes.is_empty() {
        view! {
            <Empty
                title="Nothing waits"
                words="A run that would change more than half of those who are there, and more than 1,000 people, waits here with its numbers. So does a suppression's audience that shrinks that much, a change of the contract that somebody proposes, and, if the workspace asks for a second person, whatever starts a mapping or changes who is kept out."
            />
        }
        .into_any()
    } else {
        let Approvals { runs, shrunk, proposals } = approvals;
        let proposals = (!proposals.is_empty())
            .then(|| proposals::section(proposals, now, &actor, actions.proposals));
        let runs = (!runs.is_empty()).then(|| runs_section(runs, now, actions));
        let shrunk = (!shrunk.is_empty()).then(|| shrunk_section(shrunk, now, actions));
        let changes = (!changes.is_empty()).then(|| changes_section(changes, now));
        view! { {runs} {shrunk} {proposals} {changes} {decision_keys(true)} }.into_any()
    };
    view! {
        <Page name="Approvals" answer>
            <FormError answered=answered(actions.release) fields=&[] title="Nothing was released" />
            <FormError answered=answered(actions.discard) fields=&[] title="Nothing was discarded" />
            <FormError answered=answered(actions.accept) fields=&[] title="Nothing was accepted" />
            {proposals::errors(actions.proposals)} {content} {switch}
            <p class="quiet">
                "What waits is also told to a webhook, if one is entered: "
                <a href="/settings/notices">"notices"</a> "."
            </p>
        </Page>
    }
    .into_any()
}

fn sentence(approvals: &Approvals, changes: u64) -> String {
    let mut clauses = Vec::new();
    match approvals.runs.len() as u64 {
        0 => {}
        1 => clauses.push("1 run holds back an abnormal change".to_owned()),
        runs => clauses.push(format!("{runs} runs hold back abnormal changes")),
    }
    match approvals.shrunk.len() as u64 {
        0 => {}
        1 => clauses.push("1 suppression keeps people whom its segment lost".to_owned()),
        all => clauses.push(format!("{all} suppressions keep people whom their segments lost")),
    }
    match approvals.proposals.len() as u64 {
        0 => {}
        1 => clauses.push("1 change of mappings or suppressions is proposed".to_owned()),
        all => clauses.push(format!("{all} changes of mappings or suppressions are proposed")),
    }
    match changes {
        0 => {}
        1 => clauses.push("1 change of the contract is proposed".to_owned()),
        all => clauses.push(format!("{all} changes of the contract are proposed")),
    }
    if clauses.is_empty() {
        return "Nothing waits for a decision.".to_owned();
    }
    format!("{}.", format::list(&clauses))
}

fn changes_section(changes: Vec<Request>, now: Instant) -> AnyView {
    let columns =
        vec![Column::words("Change"), Column::words("Proposed by"), Column::words("Begun")];
    let rows = changes
        .into_iter()
        .map(|request| {
            let href = contract::change_api::page_of(&request.id.to_string());
            let title = contract::page::title(&request);
            view! {
                <tr data-decision="">
                    <th scope="row">
                        <a href=href>{title}</a>
                    </th>
                    <td>{request.author}</td>
                    <td>
                        <Moment at=request.at now />
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section title="Changes of the contract">
            <Table caption="Proposed changes of the contract" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn runs_section(runs: Vec<WaitingRun>, now: Instant, actions: Actions) -> AnyView {
    let columns = vec![
        Column::words("Mapping"),
        Column::actions("Release or discard"),
        Column::words("Use case"),
        Column::figures("There now"),
        Column::figures("Would enter"),
        Column::figures("Would exit"),
        Column::figures("Waits since"),
    ];
    let rows = runs.into_iter().map(|run| run_row(&run, now, actions)).collect_view();
    view! {
        <Section title="Abnormal changes">
            <p class="reading">
                "Suppressed people have left already: what protects never waits. Until you decide, nobody else comes or goes. Release sends what the next run still decides of it; discard pauses the mapping, because its next run would wait again."
            </p>
            <Table caption="Runs that wait" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn run_row(run: &WaitingRun, now: Instant, actions: Actions) -> AnyView {
    let id = run.run.to_string();
    let (release, discard) = (id.clone(), id.clone());
    let words = change(run.entered, run.exited);
    view! {
        <tr data-decision="">
            <th scope="row">
                <a href=format!("/mappings/{}", run.mapping)>{run.mapping.to_string()}</a>
            </th>
            <td class="tight">
                <div class="buttons">
                    <ActionForm action=actions.release>
                        <input type="hidden" name="run" value=release />
                        <Button busy=actions.release.pending() attr:data-verdict="approve">"Release " {words}</Button>
                    </ActionForm>
                    <ActionForm action=actions.discard>
                        <input type="hidden" name="run" value=discard />
                        <Button kind=ButtonKind::Quiet busy=actions.discard.pending() attr:data-verdict="reject">
                            "Discard and pause"
                        </Button>
                    </ActionForm>
                </div>
            </td>
            <td>
                <UseCaseMark use_case=run.use_case />
            </td>
            <Figure value=run.present />
            <Figure value=run.entered />
            <Figure value=run.exited />
            <td class="num">
                <a href=format!("/runs/{id}")>
                    <Moment at=run.at now />
                </a>
            </td>
        </tr>
    }
    .into_any()
}

/// "9,204 exits", "1,300 entries and 20 exits".
fn change(entered: u64, exited: u64) -> String {
    let mut parts = Vec::new();
    if entered > 0 {
        parts.push(format::count(entered, "entry", "entries"));
    }
    if exited > 0 {
        parts.push(format::count(exited, "exit", "exits"));
    }
    format::list(&parts)
}

fn shrunk_section(shrunk: Vec<ShrunkAudience>, now: Instant, actions: Actions) -> AnyView {
    let columns = vec![
        Column::words("Audience"),
        Column::actions("Accept"),
        Column::words("Suppressions"),
        Column::figures("Kept"),
        Column::figures("Last reading"),
        Column::figures("Waits since"),
    ];
    let rows = shrunk.into_iter().map(|one| shrunk_row(&one, now, actions)).collect_view();
    view! {
        <Section title="Suppressions that shrank">
            <p class="reading">
                "Customer.io's segment lost many people at once. If that is a mistake there, repair the segment: the next reading ends this by itself. If it is right, accept it: whoever it lost may get ads again."
            </p>
            <Table caption="Audiences that shrank" columns>
                {rows}
            </Table>
        </Section>
    }
    .into_any()
}

fn shrunk_row(one: &ShrunkAudience, now: Instant, actions: Actions) -> AnyView {
    let key = one.audience.to_string();
    let rules: Vec<String> = one.suppressions.iter().map(ToString::to_string).collect();
    let name = one.segment_name.clone().unwrap_or_else(|| key.clone());
    let words = format!("Accept {}", format::count(one.read, "person", "people"));
    view! {
        <tr data-decision="">
            <th scope="row">
                <a href=format!("/audiences#{key}")>{name}</a>
            </th>
            <td class="tight">
                <ActionForm action=actions.accept>
                    <input type="hidden" name="audience" value=key />
                    <Button busy=actions.accept.pending() attr:data-verdict="approve">{words}</Button>
                </ActionForm>
            </td>
            <td>
                <a href="/suppression">{format::list(&rules)}</a>
            </td>
            <Figure value=one.kept />
            <Figure value=one.read />
            <td class="num">
                <Moment at=one.at now />
            </td>
        </tr>
    }
    .into_any()
}

/// What other pages say of what waits; nothing while nothing does.
pub fn approvals_notice(waiting: u64) -> AnyView {
    if waiting == 0 {
        return ().into_any();
    }
    let title = match waiting {
        1 => "1 decision waits for you".to_owned(),
        all => format!("{all} decisions wait for you"),
    };
    view! {
        <Notice kind=NoticeKind::Late title>
            <p>
                <a href=PAGE>"See what is held back, and decide"</a>
            </p>
        </Notice>
    }
    .into_any()
}
