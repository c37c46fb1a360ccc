//! Server functions of connections: read, save, test and try. A key goes in and never comes
//! out, not even into an address.

#[cfg(feature = "ssr")]
use domain::connections::Vendor;
use domain::{
    connections::{ConnectionView, KeySource, traffic::SourceTraffic},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
use crate::{error::AppError, vendor_answer::VendorAnswer};

/// The page of connections.
pub const PAGE: &str = "/settings/connections";

/// Both connections.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionsView {
    /// When this was read.
    pub now: Instant,
    /// Customer.io, then Segment.
    pub connections: Vec<ConnectionView>,
    /// Where the token of Segment's Public API comes from; nothing if none is set.
    pub public_token: Option<KeySource>,
}

/// How both are set up.
#[server(prefix = "/fn", endpoint = "read_connections")]
pub async fn read_connections() -> Result<ConnectionsView, AppError> {
    let (services, _) = enter()?;
    let connections = services.connections.list().await?;
    let public_token = services.connections.public_token().await?;
    Ok(ConnectionsView { now: services.clock.now(), connections, public_token })
}

/// What our source received.
pub type Traffic = VendorAnswer<SourceTraffic>;

/// What came in with our write key lately; asks Segment.
#[server(prefix = "/fn", endpoint = "read_source_traffic")]
pub async fn read_source_traffic() -> Result<Traffic, AppError> {
    let (services, _) = enter()?;
    VendorAnswer::of(services.traffic.lately().await)
}

/// Saves how Customer.io is reached, then tests it.
#[server(prefix = "/fn", endpoint = "save_customerio")]
pub async fn save_customerio(
    /// `us` or `eu`.
    region: String,
    /// Requests a second.
    requests_per_second: String,
    /// Empty keeps the one that is stored.
    #[server(default)]
    app_api_key: String,
) -> Result<(), AppError> {
    let saved = save(Vendor::Customerio, &region, &requests_per_second, &app_api_key).await;
    let typed = [("region", &*region), ("requests_per_second", &*requests_per_second)];
    finish::<SaveCustomerio>(saved, PAGE, &typed)
}

/// Saves how Segment is reached, then tests it.
#[server(prefix = "/fn", endpoint = "save_twilio")]
pub async fn save_twilio(
    /// `us` or `eu`.
    twilio_region: String,
    /// Events a second.
    events_per_second: String,
    /// Empty keeps the one that is stored.
    #[server(default)]
    write_key: String,
) -> Result<(), AppError> {
    let saved = save(Vendor::Twilio, &twilio_region, &events_per_second, &write_key).await;
    let typed = [("twilio_region", &*twilio_region), ("events_per_second", &*events_per_second)];
    finish::<SaveTwilio>(saved, PAGE, &typed)
}

/// Saves the token of Segment's Public API, and goes on to what it lists: its test.
#[server(prefix = "/fn", endpoint = "save_public_token")]
pub async fn save_public_token(
    /// Never shown again.
    #[server(default)]
    public_api_token: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.connections.save_public_token(&public_api_token, &actor).await?;
        Ok("/destinations/import".to_owned())
    };
    finish::<SavePublicToken>(outcome.await, PAGE, &[])
}

/// Tests a connection with the stored key.
#[server(prefix = "/fn", endpoint = "test_connection")]
pub async fn test_connection(
    /// `customerio` or `twilio`.
    vendor: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.connections.test(named(&vendor)?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<TestConnection>(outcome.await, PAGE, &[])
}

/// Lets whoever holds calls to a vendor try at once.
#[server(prefix = "/fn", endpoint = "try_connection")]
pub async fn try_connection(
    /// `customerio` or `twilio`.
    vendor: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.connections.try_now(named(&vendor)?, &actor).await?;
        Ok(PAGE.to_owned())
    };
    finish::<TryConnection>(outcome.await, PAGE, &[])
}

#[cfg(feature = "ssr")]
fn named(vendor: &str) -> Result<Vendor, AppError> {
    vendor.parse().map_err(|_| AppError::NotFound { what: format!("connection {vendor}") })
}

#[cfg(feature = "ssr")]
async fn save(vendor: Vendor, region: &str, budget: &str, key: &str) -> Result<String, AppError> {
    let (services, actor) = enter()?;
    let (region_field, budget_field) = match vendor {
        Vendor::Customerio => ("region", "requests_per_second"),
        Vendor::Twilio => ("twilio_region", "events_per_second"),
    };
    let region = region.parse().map_err(|error| AppError::invalid(region_field, error))?;
    let budget = budget
        .trim()
        .parse()
        .map_err(|_| AppError::invalid(budget_field, "Write a whole number above 0"))?;
    services.connections.save(vendor, region, budget, key, &actor).await?;
    Ok(PAGE.to_owned())
}
