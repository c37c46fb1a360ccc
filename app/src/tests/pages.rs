use domain::{
    approvals::{Approvals, ShrunkAudience, WaitingRun},
    audiences::{Mirror, Segment, SegmentRow, SegmentState},
    connections::{ConnectionView, Vendor},
    delivery::{
        Transition,
        letters::{LetterCount, LetterGroup, Letters},
        stop::{Scope, Stop},
    },
    demo::{Breakage, Broken},
    destinations::{DestinationRow, DestinationSpec, Profile},
    mappings::{
        Health, UseCase,
        matrix::Matrix,
        preview::{Effect, Moved, Preview, Sampled},
    },
    people::{HistoryEntry, Person, PersonMapping, PersonView},
    suppression::{SuppressionRow, SuppressionSpec},
    sync::{Cause, RunState},
    time::Span,
};
use leptos::prelude::*;

use super::{answer, page, samples::*, words};
use crate::{
    approvals::{self, api::ApprovalsView, page::approvals_page},
    audiences::{
        api::{AudiencesView, Segments},
        form::promote_page,
        page::audiences_page,
    },
    connections::{
        api::ConnectionsView,
        page::{Actions as ConnectionActions, connections_page},
    },
    delivery::{
        api::{LettersView, StopsView},
        page::letters_page,
        parts::{StopActions, stop_lines},
    },
    demo::{
        api::DemoView,
        page::{Actions as DemoActions, demo_page},
    },
    destinations::{api::DestinationsView, form::NewDestinationPage, page::destinations_page},
    mappings::{
        api::{MappingChoices, MappingView, MappingsView, MatrixView},
        form::{edit_page, new_page},
        manage::{self, manage_page},
        matrix::{Switched, matrix_page},
        page::mappings_page,
        parts::{Actions, mapping_page},
        preview::{Previewing, panel},
    },
    overview::{api::Overview, page::overview_page},
    people::{
        api::Explained,
        page::{people_page, person_page},
    },
    suppression::{api::SuppressionView, page::suppression_page},
    sync::{api::RunView, page::run_page},
};

fn mapping_html(health: Health) -> String {
    page("/mappings/cart-meta", move || {
        let view = MappingView {
            now: now(),
            mapping: mapping(health),
            runs: vec![run(RunState::Done)],
            older: Some(now()),
            is_older_page: false,
            letters: LetterCount::default(),
            connections: vec![],
        };
        mapping_page(view, Actions::new())
    })
}

fn list(mappings: Vec<domain::mappings::MappingRow>) -> MappingsView {
    MappingsView { now: now(), mappings, closing: vec![], connections: vec![] }
}

pub fn overview(mappings: Vec<domain::mappings::MappingRow>) -> Overview {
    Overview {
        now: now(),
        connections: vec![connection(Vendor::Customerio, true), connection(Vendor::Twilio, true)],
        audiences: vec![audience(Mirror::Fresh)],
        destinations: 1,
        mappings,
        suppressions: vec![],
        runs: vec![run(RunState::Done)],
        letters: LetterCount::default(),
        waiting: 0,
    }
}

#[test]
fn a_mapping_tells_who_is_sent_and_why_others_are_not() {
    let html = mapping_html(Health::Ok);
    assert_eq!(
        answer(&html),
        "12,102 of 14,911 members of Cart &lt;abandoners&gt; are sent to Meta Custom Audiences; \
         1,206 are kept out by suppressions, 322 are held out to measure and 903 can't be \
         identified. 378 changes are on the way."
    );
    for link in ["/suppression", "/audiences#cart-abandoners", "/destinations#meta"] {
        assert!(html.contains(&format!("href=\"{link}\"")), "{link}");
    }
    assert!(html.contains("href=\"/mappings/cart-meta/edit\""));
    assert!(html.contains("/runs/0193a4e2-7c11-7000-8000-00000000beef"));
    assert!(html.contains("?before="), "older runs have an address");
    assert!(!html.contains("<progress"), "nothing runs");
    let words = words(&html);
    assert!(words.contains("Can't be identified there needs e-mail or phone"), "{words}");
    assert!(words.contains("Pause mapping") && !words.contains("Resume mapping"));
}

