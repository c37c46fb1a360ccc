//! Identifier coverage: counts that are counts, and bands that say what they assume.

use domain::{
    audiences::{
        Mirror,
        coverage::{Assumption, AudienceCoverage, Coverage, CoverageDay, Forecast, Lost},
    },
    day::Day,
    destinations::Profile,
};

use super::{answer, page, samples, words};
use crate::audiences::{
    api::CoverageView,
    coverage::{coverage_page, gap_notice},
};

fn covered(gap: u64, profile: Profile) -> AudienceCoverage {
    let members = 1_000;
    let coverage = Coverage {
        members,
        email: 500,
        phone: 300,
        id: 900,
        any: 980,
        both: 200,
        contact: members - gap - 10,
        gap,
        unread: 10,
    };
    let lost = Lost { unread: 10, id_only: gap - 20, nameless: 20 };
    let findable = members - lost.sum();
    let band = Assumption::of(profile).map(|assumption| assumption.band(findable));
    AudienceCoverage {
        audience: samples::audience(Mirror::Fresh),
        coverage: Some(coverage),
        forecasts: vec![Forecast {
            destination: samples::key("meta"),
            profile,
            findable,
            lost,
            band,
        }],
    }
}

fn shown(audiences: Vec<AudienceCoverage>) -> String {
    shown_with(audiences, vec![])
}

/// The same, where each went like this.
fn shown_with(audiences: Vec<AudienceCoverage>, days: Vec<CoverageDay>) -> String {
    let trends = audiences.iter().map(|one| (one.audience.spec.key.clone(), days.clone()));
    let view = CoverageView { now: samples::now(), trends: trends.collect(), audiences };
    page("/audiences?view=coverage", move || coverage_page(view))
}

#[test]
fn begins_with_who_can_be_named() {
    let calm = shown(vec![covered(390, Profile::MetaCustomAudiences)]);
    assert_eq!(
        answer(&calm),
        "600 of 1,000 memberships have an e-mail address or a phone number. No audience that is sent by contact lacks it for 40 % or more."
    );
    assert!(!words(&calm).contains("can hardly be matched"));
    let never = AudienceCoverage {
        audience: samples::audience(Mirror::Never),
        coverage: None,
        forecasts: Vec::new(),
    };
    assert_eq!(answer(&shown(vec![never])), "No audience was read yet, so nobody can be counted.");
}

#[test]
fn a_gap_of_forty_in_a_hundred_is_said_with_what_it_costs() {
    let html = shown(vec![covered(400, Profile::MetaCustomAudiences)]);
    assert!(answer(&html).ends_with("In cart-abandoners 40 % or more have neither."), "{html}");
    let text = words(&html);
    assert!(text.contains("400 of 1,000 members (40 %)."), "{text}");
    assert!(text.contains("a platform might know 80 to 240 of them"), "{text}");
    // Where nobody is found by contact, no contact is no alarm.
    assert!(gap_notice(&[covered(400, Profile::Warehouse)]).is_none());
}

#[test]
fn a_trend_says_by_how_much() {
    let first: Day = "2026-06-01".parse().unwrap();
    let day = |at: i64, contact| CoverageDay { day: first.plus(at), members: 1_000, contact };
    let shown = |days: &[CoverageDay]| {
        words(&shown_with(vec![covered(390, Profile::MetaCustomAudiences)], days.to_vec()))
    };
    assert!(shown(&[]).contains("after two days"));
    let falling = shown(&[day(0, 612), day(1, 605), day(2, 600)]);
    assert!(falling.contains("\u{2212}1.2 points"), "{falling}");
    let level = shown(&[day(0, 600), day(1, 600)]);
    assert!(level.contains("unchanged"), "{level}");
}

#[test]
fn each_lost_person_has_a_cause_and_the_band_its_assumption() {
    let text = words(&shown(vec![covered(390, Profile::TiktokAudiences)]));
    for said in [
        "10 phone not read yet, 370 with an id only",
        "20 with no identifier",
        "120 to 360 people",
        "An assumption, not a measurement: list platforms find 20 to 60 %",
        "Wondaris",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let text = words(&shown(vec![covered(390, Profile::MetaCapi)]));
    assert!(text.contains("no share is assumed for events"), "{text}");
}
