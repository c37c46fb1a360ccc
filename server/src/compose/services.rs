//! Builds what pages, routes and commands call. A new service: a field of
//! [`domain::services::Services`], and its parts here.

use std::sync::{Arc, Mutex, RwLock};

use domain::{
    access::{token::TokenService, trail::TrailService},
    approvals::service::ApprovalService,
    audiences::{
        coverage::service::CoverageService, ledger::LedgerService, service::AudienceService,
    },
    configuration::service::ConfigurationService,
    connections::{
        port::ConnectionTester, service::ConnectionService, traffic::service::TrafficService,
    },
    contract::{plans::service::PlanService, service::ContractService},
    delivery::service::DeliveryService,
    destinations::{
        fields::service::FieldsService, import::service::ImportService,
        needs::service::NeedsService, service::DestinationService,
    },
    events::{canary::service::CanaryService, port::Intake, service::EventService},
    find::FindService,
    first_steps::service::FirstStepsService,
    ids::Ids,
    mappings::{
        exclusivity::service::ExclusivityService, gates::service::GateService,
        preview::service::PreviewService, service::MappingService,
        timeline::service::TimelineService, trial::service::TrialService,
    },
    monitoring::service::MonitoringService,
    notices::service::NoticeService,
    people::service::PeopleService,
    review::ReviewService,
    services::Services,
    suppression::{
        listing::service::ListingService, preview::service::RuleService,
        service::SuppressionService,
    },
    sync::runs::RunService,
    time::Clock,
    workspace::service::WorkspaceService,
};

use super::Stir;
use crate::{
    auth::RandomTokens,
    config::Config,
    live::Hub,
    storage::Storage,
    vendors::{
        Credentials, StoredKeys, Webhook,
        customerio::CustomerioClient,
        twilio::{PublicClient, TrackingClient},
    },
    zones::Zones,
};

/// What services are made of.
pub(super) struct Parts<'a> {
    pub storage: &'a Storage,
    pub stored: &'a Arc<Storage>,
    pub configuration: &'a Arc<ConfigurationService>,
    pub customerio: &'a Arc<CustomerioClient>,
    pub tester: &'a Arc<dyn ConnectionTester>,
    pub public: &'a Arc<PublicClient>,
    pub sink: &'a Arc<TrackingClient>,
    pub ids: &'a Arc<dyn Ids>,
    pub clock: &'a Arc<dyn Clock>,
    pub stir: &'a Arc<Stir>,
    pub intake: &'a Arc<dyn Intake>,
    pub live: &'a Arc<Hub>,
    pub http: &'a reqwest::Client,
}

