//! Values that no destination names any more. Which those are is
//! `domain::people::attributes::unnamed`.

use domain::{
    Error, Result,
    delivery::{port::Lease, route::Route},
    destinations::DestinationSpec,
    people::{
        Ordinal, PersonSet,
        attributes::{PHONE, unnamed},
    },
    time::Instant,
};

use super::{
    Storage,
    audiences::text,
    configuration::{CLOSING_DESTINATIONS, DESTINATIONS, DestinationRow},
    dictionary::put_identifier,
    leases,
    macros::writing,
    people::ordinal,
};

/// Fields of which something is stored. Name by name: there are few, in very many rows.
const STORED: &str = "WITH RECURSIVE stored (name) AS (
        SELECT MIN(name) FROM person_field
        UNION ALL
        SELECT (SELECT MIN(f.name) FROM person_field f WHERE f.name > stored.name)
        FROM stored WHERE stored.name IS NOT NULL)
    SELECT name FROM stored WHERE name IS NOT NULL
    UNION SELECT name FROM attribute_reading";

/// Under which names people are at destinations, or are about to be.
const ROUTES: &str = "SELECT route FROM mapping
        WHERE route IS NOT NULL AND (retired_at IS NULL OR owes_exits)
    UNION SELECT o.route FROM part p JOIN sync_order o ON o.id = p.order_id
        WHERE p.is_open AND o.route IS NOT NULL";

fn specs(rows: Vec<DestinationRow>) -> Result<Vec<DestinationSpec>> {
    rows.into_iter().map(|row| Ok(row.read()?.spec)).collect()
}

impl Storage {
    /// Lets go of up to so many values of fields that no destination names, and of who was
    /// read for them: named again, they are read again.
    pub(super) async fn forget_fields(
        &self,
        lease: &Lease,
        at_most: u32,
        now: Instant,
    ) -> Result<u64> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            // Takes turns with `put_attributes`: whoever reads by a newer configuration comes
            // before this and is seen in it, or after.
            sqlx::query("UPDATE counter SET value = value WHERE name = 'ordinal'")
                .execute(&mut *connection)
                .await?;
            let rows = sqlx::query_as(DESTINATIONS).fetch_all(&mut *connection).await?;
            let stored: Vec<String> =
                sqlx::query_scalar(STORED).fetch_all(&mut *connection).await?;
            let mut gone = 0;
            for field in unnamed(stored, &specs(rows)?) {
                sqlx::query("DELETE FROM attribute_reading WHERE name = $1")
                    .bind(&field)
                    .execute(&mut *connection)
                    .await?;
                gone += sqlx::query(
                    "DELETE FROM person_field WHERE (ordinal, name) IN
                        (SELECT ordinal, name FROM person_field WHERE name = $1 LIMIT $2)",
                )
                .bind(&field)
                .bind(i64::from(at_most) - i64::try_from(gone).map_err(Error::unexpected)?)
                .execute(&mut *connection)
                .await?
                .rows_affected();
            }
            Ok(gone)
        })
    }

    /// Lets go of up to so many phone numbers, if no message carries one: not even the exit of
    /// somebody who came in under it.
    pub(super) async fn forget_phones(
        &self,
        lease: &Lease,
        at_most: u32,
        now: Instant,
    ) -> Result<u64> {
        writing!(self.database, |connection| {
            leases::hold!(self, connection, lease, now);
            // As above.
            sqlx::query("UPDATE counter SET value = value WHERE name = 'ordinal'")
                .execute(&mut *connection)
                .await?;
            let numbers: Vec<i64> =
                sqlx::query_scalar("SELECT ordinal FROM person WHERE phone IS NOT NULL LIMIT $1")
                    .bind(i64::from(at_most))
                    .fetch_all(&mut *connection)
                    .await?;
            if numbers.is_empty() {
                return Ok(0);
            }
            let mut rows: Vec<DestinationRow> =
                sqlx::query_as(DESTINATIONS).fetch_all(&mut *connection).await?;
            rows.extend(
                sqlx::query_as::<_, DestinationRow>(CLOSING_DESTINATIONS)
                    .fetch_all(&mut *connection)
                    .await?,
            );
            let mut carriers = specs(rows)?;
            let routes: Vec<String> =
                sqlx::query_scalar(ROUTES).fetch_all(&mut *connection).await?;
            for route in routes {
                let route: Route = serde_json::from_str(&route).map_err(Error::unexpected)?;
                carriers.push(route.destination);
            }
            if carriers.iter().any(|destination| destination.carries(PHONE)) {
                return Ok(0);
            }
            sqlx::query("DELETE FROM attribute_reading WHERE name = $1")
                .bind(PHONE)
                .execute(&mut *connection)
                .await?;
            sqlx::query("UPDATE named_as SET phone = NULL WHERE phone IS NOT NULL")
                .execute(&mut *connection)
                .await?;
            sqlx::query(self.database.sql(
                "UPDATE person SET phone = NULL WHERE ordinal IN
                    (SELECT CAST(rows.value AS BIGINT) FROM {rows})",
            ))
            .bind(text(&numbers)?)
            .execute(&mut *connection)
            .await?;
            let people: PersonSet = numbers
                .iter()
                .map(|number| ordinal(*number))
                .collect::<Result<Vec<Ordinal>>>()?
                .into_iter()
                .collect();
            put_identifier!(connection, PHONE, &PersonSet::new(), &people);
            Ok(people.len())
        })
    }
}
