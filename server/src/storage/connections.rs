//! Connections without their keys, and what tests of them said.

use async_trait::async_trait;
use domain::{
    Result,
    configuration::port::ConfigurationStore as _,
    connections::{
        ConnectionView, KeySource, TestResult, Vendor,
        port::{ConnectionStore, WaitStore},
    },
    time::Instant,
};

use super::{
    Storage,
    macros::{reading, writing},
};

fn name(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Customerio => "customerio",
        Vendor::Twilio => "twilio",
    }
}

#[async_trait]
impl ConnectionStore for Storage {
    async fn view(&self, vendor: Vendor) -> Result<ConnectionView> {
        let settings = self.load().await?.0.settings;
        let (region, budget, key) = match vendor {
            Vendor::Customerio => {
                (settings.customerio_region, settings.requests_per_second, "customerio.app_api_key")
            }
            Vendor::Twilio => {
                (settings.twilio_region, settings.events_per_second, "twilio.write_key")
            }
        };
        reading!(self.database, |connection| {
            let secret: Option<(Option<String>, i64)> = sqlx::query_as(
                "SELECT environment, updated_at FROM secret WHERE name = $1 ORDER BY position LIMIT 1",
            )
            .bind(key)
            .fetch_optional(&mut *connection)
            .await?;
            let tested: Option<(i64, bool, String)> =
                sqlx::query_as("SELECT at, ok, message FROM connection_test WHERE vendor = $1")
                    .bind(name(vendor))
                    .fetch_optional(&mut *connection)
                    .await?;
            Ok(ConnectionView {
                vendor,
                region,
                budget,
                key: secret.map(|(environment, at)| match environment {
                    Some(name) => KeySource::Environment { name },
                    None => KeySource::Stored { at: Instant(at) },
                }),
                tested: tested.map(|(at, ok, message)| TestResult { at: Instant(at), ok, message }),
                stand_in: None,
            })
        })
    }

    async fn put_test(&self, vendor: Vendor, result: &TestResult) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO connection_test (vendor, at, ok, message) VALUES ($1, $2, $3, $4)
                ON CONFLICT (vendor) DO UPDATE SET at = excluded.at, ok = excluded.ok, message = excluded.message",
            )
            .bind(name(vendor))
            .bind(result.at.0)
            .bind(result.ok)
            .bind(&result.message)
            .execute(&mut *connection)
            .await?;
            Ok(())
        })
    }
}

/// The counter's name of a vendor's wait.
fn wait_of(vendor: Vendor) -> String {
    format!("wait {}", name(vendor))
}

#[async_trait]
impl WaitStore for Storage {
    async fn wait(&self, vendor: Vendor) -> Result<Option<Instant>> {
        let until: Option<i64> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar("SELECT value FROM counter WHERE name = $1")
                .bind(wait_of(vendor))
                .fetch_optional(&mut *connection)
                .await?)
        })?;
        Ok(until.map(Instant))
    }

    async fn put_wait(&self, vendor: Vendor, until: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO counter (name, value) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )
            .bind(wait_of(vendor))
            .bind(until.0)
            .execute(&mut *connection)
            .await?;
            Ok(())
        })
    }
}
