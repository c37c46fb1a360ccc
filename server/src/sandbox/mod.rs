//! The sandbox: a strict stand-in for the vendors, over real HTTP on loopback.
//!
//! One listener carries Customer.io's App API (`customerio/`), Segment's two APIs and
//! the ad platforms behind it (`twilio/`), and the routes by which tests and scripts look
//! inside and change the world (`admin.rs`). Whatever else is asked answers Customer.io's
//! HTML 404. `world.rs` is the simulated workspace, `fault.rs` what can go wrong, `shoppers/`
//! who lives in it, `telling/` what they have Segue told.
//!
//! Admin routes, JSON, no key, loopback only:
//!
//! | route | does |
//! |---|---|
//! | `GET /sandbox/status` | counts of people, segments, requests, messages |
//! | `GET`, `POST`, `DELETE /sandbox/faults` | lists, injects ([`fault::Fault`]) and ends faults |
//! | `GET /sandbox/messages?since=&limit=` | messages in order of arrival |
//! | `GET /sandbox/platform?integration=&audience=` | members at a destination, sorted |
//! | `GET`, `PUT /sandbox/segments/{id}/members` | the members, a JSON list of `cio_id` |
//! | `GET`, `PATCH /sandbox/modes` | what the vendors leave open ([`modes::Modes`]) |
//! | `POST /sandbox/segments` | a new segment: `{"id","name"}` |
//! | `PATCH /sandbox/segments/{id}` | its state, and what its next pages do ([`admin::SegmentModes`]) |
//! | `GET /sandbox/people?limit=&offset=` | people in order |
//! | `PUT /sandbox/people` | people, new or changed: a JSON list |
//! | `POST /sandbox/calls` | calls Segue, believable or not ([`telling::Asked`]): the answers |
//!
//! To add a vendor's API: a folder with a `router`, merged in [`RunningSandbox::start`].

pub mod admin;
pub mod breakage;
pub mod budget;
pub mod command;
pub mod counters;
pub mod customerio;
pub mod fault;
mod gate;
mod listener;
pub mod modes;
pub mod shoppers;
pub mod telling;
pub mod twilio;
pub mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use domain::time::{Clock, Span};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::SteadyClock;
use budget::{Traffic, Window};
use counters::Counters;
use customerio::exports::Exports;
use fault::{Faults, Vendor};
use listener::{ConnectionHandle, ResettableListener};
use modes::Modes;
use shoppers::Shoppers;
use telling::{Receiver, Telling};
use twilio::platform::Platform;
use world::World;

/// How strict the stand-in is and whom it knows.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    /// Keys of the App API.
    pub app_keys: Vec<String>,
    /// Write keys of sources of this region.
    pub write_keys: Vec<String>,
    /// Write keys of sources of the other region: answered 200 and lost.
    pub other_region_write_keys: Vec<String>,
    /// Tokens of the Public API.
    pub public_tokens: Vec<String>,
    /// Calls of one endpoint of the Public API in a minute.
    pub public_calls_a_minute: usize,
    /// How late Segment counts what arrived, and what was delivered.
    pub public_lags: (Span, Span),
    /// The App API's one budget.
    pub customerio_requests_per_second: u32,
    /// The tracking API's budget.
    pub tracking_requests_per_second: u32,
    /// What the vendors leave open, as it is at the start.
    pub modes: Modes,
    /// How many messages are kept with their bytes.
    pub keep_payloads: usize,
    /// Who is told what the store's people do.
    pub tells: Option<Receiver>,
    /// Clock of the budgets. By default the machine's own monotonic one, because they
    /// limit real traffic even where the world's clock stands still or runs fast.
    pub pace: Option<Arc<dyn Clock>>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            app_keys: vec!["sandbox-app-key".to_owned()],
            write_keys: vec!["sandbox-write-key".to_owned()],
            other_region_write_keys: vec!["sandbox-eu-write-key".to_owned()],
            public_tokens: vec!["sandbox-public-token".to_owned()],
            public_calls_a_minute: twilio::public::CALLS_A_MINUTE,
            public_lags: (Span::from_minutes(1), Span::from_minutes(5)),
            customerio_requests_per_second: 10,
            tracking_requests_per_second: 1_000,
            modes: Modes::default(),
            keep_payloads: 10_000,
            tells: None,
            pace: None,
        }
    }
}

/// How long a stop waits for requests that are under way.
const PATIENCE: Duration = Duration::from_secs(2);

/// What all handlers share.
pub(crate) struct Shared {
    config: SandboxConfig,
    clock: Arc<dyn Clock>,
    pace: Arc<dyn Clock>,
    world: Arc<World>,
    platform: Arc<Platform>,
    faults: Arc<Faults>,
    counters: Arc<Counters>,
    customerio: Mutex<Traffic>,
    tracking: Mutex<Traffic>,
    public_api: Mutex<Traffic>,
    public: Mutex<twilio::public::Calls>,
    /// The rules of the tracking plan.
    rules: Mutex<Vec<serde_json::Value>>,
    events: Mutex<Window>,
    exports: Mutex<Exports>,
    modes: Mutex<Modes>,
    telling: Option<Arc<Telling>>,
    url: String,
    stop: CancellationToken,
}

