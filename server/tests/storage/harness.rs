//! A database of its own for each test, on either engine, and short words for what tests do.
//!
//! Without a PostgreSQL server its half fails, unless `SEGUE_TEST_POSTGRES=skip` says that
//! somebody knows.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    access::Actor,
    audiences::{Segment, SegmentState, port::MirrorStore as _},
    configuration::{Desired, plan::Plan, port::ConfigurationStore as _, service},
    delivery::route::Route,
    first_steps::service::FirstStepsService,
    ids::{AudienceId, Ids},
    key::Key,
    mappings::{
        Mapping, MappingRow, gates::service::GateService, port::MappingStore as _,
        service::MappingService,
    },
    people::PersonSet,
    time::{Clock, Instant, Span},
};
use server::{
    compose::Stir,
    storage::{Database, DatabaseUrl, Storage, WorkLock},
    vault::Vault,
};
use sqlx::postgres::PgPool;
use uuid::Uuid;

pub use crate::databases::Engine;
use crate::databases::TestDatabase;

/// A clock that tests turn by hand.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.0, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// 1, 2, 3, ...
#[derive(Default)]
pub struct Counter(AtomicU64);

impl Ids for Counter {
    fn next(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1)
    }
}

/// Whether the PostgreSQL half was switched off on purpose.
#[expect(clippy::disallowed_methods, reason = "what a test runs on is no configuration")]
fn skips(engine: Engine) -> bool {
    let said = |name: &str, value: &str| std::env::var(name).is_ok_and(|text| text == value);
    engine == Engine::Postgres && said("SEGUE_TEST_POSTGRES", "skip")
}

/// An empty installation that the test has for itself.
pub struct Bench {
    /// A process that may work orders, with the number 1.
    pub storage: Storage,
    pub clock: Arc<HandClock>,
    pub url: DatabaseUrl,
    ids: Arc<Counter>,
    home: TestDatabase,
}

pub fn vault(byte: u8) -> Arc<Vault> {
    Arc::new(Vault::from_text(&STANDARD.encode([byte; 32])).unwrap())
}

pub fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub fn people(numbers: impl IntoIterator<Item = u32>) -> PersonSet {
    numbers.into_iter().collect()
}

/// A segment of that name, as Customer.io describes it.
pub fn segment(name: &str) -> Segment {
    Segment { id: 1, name: name.to_owned(), state: SegmentState::Finished, changed_at: None }
}

pub fn desired(text: &str) -> Desired {
    toml::from_str(text).unwrap()
}

/// A shop's carts at Meta and, in one group with its viewers, kept from buyers.
pub const SHOP: &str = r#"
[[destination]]
key = "meta"
profile = "plain"
integration = "Facebook Custom Audiences"
[[destination]]
key = "google"
profile = "plain"
integration = "Google Ads"
[[audience]]
key = "carts"
segment = 1
[[audience]]
key = "buyers"
segment = 2
[[audience]]
key = "viewers"
segment = 3
[[suppression]]
key = "purchase"
reason = "purchase"
audience = "buyers"
ttl = "24h"
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
exclusivity_group = "ads"
priority = 1
[[mapping]]
key = "viewers-meta"
audience = "viewers"
destination = "meta"
use_case = "retarget"
exclusivity_group = "ads"
priority = 2
[[mapping]]
key = "viewers-google"
audience = "viewers"
destination = "google"
use_case = "retarget"
exclusivity_group = "ads"
priority = 2
[[mapping]]
key = "buyers-meta"
audience = "buyers"
destination = "meta"
use_case = "suppress"
"#;

/// [`SHOP`] in a database of its own.
pub async fn shop(engine: Engine) -> Option<Bench> {
    let bench = Bench::open(engine).await?;
    bench.apply(SHOP, false).await;
    Some(bench)
}

