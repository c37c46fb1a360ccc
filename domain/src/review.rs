//! The design review: the whole plan read at once, and what somebody careful would say of it.
//!
//! [`review`] is pure, over what pages show. A new rule is a function over [`Plan`] that is
//! called there; each [`Remark`] names the one thing that it is about and what to do.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{
    audiences::AudienceRow,
    day::Day,
    destinations::DestinationRow,
    key::Key,
    mappings::{
        MappingRow, UseCase,
        gates::{Checked, GateState},
        timeline::{Conflict, FlowView, Meeting, Rule},
    },
    suppression::SuppressionRow,
};

#[cfg(feature = "service")]
pub use service::ReviewService;

/// How much a remark asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Weight {
    /// People or money are harmed.
    Wrong,
    /// It may be meant so; somebody should say why.
    Doubtful,
    /// Whoever comes later will ask.
    Untidy,
}

impl Weight {
    /// All of them, the heaviest first.
    pub const ALL: [Self; 3] = [Self::Wrong, Self::Doubtful, Self::Untidy];

    /// What people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Wrong => "Wrong",
            Self::Doubtful => "Doubtful",
            Self::Untidy => "Untidy",
        }
    }
}

/// What a remark is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum About {
    /// A mapping.
    Mapping(Key),
    /// An audience.
    Audience(Key),
    /// A destination.
    Destination(Key),
    /// A flow of the timeline.
    Flow(Key),
}

impl About {
    /// Its name.
    #[must_use]
    pub const fn key(&self) -> &Key {
        match self {
            Self::Mapping(key) | Self::Audience(key) | Self::Destination(key) | Self::Flow(key) => {
                key
            }
        }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Mapping(_) => "mapping",
            Self::Audience(_) => "audience",
            Self::Destination(_) => "destination",
            Self::Flow(_) => "flow",
        }
    }
}

/// One remark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// How much it asks for.
    pub weight: Weight,
    /// What it is about.
    pub about: About,
    /// What was seen, as a clause.
    pub says: String,
    /// What to do, as a clause.
    pub remedy: String,
}

/// What is read.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Audiences.
    pub audiences: Vec<AudienceRow>,
    /// Destinations.
    pub destinations: Vec<DestinationRow>,
    /// Mappings, each with its gates.
    pub mappings: Vec<(MappingRow, Vec<Checked>)>,
    /// Suppressions.
    pub rules: Vec<SuppressionRow>,
    /// Flows beside the ads for the same people.
    pub flows: Vec<FlowView>,
}

/// All remarks, the heaviest first.
#[must_use]
pub fn review(plan: &Plan, today: Day) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (row, gates) in &plan.mappings {
        remarks.extend(of_gates(row, gates));
        remarks.extend(of_mapping(row));
    }
    remarks.extend(of_neighbours(plan));
    for row in &plan.audiences {
        remarks.extend(of_audience(row, plan, today));
    }
    for row in plan.destinations.iter().filter(|row| row.mappings == 0) {
        remarks.push(Remark {
            weight: Weight::Untidy,
            about: About::Destination(row.spec.key.clone()),
            says: "no mapping sends there".to_owned(),
            remedy: "map an audience to it, or retire it".to_owned(),
        });
    }
    for flow in &plan.flows {
        remarks.extend(flow.open().filter_map(|one| of_conflict(flow, one)));
    }
    remarks.sort_by_key(|remark| remark.weight);
    remarks
}

