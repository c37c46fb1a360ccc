//! The page of a run.

use domain::{
    sync::{RunRow, RunState},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{
    api::{CancelRun, RunView, read_run},
    parts::{Sieve, funnel, run_progress},
};
use crate::{
    form::{FormError, answered},
    format,
    live::{loaded, read, renew},
    ui::{
        Button, ButtonKind, Dialog, DialogFoot, Fact, Facts, Moment, Notice, NoticeKind,
        OpenDialog, Page, RunMark, ShortId, UseCaseMark,
    },
    words,
};

/// One run.
#[component]
pub fn RunPage() -> AnyView {
    let params = use_params_map();
    let cancel = ServerAction::<CancelRun>::new();
    let source = move || (params.read().get("id").unwrap_or_default(), cancel.version().get());
    let data = read(source, |(id, _)| read_run(id));
    renew(data, |view| view.run.state.is_running());
    loaded(data, "Run", move |view| run_page(view, cancel))
}

/// The page.
pub fn run_page(view: RunView, cancel: ServerAction<CancelRun>) -> AnyView {
    let RunView { now, run, mapping } = view;
    let use_case = mapping.as_ref().map(|row| row.spec.use_case);
    let marks = view! {
        {use_case.map(|use_case| view! { <UseCaseMark use_case /> })}
        <RunMark state=run.state />
    };
    let sieve = Sieve {
        members: run.fetched,
        target: run.target,
        delivered: None,
        withheld: &run.withheld,
        use_case,
    };
    let decided = run.target > 0 || words::withheld(&run.withheld) > 0;
    let picture = if decided { funnel(&sieve, |_| None) } else { ().into_any() };
    let trouble = run.error.clone().map(|words| {
        let (kind, title) = match run.state {
            RunState::Failed => (NoticeKind::Failing, "The run failed"),
            _ => (NoticeKind::Late, "Not everything went as it should"),
        };
        let after = (run.state == RunState::Failed).then_some(
            "Whoever is at the destination stays there. The next run starts from what is true then.",
        );
        view! {
            <Notice kind title>
                <p>{words}</p>
                {after.map(|after| view! { <p>{after}</p> })}
            </Notice>
        }
    });
    let name = format!("Run of {}", run.mapping);
    let actions = run.state.is_running().then(|| cancel_button(&run, cancel));
    view! {
        <Page name marks=marks.into_any() actions answer=sentence(&run, now)>
            <FormError answered=answered(cancel) fields=&[] title="The run was not cancelled" />
            {trouble}
            {run.state.is_running().then(|| run_progress(Some(&run), None, now))}
            <div class="split">{picture} {facts(&run, now)}</div>
        </Page>
    }
    .into_any()
}

/// The question before a run is cancelled, with its numbers.
fn cancel_button(run: &RunRow, cancel: ServerAction<CancelRun>) -> AnyView {
    const DIALOG: &str = "cancel-run";
    let whole = run.entered + run.exited;
    let done = (run.delivered + run.dead).min(whole);
    let (title, button, words) = if run.state == RunState::Mirroring {
        let words = "It still reads its audience: nothing of it has been sent.".to_owned();
        ("Cancel this run?".to_owned(), "Cancel run".to_owned(), words)
    } else {
        let left = format::count(whole - done, "change", "changes");
        let words = format!(
            "{} of {} are acknowledged and stay as they are. Of the other {}, what is being sent now still gets its answer, and the rest is dropped, less what protects people.",
            format::number(done),
            format::count(whole, "change", "changes"),
            format::number(whole - done)
        );
        (format!("Cancel this run and drop up to {left}?"), format!("Drop up to {left}"), words)
    };
    let id = run.id.to_string();
    view! {
        <OpenDialog id=DIALOG>"Cancel run"</OpenDialog>
        <Dialog id=DIALOG title>
            <p>{words}</p>
            <p>"The mapping's next run decides anew, by what is true then."</p>
            <ActionForm action=cancel>
                <input type="hidden" name="id" value=id />
                <DialogFoot id=DIALOG close="Let it run">
                    <Button kind=ButtonKind::Danger busy=cancel.pending()>
                        {button}
                    </Button>
                </DialogFoot>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

/// What the run did.
fn sentence(run: &RunRow, now: Instant) -> AnyView {
    let mapping =
        view! { <a href=format!("/mappings/{}", run.mapping)>{run.mapping.to_string()}</a> };
    let took = format::duration(run.finished_at.unwrap_or(now).since(run.started_at));
    let changes = match (run.entered, run.exited) {
        (0, 0) => "nothing had changed".to_owned(),
        (entered, 0) => format!("{} entered", format::count(entered, "person", "people")),
        (0, exited) => format!("{} left", format::count(exited, "person", "people")),
        (entered, exited) => format!(
            "{} entered and {} left",
            format::count(entered, "person", "people"),
            format::number(exited)
        ),
    };
    let rest = match run.state {
        _ if run.by_events => format!(": {changes}, as events told within the hour."),
        RunState::Mirroring => format!(
            ": reading its audience since {took}, {} so far.",
            format::count(run.fetched, "member", "members")
        ),
        RunState::Delivering => {
            let whole = run.entered + run.exited;
            format!(
                ": {changes}; {} of {} acknowledged after {took}.",
                format::number((run.delivered + run.dead).min(whole)),
                format::number(whole)
            )
        }
        RunState::Done if run.dead > 0 => format!(
            ": {changes}; Segment refused {} of them. It took {took}.",
            format::number(run.dead)
        ),
        RunState::Done => format!(": {changes}. It took {took}."),
        RunState::Waiting => {
            format!(": {changes}. That is unusual, so it waits for a decision.")
        }
        RunState::Failed => format!(" was not brought up to date: the run failed after {took}."),
    };
    view! { {mapping} {rest} }.into_any()
}

fn facts(run: &RunRow, now: Instant) -> AnyView {
    let run = run.clone();
    let ended = run.finished_at.map(|at| {
        view! {
            <Fact term="Ended">
                <Moment at now />
            </Fact>
        }
    });
    let generation = run.generation.map(|generation| {
        view! { <Fact term="Generation">{generation.to_string()}</Fact> }
    });
    let repeated = (run.repeated > 0).then(|| {
        view! { <Fact term="Of them there already">{format::number(run.repeated)}</Fact> }
    });
    view! {
        <Facts>
            <Fact term="Began">
                <Moment at=run.started_at now />
            </Fact>
            {ended}
            <Fact term="Members read">{format::number(run.fetched)}</Fact>
            <Fact term="Entered">{format::number(run.entered)}</Fact>
            {repeated}
            <Fact term="Exited">{format::number(run.exited)}</Fact>
            <Fact term="Acknowledged">{format::number(run.delivered)}</Fact>
            <Fact term="Refused">{format::number(run.dead)}</Fact>
            {generation}
            <Fact term="Run">
                <ShortId id=run.id.to_string() />
            </Fact>
        </Facts>
    }
    .into_any()
}
