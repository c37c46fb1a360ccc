//! First steps: what is done and what comes next, from an empty installation to the first mapping
//! that runs. Each step is read off what is stored, so that one can leave and come back.
//!
//! A new step is a name in [`Step`] and a line in [`steps`].

use serde::{Deserialize, Serialize};

use crate::{
    destinations::Profile,
    key::Key,
    mappings::{UseCase, trial::Proof},
};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Say what for.
    Goal,
    /// Reach Customer.io.
    Customerio,
    /// Reach Segment.
    Twilio,
    /// Name a place behind Segment.
    Destination,
    /// Promote a segment.
    Audience,
    /// Keep out who bought.
    Suppression,
    /// Map one to the other.
    Mapping,
    /// Send one pinned person through it.
    Test,
    /// Let it run.
    Start,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Goal,
        Self::Customerio,
        Self::Twilio,
        Self::Destination,
        Self::Audience,
        Self::Suppression,
        Self::Mapping,
        Self::Test,
        Self::Start,
    ];
}

/// What steps depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What for.
    pub goal: Option<UseCase>,
    /// Whether Customer.io's key was tried and works.
    pub customerio: bool,
    /// Whether Segment's does.
    pub twilio: bool,
    /// Destinations, with their platforms.
    pub destinations: Vec<(Key, Profile)>,
    /// Promoted audiences.
    pub audiences: u64,
    /// Whether a rule keeps out who bought.
    pub keeps_buyers_out: bool,
    /// The mapping that one begins with: the oldest that there is.
    pub mapping: Option<Key>,
    /// The best proof of its controlled tests.
    pub proof: Option<Proof>,
    /// Whether it runs and a run has ended well.
    pub is_live: bool,
}

/// Which steps are done, in order.
#[must_use]
pub fn steps(progress: &Progress) -> Vec<(Step, bool)> {
    let is_done = |step| match step {
        Step::Goal => progress.goal.is_some(),
        Step::Customerio => progress.customerio,
        Step::Twilio => progress.twilio,
        Step::Destination => !progress.destinations.is_empty(),
        Step::Audience => progress.audiences > 0,
        // Only who sees ads must be kept from what they bought.
        Step::Suppression => {
            progress.keeps_buyers_out || progress.goal.is_some_and(|goal| goal != UseCase::Retarget)
        }
        Step::Mapping => progress.mapping.is_some(),
        Step::Test => progress.proof == Some(Proof::Forwarded),
        Step::Start => progress.is_live,
    };
    Step::ALL.into_iter().map(|step| (step, is_done(step))).collect()
}

/// Where to begin for a goal: platforms, the best first.
#[must_use]
pub const fn platforms(goal: UseCase) -> &'static [Profile] {
    match goal {
        UseCase::Retarget | UseCase::Lookalike => {
            &[Profile::MetaCustomAudiences, Profile::TiktokAudiences, Profile::GoogleCustomerMatch]
        }
        UseCase::Suppress => {
            &[Profile::GoogleCustomerMatch, Profile::MetaCustomAudiences, Profile::TiktokAudiences]
        }
        UseCase::Analytics => &[Profile::Warehouse, Profile::Ga4],
    }
}

#[cfg(feature = "service")]
mod service {
    use std::sync::Arc;

    use async_trait::async_trait;

    use super::Progress;
    use crate::{
        access::{Actor, Role},
        audiences::{
            readiness::{AudienceFacts, Ranked, SegmentFacts, rank},
            service::AudienceService,
        },
        configuration::service::ConfigurationService,
        connections::{Vendor, service::ConnectionService},
        error::Result,
        mappings::{UseCase, port::MappingStore, trial::port::TrialStore},
        suppression::Kind,
        time::{Clock, Instant},
    };

    /// Keeps the goal.
    #[async_trait]
    pub trait GoalStore: Send + Sync {
        /// What for.
        async fn goal(&self) -> Result<Option<UseCase>>;

        /// Says what for.
        async fn put_goal(&self, goal: UseCase, by: &str, now: Instant) -> Result<()>;
    }