/// What the timeline says that nobody means: messages always go out, ads where their mapping runs.
fn of_conflict(flow: &FlowView, conflict: &Conflict) -> Option<Remark> {
    let Meeting { rule, mapping, touch } = &conflict.meeting;
    let runs = |key: &Key| flow.paid.iter().any(|one| one.mapping == *key && one.is_active);
    if !mapping.as_ref().is_none_or(runs) {
        return None;
    }
    let ads = mapping.as_ref().map_or_else(String::new, |key| format!("the ads of {key}"));
    let message = touch
        .map_or_else(String::new, |touch| format!("its {} at {}", touch.channel.noun(), touch.at));
    let says = match rule {
        Rule::AdsBeforeMessage => format!("{ads} run before {message}"),
        Rule::AdsBesideMessage => format!("{ads} begin within an hour of {message}"),
        Rule::MessagesClose => format!("{message} comes within an hour of another message"),
        // What nobody can mean is a fault of the mapping: its gates tell.
        Rule::AdsAfterWindow | Rule::NoPurchaseEnd => return None,
    };
    let remedy = match (mapping, conflict.offset) {
        (Some(_), Some(offset)) => {
            format!("hold its entries for {offset}, or say on the timeline that it is meant")
        }
        _ => "move one of them, or say on the timeline that it is meant".to_owned(),
    };
    let about = About::Flow(flow.spec.key.clone());
    Some(Remark { weight: Weight::Doubtful, about, says, remedy })
}

/// What gates say of a mapping that runs.
fn of_gates<'a>(row: &'a MappingRow, gates: &'a [Checked]) -> impl Iterator<Item = Remark> + 'a {
    gates.iter().filter(|_| row.spec.active).filter_map(|gate| {
        let finding = &gate.finding;
        let remedy = finding.remedy.clone().unwrap_or_else(|| "look at its gates".to_owned());
        let (weight, says) = match (finding.state, &gate.passed) {
            (GateState::Blocking, Some(passed)) => {
                let by = format!("{} passes this gate: {}", passed.by, passed.reason);
                (Weight::Doubtful, format!("{}; {by}", finding.evidence))
            }
            (GateState::Blocking, None) => (Weight::Wrong, finding.evidence.clone()),
            (GateState::Warning, _) => (Weight::Doubtful, finding.evidence.clone()),
            (GateState::Unknown | GateState::Open, _) => return None,
        };
        Some(Remark { weight, about: About::Mapping(row.spec.key.clone()), says, remedy })
    })
}

fn of_mapping(row: &MappingRow) -> Option<Remark> {
    let spec = &row.spec;
    let is_measured = spec.holdout_percent.percent() > 0.0;
    (spec.active && spec.use_case == UseCase::Retarget && !is_measured).then(|| Remark {
        weight: Weight::Untidy,
        about: About::Mapping(spec.key.clone()),
        says: "nobody is held out, so its effect can't be measured".to_owned(),
        remedy: "hold out some percent of its people".to_owned(),
    })
}

/// Retarget mappings of one destination that may show their ads to the same people.
fn of_neighbours(plan: &Plan) -> Vec<Remark> {
    let retargets: Vec<&MappingRow> = plan
        .mappings
        .iter()
        .map(|(row, _)| row)
        .filter(|row| row.spec.active && row.spec.use_case == UseCase::Retarget)
        .collect();
    let mut remarks = Vec::new();
    for (at, one) in retargets.iter().enumerate() {
        for other in &retargets[at + 1..] {
            let (one, other) = (&one.spec, &other.spec);
            let meet = one.destination == other.destination && one.audience != other.audience;
            let is_settled =
                one.exclusivity_group.is_some() && one.exclusivity_group == other.exclusivity_group;
            if meet && !is_settled {
                remarks.push(Remark {
                    weight: Weight::Doubtful,
                    about: About::Mapping(one.key.clone()),
                    says: format!(
                        "it and {} may hold the same people at {}, in two ad sets",
                        other.key, one.destination
                    ),
                    remedy:
                        "put both into one exclusivity group, so that each person stands in one"
                            .to_owned(),
                });
            }
        }
    }
    remarks
}

