//! On a person's page: keep this one out of everything, or let them be sent again.

use domain::people::PersonView;
use leptos::prelude::*;

use super::api::{StopTargeting, TargetAgain};
use crate::{
    form::{FormError, answered, typed, wrong},
    format,
    ui::{Button, ButtonKind, TextField},
};

/// What can be done about one person, made once for the page's life.
#[derive(Clone, Copy)]
pub struct PersonActions {
    stop: ServerAction<StopTargeting>,
    again: ServerAction<TargetAgain>,
}

impl PersonActions {
    /// Ready to be used.
    #[must_use]
    pub fn new() -> Self {
        Self { stop: ServerAction::new(), again: ServerAction::new() }
    }

    /// Changes with every answer.
    #[must_use]
    pub fn version(self) -> usize {
        self.stop.version().get() + self.again.version().get()
    }
}

impl Default for PersonActions {
    fn default() -> Self {
        Self::new()
    }
}

/// One form, for whatever can be done now.
pub fn person_form(view: &PersonView, actions: PersonActions) -> AnyView {
    let cio_id = view.person.cio_id.clone();
    let listed = view.suppressions.iter().find(|rule| rule.listed.is_some());
    if let Some(rule) = listed {
        let rule = rule.rule.to_string();
        return view! {
            <FormError
                answered=answered(actions.again)
                fields=&[]
                title="The person is still kept out"
            />
            <ActionForm action=actions.again attr:class="form">
                <input type="hidden" name="cio_id" value=cio_id />
                <p class="quiet reading">
                    {format!("Somebody has put this person on {rule}: off every list, they come back wherever their audiences send them.")}
                </p>
                <div class="buttons">
                    <Button busy=actions.again.pending()>"Take the person off every list"</Button>
                </div>
            </ActionForm>
        }
        .into_any();
    }
    let answered = answered(actions.stop);
    let there =
        view.mappings.iter().filter(|one| one.delivered && one.use_case.is_suppressed()).count()
            as u64;
    let what = match there {
        0 => "The person is nowhere that addresses somebody, and would not come there.".to_owned(),
        some => format!(
            "{} at once, whatever else is paused or waits, and the person doesn't come back before somebody takes them off the list.",
            format::count(some, "exit is sent", "exits are sent")
        ),
    };
    view! {
        <FormError answered fields=&["note"] title="The person is not kept out" />
        <ActionForm action=actions.stop attr:class="form">
            <input type="hidden" name="cio_id" value=cio_id />
            <TextField
                name="note"
                label="Why"
                hint=what
                value=typed("note", "")
                wrong=wrong(answered, "note")
                optional=true
            />
            <div class="buttons">
                <Button kind=ButtonKind::Danger busy=actions.stop.pending()>
                    "Stop targeting this person"
                </Button>
            </div>
        </ActionForm>
    }
    .into_any()
}
