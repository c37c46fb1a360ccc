//! The page of the timeline.

use domain::{
    destinations::Profile,
    mappings::{
        Health, MappingSpec,
        timeline::{Facts, FlowSpec, FlowView, Stacking, judge},
    },
    time::Span,
};
use leptos::prelude::ServerAction;

use super::{answer, page, samples::*, words};
use crate::mappings::timeline::{
    api::{FlowChoices, FlowForm},
    form::{flow_page, new_page},
    page::{TimelineActions, timeline_page},
};

fn flow(stackings: &[Stacking], active: bool) -> FlowView {
    let touches = ["email 1h", "sms 4h", "email 20h"].map(|text| text.parse().expect("a touch"));
    let spec =
        FlowSpec { key: key("cart-recovery"), audience: key("carts"), touches: touches.into() };
    let mapping = MappingSpec { active, key: key("cart-to-meta"), ..mapping(Health::Ok).spec };
    judge(&Facts {
        flow: &spec,
        window: "2h-14d".parse().ok(),
        mappings: vec![(&mapping, Profile::MetaCustomAudiences, true)],
        stackings,
    })
}

fn shown(flows: Vec<FlowView>) -> String {
    page("/timeline", || timeline_page(flows, TimelineActions::new()))
}

#[test]
fn ads_that_run_before_a_message_are_the_first_thing_said() {
    let html = shown(vec![flow(&[], true)]);
    assert_eq!(answer(&html), "Ads at 2 h run before the SMS at 4 h (cart-to-meta).");
    let said = words(&html);
    for part in ["Hold ads until an hour after 4 h", "Stack on purpose", "until 14 d", "As a table"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(html.contains("name=\"offset\" value=\"3h\""), "counted from coming into the segment");
    assert!(!html.contains("style="), "the policy forbids it");

    let meeting = flow(&[], true).conflicts.remove(0).meeting;
    let (reason, by) = ("a launch".to_owned(), "an operator".to_owned());
    let html = shown(vec![flow(&[Stacking { meeting, reason, by, at: now() }], true)]);
    assert_eq!(answer(&html), "No ad competes with a message in 1 flow.");
    let said = words(&html);
    assert!(
        said.contains("an operator: a launch") && said.contains("It is meant no longer"),
        "{said}"
    );

    let html = shown(vec![]);
    assert!(answer(&html).starts_with("No flow is on the timeline yet"));
    assert!(words(&shown(vec![flow(&[], false)])).contains("cart-to-meta (paused)"));
}

#[test]
fn a_flow_is_written_a_message_a_line() {
    let form = |touches: &str| FlowForm {
        key: "cart-recovery".to_owned(),
        audience: "carts".to_owned(),
        touches: touches.to_owned(),
    };
    let spec = form(" email 1h\n\n sms  4h \n").parse().expect("a flow");
    assert_eq!(spec.touches[1].at, Span::from_hours(4));
    let refused = form("fax 1h").parse().expect_err("no fax").to_string();
    assert!(refused.contains("such as sms 4h"), "{refused}");

    let html = page("/timeline/cart-recovery", || {
        flow_page(choices(Some(spec)), ServerAction::new(), ServerAction::new())
    });
    assert!(html.contains("email 1h\nsms 4h"), "{html}");
    let html = page("/timeline/new", || new_page(choices(None), ServerAction::new()));
    assert!(words(&html).contains("Choose an audience"));
}

fn choices(spec: Option<FlowSpec>) -> FlowChoices {
    FlowChoices { spec, audiences: vec![("carts".to_owned(), "carts".to_owned())] }
}