fn of_audience(row: &AudienceRow, plan: &Plan, today: Day) -> Vec<Remark> {
    let spec = &row.spec;
    let is_rule = plan.rules.iter().any(|rule| rule.spec.audience.as_ref() == Some(&spec.key));
    let remark = |weight, says: String, remedy: &str| Remark {
        weight,
        about: About::Audience(spec.key.clone()),
        says,
        remedy: remedy.to_owned(),
    };
    let mut remarks = Vec::new();
    if row.mappings == 0 && !is_rule {
        let says = "it is sent nowhere and keeps nobody out".to_owned();
        remarks.push(remark(Weight::Doubtful, says, "add a mapping, or retire it"));
    }
    match spec.review_on {
        Some(day) if day < today => {
            let days = today.since(day);
            let says =
                format!("its review is due for {days} {}", if days == 1 { "day" } else { "days" });
            remarks.push(remark(
                Weight::Doubtful,
                says,
                "look whether it is still wanted, and set the next day",
            ));
        }
        Some(_) => {}
        None => remarks.push(remark(
            Weight::Untidy,
            "no day is set for its review".to_owned(),
            "set one, so that it doesn't outlive its use unseen",
        )),
    }
    if spec.owner.is_none() {
        let says = "nobody answers for it".to_owned();
        remarks.push(remark(Weight::Untidy, says, "name an owner"));
    }
    if spec.purpose.is_none() {
        let says = "what it is for is not said".to_owned();
        remarks.push(remark(Weight::Untidy, says, "say it in a sentence"));
    }
    remarks
}

/// The review as a text that others can read: Markdown.
#[must_use]
pub fn markdown(remarks: &[Remark], today: Day) -> String {
    let mut text = format!("# Design review, {today}\n");
    if remarks.is_empty() {
        text.push_str("\nNothing to remark.\n");
    }
    for weight in Weight::ALL {
        let these: Vec<&Remark> = remarks.iter().filter(|one| one.weight == weight).collect();
        if these.is_empty() {
            continue;
        }
        let _ = write!(text, "\n## {} ({})\n\n", weight.label(), these.len());
        for Remark { about, says, remedy, .. } in these {
            let (kind, key) = (about.kind(), about.key());
            let _ =
                writeln!(text, "- [ ] {kind} `{key}`: {}. To do: {}.", plain(says), plain(remedy));
        }
    }
    text
}

/// A text as Markdown shows it, whatever it holds.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            plain.push(' ');
            continue;
        }
        if "\\`*_{}[]<>()#!|&~".contains(letter) {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

#[cfg(feature = "service")]
mod service {
    use std::sync::Arc;

    use super::{Plan, Remark, review};
    use crate::{
        audiences::service::AudienceService,
        day::Day,
        destinations::service::DestinationService,
        error::Result,
        mappings::{
            gates::service::GateService, service::MappingService,
            timeline::service::TimelineService,
        },
        suppression::service::SuppressionService,
        time::Clock,
        workspace::service::WorkspaceService,
    };

    /// Reads the plan and reviews it.
    pub struct ReviewService {
        /// Audiences.
        pub audiences: Arc<AudienceService>,
        /// Destinations.
        pub destinations: Arc<DestinationService>,
        /// Mappings.
        pub mappings: Arc<MappingService>,
        /// What must hold before they start.
        pub gates: Arc<GateService>,
        /// Suppressions.
        pub suppression: Arc<SuppressionService>,
        /// When messages and ads reach somebody.
        pub timeline: Arc<TimelineService>,
        /// Where days begin.
        pub workspace: Arc<WorkspaceService>,
        /// The time.
        pub clock: Arc<dyn Clock>,
    }

    impl ReviewService {
        /// The remarks of today.
        pub async fn remarks(&self) -> Result<Vec<Remark>> {
            let rows = self.mappings.list().await?;
            let plan = Plan {
                audiences: self.audiences.list().await?,
                destinations: self.destinations.list().await?,
                mappings: self.gates.all_checked(rows).await?,
                rules: self.suppression.list().await?,
                flows: self.timeline.all().await?,
            };
            Ok(review(&plan, self.today()))
        }

        /// Today.
        pub fn today(&self) -> Day {
            self.workspace.shown().zone.day(self.clock.now())
        }
    }
}

#[cfg(test)]
mod tests;
