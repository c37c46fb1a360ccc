//! The emergency stop's bar and buttons.

use domain::{
    delivery::stop::{Scope, Stop},
    time::Instant,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::api::{ResumeDelivery, StopDelivery, StopsView, read_stops, scope_value};
use crate::{
    form::{FormError, answered},
    live::{Data, read, renew},
    ui::{Button, ButtonKind, Icon, Mark, Moment},
};

/// Stopping and resuming, made once for the whole frame: what one page does, the bar shows.
#[derive(Clone, Copy)]
pub struct StopActions {
    stop: ServerAction<StopDelivery>,
    resume: ServerAction<ResumeDelivery>,
}

impl StopActions {
    /// Those of the frame; a page that stands alone has its own.
    #[must_use]
    pub fn of_frame() -> Self {
        use_context::<Self>()
            .unwrap_or_else(|| Self { stop: ServerAction::new(), resume: ServerAction::new() })
    }

    /// Changes with every answer.
    pub fn version(self) -> usize {
        self.stop.version().get() + self.resume.version().get()
    }
}

/// What is stopped, on every page, with the button that ends it. Nothing while nothing is.
#[component]
pub fn StopBar() -> AnyView {
    let actions = StopActions::of_frame();
    provide_context(actions);
    let path = use_location().pathname;
    let source = move || (path.get(), actions.version());
    let data: Data<StopsView> = read(source, |_| read_stops());
    renew(data, |_| false);
    // A stop doesn't end because nobody answers.
    let last = StoredValue::new(None::<StopsView>);
    let content = move || {
        data.get().map(|result| {
            if let Ok(fresh) = result {
                last.set_value(Some(fresh));
            }
            last.get_value().map(|view| stop_lines(view, path, actions))
        })
    };
    view! {
        <Transition fallback=|| ()>{content}</Transition>
        <StopErrors actions />
    }
    .into_any()
}

#[component]
fn StopErrors(actions: StopActions) -> AnyView {
    view! {
        <FormError answered=answered(actions.stop) fields=&[] title="Delivery was not stopped" />
        <FormError answered=answered(actions.resume) fields=&[] title="Delivery was not resumed" />
    }
    .into_any()
}

/// One line a stop.
pub fn stop_lines(view: StopsView, path: Memo<String>, actions: StopActions) -> AnyView {
    let StopsView { now, stops } = view;
    if stops.is_empty() {
        return ().into_any();
    }
    let alone = stops.len() == 1;
    let lines = stops
        .into_iter()
        .map(|stop| view! { <li>{stop_line(stop, now, alone, path, actions)}</li> })
        .collect_view();
    view! {
        <section class="stops" role="status" aria-label="Emergency stop">
            <ul>{lines}</ul>
            <p>
                "Entries and ordinary exits wait. What protects people still flows: exits of suppressed people, entries into suppress lists."
            </p>
        </section>
    }
    .into_any()
}

fn stop_line(
    stop: Stop,
    now: Instant,
    alone: bool,
    path: Memo<String>,
    actions: StopActions,
) -> AnyView {
    let (what, button) = match &stop.scope {
        Scope::Everything if alone => ("All delivery".to_owned(), "Resume all delivery".to_owned()),
        Scope::Everything => ("All delivery".to_owned(), "Resume everything else".to_owned()),
        Scope::Destination(key) => {
            (format!("Delivery to {key}"), format!("Resume delivery to {key}"))
        }
    };
    view! {
        <Icon mark=Mark::Pause />
        <p>
            <strong>{what} " stands still"</strong>
            ": stopped by "
            {stop.by.clone()}
            " "
            <Moment at=stop.since now />
            "."
        </p>
        <ResumeForm scope=stop.scope path actions>
            {button}
        </ResumeForm>
    }
    .into_any()
}

/// Ends a stop.
#[component]
pub fn ResumeForm(
    /// Of what.
    scope: Scope,
    /// The page to go on with.
    path: Memo<String>,
    /// The frame's.
    actions: StopActions,
    /// The verb and its object.
    children: Children,
) -> AnyView {
    view! {
        <ActionForm action=actions.resume>
            <input type="hidden" name="destination" value=scope_value(&scope) />
            <input type="hidden" name="back" value=move || path.get() />
            <Button mark=Mark::Run busy=actions.resume.pending()>
                {children()}
            </Button>
        </ActionForm>
    }
    .into_any()
}

/// Stops. No question before it: it can be taken back at once, and an emergency can't wait.
#[component]
pub fn StopForm(
    /// What.
    scope: Scope,
    /// The page to go on with.
    path: Memo<String>,
    /// The frame's.
    actions: StopActions,
    /// How much its button asks for.
    #[prop(optional)]
    kind: ButtonKind,
    /// The verb and its object.
    children: Children,
) -> AnyView {
    view! {
        <ActionForm action=actions.stop>
            <input type="hidden" name="destination" value=scope_value(&scope) />
            <input type="hidden" name="back" value=move || path.get() />
            <Button kind mark=Mark::Pause busy=actions.stop.pending()>
                {children()}
            </Button>
        </ActionForm>
    }
    .into_any()
}