impl Bench {
    /// A database of its own on this engine; nothing if PostgreSQL is to be skipped.
    pub async fn open(engine: Engine) -> Option<Self> {
        if skips(engine) {
            return None;
        }
        let home = TestDatabase::new(engine);
        let url: DatabaseUrl = home.url.parse().unwrap();
        let database = Database::connect(&url).await.unwrap();
        if engine == Engine::Sqlite {
            database.migrate().await.unwrap();
        }
        let ids = Arc::new(Counter::default());
        let lock = WorkLock::take(&url, 1).await.unwrap().expect("nobody else has it");
        let storage = Storage::new(database, vault(7), ids.clone(), 1).working(lock);
        storage.install().await.unwrap();
        let clock = Arc::new(HandClock(AtomicI64::new(1_795_464_000_000_000)));
        Some(Self { storage, clock, url, ids, home })
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What makes ids.
    pub fn ids(&self) -> Arc<Counter> {
        self.ids.clone()
    }

    pub fn id(&self) -> Uuid {
        self.ids.next()
    }

    /// The configuration's service over this database.
    pub fn configuration(&self) -> service::ConfigurationService {
        let stored = Arc::new(self.storage.clone());
        service::ConfigurationService::new(stored.clone(), stored, self.clock.clone())
    }

    /// The gates over this database.
    pub fn gates(&self) -> Arc<GateService> {
        let stored = Arc::new(self.storage.clone());
        Arc::new(GateService {
            configuration: Arc::new(self.configuration()),
            mirrors: stored.clone(),
            store: stored.clone(),
            mappings: stored.clone(),
            gates: stored.clone(),
            trials: stored.clone(),
            contract: stored,
            clock: self.clock.clone(),
        })
    }

    /// The first steps over this database.
    pub fn first_steps(&self) -> Arc<FirstStepsService> {
        let stored = Arc::new(self.storage.clone());
        Arc::new(FirstStepsService {
            store: stored.clone(),
            configuration: Arc::new(self.configuration()),
            gates: stored,
            clock: self.clock.clone(),
        })
    }

    /// The mappings' service over this database.
    pub fn mappings(&self) -> MappingService {
        let (configuration, stored) = (self.configuration(), self.storage.clone());
        let (clock, wake) = (self.clock.clone(), Arc::new(Stir::default()));
        MappingService::new(
            Arc::new(configuration),
            Arc::new(stored),
            self.gates(),
            self.first_steps(),
            clock,
            wake,
        )
    }

    /// Applies a file as the host does.
    pub async fn apply(&self, text: &str, prune: bool) -> Plan {
        let actor = Actor::host("test");
        self.configuration().apply(&desired(text), prune, &actor).await.unwrap()
    }

    /// Another process: its own pools and number, no right to work yet.
    pub async fn process(&self, holder: i64) -> Storage {
        let database = Database::connect(&self.url).await.unwrap();
        Storage::new(database, vault(7), self.ids.clone(), holder)
    }

    pub async fn mapping(&self, name: &str) -> Mapping {
        let (configuration, _) = self.storage.load().await.unwrap();
        configuration.mapping(&key(name)).unwrap().clone()
    }

    /// Where a mapping sends to, as configured now.
    pub async fn route(&self, mapping: &Mapping) -> Route {
        let (configuration, _) = self.storage.load().await.unwrap();
        let audience = configuration.audience_of(mapping).unwrap();
        Route::new(audience, configuration.destination_of(mapping).unwrap(), &mapping.spec)
    }

    pub async fn audience(&self, name: &str) -> AudienceId {
        let (configuration, _) = self.storage.load().await.unwrap();
        configuration.audience(&key(name)).unwrap().id
    }

    /// A whole reading that begins a second after whatever was before.
    pub async fn mirror(&self, audience: &str, members: &PersonSet) {
        self.clock.advance(Span::from_seconds(1));
        let id = self.audience(audience).await;
        self.storage
            .put_mirror(id, &segment(audience), members, self.now(), self.now())
            .await
            .unwrap();
    }

    /// Whether no such mapping is stored.
    pub async fn storage_has_no(&self, mapping: &str) -> bool {
        self.storage.load().await.unwrap().0.mapping(&key(mapping)).is_none()
    }

    pub async fn row(&self, mapping: &str) -> MappingRow {
        let rows = self.storage.mapping_rows(self.now()).await.unwrap();
        rows.into_iter().find(|row| row.spec.key == key(mapping)).unwrap()
    }

    /// Where the SQLite file and its log lie.
    pub fn folder(&self) -> &std::path::Path {
        self.home.folder.path()
    }

    /// The PostgreSQL pool, to look behind the ports.
    pub fn pool(&self) -> Option<&PgPool> {
        match self.storage.database() {
            Database::Postgres(pool) => Some(pool),
            Database::Sqlite { .. } => None,
        }
    }

    /// The first column of a query, as texts.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        match self.storage.database() {
            Database::Sqlite { readers, .. } => sqlx::query_scalar(sql).fetch_all(readers).await,
            Database::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await,
        }
        .unwrap()
    }

    /// Executes raw SQL, to make what no port makes.
    pub async fn execute(&self, sql: &'static str) {
        match self.storage.database() {
            Database::Sqlite { writer, .. } => sqlx::query(sql).execute(writer).await.map(drop),
            Database::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(drop),
        }
        .unwrap();
    }
}