#[test]
fn a_running_mapping_shows_how_far_it_is_to_eyes_and_ears() {
    let html = mapping_html(Health::Running);
    assert!(html.contains("role=\"status\"") && html.contains("<progress"), "{html}");
    assert!(words(&html).contains("900 of 1,515 acknowledged"));
    assert!(words(&html).contains("Reload"), "without a script the reader reloads");
}

#[test]
fn a_paused_mapping_can_be_resumed_and_says_so_first() {
    let html = mapping_html(Health::Paused);
    assert!(answer(&html).starts_with("Paused. "));
    assert!(words(&html).contains("Resume mapping") && !words(&html).contains("Run now"));
}

#[test]
fn a_failing_mapping_says_what_that_means_for_people() {
    let html = page("/mappings/cart-meta", || {
        let failed = domain::sync::RunRow {
            error: Some("Customer.io refused the key (401)".to_owned()),
            ..run(RunState::Failed)
        };
        let mapping =
            domain::mappings::MappingRow { last_run: Some(failed), ..mapping(Health::Failing) };
        let view = MappingView {
            now: now(),
            mapping,
            runs: vec![],
            older: None,
            is_older_page: false,
            letters: LetterCount { entered: 2, exited: 0 },
            connections: vec![],
        };
        mapping_page(view, Actions::new())
    });
    let words = words(&html);
    assert!(words.contains("Customer.io refused the key (401)"));
    assert!(words.contains("Whoever is at the destination stays there"));
    assert!(words.contains("Segment refused 2 people for good"), "{words}");
    assert!(html.contains("href=\"/dead-letters#cart-meta\""));
}

#[test]
fn a_mapping_that_never_ran_claims_nothing() {
    let html = page("/mappings/cart-meta", || {
        let view = MappingView {
            now: now(),
            mapping: new_mapping(),
            runs: vec![],
            older: None,
            is_older_page: false,
            letters: LetterCount::default(),
            connections: vec![],
        };
        mapping_page(view, Actions::new())
    });
    assert_eq!(
        answer(&html),
        "Nobody from cart-abandoners has been sent to Meta Custom Audiences yet. Its first run \
         comes in 1 min."
    );
    assert!(!html.contains("class=\"funnel\""));
    assert!(words(&html).contains("No runs yet"));
}

#[test]
fn the_overview_says_who_is_where_and_what_needs_somebody() {
    let html =
        page("/", || overview_page(overview(vec![mapping(Health::Late), mapping(Health::Ok)])));
    assert_eq!(
        answer(&html),
        "2 mappings have 24,204 of 29,822 members at their destinations, 756 on the way. \
         cart-meta is late."
    );
    assert!(words(&html).contains("Needs you"));
    assert!(html.contains("href=\"/mappings/cart-meta\""));

    let calm = page("/", || overview_page(overview(vec![mapping(Health::Ok)])));
    assert!(answer(&calm).ends_with("It is in time."));
    assert!(!words(&calm).contains("Needs you"));
}

#[test]
fn what_is_wrong_with_keys_and_members_stands_on_the_overview() {
    let html = page("/", || {
        let mut view = overview(vec![mapping(Health::Ok)]);
        view.connections = vec![connection(Vendor::Customerio, false)];
        view.letters = LetterCount { entered: 4, exited: 3 };
        view.audiences =
            vec![audience(Mirror::Stale { reason: "it is still building".to_owned() })];
        overview_page(view)
    });
    let words = words(&html);
    assert!(words.contains("Customer.io can't be used"));
    assert!(words.contains("The members of cart-abandoners are from 2 h ago"), "{words}");
    assert!(words.contains("it is still building"));
    assert!(words.contains("3 people should have left and are still at the destination"));
    assert!(html.contains("href=\"/settings/connections\""));
}

#[test]
fn before_the_first_mapping_the_overview_has_the_next_step() {
    let html = page("/", || {
        let mut view = overview(vec![]);
        view.audiences = vec![];
        view.destinations = 0;
        overview_page(view)
    });
    assert!(answer(&html).contains("3 steps are left"));
    assert!(html.contains("href=\"/audiences/new\""));
    assert!(!html.contains("href=\"/settings/connections\""), "that step is done");
}

