//! The composition root: builds the parts, joins them, runs them until told to stop.

use crate::cli::Serve;
use crate::http::assets::Site;
use crate::http::router::{Edge, router};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves until SIGINT or SIGTERM.
pub async fn serve(arguments: Serve) -> std::io::Result<()> {
    let listener = TcpListener::bind(arguments.addr).await?;
    let site = Site::embedded();
    if site.names().is_none() {
        tracing::warn!("built without its front end: run `make build` for styles and scripts");
    }
    let edge = Edge {
        site,
        provide: Arc::new(|| ()),
        ready: Arc::new(|| Box::pin(async { true })),
        https: arguments.public_url.is_some_and(|url| url.starts_with("https://")),
        machines: axum::Router::new(),
    };
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let service = router(edge).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(told_to_stop()).await
}

async fn told_to_stop() {
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
