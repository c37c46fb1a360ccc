//! Renders each component to HTML and checks what it owes to its readers.

use domain::{
    mappings::{Health, UseCase},
    sync::RunState,
    time::{Instant, Span},
};
use leptos::prelude::*;

use super::*;
use crate::chart::{Bar, Bars, ColumnBar, Columns, Funnel, FunnelStep, Spark};

fn html<V: IntoView>(build: impl FnOnce() -> V) -> String {
    let owner = Owner::new();
    owner.with(|| build().into_view().to_html())
}

fn now() -> Instant {
    Instant::from_seconds(1_792_785_600)
}

/// All that there is, once.
#[expect(clippy::too_many_lines, reason = "a list")]
fn everything() -> Vec<(&'static str, String)> {
    let wrong = || Signal::stored(Some("Choose another key".to_owned()));
    vec![
        (
            "button",
            html(|| view! { <Button kind=ButtonKind::Primary mark=Mark::Run>"Run now"</Button> }),
        ),
        ("link", html(|| view! { <LinkButton href="/mappings/new">"Add a mapping"</LinkButton> })),
        (
            "text",
            html(
                || view! { <TextField name="key" label="Key" hint="Lower-case words" wrong=wrong() /> },
            ),
        ),
        (
            "select",
            html(|| {
                let options = vec![Choice::new("a", "A"), Choice::new("b", "B")];
                view! { <SelectField name="audience" label="Audience" options value="b" empty="Choose" /> }
            }),
        ),
        (
            "choices",
            html(|| {
                let options = vec![Choice::new("retarget", "Retarget").with_hint("Show ads")];
                view! { <Choices name="use_case" label="Use case" options wrong=wrong() /> }
            }),
        ),
        (
            "check",
            html(
                || view! { <CheckField name="hash" label="Hash identifiers" hint="Rarely needed" /> },
            ),
        ),
        (
            "table",
            html(|| {
                let columns = vec![
                    Column::words("Mapping"),
                    Column::figures("Sent"),
                    Column::actions("Actions"),
                ];
                view! {
                    <Table caption="Mappings" columns>
                        <tr>
                            <th scope="row">"vip"</th>
                            <Figure value=12_480 />
                            <td>
                                <Nothing words="never" />
                            </td>
                        </tr>
                    </Table>
                }
            }),
        ),
        ("state", html(|| view! { <HealthMark health=Health::Late /> })),
        ("run", html(|| view! { <RunMark state=RunState::Failed /> })),
        ("use case", html(|| view! { <UseCaseMark use_case=UseCase::Suppress /> })),
        ("moment", html(|| view! { <Moment at=now().minus(Span::from_minutes(4)) now=now() /> })),
        ("id", html(|| view! { <ShortId id="0193a4e2-7c11-7000-8000-00000000beef" /> })),
        (
            "progress",
            html(
                || view! { <Progress label="Delivering" done=50 whole=Some(200) words="50 of 200" /> },
            ),
        ),
        (
            "open progress",
            html(|| {
                let whole: Option<u64> = None;
                view! { <Progress label="Reading" done=50 whole words="50 so far" /> }
            }),
        ),
        (
            "notice",
            html(
                || view! { <Notice kind=NoticeKind::Failing title="The key was refused">"Check it"</Notice> },
            ),
        ),
        (
            "stale",
            html(|| view! { <Stale what="The members" at=Some(now()) now=now() reason="401" /> }),
        ),
        ("empty", html(|| view! { <Empty title="No mappings yet" words="They appear here." /> })),
        ("loading", html(|| view! { <Loading rows=3 /> })),
        ("facts", html(|| view! { <Facts><Fact term="Every">"5m"</Fact></Facts> })),
        (
            "tabs",
            html(|| {
                let tabs =
                    vec![Tab { href: "/a".to_owned(), words: "A".to_owned(), current: true }];
                view! { <Tabs label="Views" tabs /> }
            }),
        ),
        (
            "pager",
            html(|| {
                let (first, older) = (None, Some("?before=1".to_owned()));
                view! { <Pager first older /> }
            }),
        ),
        (
            "dialog",
            html(|| {
                view! {
                    <OpenDialog id="sure">"Send 9,204 exits"</OpenDialog>
                    <Dialog id="sure" title="Send 9,204 exits?">
                        <DialogFoot id="sure">"…"</DialogFoot>
                    </Dialog>
                }
            }),
        ),
        ("toast", html(|| view! { <Toast message=Some("Saved".to_owned()) /> })),
        (
            "funnel",
            html(|| {
                let steps = vec![
                    FunnelStep { words: "Bought".to_owned(), detail: None, people: 1_206 },
                    FunnelStep { words: "Held".to_owned(), detail: None, people: 0 },
                ];
                view! {
                    <Funnel
                        question="Who is sent?"
                        whole_words="Members"
                        whole=14_911
                        steps
                        rest_words="To send"
                        rest=13_705
                    />
                }
            }),
        ),
        ("spark", html(|| view! { <Spark title="Members" values=vec![1, 2, 3] /> })),
        (
            "bars",
            html(|| {
                let bars = vec![Bar { words: "Meta".to_owned(), value: 5, class: "use-retarget" }];
                view! { <Bars question="Where do they go?" bars /> }
            }),
        ),
        (
            "columns",
            html(|| {
                let columns = vec![ColumnBar { words: "14:00".to_owned(), value: 5 }];
                view! { <Columns question="How many?" unit="People" axis="Run" columns /> }
            }),
        ),
    ]
}

