//! What to enter where, so that events come in: in Segue, in Customer.io and in a library.

use domain::events::{Entrances, Origin, SNIPPET};
use leptos::prelude::*;

use super::api::{AddSource, RetireSource, SaveCampaignKey, SaveReportingKey};
use crate::{
    form::{Answered, FormError, answered, done, spent, typed, wrong},
    format,
    ui::{Button, ButtonKind, Dialog, DialogFoot, OpenDialog, TextField},
};

/// What can be entered, made once for the page's life.
#[derive(Clone, Copy)]
pub struct Actions {
    source: ServerAction<AddSource>,
    retire: ServerAction<RetireSource>,
    reporting: ServerAction<SaveReportingKey>,
    campaign: ServerAction<SaveCampaignKey>,
    /// The write key that stands in the form, and how many were added before it: somebody may
    /// have copied it, so it stays as long as the page until it is added.
    fresh: StoredValue<Option<(usize, String)>>,
}

impl Default for Actions {
    fn default() -> Self {
        Self {
            source: ServerAction::new(),
            retire: ServerAction::new(),
            reporting: ServerAction::new(),
            campaign: ServerAction::new(),
            fresh: StoredValue::new(None),
        }
    }
}

impl Actions {
    /// The write key to show, if this is a fresh one.
    fn write_key(self, fresh: &str) -> String {
        let added = untrack(|| done(self.source));
        let kept = self.fresh.get_value().filter(|(before, _)| added == 0 || *before == added);
        let (_, key) = kept.unwrap_or_else(|| {
            let new = (added, fresh.to_owned());
            self.fresh.set_value(Some(new.clone()));
            new
        });
        key
    }

    /// Grows with what was entered: a refusal renews nothing, so that what was typed stays.
    #[must_use]
    pub fn version(self) -> usize {
        done(self.source) + done(self.retire) + done(self.reporting) + done(self.campaign)
    }
}

/// One entrance after the other, with forms for whoever may fill them in.
pub fn connect(entrances: &Entrances, may_change: bool, actions: Actions) -> AnyView {
    let has_key = |origin| entrances.keyed.contains(&origin);
    let names: Vec<String> = entrances.sources.iter().map(ToString::to_string).collect();
    let senders = (!names.is_empty()).then(|| {
        let verb = " may send here. The same name again gives it another write key.";
        let retiring = may_change.then(|| retiring(&names, actions.retire));
        view! {
            <p class="reading">{format::list(&names)} {verb}</p>
            {retiring}
        }
    });
    let source = may_change.then(|| source_form(&entrances.fresh_key, actions));
    let reporting = may_change.then(|| {
        let action = actions.reporting;
        let label = "Signing key of the reporting webhook";
        let hint = key_hint(has_key(Origin::Reporting));
        let fields =
            key_fields(&["reporting_signing_key"], label, hint, answered(action), spent(action));
        view! {
            <ActionForm action attr:class="form-row">
                {fields} <Button busy=action.pending()>"Save the reporting key"</Button>
            </ActionForm>
        }
    });
    let campaign = may_change.then(|| {
        let action = actions.campaign;
        let label = "Webhook signing key of the workspace";
        let hint = key_hint(has_key(Origin::Campaign));
        let fields =
            key_fields(&["campaign_signing_key"], label, hint, answered(action), spent(action));
        view! {
            <ActionForm action attr:class="form-row">
                {fields} <Button busy=action.pending()>"Save the campaign key"</Button>
            </ActionForm>
        }
    });
    view! {
        <dl class="guide">
            <dt>"Segment's libraries"</dt>
            <dd>
                <p class="reading">
                    "Give the library this console's address as its host, and the write key of a source that you add here or in segue.toml."
                </p>
                {senders}
                {source}
            </dd>
            <dt>"Customer.io, reporting"</dt>
            <dd>
                <p class="reading">
                    "Add a reporting webhook to " <code>{Origin::Reporting.path()}</code>
                    " at this console's address, and enter its signing key. A suppression names its events like "
                    <code>"customer_unsubscribed"</code> "."
                </p>
                {reporting}
            </dd>
            <dt>"Customer.io, campaigns"</dt>
            <dd>
                <p class="reading">
                    "In a campaign that the segment triggers, add Send and receive data to "
                    <code>{Origin::Campaign.path()}</code>
                    " at this console's address, with this body and the segment's number, and let it send automatically. The segment is then read within seconds. Enter the workspace's webhook signing key."
                </p>
                <pre class="payload" tabindex="0" role="group" aria-label="Body of the campaign's webhook">
                    <code>{SNIPPET}</code>
                </pre>
                {campaign}
            </dd>
        </dl>
    }
    .into_any()
}

/// Takes a source's key away, after a question: it comes back under a new key only.
fn retiring(names: &[String], action: ServerAction<RetireSource>) -> AnyView {
    let answered = answered(action);
    let each = move |name: String| {
        let id = format!("retire-{name}");
        let title = format!("Retire the source {name}?");
        let (opens, foot, open) = (id.clone(), id.clone(), format!("Retire {name}"));
        let words = open.clone();
        view! {
            <OpenDialog id=opens>{open}</OpenDialog>
            <Dialog id title>
                <p>
                    "Its write key opens nothing from then on: whoever still sends with it is refused, and their events are lost unless they keep them. To let it send again, add it with a new key."
                </p>
                <ActionForm action>
                    <input type="hidden" name="source" value=name />
                    <DialogFoot id=foot>
                        <Button kind=ButtonKind::Danger busy=action.pending()>
                            {words}
                        </Button>
                    </DialogFoot>
                </ActionForm>
            </Dialog>
        }
    };
    let names = names.to_vec();
    view! {
        <FormError answered fields=&[] title="The source was not retired" />
        // By name: the dialog of the one that goes must not become the next one's.
        <div class="buttons">
            <For each=move || names.clone() key=Clone::clone children=each />
        </div>
    }
    .into_any()
}

const fn key_hint(is_set: bool) -> &'static str {
    if is_set {
        "One is set. Another takes its place at once; for a time in which both count, give a list in segue.toml."
    } else {
        "It is stored encrypted and never shown again."
    }
}

/// Where a signing key is typed, and what is wrong with it.
fn key_fields(
    names: &'static [&'static str; 1],
    label: &'static str,
    hint: &'static str,
    answered: Answered,
    forget: Signal<usize>,
) -> AnyView {
    let [name] = *names;
    view! {
        <FormError answered fields=names title="The key was not saved" />
        <TextField
            name
            label
            kind="password"
            hint
            class="input-mono"
            wrong=wrong(answered, name)
            forget
        />
    }
    .into_any()
}

fn source_form(fresh: &str, actions: Actions) -> AnyView {
    let action = actions.source;
    let answer = answered(action);
    let fresh = actions.write_key(fresh);
    view! {
        <ActionForm action attr:class="form">
            <FormError answered=answer fields=&["source", "write_key"] title="The source was not added" />
            <TextField
                name="source"
                label="Name of the source"
                value=typed("source", "")
                hint="Such as shop: lower-case letters, digits and dashes."
                wrong=wrong(answer, "source")
            />
            <TextField
                name="write_key"
                label="Its write key"
                value=fresh
                hint="Made just now: copy it before you add the source. It is stored encrypted and never shown again."
                class="input-mono"
                wrong=wrong(answer, "write_key")
            />
            <div class="buttons">
                <Button busy=action.pending()>"Add the source"</Button>
            </div>
        </ActionForm>
    }
    .into_any()
}
