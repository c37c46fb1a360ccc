//! Connections without their keys, what tests of them said, and whether they can be used.

use async_trait::async_trait;
use domain::{
    Error, Result,
    configuration::port::ConfigurationStore as _,
    connections::{
        ConnectionView, KeySource, TestResult, Vendor,
        circuit::{BELIEVED_FOR, Outage},
        port::{ConnectionStore, OutageStore, WaitStore},
    },
    time::Instant,
};
use sqlx::FromRow;

use super::{
    Storage,
    access::audit,
    configuration::parse,
    macros::{Failure, reading, writing},
};

/// Who opens and closes circuits, in the audit trail.
const ITSELF: &str = "segue";

#[derive(FromRow)]
struct OutageRow {
    trouble: String,
    since: i64,
    reason: String,
    next_try_at: i64,
}

impl OutageRow {
    fn read(self) -> Result<Outage> {
        Ok(Outage {
            trouble: parse(&self.trouble)?,
            since: Instant(self.since),
            reason: self.reason,
            next_try: Instant(self.next_try_at),
        })
    }
}

/// The variable that a secret is read from, if it is, and when that was entered.
type SecretRow = (Option<String>, i64);

/// The first secret of a name: the one that is used for sending.
const SECRET: &str =
    "SELECT environment, updated_at FROM secret WHERE name = $1 ORDER BY position LIMIT 1";

fn source((environment, at): SecretRow) -> KeySource {
    match environment {
        Some(name) => KeySource::Environment { name },
        None => KeySource::Stored { at: Instant(at) },
    }
}

/// What a row must have been told after, to be believed at this moment.
fn believed_from(now: Instant) -> i64 {
    now.minus(BELIEVED_FOR).0
}

fn subject(vendor: Vendor) -> String {
    format!("connection {}", vendor.as_str())
}

#[async_trait]
impl ConnectionStore for Storage {
    async fn view(&self, vendor: Vendor, now: Instant) -> Result<ConnectionView> {
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
            let secret: Option<SecretRow> =
                sqlx::query_as(SECRET).bind(key).fetch_optional(&mut *connection).await?;
            let tested: Option<(i64, bool, String)> =
                sqlx::query_as("SELECT at, ok, message FROM connection_test WHERE vendor = $1")
                    .bind(vendor.as_str())
                    .fetch_optional(&mut *connection)
                    .await?;
            let outage: Option<OutageRow> = sqlx::query_as(
                "SELECT trouble, since, reason, next_try_at FROM outage
                WHERE vendor = $1 AND told_at > $2",
            )
            .bind(vendor.as_str())
            .bind(believed_from(now))
            .fetch_optional(&mut *connection)
            .await?;
            Ok(ConnectionView {
                vendor,
                region,
                budget,
                key: secret.map(source),
                tested: tested.map(|(at, ok, message)| TestResult { at: Instant(at), ok, message }),
                outage: outage.map(OutageRow::read).transpose()?,
                stand_in: None,
            })
        })
    }

    async fn public_token(&self) -> Result<Option<KeySource>> {
        let secret: Option<SecretRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(SECRET)
                .bind("twilio.public_api_token")
                .fetch_optional(&mut *connection)
                .await?)
        })?;
        Ok(secret.map(source))
    }

    async fn put_test(&self, vendor: Vendor, result: &TestResult) -> Result<()> {
        writing!(self.database, |connection| {
            sqlx::query(
                "INSERT INTO connection_test (vendor, at, ok, message) VALUES ($1, $2, $3, $4)
                ON CONFLICT (vendor) DO UPDATE SET at = excluded.at, ok = excluded.ok, message = excluded.message",
            )
            .bind(vendor.as_str())
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
    format!("wait {}", vendor.as_str())
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

#[async_trait]
impl OutageStore for Storage {
    async fn tell(&self, vendor: Vendor, outage: &Outage, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            // Of several processes one says it first; a row that nobody believes any more is
            // an outage that has ended unheard.
            let known = sqlx::query(
                "UPDATE outage SET trouble = $2, since = CASE WHEN since < $3 THEN since ELSE $3 END,
                    reason = $4, next_try_at = $5, told_at = $6
                WHERE vendor = $1 AND told_at > $7",
            )
            .bind(vendor.as_str())
            .bind(outage.trouble.as_str())
            .bind(outage.since.0)
            .bind(&outage.reason)
            .bind(outage.next_try.0)
            .bind(now.0)
            .bind(believed_from(now))
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if known > 0 {
                return Ok(());
            }
            let begun = sqlx::query(
                "INSERT INTO outage (vendor, trouble, since, reason, next_try_at, told_at, try_wanted)
                VALUES ($1, $2, $3, $4, $5, $6, FALSE)
                ON CONFLICT (vendor) DO UPDATE SET trouble = excluded.trouble, since = excluded.since,
                    reason = excluded.reason, next_try_at = excluded.next_try_at,
                    told_at = excluded.told_at, try_wanted = FALSE
                WHERE outage.told_at <= $7",
            )
            .bind(vendor.as_str())
            .bind(outage.trouble.as_str())
            .bind(outage.since.0)
            .bind(&outage.reason)
            .bind(outage.next_try.0)
            .bind(now.0)
            .bind(believed_from(now))
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if begun > 0 {
                let detail =
                    serde_json::json!({ "trouble": outage.trouble, "reason": outage.reason });
                let (subject, detail) = (subject(vendor), detail.to_string());
                audit!(self, connection, now, ITSELF, "hold calls", subject, detail);
            }
            Ok(())
        })
    }

    async fn tell_end(&self, vendor: Vendor, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let since: Option<i64> =
                sqlx::query_scalar("DELETE FROM outage WHERE vendor = $1 RETURNING since")
                    .bind(vendor.as_str())
                    .fetch_optional(&mut *connection)
                    .await?;
            if let Some(since) = since {
                let seconds = now.since(Instant(since)).millis() / 1_000;
                let detail = serde_json::json!({ "after_seconds": seconds }).to_string();
                audit!(self, connection, now, ITSELF, "let calls go", subject(vendor), detail);
            }
            Ok(())
        })
    }

    async fn want_try(&self, vendor: Vendor, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let wanted = sqlx::query(
                "UPDATE outage SET try_wanted = TRUE WHERE vendor = $1 AND told_at > $2",
            )
            .bind(vendor.as_str())
            .bind(believed_from(now))
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if wanted == 0 {
                let words = format!("{} can be used: no calls are held", vendor.label());
                return Err(Failure::Domain(Error::Conflict(words)));
            }
            audit!(self, connection, now, by, "try now", subject(vendor), "{}");
            Ok(())
        })
    }

    async fn take_wanted_try(&self, vendor: Vendor) -> Result<bool> {
        let wanted: Option<bool> = reading!(self.database, |connection| {
            Ok(sqlx::query_scalar("SELECT try_wanted FROM outage WHERE vendor = $1")
                .bind(vendor.as_str())
                .fetch_optional(&mut *connection)
                .await?)
        })?;
        if wanted != Some(true) {
            return Ok(false);
        }
        writing!(self.database, |connection| {
            let taken = sqlx::query(
                "UPDATE outage SET try_wanted = FALSE WHERE vendor = $1 AND try_wanted",
            )
            .bind(vendor.as_str())
            .execute(&mut *connection)
            .await?
            .rows_affected();
            Ok(taken > 0)
        })
    }
}
