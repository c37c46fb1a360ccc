//! `segue serve`: the console, the endpoints for machines, and the workers, until told to
//! stop.

use std::{io::Write, net::SocketAddr, sync::Arc};

use app::context::Environment;
use clap::ValueEnum;
use domain::{demo::Breakable, time::Span};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    auth::Auth,
    cli::{Exit, Failure},
    compose::{Purpose, Segue},
    config::Config,
    http::{
        assets::Site,
        downloads, live, machines, rest,
        router::{Edge, router},
        uploads,
    },
    worker::{self, CallWorker, NoticeWorker, WorkspaceWorker},
};

/// Flags of `segue serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Serve {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, env = "SEGUE_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// How browsers reach Segue, when that isn't the address it listens on
    #[arg(long, env = "SEGUE_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// What this installation is called in the console's bar, such as production or staging
    #[arg(long, env = "SEGUE_ENVIRONMENT", value_parser = environment_name)]
    pub environment: Option<String>,
    /// What this process does
    #[arg(long, default_value = "all")]
    pub role: Role,
}

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Both.
    All,
    /// Serves the console and the endpoints for machines.
    Web,
    /// Works the orders; serves probes only.
    Worker,
}

/// How long a worker tries one call of Customer.io: the next pass begins anew.
const TRIES_FOR: Span = Span::from_minutes(2);

/// Serves until SIGINT or SIGTERM.
pub async fn serve(config: &Config, serve: &Serve, out: &mut impl Write) -> Result<Exit, Failure> {
    let purpose = match serve.role {
        Role::Web => Purpose::Serve,
        Role::All | Role::Worker => Purpose::Work { tries_for: TRIES_FOR },
    };
    let segue = Segue::open(config, purpose).await?;
    if purpose != Purpose::Serve && !segue.works {
        return Err(Failure::usage(
            "another process works on this database: stop it, or start this one with --role web",
        ));
    }
    if let Some(name) = &serve.environment {
        let stored = segue.storage.belongs_to(name).await?;
        if stored != *name {
            return Err(Failure::usage(format!(
                "this database belongs to the environment {stored}, not to {name}"
            )));
        }
    }
    let listener = TcpListener::bind(serve.addr).await?;
    let environment = environment(config, serve);
    let world = World { environment, breakable: None };
    serve_on(segue, serve, world, listener, out, told_to_stop()).await
}

/// Letters and hyphens: it stands in the bar of every page.
fn environment_name(text: &str) -> Result<String, String> {
    let fits = (1..=24).contains(&text.len());
    let plain = text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    if fits && plain {
        return Ok(text.to_owned());
    }
    Err("give 1 to 24 lower-case letters or hyphens, such as production".to_owned())
}

/// What the bar says of where this is.
fn environment(config: &Config, serve: &Serve) -> Option<Environment> {
    // An address in place of a vendor's own: nothing here reaches a real platform.
    let is_stand_in = config.customerio_url.is_some();
    let name = serve.environment.as_deref();
    let label = match (name, is_stand_in) {
        (None, false) => return None,
        (None, true) => "Sandbox".to_owned(),
        (Some(name), false) => name.to_owned(),
        (Some(name), true) => format!("{name}, sandbox"),
    };
    Some(Environment { label, is_stand_in, can_break: false })
}

/// Where Segue is, as far as its pages must know.
#[derive(Clone, Default)]
pub struct World {
    /// Shown in the bar; nothing in the real world.
    pub environment: Option<Environment>,
    /// What the demo's page breaks.
    pub breakable: Option<Arc<dyn Breakable>>,
}

/// Serves on a listener until `stop` is ready, then lets passes end.
pub async fn serve_on(
    segue: Segue,
    serve: &Serve,
    world: World,
    listener: TcpListener,
    out: &mut impl Write,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<Exit, Failure> {
    let site = Site::embedded();
    if site.names().is_none() {
        tracing::warn!("built without its front end: run `make build` for styles and scripts");
    }
    let address = listener.local_addr()?;
    let url = serve.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let cancel = CancellationToken::new();
    let workers = segue.works.then(|| worker::spawn(&segue, cancel.clone()));
    // Each process shows times, not only the one that works: now, and as others change it.
    segue.services.workspace.refresh().await?;
    let workspace = WorkspaceWorker::new(segue.services.workspace.clone(), cancel.clone());
    tokio::spawn(async move { workspace.run().await });
    let calls = CallWorker::new(segue.services.events.clone(), cancel.clone());
    tokio::spawn(async move { calls.run().await });
    if segue.works {
        let notices =
            NoticeWorker::new(segue.services.notices.clone(), url.clone(), cancel.clone());
        tokio::spawn(async move { notices.run().await });
    }
    let services = segue.services.clone();
    let storage = segue.storage.clone();
    let edge = Edge {
        site,
        provide: Arc::new(move || {
            leptos::prelude::provide_context(services.clone());
            if let Some(environment) = world.environment.clone() {
                leptos::prelude::provide_context(environment);
            }
            if let Some(breakable) = world.breakable.clone() {
                leptos::prelude::provide_context(breakable);
            }
        }),
        ready: Arc::new(move || {
            let storage = storage.clone();
            Box::pin(async move { storage.ping().await.is_ok() })
        }),
        https: url.starts_with("https://"),
        auth: Auth::new(segue.storage.clone(), segue.services.access.clone(), segue.clock.clone()),
        downloads: downloads::routes(segue.services.clone())
            .merge(live::routes(segue.live.clone(), cancel.clone())),
        uploads: uploads::routes(segue.services.clone()),
        machines: machines::routes(segue.services.events.clone())
            .merge(rest::routes(&segue.services)),
    };
    tracing::info!("listening on http://{address}");
    writeln!(out, "Segue is at {url}")?;
    if serve.role != Role::Worker
        && let Some(link) = segue.services.access.first_link(&url).await?
    {
        writeln!(out, "sign-in link: {link}")?;
    }
    out.flush()?;
    let service = router(edge).into_make_service_with_connect_info::<SocketAddr>();
    let told = cancel.clone();
    let stop = async move {
        stop.await;
        // Workers stop along with the pages, not after the last reader has left.
        told.cancel();
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    if let Some(workers) = workers {
        workers.wait().await;
    }
    Ok(Exit::Done)
}

/// Ready at SIGINT or SIGTERM.
pub async fn told_to_stop() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let terminate = async {
        if let Ok(mut signal) =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        {
            signal.recv().await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupt => (),
        () = terminate => (),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_named_in_plain_letters() {
        assert_eq!(environment_name("eu-production").as_deref(), Ok("eu-production"));
        for bad in ["", "Production", "a b", "<b>", "a-name-that-is-far-too-long-for-a-bar"] {
            assert!(environment_name(bad).is_err(), "{bad}");
        }
    }
}
