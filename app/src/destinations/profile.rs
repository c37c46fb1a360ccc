//! A platform's rules in words.

use domain::destinations::{
    DestinationSpec, Profile,
    profile::{ConsentRule, EmailForm, PhoneForm},
};
use leptos::prelude::*;

use crate::{
    format,
    ui::{Fact, Facts},
};

/// What names a person there.
#[must_use]
pub const fn identifiers(profile: Profile) -> &'static str {
    match (profile.sends_contact(), profile.identifiable().id) {
        (true, true) => "e-mail, phone, id",
        (true, false) => "e-mail, phone",
        _ => "id",
    }
}

/// Everything that a profile brings.
pub fn rules(spec: &DestinationSpec) -> AnyView {
    let profile = spec.profile;
    let smallest = profile.minimum_size().map_or_else(
        || "It names none.".to_owned(),
        |least| format!("{}: a smaller one is not used.", format::count(least, "person", "people")),
    );
    let floor = profile.refresh_floor().map_or_else(
        || "Each message arrives by itself.".to_owned(),
        |floor| {
            format!(
                "Its list changes at most every {}, however often is sent.",
                format::duration(floor)
            )
        },
    );
    let (integration, hashing) = (spec.integration.clone(), hashing(spec));
    view! {
        <Facts>
            <Fact term="Platform">{profile.label()}</Fact>
            <Fact term="Name in Segment">{integration}</Fact>
            <Fact term="Finds people by">{required(profile)}</Fact>
            <Fact term="Hashing">{hashing}</Fact>
            <Fact term="Smallest audience">{smallest}</Fact>
            <Fact term="Refresh">{floor}</Fact>
            <Fact term="Calls">{calls(profile)}</Fact>
            <Fact term="Consent">{consent(profile)}</Fact>
        </Facts>
        <p class="quiet">
            "From Segment's destination catalogue and the platforms' help pages, November 2026."
        </p>
    }
    .into_any()
}

/// What a person must have.
const fn required(profile: Profile) -> &'static str {
    match (profile.sends_contact(), profile.identifiable().id) {
        (true, false) => "E-mail or phone. Members with neither are not sent.",
        (true, true) => "E-mail, phone or id. Members with none of them are not sent.",
        _ => "Id, or Customer.io's own id, which everyone has.",
    }
}

fn hashing(spec: &DestinationSpec) -> AnyView {
    let email = match spec.profile.email_form() {
        EmailForm::Whole => "e-mail trimmed and in lower case",
        EmailForm::WithoutGmailDots => {
            "e-mail trimmed, in lower case, without the dots of Gmail addresses"
        }
    };
    let phone = match spec.profile.phone_form() {
        PhoneForm::E164 => "phone in E.164 with its +",
        PhoneForm::Digits => "phone as its digits alone",
    };
    if !spec.profile.sends_contact() {
        return "None: neither e-mail nor phone is sent by itself.".into_any();
    }
    let who = if spec.hash {
        "Segue sends SHA-256: "
    } else {
        "Sent in clear over TLS, because Segment's destination hashes. It takes SHA-256 of: "
    };
    format!("{who}{email}; {phone}.").into_any()
}

const fn calls(profile: Profile) -> &'static str {
    if profile.identifies() {
        "A track, Audience Entered or Audience Exited, and an identify with the same boolean."
    } else {
        "A track: Audience Entered or Audience Exited."
    }
}

/// No rule of Segue's own withholds anybody for consent yet, and the page says so.
const fn consent(profile: Profile) -> &'static str {
    match profile.consent_rule() {
        ConsentRule::AdsAndPersonalisation => {
            "People in the European Economic Area must have agreed to ads and to personalised ads. Segue keeps no consent rule: everyone counts as consented, so choose the segment accordingly."
        }
        ConsentRule::LegalBasis => {
            "The platform checks nothing; its terms make you answer for a legal basis. Segue keeps no consent rule: everyone counts as consented."
        }
        ConsentRule::Own => "The data stays with you.",
    }
}