    /// Reads how far it has come.
    pub struct FirstStepsService {
        /// What is stored.
        pub configuration: Arc<ConfigurationService>,
        /// Keys and their tests.
        pub connections: Arc<ConnectionService>,
        /// Audiences and segments.
        pub audiences: Arc<AudienceService>,
        /// How mappings fare.
        pub mappings: Arc<dyn MappingStore>,
        /// What became of controlled tests.
        pub trials: Arc<dyn TrialStore>,
        /// The goal.
        pub goals: Arc<dyn GoalStore>,
        /// The time.
        pub clock: Arc<dyn Clock>,
    }

    impl FirstStepsService {
        /// How far it has come.
        pub async fn progress(&self) -> Result<Progress> {
            let configuration = self.configuration.load().await?;
            let connections = self.connections.list().await?;
            let works = |vendor: Vendor| {
                let mut all = connections.iter().filter(|one| one.vendor == vendor);
                all.any(|one| one.key.is_some() && one.tested.as_ref().is_some_and(|test| test.ok))
            };
            let oldest = configuration.mappings.iter().min_by_key(|mapping| mapping.id);
            let proof = match oldest {
                Some(mapping) => self.trials.best_proof(mapping.id).await?,
                None => None,
            };
            let rows = self.mappings.mapping_rows(self.clock.now()).await?;
            let places = configuration.destinations.iter();
            let mut rules = configuration.suppressions.iter();
            Ok(Progress {
                goal: self.goals.goal().await?,
                customerio: works(Vendor::Customerio),
                twilio: works(Vendor::Twilio),
                destinations: places.map(|one| (one.spec.key.clone(), one.spec.profile)).collect(),
                audiences: configuration.audiences.len() as u64,
                keeps_buyers_out: rules
                    .any(|rule| rule.spec.kind() == Kind::Purchase && !rule.spec.list),
                mapping: oldest.map(|mapping| mapping.spec.key.clone()),
                proof,
                is_live: rows.iter().any(|row| row.spec.active && row.last_done_at.is_some()),
            })
        }

        /// Says what for.
        pub async fn choose(&self, goal: UseCase, actor: &Actor) -> Result<()> {
            actor.require(Role::Operator)?;
            self.goals.put_goal(goal, &actor.name, self.clock.now()).await
        }

        /// Segments of the workspace, asked of Customer.io now, the readiest first.
        pub async fn ranked(&self, goal: UseCase) -> Result<Vec<Ranked>> {
            let rows = self.audiences.list().await?;
            let segments = self.audiences.segments().await?;
            let facts: Vec<SegmentFacts> = segments
                .into_iter()
                .map(|row| {
                    let promoted = rows.iter().find(|one| one.spec.segment == row.segment.id);
                    let audience = promoted.map(|one| AudienceFacts {
                        key: one.spec.key.clone(),
                        members: one.mirrored_at.map(|_| one.members),
                        named: one.with_email.max(one.with_id),
                        has_window: one.spec.window.is_some(),
                        has_owner: one.spec.owner.is_some(),
                    });
                    SegmentFacts { segment: row.segment, audience }
                })
                .collect();
            Ok(rank(&facts, goal))
        }
    }
}

#[cfg(feature = "service")]
pub use service::{FirstStepsService, GoalStore};

#[cfg(test)]
mod tests {
    use super::*;

    fn done(progress: &Progress) -> Vec<Step> {
        steps(progress).into_iter().filter(|(_, done)| *done).map(|(step, _)| step).collect()
    }

    #[test]
    fn steps_are_read_off_what_is_there() {
        assert_eq!(done(&Progress::default()), []);
        let key = |text: &str| -> Key { text.parse().unwrap() };
        let whole = Progress {
            goal: Some(UseCase::Retarget),
            customerio: true,
            twilio: true,
            destinations: vec![(key("meta"), Profile::MetaCustomAudiences)],
            audiences: 1,
            keeps_buyers_out: true,
            mapping: Some(key("carts-meta")),
            proof: Some(Proof::Forwarded),
            is_live: true,
        };
        assert_eq!(done(&whole), Step::ALL);
        let amber = Progress { proof: Some(Proof::Arrived), ..whole.clone() };
        assert!(!done(&amber).contains(&Step::Test), "arrived isn't forwarded");
        let open = Progress { keeps_buyers_out: false, ..whole };
        assert!(!done(&open).contains(&Step::Suppression));
        let seed = Progress { goal: Some(UseCase::Lookalike), ..open };
        assert!(done(&seed).contains(&Step::Suppression));
        for goal in UseCase::ALL {
            assert!(!platforms(goal).is_empty());
        }
    }
}
