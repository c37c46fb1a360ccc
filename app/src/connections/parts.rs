//! What pages say of a vendor that can't be used: since when, why, what Segue does about it,
//! and what is left to do for somebody.

use domain::{
    connections::{
        ConnectionView, Vendor,
        circuit::{Outage, Trouble},
    },
    time::{Instant, Span},
};
use leptos::prelude::*;

use super::api::PAGE;
use crate::{
    ui::{Moment, Notice, NoticeKind, Soon},
    words,
};

/// What it is about, so that it says no more than the page needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Of everything.
    Everywhere,
    /// Of one mapping.
    OfMapping,
    /// Of the connection itself: what can be done is there.
    AtHome,
}

/// Whether any of them can't be used.
#[must_use]
pub fn any_outage(connections: &[ConnectionView]) -> bool {
    connections.iter().any(|connection| connection.outage.is_some())
}

/// Whether this is what one of the notices says already.
#[must_use]
pub fn is_said(connections: &[ConnectionView], reason: &str) -> bool {
    let outages = connections.iter().filter_map(|connection| connection.outage.as_ref());
    outages.into_iter().any(|outage| outage.reason == reason)
}

/// A notice for each vendor that can't be used; nothing while all can.
pub fn outages(connections: &[ConnectionView], now: Instant, told: Told) -> AnyView {
    connections
        .iter()
        .filter_map(|connection| {
            Some(outage_notice(connection.vendor, connection.outage.clone()?, now, told, None))
        })
        .collect_view()
        .into_any()
}

/// What happened, what it means for people, what Segue does, what to do; and a form for that.
pub fn outage_notice(
    vendor: Vendor,
    outage: Outage,
    now: Instant,
    told: Told,
    form: Option<AnyView>,
) -> AnyView {
    let Outage { trouble, since, reason, next_try } = outage;
    let name = vendor.label();
    let (kind, title) = match (trouble, told) {
        (Trouble::Down, Told::OfMapping) => (NoticeKind::Late, format!("It waits for {name}")),
        (Trouble::Down, _) => (NoticeKind::Late, format!("{name} is down")),
        (Trouble::KeyRefused, _) => (NoticeKind::Failing, format!("{name} refuses the key")),
    };
    let meaning = match vendor {
        Vendor::Customerio => {
            "Whoever is at a destination stays there: nobody comes or goes until it can be read."
        }
        Vendor::Twilio => {
            "What is due stays in order and goes as soon as it can, under the same ids: nothing is lost, nothing counts twice."
        }
    };
    let step = match (trouble, told) {
        (Trouble::Down, Told::AtHome) => "You need to do nothing.".into_any(),
        (Trouble::Down, _) => {
            view! { "You need to do nothing. " <a href=PAGE>"See the connection"</a> }.into_any()
        }
        (Trouble::KeyRefused, Told::AtHome) => {
            "Enter the right key and check the region: it is tried as soon as you save.".into_any()
        }
        (Trouble::KeyRefused, _) => view! { <a href=PAGE>"Check the key"</a> }.into_any(),
    };
    view! {
        <Notice kind title>
            <p>{words::sentence(&reason)} " It began " <Moment at=since now /> ". " {meaning}</p>
            <p>{next_words(vendor, next_try, now)} " " {step}</p>
            {form}
        </Notice>
    }
    .into_any()
}

/// When Segue tries again.
fn next_words(vendor: Vendor, next_try: Instant, now: Instant) -> AnyView {
    if next_try.since(now) <= Span(0) {
        let words = match vendor {
            Vendor::Customerio => "Segue tries again with the next reading.",
            Vendor::Twilio => "Segue tries again with the next batch.",
        };
        return words.into_any();
    }
    view! { "Segue tries again " <Soon at=next_try now /> "." }.into_any()
}
