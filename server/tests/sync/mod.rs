//! The main job from outside: the real binary against the sandbox, over real sockets.
//!
//! The world and the model of what should be there are the tests' own; only the hash that
//! draws holdouts is shared with the code under test.
#![expect(clippy::format_push_string, reason = "short files, readable where they are built")]

mod approval;
mod attributes;
mod clock;
mod contract;
mod disk;
mod fast;
mod faults;
mod hostile;
mod kill;
mod model;
mod outage;
mod single;
mod storm;
mod trust;
mod two;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

use domain::{
    mappings::HoldoutPercent,
    sync::decide::is_held_out,
    time::{Clock, Instant},
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::Value;
use server::{
    clock::SystemClock,
    config::Config,
    sandbox::{RunningSandbox, SandboxConfig, world::Person},
    storage::Database,
};

use crate::databases::{Engine, TestDatabase};

/// Secrets as a workspace's own, so that finding them anywhere means that they leaked.
const APP_KEY: &str = "app-key-4f1c9d2e";
const WRITE_KEY: &str = "write-key-b7a0135c";

/// A world, a database, and the binary between them.
struct Bench {
    sandbox: RunningSandbox,
    database: TestDatabase,
}

impl Bench {
    async fn new(engine: Engine) -> Self {
        Self::with_budget(engine, 1_000).await
    }

    /// With a Customer.io that takes no more than so many requests in any one second.
    async fn with_budget(engine: Engine, requests_per_second: u32) -> Self {
        let config = SandboxConfig {
            app_keys: vec![APP_KEY.to_owned()],
            write_keys: vec![WRITE_KEY.to_owned()],
            customerio_requests_per_second: requests_per_second,
            tracking_requests_per_second: 10_000,
            keep_payloads: 1_000_000,
            ..SandboxConfig::default()
        };
        let sandbox = RunningSandbox::start(config, Arc::new(SystemClock)).await.unwrap();
        Self { sandbox, database: TestDatabase::new(engine) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command
            .args(arguments)
            .env_clear()
            .env("SEGUE_DATABASE_URL", &self.database.url)
            .env("SEGUE_SECRET_KEY_FILE", self.database.folder.path().join("segue.key"))
            .env("SEGUE_CUSTOMERIO_URL", &self.sandbox.customerio_url)
            .env("SEGUE_TWILIO_TRACKING_URL", &self.sandbox.tracking_url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What a process in the tests' own would be started with.
    fn config(&self) -> Config {
        Config {
            customerio_url: Some(self.sandbox.customerio_url.clone()),
            twilio_tracking_url: Some(self.sandbox.tracking_url.clone()),
            ..self.database.config()
        }
    }

    async fn segue(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(arguments);
        tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    async fn apply(&self, file: &str) -> Output {
        let path = self.database.folder.path().join("segue.toml");
        std::fs::write(&path, file).unwrap();
        let output = self.segue(&["apply", path.to_str().unwrap()]).await;
        assert!(output.status.success(), "{}", told(&output));
        output
    }

    /// Runs everything once; the runs by mapping.
    async fn sync(&self) -> BTreeMap<String, Value> {
        let output = self.segue(&["sync", "--once", "--json"]).await;
        assert!(output.status.success(), "{}", told(&output));
        runs(&output)
    }

    /// Waits until a command has left a wish with whoever works the orders.
    async fn until_asked(&self) {
        let database = Database::connect(&self.database.url.parse().unwrap()).await.unwrap();
        let wishes = "SELECT COUNT(*) FROM run_request";
        loop {
            let count: i64 = match &database {
                Database::Sqlite { readers, .. } => {
                    sqlx::query_scalar(wishes).fetch_one(readers).await
                }
                Database::Postgres(pool) => sqlx::query_scalar(wishes).fetch_one(pool).await,
            }
            .unwrap();
            if count > 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// How often the audit trail says that this was done to that.
    async fn trail(&self, action: &str, subject: &str) -> i64 {
        let database = Database::connect(&self.database.url.parse().unwrap()).await.unwrap();
        let lines = "SELECT COUNT(*) FROM audit WHERE action = $1 AND subject = $2";
        match &database {
            Database::Sqlite { readers, .. } => {
                let count = sqlx::query_scalar(lines).bind(action).bind(subject);
                count.fetch_one(readers).await.unwrap()
            }
            Database::Postgres(pool) => {
                let count = sqlx::query_scalar(lines).bind(action).bind(subject);
                count.fetch_one(pool).await.unwrap()
            }
        }
    }

    /// What a platform holds of an audience.
    fn platform(&self, integration: &str, key: &str) -> BTreeSet<String> {
        self.sandbox.platform.members(integration, key)
    }

    fn world_segment(&self, id: u32, name: &str, members: &BTreeSet<String>) {
        self.sandbox.world.add_segment(id, name, SystemClock.now()).unwrap();
        self.sandbox.world.set_members(id, members.iter().map(String::as_str)).unwrap();
    }
}

/// Everything a command said.
fn told(output: &Output) -> String {
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}\n{out}\n{err}", output.status)
}

fn runs(output: &Output) -> BTreeMap<String, Value> {
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(output)));
    let runs = report["runs"].as_array().unwrap().iter();
    runs.map(|run| (run["mapping"].as_str().unwrap().to_owned(), run.clone())).collect()
}

/// Connections and budgets that no test wants in its way.
fn head() -> String {
    format!(
        "[customerio]\napp_api_key = \"{APP_KEY}\"\nrequests_per_second = 500\n\
         [twilio]\nwrite_key = \"{WRITE_KEY}\"\nevents_per_second = 100000\n"
    )
}

/// One audience to one destination.
fn one_mapping() -> String {
    format!(
        "{}[[audience]]\nkey = \"cart-abandoners\"\nsegment = 1\n\
         [[destination]]\nkey = \"meta\"\nprofile = \"meta-custom-audiences\"\nintegration = \"Facebook Custom Audiences\"\n\
         [[mapping]]\nkey = \"cart\"\naudience = \"cart-abandoners\"\ndestination = \"meta\"\nuse_case = \"retarget\"\n",
        head()
    )
}

/// A person of the tests' world, by number: one in 13 has no e-mail address, and every
/// second of those no id either.
fn person(number: u32) -> Person {
    let cio_id = format!("c{number:07x}");
    let person = Person::new(&cio_id);
    match (number.is_multiple_of(13), number.is_multiple_of(26)) {
        (true, true) => person,
        (true, false) => person.with_id(&format!("u-{number}")),
        _ => person
            .with_id(&format!("u-{number}"))
            .with_email(&format!("Person{number}@Example.com")),
    }
}

/// The name under which a platform knows somebody: the id, else the `cio_id`.
fn platform_name(number: u32) -> String {
    if number.is_multiple_of(26) { format!("c{number:07x}") } else { format!("u-{number}") }
}

fn cio_id(number: u32) -> String {
    format!("c{number:07x}")
}

fn names(people: &BTreeSet<u32>) -> BTreeSet<String> {
    people.iter().map(|number| cio_id(*number)).collect()
}

fn platform_names(people: &BTreeSet<u32>) -> BTreeSet<String> {
    people.iter().map(|number| platform_name(*number)).collect()
}

fn has_email(number: u32) -> bool {
    !number.is_multiple_of(13)
}

fn is_out(salt: &str, number: u32, percent: i64) -> bool {
    is_held_out(salt, &cio_id(number), HoldoutPercent(percent * 100))
}

/// So many of `0..people`, drawn by a seed.
fn draw(random: &mut StdRng, people: u32, share: f64) -> BTreeSet<u32> {
    (0..people).filter(|_| random.random_bool(share)).collect()
}

fn seeded(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// The moment that tests begin at, for what needs one.
fn now() -> Instant {
    SystemClock.now()
}
