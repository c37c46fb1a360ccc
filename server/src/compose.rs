//! The composition root: builds every part once and joins them. Tests use it too.

use std::sync::Arc;

use domain::{
    Result,
    access::trail::TrailService,
    approvals::service::ApprovalService,
    audiences::{
        coverage::service::CoverageService, ledger::LedgerService, service::AudienceService,
    },
    configuration::service::ConfigurationService,
    connections::{
        Vendor, port::ConnectionTester, service::ConnectionService,
        traffic::service::TrafficService,
    },
    delivery::{
        drain::{Drain, Jitter},
        service::DeliveryService,
    },
    destinations::{
        fields::service::FieldsService, import::service::ImportService,
        needs::service::NeedsService, service::DestinationService,
    },
    find::FindService,
    first_steps::service::FirstStepsService,
    ids::Ids,
    mappings::{
        exclusivity::service::ExclusivityService, gates::service::GateService,
        preview::service::PreviewService, service::MappingService,
        timeline::service::TimelineService, trial::service::TrialService,
    },
    people::{reader::AttributeReader, service::PeopleService},
    review::ReviewService,
    services::Services,
    suppression::{
        listing::service::ListingService, preview::service::RuleService,
        service::SuppressionService,
    },
    sync::{Wake, mirror::Mirrorer, runs::RunService, service::SyncService},
    time::{Clock, Instant, Span},
    workspace::service::WorkspaceService,
};
use rand::Rng as _;
use tokio::sync::Notify;

use crate::{
    clock::SystemClock,
    config::Config,
    random::{RandomIds, RandomJitter, secure},
    storage::{Database, Storage, WorkLock},
    vendors::{
        self, Credentials, Tester,
        customerio::{CustomerioClient, Tries},
        fuse::Fuse,
        twilio::{PublicClient, TrackingClient},
    },
    zones::Zones,
};

/// Everything that commands, pages and workers need.
#[derive(Clone)]
pub struct Segue {
    /// The database.
    pub storage: Storage,
    /// What pages and routes call.
    pub services: Services,
    /// Passes over mappings.
    pub sync: Arc<SyncService>,
    /// Stirs the worker.
    pub stir: Arc<Stir>,
    /// Whether the vendors are called at all.
    pub fuses: Vec<Arc<Fuse>>,
    /// Tries a connection.
    pub tester: Arc<dyn ConnectionTester>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whether this process may work orders.
    pub works: bool,
}

/// Wakes the worker.
#[derive(Default)]
pub struct Stir(pub Notify);

impl Wake for Stir {
    fn wake(&self) {
        self.0.notify_one();
    }
}

/// What a process is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Looks and configures.
    Serve,
    /// Works orders as well, if nobody else does; one call to a vendor is tried for so long.
    Work {
        /// How long.
        tries_for: Span,
    },
    /// The same for a command: no call to a vendor is tried after this moment.
    Once {
        /// When it gives up.
        until: Instant,
    },
}

