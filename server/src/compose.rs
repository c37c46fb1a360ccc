//! The composition root: builds every part once and joins them. Tests use it too.

mod services;
mod work;

use std::sync::Arc;

use domain::{
    Result,
    configuration::service::ConfigurationService,
    connections::{Vendor, port::ConnectionTester},
    delivery::{drain::Jitter, fast::FastLane},
    events::forward::Forwarder,
    ids::Ids,
    services::Services,
    sync::{Wake, service::SyncService, watch::Watch},
    time::{Clock, Instant, Span},
};
use rand::Rng as _;
use tokio::sync::Notify;

use self::{services::Parts, work::Work};
use crate::{
    clock::SystemClock,
    config::Config,
    live::Hub,
    random::{RandomIds, RandomJitter, secure},
    storage::{Database, Storage, WorkLock},
    vendors::{
        self, Credentials, Tester,
        customerio::{CustomerioClient, Tries},
        fuse::Fuse,
        twilio::{PublicClient, TrackingClient},
    },
    worker::intake::GroupIntake,
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
    /// Reads what keeps people out.
    pub watch: Arc<Watch>,
    /// The fast lane.
    pub fast: Arc<FastLane>,
    /// Stirs it.
    pub fast_stir: Arc<Stir>,
    /// Sends events on.
    pub forwarder: Arc<Forwarder>,
    /// Stirs it.
    pub forward_stir: Arc<Stir>,
    /// What happens, for whoever watches.
    pub live: Arc<Hub>,
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

/// Wakes several.
struct All(Vec<Arc<Stir>>);

impl Wake for All {
    fn wake(&self) {
        self.0.iter().for_each(|stir| stir.wake());
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
        let (storage, works) = open_storage(config, purpose, ids.clone()).await?;
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
            http.clone(),
            credentials,
            config.twilio_tracking_url.clone(),
            clock.clone(),
            twilio_fuse,
            tries.until,
        ));
        let tester: Arc<dyn ConnectionTester> =
            Arc::new(Tester { customerio: customerio.clone(), tracking: tracking.clone() });
        let stir = Arc::new(Stir::default());
        let configuration =
            Arc::new(ConfigurationService::new(stored.clone(), stored.clone(), clock.clone()));
        let live = Arc::new(Hub::new(clock.now()));
        let work = Work {
            live: &live,
            stored: &stored,
            configuration: &configuration,
            customerio: &customerio,
            tracking: &tracking,
            time: &time,
            clock: &clock,
            jitter: &jitter,
            ids: &ids,
        };
        let (fast, forwarder) = (work.fast(), work.forwarder());
        let sync = work.sync(fast.clone());
        let [fast_stir, forward_stir] = [(); 2].map(|()| Arc::new(Stir::default()));
        let watch = work.watch(sync.clone(), fast.clone(), fast_stir.clone());
        let kept = Arc::new(All(vec![fast_stir.clone(), forward_stir.clone()]));
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
            live: &live,
            http: &http,
            intake: &(Arc::new(GroupIntake::start(stored.clone(), clock.clone(), kept)) as _),
        }
        .services(config);
        let fuses = fuses.to_vec();
        Ok(Self {
            storage,
            services,
            sync,
            stir,
            watch,
            fast,
            fast_stir,
            forwarder,
            forward_stir,
            live,
            fuses,
            tester,
            clock,
            works,
        })
    }
}

/// The database, brought up to date, and whether this process may work orders in it.
async fn open_storage(
    config: &Config,
    purpose: Purpose,
    ids: Arc<dyn Ids>,
) -> Result<(Storage, bool)> {
    let database = Database::connect(&config.database_url).await?;
    database.migrate().await?;
    let vault = Arc::new(config.vault()?);
    // Zero means nobody in a lease.
    let holder = secure().random_range(1..i64::MAX);
    let storage = Storage::new(database, vault, ids, holder);
    storage.install().await?;
    let lock = match purpose {
        Purpose::Serve => None,
        Purpose::Work { .. } | Purpose::Once { .. } => {
            WorkLock::take(&config.database_url, holder).await?
        }
    };
    Ok(match lock {
        Some(lock) => (storage.working(lock), true),
        None => (storage, false),
    })
}
