//! A fresh database for a test, on either engine, gone at its end.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of the throw-away cluster that `.ci/test` starts.
    Postgres,
}

/// An empty database.
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

fn psql(statement: &str) {
    let ended = Command::new("psql")
        .args([&cluster(), "-q", "-v", "ON_ERROR_STOP=1", "-c", statement])
        .output()
        .expect("psql starts");
    assert!(ended.status.success(), "{statement}: {}", String::from_utf8_lossy(&ended.stderr));
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
                let name = format!("sync_{}_{number}", std::process::id());
                psql(&format!("CREATE DATABASE {name}"));
                let url = cluster().replacen("/postgres?", &format!("/{name}?"), 1);
                Self { url, folder, name: Some(name) }
            }
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