fn one(name: &str) -> String {
    everything().into_iter().find(|(known, _)| *known == name).expect("a component").1
}

#[test]
fn nothing_carries_a_style_attribute_or_a_script() {
    for (name, html) in everything() {
        assert!(!html.contains(" style="), "{name}: {html}");
        assert!(!html.contains("<script"), "{name}: {html}");
        assert!(!html.contains(" on"), "{name}: {html}");
    }
}

#[test]
fn every_reference_between_elements_leads_somewhere() {
    for (name, html) in everything() {
        for attribute in ["for", "aria-describedby", "aria-labelledby", "commandfor"] {
            for ids in values(&html, attribute) {
                for id in ids.split(' ') {
                    assert!(html.contains(&format!(" id=\"{id}\"")), "{name}: {attribute}={id}");
                }
            }
        }
        let ids: Vec<_> = values(&html, "id");
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), distinct.len(), "{name}: an id twice in {html}");
    }
}

fn values(html: &str, attribute: &str) -> Vec<String> {
    let start = format!(" {attribute}=\"");
    html.split(&start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_control_has_a_label() {
    for name in ["text", "select", "choices", "check"] {
        let html = one(name);
        let labelled = values(&html, "for");
        let controls = html.matches("<input").count() + html.matches("<select").count();
        assert_eq!(labelled.len(), controls, "{name}: {html}");
    }
}

#[test]
fn what_is_wrong_is_said_beside_its_field() {
    let html = one("text");
    assert!(html.contains("aria-invalid=\"true\""), "{html}");
    assert!(html.contains("aria-describedby=\"key-wrong key-hint\""), "{html}");
    assert!(html.contains("Choose another key"), "{html}");
    assert!(!one("select").contains("aria-invalid"), "nothing is wrong with it");
    assert!(!one("select").contains("hint"), "it has no hint");
}

#[test]
fn colour_never_speaks_alone() {
    for (health, word) in [
        (Health::Failing, "Failing"),
        (Health::Late, "Late"),
        (Health::Waiting, "Waiting"),
        (Health::Paused, "Paused"),
        (Health::Ok, "In time"),
    ] {
        let html = html(|| view! { <HealthMark health /> });
        assert!(html.contains(word) && html.contains("<path"), "{html}");
    }
    assert!(one("use case").contains("Suppress"));
}

#[test]
fn a_moment_is_relative_to_read_and_exact_to_keep() {
    let html = one("moment");
    assert!(html.contains("datetime=\"2026-10-23T19:56:00.000Z\""), "{html}");
    assert!(html.contains("title=\"23 Oct 2026, 19:56:00 UTC\""), "{html}");
    assert!(html.contains("4\u{a0}min\u{a0}ago"), "{html}");
}

#[test]
fn progress_without_a_known_end_claims_none() {
    assert!(one("progress").contains("max=\"200\""));
    let html = one("open progress");
    assert!(!html.contains("max=") && !html.contains("value="), "{html}");
}

#[test]
fn a_funnel_leaves_out_causes_without_people_and_says_the_figures() {
    let html = one("funnel");
    assert!(html.contains("Bought") && !html.contains("Held"), "{html}");
    assert!(html.contains("−1,206") && html.contains("14,911"), "{html}");
}

#[test]
fn charts_speak_to_whoever_cannot_see_them() {
    assert!(one("spark").contains("role=\"img\"") && one("spark").contains("<title>"));
    let columns = one("columns");
    assert!(columns.contains("The same as a table") && columns.contains("<table"), "{columns}");
    assert!(one("bars").contains("<h2"));
}

#[test]
fn what_a_theme_cookie_says() {
    use super::theme::Theme;
    assert_eq!(Theme::from_cookies("a=b; theme=dark; c=d"), Theme::Dark);
    assert_eq!(Theme::from_cookies("theme=\"><script>"), Theme::System);
    assert_eq!(Theme::from_cookies(""), Theme::System);
    assert_eq!(Theme::System.attribute(), None);
}
