//! The stand-in for Segment: the tracking edge and the ad platforms behind it.
//!
//! `tracking.rs` answers as the edge does, `message.rs` reads one message, `platform.rs`
//! keeps what arrived and who is in which audience at which destination. To add a message
//! type: its rule in `message.rs`. `public.rs` is the Public API.

pub mod message;
pub mod plans;
pub mod platform;
pub mod public;
mod tracking;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use super::fault::Vendor;
use super::{Shared, gate};

/// All endpoints of the tracking API.
pub(super) fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let mut router = Router::new().route("/v1/batch", post(tracking::batch));
    for kind in message::Kind::ALL {
        let path = format!("/v1/{}", kind.name());
        router = router.route(
            &path,
            post(move |state, headers, body| tracking::single(kind, state, headers, body)),
        );
    }
    let router = router.route_layer(middleware::from_fn_with_state(
        (Vendor::Tracking, shared.clone()),
        gate::pass,
    ));
    router.merge(public_router(shared))
}

/// All endpoints of the Public API.
fn public_router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/sources", get(public::sources))
        .route("/sources/{source}/connected-destinations", get(public::connected))
        .route("/tracking-plans", get(plans::plans))
        .route("/tracking-plans/{plan}/rules", get(plans::rules).put(plans::replace))
        .route("/events/volume", get(public::volume))
        .route("/delivery-overview/successful-delivery", get(public::delivered))
        .route_layer(middleware::from_fn_with_state(shared.clone(), public::pass))
        .route_layer(middleware::from_fn_with_state((Vendor::Public, shared.clone()), gate::pass))
}
