//! What people say to a change.

use domain::{
    contract::request::{Comment, Request},
    time::Instant,
};
use leptos::prelude::*;

use super::change_api::CommentChange;
use crate::{
    form::{FormError, answered, typed, wrong},
    ui::{Button, Moment, Section, TextField},
};

/// What was said, and a form for those who may say something.
pub fn talk(
    request: &Request,
    comments: Vec<Comment>,
    now: Instant,
    comment: Option<ServerAction<CommentChange>>,
) -> AnyView {
    let said = if comments.is_empty() {
        view! { <p class="quiet">"Nobody has said anything yet."</p> }.into_any()
    } else {
        let one = |Comment { by, at, words }: Comment| {
            view! {
                <li>
                    <p class="quiet">{by} " " <Moment at now /></p>
                    <p class="said">{words}</p>
                </li>
            }
        };
        view! { <ol class="talk">{comments.into_iter().map(one).collect_view()}</ol> }.into_any()
    };
    let change = request.id.to_string();
    let form = comment.map(|comment| {
        let answer = answered(comment);
        view! {
            <FormError answered=answer fields=&["words"] title="Nothing was said" />
            <ActionForm action=comment attr:class="form">
                <input type="hidden" name="change" value=change />
                <TextField
                    name="words"
                    label="Say something to it"
                    value=typed("words", "")
                    wrong=wrong(answer, "words")
                />
                <div class="buttons">
                    <Button busy=comment.pending()>"Say it"</Button>
                </div>
            </ActionForm>
        }
    });
    view! {
        <Section title="What was said">
            {said}
            {form}
        </Section>
    }
    .into_any()
}
