//! The pages that let people in, and the button that lets them out.

use domain::access::local_path;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::Problem;
use crate::ui::{Button, ButtonKind, Icon, Mark, Notice, NoticeKind, Page, TextField};

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
        <Outside name="Sign in">
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
        </Outside>
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
        <Outside name="Sign in by link">
            {form}
            <p>
                <a href="/sign-in">"Sign in with a password"</a>
            </p>
        </Outside>
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
                <NewPassword />
                <Button kind=ButtonKind::Primary>"Set password and sign in"</Button>
            </form>
        }
    });
    view! {
        <Outside name="Choose a password">
            {form}
            <p>
                <a href="/sign-in">"Sign in with a password"</a>
            </p>
        </Outside>
    }
    .into_any()
}

/// One's own password.
#[component]
pub fn AccountPage() -> AnyView {
    let is_done = use_query_map().with_untracked(|query| query.get("done").is_some());
    view! {
        <Page name="Your account" narrow=true>
            <Said />
            {is_done
                .then(|| {
                    view! {
                        <Notice kind=NoticeKind::Ok title="Your password was changed">
                            <p>"Your other sessions have ended."</p>
                        </Notice>
                    }
                })}
            <form class="door" method="post" action="/fn/change_password">
                <TextField
                    name="current"
                    label="Current password"
                    kind="password"
                    autocomplete="current-password"
                    hint="Leave it empty if you came in by a link and have none yet.".to_owned()
                    optional=true
                />
                <NewPassword />
                <Button kind=ButtonKind::Primary>"Change password"</Button>
            </form>
        </Page>
    }
    .into_any()
}

#[component]
fn NewPassword() -> AnyView {
    view! {
        <TextField
            name="password"
            label="New password"
            kind="password"
            autocomplete="new-password"
            hint="At least 12 characters. Four words are easy to remember and hard to guess."
                .to_owned()
        />
    }
    .into_any()
}

/// The page of somebody who isn't in yet: no rail, nothing to go to.
#[component]
fn Outside(
    /// Its heading.
    name: &'static str,
    /// The rest.
    children: Children,
) -> AnyView {
    view! {
        <Title text=name />
        <div class="outside">
            <p class="outside-brand">
                <Icon mark=Mark::Segue />
                "Segue"
            </p>
            <h1>{name}</h1>
            <Said />
            {children()}
        </div>
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
