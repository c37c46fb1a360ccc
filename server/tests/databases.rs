//! A fresh database for a test, on either engine, gone at its end.

use std::{
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use server::{config::Config, storage::Database};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of the throw-away cluster that `.ci/test` starts.
    Postgres,
}

/// A database with its tables (PostgreSQL) or without (SQLite makes them quickly).
pub struct TestDatabase {
    /// As `SEGUE_DATABASE_URL` has it.
    pub url: String,
    /// For files that belong to it.
    pub folder: tempfile::TempDir,
    name: Option<String>,
}

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The cluster's address. Without one the PostgreSQL half of a test fails: half a test that
/// passes would say too much.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
fn cluster() -> String {
    std::env::var("SEGUE_TEST_POSTGRES_URL")
        .expect("SEGUE_TEST_POSTGRES_URL names no cluster: run the tests by `make test`")
}

fn address(name: &str) -> String {
    cluster().replacen("/postgres?", &format!("/{name}?"), 1)
}

fn psql(statement: &str) {
    let ended = Command::new("psql")
        .args([&cluster(), "-q", "-v", "ON_ERROR_STOP=1", "-c", statement])
        .output()
        .expect("psql starts");
    assert!(ended.status.success(), "{statement}: {}", String::from_utf8_lossy(&ended.stderr));
}

/// A migrated database that every test of this process copies.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = format!("template_{}", std::process::id());
        psql(&format!("DROP DATABASE IF EXISTS {name}"));
        psql(&format!("CREATE DATABASE {name}"));
        let url = address(&name).parse().unwrap();
        // The test's own runtime can't wait inside of itself.
        let migrate = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let database = Database::connect(&url).await.unwrap();
                database.migrate().await.unwrap();
                if let Database::Postgres(pool) = &database {
                    pool.close().await;
                }
            });
        };
        std::thread::spawn(migrate).join().expect("the template is migrated");
        name
    })
}

impl TestDatabase {
    /// On this engine.
    pub fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        match engine {
            Engine::Sqlite => {
                let url = format!("sqlite:{}", folder.path().join("segue.db").display());
                Self { url, folder, name: None }
            }
            Engine::Postgres => {
                let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                let name = format!("test_{}_{number}", std::process::id());
                psql(&format!("CREATE DATABASE {name} TEMPLATE {}", template()));
                Self { url: address(&name), folder, name: Some(name) }
            }
        }
    }

    /// What a process over it would be started with, with no vendor but their own.
    pub fn config(&self) -> Config {
        Config {
            database_url: self.url.parse().unwrap(),
            secret_key_file: Some(self.folder.path().join("segue.key")),
            customerio_url: None,
            twilio_tracking_url: None,
            twilio_public_url: None,
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            psql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}