#[test]
fn the_matrix_has_a_place_for_each_audience_at_each_destination() {
    let view = || {
        let (audiences, destinations) = (vec![audience(Mirror::Fresh)], vec![destination()]);
        let matrix = Matrix::of(audiences, destinations, &[mapping(Health::Paused)]);
        MatrixView { now: now(), matrix }
    };
    let html = page("/mappings?view=matrix", move || {
        matrix_page(view(), ServerAction::new(), Switched::read("pause", "cart-meta"))
    });
    assert_eq!(
        answer(&html),
        "1 of 1 place is used: 1 audience at 1 destination. Every audience is sent somewhere."
    );
    assert!(html.contains("1\u{a0}mapping was paused") && html.contains("Undo"), "{html}");
    assert!(html.contains("name=\"keys[]\"") && html.contains("href=\"/mappings.csv\""));
    let html = page("/mappings?view=matrix", move || {
        let MatrixView { now, mut matrix } = view();
        matrix.audiences[0].cells = vec![vec![]];
        matrix_page(MatrixView { now, matrix }, ServerAction::new(), None)
    });
    assert!(html.contains("/mappings/new?audience=cart-abandoners&amp;destination=meta"), "{html}");
}

#[test]
fn a_preview_tells_who_comes_and_goes_and_how_long_it_takes() {
    let effect = Effect {
        members: 14_911,
        target: 12_480,
        withheld: withheld(),
        present: 12_000,
        entered: 600,
        exited: 120,
        takes: Span::from_seconds(1),
        waits: true,
        others: vec![Moved { mapping: key("vip-meta"), gains: 0, loses: 12 }],
    };
    let sample = Sampled { cio_id: "a1".to_owned(), email: None, cause: Some(Cause::Suppressed) };
    let html = page("/mappings/new", move || {
        panel(Preview {
            effect: effect.clone(),
            read_at: Some(now()),
            sample: vec![sample.clone()],
        })
    });
    let words = words(&html);
    for part in [
        "12,480 of 14,911 members should be there; 12,000 are now.",
        "600 people would come in and 120 would leave. At the configured rate that takes 1 s.",
        "it would wait for you",
        "vip-meta loses 12",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let unread = page("/mappings/new", || panel(Preview::default()));
    assert!(unread.contains("members were not read yet"));
}

#[test]
fn the_lists_begin_with_their_answer() {
    let html = page("/mappings", || mappings_page(list(vec![mapping(Health::Failing)])));
    assert_eq!(
        answer(&html),
        "1 mapping has 12,102 of 14,911 members at their destinations. cart-meta is failing."
    );
    let empty = page("/mappings", || mappings_page(list(vec![])));
    assert!(empty.contains("href=\"/mappings/new\""));

    let html = page("/audiences", || {
        let stale = audience(Mirror::Stale { reason: "still building".to_owned() });
        audiences_page(AudiencesView { now: now(), audiences: vec![stale] })
    });
    assert_eq!(
        answer(&html),
        "1 audience has 14,911 members; 94 % have an e-mail address. cart-abandoners could not \
         be read anew."
    );
    assert!(html.contains("id=\"cart-abandoners\""), "other pages link to the row");
}

#[test]
fn a_run_says_what_it_changed() {
    let html = page("/runs/x", || {
        let view =
            RunView { now: now(), run: run(RunState::Done), mapping: Some(mapping(Health::Ok)) };
        run_page(view, ServerAction::new())
    });
    assert_eq!(answer(&html), "cart-meta: 1,204 people entered and 311 left. It took 38 s.");
    assert!(html.contains("<dt>Of them there already</dt><dd>4</dd>"), "{html}");
    let html = page("/runs/x", || {
        let view = RunView { now: now(), run: run(RunState::Failed), mapping: None };
        run_page(view, ServerAction::new())
    });
    assert!(answer(&html).contains("was not brought up to date"));
    assert!(!words(&html).contains("Cancel run"), "it has ended");
}

#[test]
fn a_running_run_can_be_cancelled_and_the_question_has_its_numbers() {
    let ask = |state| {
        page("/runs/x", move || {
            run_page(RunView { now: now(), run: run(state), mapping: None }, ServerAction::new())
        })
    };
    let html = ask(RunState::Delivering);
    let text = words(&html);
    assert!(html.contains("<dialog") && html.contains("action=\"/fn/cancel_run\""));
    assert!(text.contains("Cancel this run and drop up to 615 changes?"), "{text}");
    assert!(text.contains("900 of 1,515 changes are acknowledged"), "{text}");
    assert!(words(&ask(RunState::Mirroring)).contains("nothing of it has been sent"));
}

fn choices() -> MappingChoices {
    let spec = DestinationSpec {
        key: key("meta"),
        profile: Profile::MetaCustomAudiences,
        integration: "Facebook Custom Audiences".to_owned(),
        fields: vec![],
        hash: false,
    };
    MappingChoices {
        audiences: vec![audience(Mirror::Fresh)],
        destinations: vec![DestinationRow { spec, mappings: 0, delivered: 0 }],
        spec: None,
    }
}

#[test]
fn a_form_that_came_back_keeps_what_was_typed_and_shows_what_is_wrong() {
    use crate::{error::AppError, mappings::api::CreateMapping};
    use leptos::server_fn::{ServerFn as _, error::ServerFnUrlError};

    let error = AppError::invalid("every", "write a length of time");
    let mut url = ServerFnUrlError::new(CreateMapping::PATH, error)
        .to_url("http://console/mappings/new")
        .expect("an address");
    url.query_pairs_mut().append_pair("key", "my key").append_pair("every", "soon");
    let address = format!("{}?{}", url.path(), url.query().expect("a query"));
    let html = page(&address, || {
        // The router does this before a page is built.
        let query = leptos_router::hooks::use_query_map();
        query.with_untracked(|query| {
            let (path, error) = (query.get("__path"), query.get("__err"));
            provide_context(leptos::server::ServerActionError::new(
                &path.expect("a path"),
                &error.expect("an error"),
            ));
        });
        new_page(choices(), ServerAction::new(), Previewing::answered(None))
    });
    assert!(html.contains("value=\"my key\""), "{html}");
    assert!(html.contains("value=\"soon\""));
    assert!(html.contains("Write a length of time."));
    assert!(html.contains("aria-describedby=\"every-wrong every-hint\""));
    assert!(html.contains("action=\"/fn/create_mapping\"") && html.contains("method=\"post\""));
    assert!(!html.contains(" checked name=\"active\""));
}

#[test]
fn a_form_without_anything_to_choose_leads_to_the_step_before() {
    let html = page("/mappings/new", || {
        let choices = MappingChoices { audiences: vec![], ..choices() };
        new_page(choices, ServerAction::new(), Previewing::answered(None))
    });
    assert!(html.contains("href=\"/audiences/new\"") && !html.contains("<form"));
}

#[test]
fn the_edit_form_holds_the_mapping_and_never_changes_its_key() {
    let html = page("/mappings/cart-meta/edit", || {
        let spec = Some(mapping(Health::Ok).spec);
        edit_page(
            MappingChoices { spec, ..choices() },
            ServerAction::new(),
            Previewing::answered(None),
        )
    });
    assert!(html.contains("type=\"hidden\" name=\"key\" value=\"cart-meta\""), "{html}");
    assert!(!html.contains("<select"), "its two ends are fixed");
    for field in ["audience\" value=\"cart-abandoners", "destination\" value=\"meta"] {
        assert!(html.contains(&format!("type=\"hidden\" name=\"{field}\"")), "{field}: {html}");
    }
    assert!(words(&html).contains("A mapping keeps its audience and its destination"));
    for value in ["value=\"5m\"", "value=\"2.5\"", "value=\"ads\"", "value=\"10\""] {
        assert!(html.contains(value), "{value}");
    }
}

#[test]
fn promoting_shows_the_segments_or_why_there_are_none() {
    let html = page("/audiences/new", || {
        let segment = |id, name: &str, state| Segment { id, name: name.to_owned(), state };
        let rows = vec![
            SegmentRow {
                segment: segment(7, "Carts", SegmentState::Finished),
                promoted_as: Some(key("carts")),
            },
            SegmentRow {
                segment: segment(8, "VIP", SegmentState::Building { progress: None }),
                promoted_as: None,
            },
        ];
        promote_page(Segments::Known(rows), ServerAction::new())
    });
    let text = words(&html);
    assert!(answer(&html).starts_with("1 of 2 segments can be promoted"));
    assert!(text.contains("VIP (8) · still building") && text.contains("already carts"));

    let html = page("/audiences/new", || {
        let reason = "No key for Customer.io is set.".to_owned();
        promote_page(Segments::Unknown { reason }, ServerAction::new())
    });
    assert!(html.contains("href=\"/settings/connections\""));
    assert!(words(&html).contains("No key for Customer.io is set."));
}

#[test]
fn no_page_carries_a_style_attribute_or_a_script() {
    for health in [Health::Ok, Health::Running, Health::Failing] {
        let html = mapping_html(health);
        assert!(!html.contains(" style=") && !html.contains("<script"), "{html}");
    }
}

#[test]
fn destinations_say_how_many_are_there_and_which_are_idle() {
    let html = page("/destinations", || {
        let mut destinations = choices().destinations;
        destinations[0].delivered = 12_480;
        let view = DestinationsView { now: now(), destinations, stops: vec![] };
        destinations_page(view, StopActions::of_frame())
    });
    assert_eq!(answer(&html), "1 destination holds 12,480 memberships. No mapping sends to meta.");
    assert!(html.contains("id=\"meta\"") && html.contains("/mappings/new?destination=meta"));
    assert!(words(&html).contains("Stop delivery to meta"));
    assert!(words(&html).contains("Stop all delivery"));
    let empty = page("/destinations", || {
        let view = DestinationsView { now: now(), destinations: vec![], stops: vec![] };
        destinations_page(view, StopActions::of_frame())
    });
    assert!(empty.contains("href=\"/destinations/new\""));
    let form =
        page("/destinations/new?integration=Ads", || view! { <NewDestinationPage /> }.into_any());
    assert!(form.contains("value=\"Ads\"") && form.contains("google-customer-match"));
}

#[test]
fn a_stop_is_seen_with_who_and_since_when_and_can_be_ended() {
    let stop = |scope| Stop {
        scope,
        by: "ada@example.com".to_owned(),
        since: now().minus(Span::from_minutes(4)),
    };
    let stops = vec![stop(Scope::Everything), stop(Scope::Destination(key("meta")))];
    let list =
        DestinationsView { now: now(), destinations: choices().destinations, stops: stops.clone() };
    let bar = |stops| {
        page("/mappings", || {
            let path = leptos_router::hooks::use_location().pathname;
            stop_lines(StopsView { now: now(), stops }, path, StopActions::of_frame())
        })
    };
    let html = bar(stops);
    let text = words(&html);
    assert!(
        text.contains("All delivery stands still: stopped by ada@example.com 4 min ago."),
        "{text}"
    );
    assert!(text.contains("Delivery to meta stands still"), "{text}");
    assert!(text.contains("Resume everything else") && text.contains("Resume delivery to meta"));
    assert!(text.contains("What protects people still flows"));
    assert!(html.contains("name=\"back\" value=\"/mappings\""), "{html}");
    assert!(!bar(vec![]).contains("<section"), "nothing is shown while nothing is stopped");

    let html = page("/destinations", || destinations_page(list, StopActions::of_frame()));
    let text = words(&html);
    assert!(text.contains("Stopped") && text.contains("Resume delivery to meta"));
    assert!(!text.contains("Stop all delivery"), "everything is stopped already");
}

#[test]
fn dead_letters_say_what_did_not_happen_and_what_can_be_done() {
    let group = |transition, people| LetterGroup {
        mapping: key("cart-meta"),
        transition,
        reason: "400 <Bad Request>".to_owned(),
        people,
        sample: Some("a/b".to_owned()),
        first_at: now().minus(Span::from_hours(30)),
        last_at: now().minus(Span::from_minutes(2)),
    };
    let open = vec![group(Transition::Exited, 1), group(Transition::Entered, 12)];
    let build = |letters| {
        page("/dead-letters", || {
            letters_page(LettersView { now: now(), letters }, ServerAction::new())
        })
    };
    let html = build(Letters { open, discarded: vec![(key("vip-meta"), 7)] });
    assert_eq!(
        answer(&html),
        "Segment refused the events of 13 people for good. One of them should have left and is \
         still at the destination."
    );
    let text = words(&html);
    for said in ["Could not leave", "Retry 12", "Discard all 13", "Retry 7 discarded", "once a day"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(html.contains("href=\"/people/a%2Fb\"") && html.contains("id=\"cart-meta\""));
    assert!(html.contains("name=\"reason\" value=\"400 &lt;Bad Request&gt;\""), "{html}");
    let empty = build(Letters::default());
    assert!(answer(&empty).starts_with("Segment refuses nobody"));
}

#[test]
fn the_demo_says_what_is_broken_and_for_how_long() {
    let html = page("/demo", || {
        let broken = vec![
            Broken { what: Breakage::SegmentDown, left: Span::from_millis(23_400) },
            Broken { what: Breakage::CustomerioSlow, left: Span::from_seconds(3) },
        ];
        let view = DemoView { now: now(), broken, mappings: vec![mapping(Health::Late)] };
        demo_page(view, DemoActions::new())
    });
    assert_eq!(
        answer(&html),
        "Segment answers 503 and Customer.io is slow. 378 changes are on the way."
    );
    let text = words(&html);
    assert!(text.contains("24 s left") && text.contains("Mend everything"), "{text}");
    assert!(html.contains("max=\"30\"") && html.contains("value=\"24\""), "{html}");
    assert_eq!(text.matches("Break for 30 s").count(), Breakage::ALL.len() - 2);
    let calm = page("/demo", || {
        let view = DemoView { now: now(), broken: vec![], mappings: vec![] };
        demo_page(view, DemoActions::new())
    });
    assert!(answer(&calm).starts_with("All is well"));
    assert!(!words(&calm).contains("Mend everything"), "nothing is broken");
}

#[test]
fn suppressions_say_whom_they_keep_out_and_for_how_long() {
    let rule = SuppressionRow {
        spec: SuppressionSpec {
            key: key("purchase"),
            reason: "purchase".to_owned(),
            audience: Some(key("purchasers")),
            event: None,
            ttl: Some(Span::from_hours(24)),
        },
        people: 1_206,
        mirrored_at: Some(now()),
        stale: Some("the members shrank abnormally".to_owned()),
    };
    let html = page("/suppression", || {
        suppression_page(SuppressionView { now: now(), rules: vec![rule] })
    });
    assert!(answer(&html).starts_with("Purchase keeps 1,206 people out"));
    let words = words(&html);
    assert!(words.contains("while a member, at least 24 h"), "{words}");
    assert!(words.contains("the members shrank abnormally"));
    let empty =
        page("/suppression", || suppression_page(SuppressionView { now: now(), rules: vec![] }));
    assert!(empty.contains("href=\"/suppression/new\""));
}

fn person() -> PersonView {
    let run = "0193a4e2-7c11-7000-8000-00000000beef".parse().expect("an id");
    let one = |mapping: &str, delivered, cause| PersonMapping {
        mapping: key(mapping),
        audience: key("carts"),
        destination: key("meta"),
        use_case: UseCase::Retarget,
        member: true,
        delivered,
        cause,
        history: vec![HistoryEntry {
            at: now().minus(Span::from_minutes(3)),
            transition: Transition::Entered,
            generation: 3,
            run,
        }],
    };
    PersonView {
        person: Person {
            cio_id: "a/b".to_owned(),
            id: None,
            email: Some("ada@example.com".to_owned()),
            phone: None,
            fields: std::collections::BTreeMap::new(),
        },
        mappings: vec![
            one("carts-meta", true, None),
            one("vip-meta", false, Some(Cause::Suppressed)),
        ],
    }
}

#[test]
fn a_person_is_explained_in_one_sentence() {
    let html = page("/people/a%2Fb", || person_page(Explained { now: now(), view: person() }));
    assert_eq!(
        answer(&html),
        "At the destinations of 1 of 2 mappings; not sent by vip-meta, because a suppression \
         keeps them out."
    );
    assert!(html.contains("/runs/0193a4e2-7c11-7000-8000-00000000beef"));
    assert!(html.contains("href=\"/mappings/vip-meta\""));
}

#[test]
fn finding_links_to_people_whatever_their_ids_hold() {
    let html = page("/people?find=ada@example.com", || {
        people_page("ada@example.com", vec![person().person])
    });
    assert_eq!(answer(&html), "One person is known as ada@example.com.");
    assert!(html.contains("href=\"/people/a%2Fb\""), "{html}");
    assert!(html.contains("value=\"ada@example.com\"") && html.contains("name=\"find\""));
    let none = page("/people?find=x", || people_page("x", vec![]));
    assert!(words(&none).contains("Nobody found"));
    let asked = page("/people", || people_page("", vec![]));
    assert!(!words(&asked).contains("Nobody found"));
}

#[test]
fn connections_show_what_the_test_said_and_never_a_key() {
    let html = page("/settings/connections", || {
        let mut customerio = connection(Vendor::Customerio, false);
        customerio.stand_in = Some("http://127.0.0.1:4010".to_owned());
        let twilio = ConnectionView { key: None, tested: None, ..connection(Vendor::Twilio, true) };
        let view = ConnectionsView { now: now(), connections: vec![customerio, twilio] };
        connections_page(view.clone(), Signal::stored(view), ConnectionActions::new())
    });
    assert_eq!(answer(&html), "Customer.io can't be used and Segment has no key.");
    let words = words(&html);
    assert!(words.contains("The key was refused (401)."));
    assert!(words.contains("Requests go to http://127.0.0.1:4010"));
    assert!(words.contains("Leave it empty to keep the key that is there."));
    for field in html.split("<input").filter(|tag| tag.contains("type=\"password\"")) {
        let field = field.split('>').next().expect("a tag");
        assert!(!field.contains("value=") || field.contains("value=\"\""), "{field}");
    }
    let ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|id| id.split('"').next()).collect();
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len(), "two forms on one page share no id: {ids:?}");
}

