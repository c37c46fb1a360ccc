//! Every service, built once by `server::run` and handed to pages, routes and commands.
//!
//! A new vertical adds a field here and a line in the composition root.

use std::sync::Arc;

use crate::{
    access::{service::AccessService, trail::TrailService},
    approvals::service::ApprovalService,
    audiences::service::AudienceService,
    configuration::service::ConfigurationService,
    connections::service::ConnectionService,
    delivery::service::DeliveryService,
    destinations::service::DestinationService,
    mappings::{
        exclusivity::service::ExclusivityService, gates::service::GateService,
        preview::service::PreviewService, service::MappingService,
    },
    people::service::PeopleService,
    suppression::service::SuppressionService,
    sync::runs::RunService,
    time::Clock,
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
    /// Keys and regions.
    pub connections: Arc<ConnectionService>,
    /// Stopping and resuming.
    pub delivery: Arc<DeliveryService>,
    /// Places behind Segment.
    pub destinations: Arc<DestinationService>,
    /// Groups of audiences, and how they overlap.
    pub exclusivity: Arc<ExclusivityService>,
    /// What must hold before a mapping starts.
    pub gates: Arc<GateService>,
    /// What goes where.
    pub mappings: Arc<MappingService>,
    /// Finding and explaining people.
    pub people: Arc<PeopleService>,
    /// Passes of mappings.
    pub runs: Arc<RunService>,
    /// What a change of a mapping would do.
    pub previews: Arc<PreviewService>,
    /// What keeps people out.
    pub suppression: Arc<SuppressionService>,
    /// Who changed what.
    pub trail: Arc<TrailService>,
    /// The time, for what pages say about it.
    pub clock: Arc<dyn Clock>,
}