impl Shared {
    fn traffic(&self, vendor: Vendor) -> MutexGuard<'_, Traffic> {
        let traffic = match vendor {
            Vendor::Customerio => &self.customerio,
            Vendor::Tracking => &self.tracking,
            Vendor::Public => &self.public_api,
        };
        traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rules(&self) -> MutexGuard<'_, Vec<serde_json::Value>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn public(&self) -> MutexGuard<'_, twilio::public::Calls> {
        self.public.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn events(&self) -> MutexGuard<'_, Window> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn exports(&self) -> MutexGuard<'_, Exports> {
        self.exports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn modes(&self) -> MutexGuard<'_, Modes> {
        self.modes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A sandbox that is listening. Dropping it stops it.
pub struct RunningSandbox {
    /// Base URL, scheme, host and port, for Customer.io's App API.
    pub customerio_url: String,
    /// Base URL, scheme, host and port, for Segment's tracking API.
    pub tracking_url: String,
    /// The simulated workspace, to be changed at will.
    pub world: Arc<World>,
    /// What arrived behind Segment.
    pub platform: Arc<Platform>,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    /// What was asked and answered.
    pub counters: Arc<Counters>,
    address: SocketAddr,
    shared: Arc<Shared>,
    server: Option<JoinHandle<()>>,
}

impl RunningSandbox {
    /// Starts a sandbox with an empty world.
    pub async fn start(
        config: SandboxConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, std::io::Error> {
        if !config.address.ip().is_loopback() {
            // The admin routes take no key.
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "the sandbox listens on loopback addresses only",
            ));
        }
        let listener = TcpListener::bind(config.address).await?;
        let address = listener.local_addr()?;
        let url = format!("http://{address}");
        let telling = config.tells.clone().map(|receiver| Telling::new(receiver, clock.clone()));
        let telling = telling.transpose().map_err(std::io::Error::other)?.map(Arc::new);
        let shared = Arc::new(Shared {
            telling,
            pace: config.pace.clone().unwrap_or_else(|| Arc::new(SteadyClock::new())),
            clock,
            world: Arc::default(),
            platform: Arc::new(Platform::new(config.keep_payloads)),
            faults: Arc::default(),
            counters: Arc::default(),
            customerio: Mutex::new(Traffic::new(config.customerio_requests_per_second)),
            tracking: Mutex::new(Traffic::new(config.tracking_requests_per_second)),
            // Its limit is one of calls a minute and endpoint: see `twilio::public`.
            public_api: Mutex::new(Traffic::new(u32::MAX)),
            public: Mutex::default(),
            rules: Mutex::new(twilio::plans::first_rules()),
            events: Mutex::default(),
            exports: Mutex::default(),
            modes: Mutex::new(config.modes.clone()),
            url: url.clone(),
            stop: CancellationToken::new(),
            config,
        });
        let router = Router::new()
            .merge(customerio::router(&shared))
            .merge(twilio::router(&shared))
            .nest("/sandbox", admin::router())
            .fallback(async || customerio::unknown_path())
            .method_not_allowed_fallback(async || customerio::unknown_path())
            .with_state(shared.clone());
        let service = router.into_make_service_with_connect_info::<ConnectionHandle>();
        let stop = shared.stop.clone();
        let serving = axum::serve(ResettableListener(listener), service)
            .with_graceful_shutdown(stop.cancelled_owned());
        let server = tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::error!(%error, "the sandbox stopped");
            }
        });
        Ok(Self {
            customerio_url: url.clone(),
            tracking_url: url,
            world: shared.world.clone(),
            platform: shared.platform.clone(),
            faults: shared.faults.clone(),
            counters: shared.counters.clone(),
            address,
            shared,
            server: Some(server),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The most requests that came in any one second, refused ones included.
    pub fn most_requests_in_a_second(&self, vendor: Vendor) -> usize {
        self.shared.traffic(vendor).budget.most_seen()
    }

    /// The most events that came in any one second.
    pub fn most_events_in_a_second(&self) -> usize {
        self.shared.events().most()
    }

    /// Requests that came although a 429 had asked them by `Retry-After` to wait longer.
    pub fn unheeded_waits(&self, vendor: Vendor) -> u64 {
        self.shared.traffic(vendor).waits.unheeded()
    }

    /// Switches a mode while it runs.
    pub fn switch(&self, change: impl FnOnce(&mut Modes)) {
        change(&mut self.shared.modes());
    }

    /// Ends together with the sandbox; for tasks that belong to it.
    pub fn stop_token(&self) -> CancellationToken {
        self.shared.stop.clone()
    }

    /// Fills the world with shoppers and lets them live so many times as fast as the clock
    /// until the sandbox stops; at 0 they stand still.
    pub fn open_store(&self, people: u32, seed: u64, times_as_fast: u32) {
        let clock = self.shared.clock.clone();
        let mut shoppers = Shoppers::new(self.world.clone(), people, seed, clock.now());
        if times_as_fast > 0 {
            if let Some(telling) = self.shared.telling.clone() {
                shoppers = shoppers.heard_by(telling.begin(self.stop_token()));
            }
            tokio::spawn(shoppers.run(clock, times_as_fast, self.stop_token()));
        }
    }

    /// Stops listening and frees the port. Answers that hang end in a reset.
    pub async fn shutdown(mut self) {
        self.shared.stop.cancel();
        let Some(mut server) = self.server.take() else { return };
        // A client that stalls in the middle of a request must not hold the sandbox up.
        if tokio::time::timeout(PATIENCE, &mut server).await.is_err() {
            server.abort();
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}