fn approvals_html(approvals: Approvals) -> String {
    page("/approvals", move || {
        approvals_page(ApprovalsView { now: now(), approvals }, approvals::page::Actions::new())
    })
}

#[test]
fn what_waits_shows_its_numbers_and_what_each_button_does() {
    let html = approvals_html(Approvals {
        runs: vec![WaitingRun {
            run: run(RunState::Waiting).id,
            mapping: key("cart-meta"),
            audience: key("cart-abandoners"),
            destination: key("meta"),
            use_case: UseCase::Retarget,
            at: now(),
            entered: 0,
            exited: 9_204,
            present: 12_480,
        }],
        shrunk: vec![ShrunkAudience {
            audience: key("recent-purchasers"),
            segment_name: Some("Recent <buyers>".to_owned()),
            at: now(),
            kept: 4_000,
            read: 1,
            suppressions: vec![key("purchase")],
        }],
    });
    assert_eq!(
        answer(&html),
        "1 run holds back an abnormal change and 1 suppression keeps people whom its segment lost."
    );
    let words = words(&html);
    for expected in ["Release 9,204 exits", "Discard and pause", "Accept 1 person", "12,480"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    assert!(html.contains("Recent &lt;buyers&gt;"), "names are text");
    let nothing = approvals_html(Approvals::default());
    assert_eq!(answer(&nothing), "Nothing waits for a decision.");
    assert!(!nothing.contains("<table"));
}

#[test]
fn retiring_says_the_number_and_offers_a_choice() {
    let row = mapping(Health::Ok);
    let there = crate::format::number(row.delivered);
    let html =
        page("/mappings/cart-meta/manage", move || manage_page(&row, manage::Actions::new()));
    let words = words(&html);
    assert!(words.contains(&format!("Send {there} exits and retire")), "{words}");
    assert!(words.contains(&format!("Retire and leave {there} there")), "{words}");
    assert!(words.contains("Send them again") && !words.contains("Adopt"), "{words}");
    let empty =
        domain::mappings::MappingRow { delivered: 0, last_done_at: None, ..mapping(Health::New) };
    let html =
        page("/mappings/cart-meta/manage", move || manage_page(&empty, manage::Actions::new()));
    let words = self::words(&html);
    assert!(words.contains("Adopt at the first run") && !words.contains("leave"), "{words}");
}
