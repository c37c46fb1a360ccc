//! The pages that let people in, and the button that lets them out.

use domain::access::local_path;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::Problem;
use crate::ui::{Button, ButtonKind, Notice, NoticeKind, Page, TextField};

/// What the address says under this name.
fn queried(name: &'static str) -> String {
    use_query_map().with_untracked(|query| query.get(name).unwrap_or_default())
}

/// What went wrong the last time.
#[component]
fn Said() -> AnyView {
    Problem::named(&queried("problem"))
        .map(|problem| {
            view! {
                <Notice kind=NoticeKind::Failing title=problem.title()>
                    <p>{problem.advice()}</p>
                </Notice>
            }
        })
        .into_any()
}

/// E-mail and password.
#[component]
pub fn SignInPage() -> AnyView {
    let next = queried("next");
    view! {
        <Page name="Sign in" narrow=true>
            <Said />
            <form class="door" method="post" action="/fn/sign_in">
                <input type="hidden" name="next" value=local_path(&next).to_owned() />
                <TextField name="email" label="E-mail" kind="email" autocomplete="username" />
                <TextField
                    name="password"
                    label="Password"
                    kind="password"
                    autocomplete="current-password"
                />
                <Button kind=ButtonKind::Primary>"Sign in"</Button>
            </form>
            <p class="quiet">
                "No password yet, or forgotten? Ask an admin for a link. On the host, "
                <code>"segue user add"</code> " prints one."
            </p>
        </Page>
    }
    .into_any()
}

/// One button: whatever opens links to look at them uses nothing up.
#[component]
pub fn LinkPage() -> AnyView {
    let token = queried("token");
    let form = (!token.is_empty()).then(|| {
        view! {
            <form class="door" method="post" action="/fn/redeem_link">
                <input type="hidden" name="token" value=token />
                <p>"This link signs you in once."</p>
                <Button kind=ButtonKind::Primary>"Sign in"</Button>
            </form>
        }
    });
    view! {
        <Page name="Sign in by link" narrow=true>
            <Said />
            {form}
            <p>
                <a href="/sign-in">"Sign in with a password"</a>
            </p>
        </Page>
    }
    .into_any()
}

/// A new password.
#[component]
pub fn LinkPasswordPage() -> AnyView {
    let token = queried("token");
    let is_dead = Problem::named(&queried("problem")) == Some(Problem::Link);
    let form = (!token.is_empty() && !is_dead).then(|| {
        view! {
            <form class="door" method="post" action="/fn/set_password">
                <input type="hidden" name="token" value=token />
                <TextField
                    name="password"
                    label="New password"
                    kind="password"
                    autocomplete="new-password"
                    hint="At least 12 characters. Four words are easy to remember and hard to guess."
                        .to_owned()
                />
                <Button kind=ButtonKind::Primary>"Set password and sign in"</Button>
            </form>
        }
    });
    view! {
        <Page name="Choose a password" narrow=true>
            <Said />
            {form}
            <p>
                <a href="/sign-in">"Sign in with a password"</a>
            </p>
        </Page>
    }
    .into_any()
}

/// Leaves.
#[component]
pub fn SignOut() -> AnyView {
    view! {
        <form method="post" action="/fn/sign_out">
            <Button kind=ButtonKind::Quiet>"Sign out"</Button>
        </form>
    }
    .into_any()
}
