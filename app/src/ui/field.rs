//! Form fields: a label, a hint, a control and what is wrong with it, tied together.
//!
//! The id of a control is its name, so a form has each name once. Errors come back from
//! the server with the field's name ([`crate::error::AppError::Invalid`]).

use leptos::prelude::*;

use super::{Icon, Mark};

/// An option of a select or a choice: its value and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub words: String,
    /// What it brings, in a quieter line; only [`Choices`] shows it.
    pub hint: Option<String>,
}

impl Choice {
    /// An option without a hint.
    pub fn new(value: impl Into<String>, words: impl Into<String>) -> Self {
        Self { value: value.into(), words: words.into(), hint: None }
    }

    /// With a quieter line.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// The options of a select.
pub type Options = Vec<Choice>;

/// The ids that describe a control: its hint, and its error while there is one.
fn described_by(name: &str, hint: bool, wrong: bool) -> Option<String> {
    match (hint, wrong) {
        (false, false) => None,
        (true, false) => Some(format!("{name}-hint")),
        (false, true) => Some(format!("{name}-wrong")),
        (true, true) => Some(format!("{name}-wrong {name}-hint")),
    }
}

fn wrong_line(name: &str, wrong: Option<String>) -> Option<impl IntoView + use<>> {
    wrong.map(|wrong| {
        view! {
            <p class="wrong" id=format!("{name}-wrong")>
                <Icon mark=Mark::Wrong />
                {wrong}
            </p>
        }
    })
}

fn hint_line(name: &str, hint: Option<String>) -> Option<impl IntoView + use<>> {
    hint.map(|hint| {
        view! {
            <p class="hint" id=format!("{name}-hint")>
                {hint}
            </p>
        }
    })
}

/// A label, its hint and its error around any control whose id is `name`.
#[component]
pub fn Field(
    /// The control's name and id.
    #[prop(into)]
    name: String,
    /// What to enter.
    #[prop(into)]
    label: String,
    /// What helps to enter it.
    #[prop(optional_no_strip, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    wrong: Signal<Option<String>>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// The control.
    children: Children,
) -> AnyView {
    let for_wrong = name.clone();
    view! {
        <div class="field">
            <label for=name.clone()>
                {label} {optional.then(|| view! { <span class="optional">" (optional)"</span> })}
            </label>
            {hint_line(&name, hint)}
            {children()}
            {move || wrong_line(&for_wrong, wrong.get())}
        </div>
    }
    .into_any()
}

/// A line of text.
#[component]
pub fn TextField(
    /// The name it is sent under, and its id.
    #[prop(into)]
    name: String,
    /// What to enter.
    #[prop(into)]
    label: String,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// What helps to enter it.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    wrong: Signal<Option<String>>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// `text`, `number`, `password`, `search`, `email`.
    #[prop(default = "text")]
    kind: &'static str,
    /// Further classes of the input, such as `input-mono` or `input-short`.
    #[prop(default = "")]
    class: &'static str,
    /// What stands behind the input, such as `%`.
    #[prop(optional, into)]
    unit: Option<String>,
    /// What a password manager should do; `off` by default.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Empties it whenever this changes: a secret doesn't stay where it was typed.
    #[prop(optional, into)]
    forget: Signal<usize>,
) -> AnyView {
    let id = name.clone();
    let has_hint = hint.is_some();
    let describe = {
        let name = name.clone();
        move || described_by(&name, has_hint, wrong.read().is_some())
    };
    let element = NodeRef::<leptos::html::Input>::new();
    Effect::new(move |before: Option<usize>| {
        let now = forget.get();
        if before.is_some_and(|before| before != now)
            && let Some(element) = element.get_untracked()
        {
            element.set_value("");
        }
        now
    });
    let input = view! {
        <input
            node_ref=element
            class=format!("input {class}")
            id=id.clone()
            name=id
            type=kind
            value=value
            required=!optional
            autocomplete=autocomplete
            spellcheck="false"
            inputmode=(kind == "number").then_some("decimal")
            step=(kind == "number").then_some("any")
            aria-describedby=describe
            aria-invalid=move || wrong.read().is_some().then_some("true")
        />
    };
    let control = match unit {
        Some(unit) => {
            view! { <span class="input-unit">{input} <span class="unit">{unit}</span></span> }
                .into_any()
        }
        None => input.into_any(),
    };
    view! {
        <Field name label hint wrong optional>
            {control}
        </Field>
    }
    .into_any()
}

/// What a form holds and nobody can change: shown, sent along, and why it is so.
#[component]
pub fn FixedField(
    /// The name it is sent under.
    name: &'static str,
    /// What it is.
    #[prop(into)]
    label: String,
    /// What is sent.
    #[prop(into)]
    value: String,
    /// What is read.
    #[prop(into)]
    words: String,
    /// Why it is so.
    #[prop(optional, into)]
    hint: Option<String>,
) -> AnyView {
    view! {
        <div class="field">
            <p class="label">{label}</p>
            <p>{words}</p>
            {hint_line(name, hint)}
            <input type="hidden" name=name value=value />
        </div>
    }
    .into_any()
}

/// One of a list.
#[component]
pub fn SelectField(
    /// The name it is sent under, and its id.
    #[prop(into)]
    name: String,
    /// What to choose.
    #[prop(into)]
    label: String,
    /// From what.
    options: Options,
    /// What is chosen at first.
    #[prop(optional, into)]
    value: String,
    /// The words of an empty choice before the others, such as "Choose an audience".
    #[prop(optional, into)]
    empty: Option<String>,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: Option<String>,
    /// What is wrong with it.
    #[prop(optional, into)]
    wrong: Signal<Option<String>>,
    /// Whether it may stay empty.
    #[prop(optional)]
    optional: bool,
) -> AnyView {
    let id = name.clone();
    let has_hint = hint.is_some();
    let describe = {
        let name = name.clone();
        move || described_by(&name, has_hint, wrong.read().is_some())
    };
    view! {
        <Field name label hint wrong optional>
            <select
                class="input"
                id=id.clone()
                name=id
                required=!optional
                aria-describedby=describe
                aria-invalid=move || wrong.read().is_some().then_some("true")
            >
                {empty.map(|words| view! { <option value="">{words}</option> })}
                {options
                    .into_iter()
                    .map(|choice| {
                        let selected = choice.value == value;
                        view! {
                            <option value=choice.value selected=selected>
                                {choice.words}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </Field>
    }
    .into_any()
}

/// Yes or no. A browser sends nothing for no.
#[component]
pub fn CheckField(
    /// The name it is sent under, and its id.
    #[prop(into)]
    name: String,
    /// What yes means.
    #[prop(into)]
    label: String,
    /// Whether it is set at first.
    #[prop(optional)]
    checked: bool,
    /// What helps to decide.
    #[prop(optional, into)]
    hint: Option<String>,
) -> AnyView {
    let described = described_by(&name, hint.is_some(), false);
    view! {
        <div class="field check">
            <input
                type="checkbox"
                id=name.clone()
                name=name.clone()
                value="true"
                checked=checked
                aria-describedby=described
            />
            <label for=name.clone()>{label}</label>
            {hint_line(&name, hint)}
        </div>
    }
    .into_any()
}

/// One of a few, each with what it brings.
#[component]
pub fn Choices(
    /// The name it is sent under.
    #[prop(into)]
    name: String,
    /// What to choose.
    #[prop(into)]
    label: String,
    /// From what.
    options: Options,
    /// What is chosen at first.
    #[prop(optional, into)]
    value: String,
    /// What is wrong with it.
    #[prop(optional, into)]
    wrong: Signal<Option<String>>,
) -> AnyView {
    let for_wrong = name.clone();
    let describe = {
        let name = name.clone();
        move || described_by(&name, false, wrong.read().is_some())
    };
    view! {
        <fieldset class="field" aria-describedby=describe>
            <legend>{label}</legend>
            <div class="choices">
                {options
                    .into_iter()
                    .map(|choice| {
                        let id = format!("{name}-{}", choice.value);
                        let described = described_by(&id, choice.hint.is_some(), false);
                        view! {
                            <div class="check">
                                <input
                                    type="radio"
                                    required
                                    id=id.clone()
                                    name=name.clone()
                                    checked=choice.value == value
                                    value=choice.value
                                    aria-describedby=described
                                />
                                <label for=id.clone()>{choice.words}</label>
                                {hint_line(&id, choice.hint)}
                            </div>
                        }
                    })
                    .collect_view()}
            </div>
            {move || wrong_line(&for_wrong, wrong.get())}
        </fieldset>
    }
    .into_any()
}
