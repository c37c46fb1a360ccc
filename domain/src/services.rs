//! Every service, built once by `server::run` and handed to pages, routes and commands.
//!
//! A new vertical adds a field here and a line in the composition root.

use std::sync::Arc;

use crate::{
    access::{service::AccessService, token::TokenService, trail::TrailService},
    approvals::service::ApprovalService,
    audiences::{
        coverage::service::CoverageService, ledger::LedgerService, service::AudienceService,
    },
    configuration::service::ConfigurationService,
    connections::{service::ConnectionService, traffic::service::TrafficService},
    contract::{plans::service::PlanService, service::ContractService},
    delivery::service::DeliveryService,
    destinations::{
        fields::service::FieldsService, import::service::ImportService,
        needs::service::NeedsService, service::DestinationService,
    },
    events::{canary::service::CanaryService, service::EventService},
    find::FindService,
    first_steps::service::FirstStepsService,
    mappings::{
        exclusivity::service::ExclusivityService, gates::service::GateService,
        preview::service::PreviewService, service::MappingService,
        timeline::service::TimelineService, trial::service::TrialService,
    },
    monitoring::service::MonitoringService,
    notices::service::NoticeService,
    people::service::PeopleService,
    review::ReviewService,
    suppression::{
        listing::service::ListingService, preview::service::RuleService,
        service::SuppressionService,
    },
    sync::runs::RunService,
    time::Clock,
    workspace::service::WorkspaceService,
};

/// All of them; cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// Who signs in.
    pub access: Arc<AccessService>,
    /// What waits for somebody's decision.
    pub approvals: Arc<ApprovalService>,
    /// Audiences and segments.
    pub audiences: Arc<AudienceService>,
    /// Planning and applying.
    pub configuration: Arc<ConfigurationService>,
    /// What names the members of audiences.
    pub coverage: Arc<CoverageService>,
    /// Keys and regions.
    pub connections: Arc<ConnectionService>,
    /// What our source in Segment received.
    pub traffic: Arc<TrafficService>,
    /// Stopping and resuming.
    pub delivery: Arc<DeliveryService>,
    /// Places behind Segment.
    pub destinations: Arc<DestinationService>,
    /// Who proves that purchasers leave.
    pub canary: Arc<CanaryService>,
    /// What people did.
    pub events: Arc<EventService>,
    /// Anything by its name.
    pub find: Arc<FindService>,
    /// The contract, its changes and what breaks it.
    pub contract: Arc<ContractService>,
    /// The way to a first version, and its ceiling.
    pub first_steps: Arc<FirstStepsService>,
    /// What may flow to them.
    pub fields: Arc<FieldsService>,
    /// What Segment has to choose from.
    pub imports: Arc<ImportService>,
    /// What destinations need of people.
    pub needs: Arc<NeedsService>,
    /// Groups of audiences, and how they overlap.
    pub exclusivity: Arc<ExclusivityService>,
    /// What must hold before a mapping starts.
    pub gates: Arc<GateService>,
    /// People put on suppressions by hand.
    pub listings: Arc<ListingService>,
    /// What was told of an audience's people.
    pub ledger: Arc<LedgerService>,
    /// What goes where.
    pub mappings: Arc<MappingService>,
    /// Segment's tracking plans.
    pub plans: Arc<PlanService>,
    /// Who is told what waits.
    pub notices: Arc<NoticeService>,
    /// What moved, what failed and how long it took.
    pub monitoring: Arc<MonitoringService>,
    /// Finding and explaining people.
    pub people: Arc<PeopleService>,
    /// Passes of mappings.
    pub runs: Arc<RunService>,
    /// What a change of a mapping would do.
    pub previews: Arc<PreviewService>,
    /// The whole plan, read at once.
    pub review: Arc<ReviewService>,
    /// Messages and ads on one axis.
    pub timeline: Arc<TimelineService>,
    /// Controlled tests.
    pub trials: Arc<TrialService>,
    /// What another rule in a suppression's place would do.
    pub rules: Arc<RuleService>,
    /// What keeps people out.
    pub suppression: Arc<SuppressionService>,
    /// Who changed what.
    pub trail: Arc<TrailService>,
    /// How programs come in.
    pub tokens: Arc<TokenService>,
    /// Its time zone and currency.
    pub workspace: Arc<WorkspaceService>,
    /// The time, for what pages say about it.
    pub clock: Arc<dyn Clock>,
}