impl Parts<'_> {
    pub fn services(&self, config: &Config) -> Services {
        let Self { stored, configuration, clock, stir, .. } = *self;
        let coverage = self.coverage();
        let audiences = Arc::new(AudienceService::new(
            configuration.clone(),
            stored.clone(),
            self.customerio.clone(),
        ));
        let destinations = Arc::new(DestinationService::new(configuration.clone(), stored.clone()));
        let (gates, first_steps) = (self.gates(), self.first_steps());
        let mappings = Arc::new(MappingService::new(
            configuration.clone(),
            stored.clone(),
            gates.clone(),
            first_steps.clone(),
            clock.clone(),
            stir.clone(),
        ));
        let people = Arc::new(PeopleService::new(stored.clone(), clock.clone()));
        let suppression =
            Arc::new(SuppressionService::new(configuration.clone(), stored.clone(), clock.clone()));
        let find = Arc::new(FindService {
            mappings: mappings.clone(),
            audiences: audiences.clone(),
            destinations: destinations.clone(),
            suppression: suppression.clone(),
            people: people.clone(),
        });
        let timeline = Arc::new(TimelineService {
            configuration: configuration.clone(),
            stackings: stored.clone(),
            clock: clock.clone(),
            wake: stir.clone(),
        });
        let zones = Arc::new(Zones::default());
        let workspace = Arc::new(WorkspaceService::new(stored.clone(), zones, clock.clone()));
        let review = Arc::new(ReviewService {
            audiences: audiences.clone(),
            destinations: destinations.clone(),
            mappings: mappings.clone(),
            gates: gates.clone(),
            suppression: suppression.clone(),
            timeline: timeline.clone(),
            workspace: workspace.clone(),
            clock: clock.clone(),
        });
        let connections = self.connections(config);
        let contract = self.contract();
        let approvals = Arc::new(ApprovalService {
            configuration: configuration.clone(),
            store: stored.clone(),
            proposals: stored.clone(),
            clock: clock.clone(),
            wake: stir.clone(),
        });
        Services {
            find,
            first_steps,
            review,
            access: crate::auth::service(self.storage, clock.clone()),
            notices: self.notices(&approvals, &contract),
            plans: Arc::new(PlanService { api: self.public.clone(), contract: contract.clone() }),
            approvals,
            audiences,
            connections,
            coverage: coverage.clone(),
            delivery: Arc::new(DeliveryService::new(stored.clone(), clock.clone(), stir.clone())),
            destinations,
            canary: self.canary(&people),
            events: self.events(&workspace, &contract),
            contract,
            mappings,
            monitoring: self.monitoring(),
            fields: self.fields(),
            traffic: Arc::new(TrafficService { reader: self.public.clone(), clock: clock.clone() }),
            imports: Arc::new(ImportService {
                configuration: configuration.clone(),
                public: self.public.clone(),
            }),
            listings: self.listings(&people),
            ledger: Arc::new(LedgerService::new(stored.clone())),
            needs: self.needs(coverage),
            exclusivity: self.exclusivity(),
            tokens: Arc::new(TokenService::new(
                stored.clone(),
                Arc::new(RandomTokens),
                clock.clone(),
            )),
            trail: Arc::new(TrailService::new(stored.clone())),
            people: people.clone(),
            previews: self.previews(&gates),
            gates,
            rules: self.rules(),
            runs: Arc::new(RunService::new(stored.clone(), clock.clone())),
            timeline,
            workspace,
            trials: self.trials(people),
            suppression,
            configuration: configuration.clone(),
            clock: clock.clone(),
        }
    }

    fn connections(&self, config: &Config) -> Arc<ConnectionService> {
        let stand_ins = crate::vendors::stand_in::StandIns {
            store: self.stored.clone(),
            customerio: config.customerio_url.clone(),
            twilio: config.twilio_tracking_url.clone(),
        };
        Arc::new(ConnectionService::new(
            self.configuration.clone(),
            Arc::new(stand_ins),
            self.tester.clone(),
            self.stored.clone(),
            self.clock.clone(),
        ))
    }

    fn notices(
        &self,
        approvals: &Arc<ApprovalService>,
        contract: &Arc<ContractService>,
    ) -> Arc<NoticeService> {
        let credentials = Credentials::new(self.stored.clone());
        Arc::new(NoticeService {
            store: self.stored.clone(),
            messenger: Arc::new(Webhook::new(self.http.clone(), credentials)),
            approvals: approvals.clone(),
            contract: contract.clone(),
            configuration: self.configuration.clone(),
            leases: self.stored.clone(),
            clock: self.clock.clone(),
        })
    }

    fn contract(&self) -> Arc<ContractService> {
        Arc::new(ContractService {
            store: self.stored.clone(),
            quarantine: self.stored.clone(),
            past: self.stored.clone(),
            configuration: self.configuration.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            known: RwLock::default(),
        })
    }

    fn events(
        &self,
        workspace: &Arc<WorkspaceService>,
        contract: &Arc<ContractService>,
    ) -> Arc<EventService> {
        Arc::new(EventService {
            intake: self.intake.clone(),
            store: self.stored.clone(),
            keyring: Arc::new(StoredKeys::new(self.stored.clone(), self.clock.clone())),
            configuration: self.configuration.clone(),
            suppressions: self.stored.clone(),
            mirrors: self.stored.clone(),
            workspace: workspace.clone(),
            contract: contract.clone(),
            live: self.live.clone(),
            wake: self.stir.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            calls: Mutex::default(),
            hinted: Mutex::default(),
        })
    }

    fn canary(&self, people: &Arc<PeopleService>) -> Arc<CanaryService> {
        Arc::new(CanaryService {
            configuration: self.configuration.clone(),
            store: self.stored.clone(),
            pins: self.stored.clone(),
            people: people.clone(),
            standing: self.stored.clone(),
            intake: self.intake.clone(),
            leases: self.stored.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        })
    }

    fn monitoring(&self) -> Arc<MonitoringService> {
        Arc::new(MonitoringService {
            store: self.stored.clone(),
            configuration: self.configuration.clone(),
            letters: self.stored.clone(),
            quarantine: self.stored.clone(),
            clock: self.clock.clone(),
        })
    }

    fn gates(&self) -> Arc<GateService> {
        Arc::new(GateService {
            configuration: self.configuration.clone(),
            mirrors: self.stored.clone(),
            store: self.stored.clone(),
            mappings: self.stored.clone(),
            gates: self.stored.clone(),
            trials: self.stored.clone(),
            contract: self.stored.clone(),
            clock: self.clock.clone(),
        })
    }

    fn first_steps(&self) -> Arc<FirstStepsService> {
        Arc::new(FirstStepsService {
            store: self.stored.clone(),
            configuration: self.configuration.clone(),
            gates: self.stored.clone(),
            clock: self.clock.clone(),
        })
    }

    fn exclusivity(&self) -> Arc<ExclusivityService> {
        Arc::new(ExclusivityService {
            configuration: self.configuration.clone(),
            mirrors: self.stored.clone(),
            suppressions: self.stored.clone(),
            store: self.stored.clone(),
            clock: self.clock.clone(),
            wake: self.stir.clone(),
        })
    }

    fn previews(&self, gates: &Arc<GateService>) -> Arc<PreviewService> {
        Arc::new(PreviewService {
            configuration: self.configuration.clone(),
            mirrors: self.stored.clone(),
            suppressions: self.stored.clone(),
            store: self.stored.clone(),
            people: self.stored.clone(),
            gates: gates.clone(),
            clock: self.clock.clone(),
        })
    }

    fn coverage(&self) -> Arc<CoverageService> {
        Arc::new(CoverageService {
            configuration: self.configuration.clone(),
            mirrors: self.stored.clone(),
            store: self.stored.clone(),
            attributes: self.stored.clone(),
            trend: self.stored.clone(),
            clock: self.clock.clone(),
        })
    }

    fn fields(&self) -> Arc<FieldsService> {
        Arc::new(FieldsService {
            configuration: self.configuration.clone(),
            destinations: self.stored.clone(),
            mirrors: self.stored.clone(),
            suppressions: self.stored.clone(),
            store: self.stored.clone(),
            clock: self.clock.clone(),
            wake: self.stir.clone(),
        })
    }

    fn needs(&self, coverage: Arc<CoverageService>) -> Arc<NeedsService> {
        Arc::new(NeedsService {
            configuration: self.configuration.clone(),
            coverage,
            mirrors: self.stored.clone(),
            attributes: self.stored.clone(),
        })
    }

    fn rules(&self) -> Arc<RuleService> {
        Arc::new(RuleService {
            configuration: self.configuration.clone(),
            mirrors: self.stored.clone(),
            suppressions: self.stored.clone(),
            store: self.stored.clone(),
            clock: self.clock.clone(),
            wake: self.stir.clone(),
        })
    }

    fn listings(&self, people: &Arc<PeopleService>) -> Arc<ListingService> {
        Arc::new(ListingService {
            configuration: self.configuration.clone(),
            suppressions: self.stored.clone(),
            listings: self.stored.clone(),
            store: self.stored.clone(),
            people: people.clone(),
            names: self.stored.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
            wake: self.stir.clone(),
        })
    }

    fn trials(&self, people: Arc<PeopleService>) -> Arc<TrialService> {
        Arc::new(TrialService {
            configuration: self.configuration.clone(),
            mirrors: self.stored.clone(),
            suppressions: self.stored.clone(),
            store: self.stored.clone(),
            people,
            names: self.stored.clone(),
            trials: self.stored.clone(),
            stops: self.stored.clone(),
            sink: self.sink.clone(),
            witness: self.public.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        })
    }
}
