//! `segue demo`: a whole example in one process, made anew at each start.

use std::{io::Write, path::PathBuf, sync::Arc};

use app::context::Environment;
use domain::{access::Actor, connections::Vendor, time::Span};
use tokio::net::TcpListener;

use super::{Exit, Failure, apply};
use crate::{
    clock::SystemClock,
    compose::{Purpose, Segue},
    config::Config,
    run::{Role, Serve, World, serve_on, told_to_stop},
    sandbox::{RunningSandbox, SandboxConfig, breakage::Breaker, telling::Receiver},
    storage::{DatabaseUrl, WorkLock},
};

/// What the demo's store maps where.
const MAPPINGS: &str = include_str!("demo.toml");

/// Flags of `segue demo`.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "SEGUE_ADDR", default_value = "127.0.0.1:3000")]
    addr: std::net::SocketAddr,
    /// The database file; whatever is in it is lost
    #[arg(long, default_value = "segue-demo.db")]
    file: PathBuf,
    /// How many people the store knows
    #[arg(long, default_value_t = 50_000)]
    people: u32,
    /// The same seed makes the same store
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many times as fast as the clock the store lives
    #[arg(long, default_value_t = 20)]
    speed: u32,
}

/// Runs it.
pub async fn run(config: &Config, demo: &Demo, out: &mut impl Write) -> Result<Exit, Failure> {
    let listener = TcpListener::bind(demo.addr).await.map_err(|error| {
        Failure::usage(format!(
            "{} can't be listened on ({error}): give another with --addr",
            demo.addr
        ))
    })?;
    // Its shop and its Customer.io tell what people do, and not an hour later if we are slow.
    let url = format!("http://{}", listener.local_addr()?);
    let tells = Receiver { first_retry: Span::from_seconds(5), ..Receiver::at(url) };
    let sandbox = RunningSandbox::start(
        SandboxConfig {
            tells: Some(tells),
            customerio_requests_per_second: 200,
            public_lags: (Span::from_seconds(3), Span::from_seconds(9)),
            ..SandboxConfig::default()
        },
        Arc::new(SystemClock),
    )
    .await?;
    sandbox.open_store(demo.people, demo.seed, demo.speed);
    let database_url = DatabaseUrl::Sqlite(demo.file.clone());
    // Asked before anything is removed; given back for the demo itself.
    if WorkLock::take(&database_url, 1).await?.is_none() {
        return Err(Failure::usage(format!(
            "another demo uses {}: give another --file",
            demo.file.display()
        )));
    }
    forget(&demo.file)?;
    let config = Config {
        database_url,
        customerio_url: Some(sandbox.customerio_url.clone()),
        twilio_tracking_url: Some(sandbox.tracking_url.clone()),
        twilio_public_url: Some(sandbox.tracking_url.clone()),
        ..config.clone()
    };
    let serve = Serve { addr: demo.addr, public_url: None, environment: None, role: Role::All };
    let segue = Segue::open(&config, Purpose::Work { tries_for: Span::from_seconds(60) }).await?;
    if !segue.works {
        return Err(Failure::usage(format!(
            "another demo uses {}: give another --file",
            demo.file.display()
        )));
    }
    let desired = apply::parse("demo.toml", MAPPINGS)?;
    let actor = Actor::host("segue demo");
    segue.services.configuration.apply(&desired, false, &actor).await?;
    for vendor in [Vendor::Customerio, Vendor::Twilio] {
        segue.services.connections.test(vendor, &actor).await?;
    }
    writeln!(
        out,
        "A store with {} people lives in the sandbox at {} ({} times as fast as the clock).\n\
         The sandbox grants 200 requests/s where Customer.io grants 10, so that the demo fills in seconds.\n\
         The data is in {}, made anew at each start.",
        demo.people,
        sandbox.customerio_url,
        demo.speed,
        demo.file.display(),
    )?;
    let world = World {
        environment: Some(Environment {
            label: "Demo".to_owned(),
            is_stand_in: true,
            can_break: true,
        }),
        breakable: Some(Arc::new(Breaker::new(sandbox.faults.clone(), Arc::new(SystemClock)))),
    };
    let exit = serve_on(segue, &serve, world, listener, out, told_to_stop()).await;
    sandbox.shutdown().await;
    exit
}

/// Removes the former demo's database.
fn forget(file: &std::path::Path) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = file.to_path_buf().into_os_string();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