impl Segue {
    /// Opens the database, brings it up to date, and builds everything over it.
    pub async fn open(config: &Config, purpose: Purpose) -> Result<Self> {
        let time = Arc::new(SystemClock);
        let clock: Arc<dyn Clock> = time.clone();
        let ids: Arc<dyn Ids> = Arc::new(RandomIds::new(clock.clone()));
        let jitter: Arc<dyn Jitter> = Arc::new(RandomJitter::new());
        let database = Database::connect(&config.database_url).await?;
        database.migrate().await?;
        let vault = Arc::new(config.vault()?);
        // Zero means nobody in a lease.
        let holder = secure().random_range(1..i64::MAX);
        let mut storage = Storage::new(database, vault, ids.clone(), holder);
        storage.install().await?;
        let lock = match purpose {
            Purpose::Serve => None,
            Purpose::Work { .. } | Purpose::Once { .. } => {
                WorkLock::take(&config.database_url, holder).await?
            }
        };
        let works = lock.is_some();
        if let Some(lock) = lock {
            storage = storage.working(lock);
        }
        let stored = Arc::new(storage.clone());

        let http = vendors::client().map_err(domain::Error::unexpected)?;
        let credentials = Credentials::new(stored.clone());
        let tries = match purpose {
            // A page waits for it.
            Purpose::Serve => Tries { each: Span::from_seconds(10), until: None },
            Purpose::Work { tries_for } => Tries { each: tries_for, until: None },
            Purpose::Once { until } => Tries { each: until.since(clock.now()), until: Some(until) },
        };
        let fuses = Vendor::ALL
            .map(|vendor| Arc::new(Fuse::new(vendor, clock.clone(), time.clone(), jitter.clone())));
        let [customerio_fuse, twilio_fuse] = fuses.clone();
        let customerio = Arc::new(CustomerioClient::new(
            http.clone(),
            credentials.clone(),
            config.customerio_url.clone(),
            time.clone(),
            jitter.clone(),
            tries,
            customerio_fuse,
        ));
        let public = Arc::new(PublicClient::new(
            http.clone(),
            credentials.clone(),
            config.twilio_public_url.clone(),
        ));
        let tracking = Arc::new(TrackingClient::new(
            http,
            credentials,
            config.twilio_tracking_url.clone(),
            clock.clone(),
            twilio_fuse,
            tries.until,
        ));
        let tester: Arc<dyn ConnectionTester> =
            Arc::new(Tester { customerio: customerio.clone(), tracking: tracking.clone() });
        let stir = Arc::new(Stir::default());
        let configuration = Arc::new(ConfigurationService::new(stored.clone(), clock.clone()));
        let sync = SyncService {
            configuration: configuration.clone(),
            mirrorer: Mirrorer::new(customerio.clone(), stored.clone(), clock.clone()),
            attributes: attributes(customerio.clone(), &stored, &time),
            mirrors: stored.clone(),
            suppressions: stored.clone(),
            store: stored.clone(),
            runs: stored.clone(),
            leases: stored.clone(),
            drain: Drain {
                store: stored.clone(),
                leases: stored.clone(),
                sink: tracking.clone(),
                clock: clock.clone(),
                sleep: time,
                jitter,
            },
            clock: clock.clone(),
            ids: ids.clone(),
        };
        let services = Parts {
            storage: &storage,
            stored: &stored,
            configuration: &configuration,
            customerio: &customerio,
            tester: &tester,
            public: &public,
            sink: &tracking,
            ids: &ids,
            clock: &clock,
            stir: &stir,
        }
        .services(config);
        let (sync, fuses) = (Arc::new(sync), fuses.to_vec());
        Ok(Self { storage, services, sync, stir, fuses, tester, clock, works })
    }
}

/// Reads people's attributes, from the one client that keeps the budget.
fn attributes(
    source: Arc<CustomerioClient>,
    stored: &Arc<Storage>,
    time: &Arc<SystemClock>,
) -> AttributeReader {
    AttributeReader {
        source,
        store: stored.clone(),
        mirrors: stored.clone(),
        suppressions: stored.clone(),
        names: stored.clone(),
        clock: time.clone(),
        sleep: time.clone(),
    }
}

/// What services are made of.
struct Parts<'a> {
    storage: &'a Storage,
    stored: &'a Arc<Storage>,
    configuration: &'a Arc<ConfigurationService>,
    customerio: &'a Arc<CustomerioClient>,
    tester: &'a Arc<dyn ConnectionTester>,
    public: &'a Arc<PublicClient>,
    sink: &'a Arc<TrackingClient>,
    ids: &'a Arc<dyn Ids>,
    clock: &'a Arc<dyn Clock>,
    stir: &'a Arc<Stir>,
}

impl Parts<'_> {
    fn services(&self, config: &Config) -> Services {
        let Self { stored, configuration, clock, stir, .. } = *self;
        let connections = crate::vendors::stand_in::StandIns {
            store: stored.clone(),
            customerio: config.customerio_url.clone(),
            twilio: config.twilio_tracking_url.clone(),
        };
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
        let connections = Arc::new(ConnectionService::new(
            configuration.clone(),
            Arc::new(connections),
            self.tester.clone(),
            stored.clone(),
            clock.clone(),
        ));
        Services {
            find,
            first_steps,
            review,
            access: crate::auth::service(self.storage, clock.clone()),
            approvals: Arc::new(ApprovalService::new(
                configuration.clone(),
                stored.clone(),
                clock.clone(),
                stir.clone(),
            )),
            audiences,
            connections,
            coverage: coverage.clone(),
            delivery: Arc::new(DeliveryService::new(stored.clone(), clock.clone(), stir.clone())),
            destinations,
            mappings,
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

    fn gates(&self) -> Arc<GateService> {
        Arc::new(GateService {
            configuration: self.configuration.clone(),
            mirrors: self.stored.clone(),
            store: self.stored.clone(),
            mappings: self.stored.clone(),
            gates: self.stored.clone(),
            trials: self.stored.clone(),
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
