//! People whom operators put on suppressions: see [`domain::suppression::listing`].
//!
//! Names and the people who bear them are kept apart: a name is found again by `learn` when
//! somebody new bears it, by `recognise!`.

use async_trait::async_trait;
use domain::{
    Error, Result,
    ids::{ListingId, MappingId},
    key::Key,
    people::{Ordinal, PersonSet},
    suppression::listing::{
        Listing, ListingState, Names, Unreadable,
        port::{ListingStore, NewListing},
    },
    time::{Instant, Span},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    Storage,
    access::audit,
    audiences::{size, text},
    configuration::parse,
    macros::{Failure, reading, writing},
    people::ordinal,
    suppression::make_due,
};

#[derive(FromRow)]
struct ListingRow {
    id: Uuid,
    rule: String,
    ttl: Option<i64>,
    source: String,
    note: String,
    actor: String,
    at: i64,
    held_since: Option<i64>,
    ended_at: Option<i64>,
    repeated: i64,
    unreadable: i64,
    unreadable_lines: String,
    names: i64,
    people: i64,
    unknown: i64,
}

/// A listing with its counts; what follows it says which.
macro_rules! listings {
    ($which:literal) => {
        concat!(
            "SELECT l.id, s.key AS rule, s.ttl, l.source, l.note, l.actor, l.at, l.held_since,
                l.ended_at, l.repeated, l.unreadable, l.unreadable_lines,
                (SELECT COUNT(*) FROM listed_name n WHERE n.listing_id = l.id) AS names,
                (SELECT COUNT(DISTINCT p.ordinal) FROM listed_person p WHERE p.listing_id = l.id) AS people,
                (SELECT COUNT(*) FROM listed_name n WHERE n.listing_id = l.id AND NOT EXISTS (
                    SELECT 1 FROM listed_person p WHERE p.listing_id = l.id
                        AND p.kind = n.kind AND p.name = n.name)) AS unknown
            FROM listing l JOIN suppression s ON s.id = l.suppression_id ",
            $which
        )
    };
}

impl ListingRow {
    fn state(&self, now: Instant) -> ListingState {
        let over = |since: i64| self.ttl.is_some_and(|ttl| Instant(since).plus(Span(ttl)) <= now);
        match (self.ended_at, self.held_since) {
            (Some(_), _) => ListingState::Ended,
            (None, None) => ListingState::Draft,
            (None, Some(since)) if over(since) => ListingState::Expired,
            (None, Some(_)) => ListingState::Holding,
        }
    }

    fn read(self, now: Instant) -> Result<Listing> {
        Ok(Listing {
            id: ListingId(self.id),
            rule: parse(&self.rule)?,
            state: self.state(now),
            source: self.source,
            note: self.note,
            by: self.actor,
            at: Instant(self.at),
            held_since: self.held_since.map(Instant),
            names: self.names.unsigned_abs(),
            people: self.people.unsigned_abs(),
            unknown: self.unknown.unsigned_abs(),
            repeated: self.repeated.unsigned_abs(),
            unreadable: self.unreadable.unsigned_abs(),
        })
    }
}

/// Notes who bears the names of listings. `$from` says where to begin: tables `n`, the names,
/// and `p`, the people, are joined in that order; `$which` says which of them.
macro_rules! recognise {
    ($from:literal, $which:literal) => {
        concat!(
            "INSERT INTO listed_person (ordinal, listing_id, kind, name)
            SELECT p.ordinal, n.listing_id, n.kind, n.name FROM ",
            $from,
            " WHERE n.kind = 'email' AND n.name = p.email AND ",
            $which,
            " UNION ALL SELECT p.ordinal, n.listing_id, n.kind, n.name FROM ",
            $from,
            " WHERE n.kind = 'id' AND n.name = p.person_id AND ",
            $which,
            " UNION ALL SELECT p.ordinal, n.listing_id, n.kind, n.name FROM ",
            $from,
            " WHERE n.kind = 'cio_id' AND n.name = p.cio_id AND ",
            $which,
            " ON CONFLICT (ordinal, listing_id, kind, name) DO NOTHING"
        )
    };
}
pub(super) use recognise;

fn over(what: &str) -> Failure {
    Failure::Domain(Error::Conflict(what.to_owned()))
}

#[async_trait]
impl ListingStore for Storage {
    async fn put_listing(&self, listing: &NewListing<'_>, names: &Names) -> Result<()> {
        let pairs: Vec<(&str, &str)> =
            names.names.iter().map(|name| (name.kind.as_str(), name.text.as_str())).collect();
        let pairs = text(&pairs)?;
        let lines = text(&names.unreadable)?;
        writing!(self.database, |connection| {
            let put = sqlx::query(
                "INSERT INTO listing (id, suppression_id, source, note, actor, at, held_since,
                    repeated, unreadable, unreadable_lines)
                SELECT $1, id, $2, $3, $4, $5, $6, $7, $8, $9 FROM suppression
                WHERE key = $10 AND list AND retired_at IS NULL",
            )
            .bind(listing.id.0)
            .bind(listing.source)
            .bind(listing.note)
            .bind(listing.by)
            .bind(listing.at.0)
            .bind(listing.holds.then_some(listing.at.0))
            .bind(size(names.repeated))
            .bind(size(names.unreadable_count))
            .bind(&lines)
            .bind(listing.rule.as_str())
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if put == 0 {
                return Err(Failure::Domain(Error::NotFound(format!("list {}", listing.rule))));
            }
            sqlx::query(self.database.sql(
                "INSERT INTO listed_name (kind, name, listing_id)
                SELECT rows.value ->> 0, rows.value ->> 1, $2 FROM {rows}",
            ))
            .bind(&pairs)
            .bind(listing.id.0)
            .execute(&mut *connection)
            .await?;
            sqlx::query(recognise!("listed_name n CROSS JOIN person p", "n.listing_id = $1"))
                .bind(listing.id.0)
                .execute(&mut *connection)
                .await?;
            if listing.holds {
                // The trail is for good: it names nobody.
                let subject = format!("suppression {}", listing.rule);
                let detail = serde_json::json!({
                    "source": listing.source, "names": names.names.len(), "note": listing.note,
                });
                let detail = detail.to_string();
                audit!(self, connection, listing.at, listing.by, "put on list", subject, detail);
            }
            Ok(())
        })
    }

    async fn listings(&self, rule: &Key, now: Instant) -> Result<Vec<Listing>> {
        let rows: Vec<ListingRow> = reading!(self.database, |connection| {
            Ok(sqlx::query_as(listings!(
                "WHERE s.key = $1 AND s.retired_at IS NULL ORDER BY l.at DESC, l.id DESC LIMIT 500"
            ))
            .bind(rule.as_str())
            .fetch_all(&mut *connection)
            .await?)
        })?;
        rows.into_iter().map(|row| row.read(now)).collect()
    }

    async fn listing(
        &self,
        id: ListingId,
        now: Instant,
    ) -> Result<(Listing, Vec<Unreadable>, PersonSet)> {
        let (row, people): (Option<ListingRow>, Vec<i64>) =
            reading!(self.database, |connection| {
                let row = sqlx::query_as(listings!("WHERE l.id = $1 AND s.retired_at IS NULL"))
                    .bind(id.0)
                    .fetch_optional(&mut *connection)
                    .await?;
                let people = sqlx::query_scalar(
                    "SELECT DISTINCT ordinal FROM listed_person WHERE listing_id = $1",
                )
                .bind(id.0)
                .fetch_all(&mut *connection)
                .await?;
                Ok((row, people))
            })?;
        let row = row.ok_or_else(|| Error::NotFound("listing of that number".to_owned()))?;
        let lines = serde_json::from_str(&row.unreadable_lines).map_err(Error::unexpected)?;
        let people = people.into_iter().map(ordinal).collect::<Result<_>>()?;
        Ok((row.read(now)?, lines, people))
    }

    async fn hold_listing(
        &self,
        id: ListingId,
        leaving: &[MappingId],
        by: &str,
        now: Instant,
    ) -> Result<()> {
        writing!(self.database, |connection| {
            let held = sqlx::query(
                "UPDATE listing SET held_since = $1
                WHERE id = $2 AND held_since IS NULL AND ended_at IS NULL",
            )
            .bind(now.0)
            .bind(id.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if held == 0 {
                return Err(over("somebody else has decided on this file already"));
            }
            let (rule, source, note, names): (String, String, String, i64) = sqlx::query_as(
                "SELECT s.key, l.source, l.note,
                    (SELECT COUNT(*) FROM listed_name n WHERE n.listing_id = l.id)
                FROM listing l JOIN suppression s ON s.id = l.suppression_id WHERE l.id = $1",
            )
            .bind(id.0)
            .fetch_one(&mut *connection)
            .await?;
            make_due!(connection, leaving, now);
            let detail = serde_json::json!({ "source": source, "names": names, "note": note });
            let subject = format!("suppression {rule}");
            audit!(self, connection, now, by, "put on list", subject, detail.to_string());
            Ok(())
        })
    }

    async fn end_listing(&self, id: ListingId, by: &str, now: Instant) -> Result<()> {
        writing!(self.database, |connection| {
            let stored: Option<(String, String, Option<i64>, Option<i64>)> = sqlx::query_as(
                "SELECT s.key, l.source, l.held_since, l.ended_at
                FROM listing l JOIN suppression s ON s.id = l.suppression_id WHERE l.id = $1",
            )
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await?;
            let Some((rule, source, held_since, ended_at)) = stored else {
                return Err(Failure::Domain(Error::NotFound("listing of that number".to_owned())));
            };
            if ended_at.is_some() {
                return Err(over("somebody else has ended it already"));
            }
            // What it named stays nowhere.
            for delete in [
                "DELETE FROM listed_person WHERE listing_id = $1",
                "DELETE FROM listed_name WHERE listing_id = $1",
            ] {
                sqlx::query(delete).bind(id.0).execute(&mut *connection).await?;
            }
            let end = match held_since {
                None => "DELETE FROM listing WHERE id = $1 AND $2 > 0",
                Some(_) => "UPDATE listing SET ended_at = $2 WHERE id = $1",
            };
            sqlx::query(end).bind(id.0).bind(now.0).execute(&mut *connection).await?;
            if held_since.is_some() {
                let detail = serde_json::json!({ "source": source }).to_string();
                let subject = format!("suppression {rule}");
                audit!(self, connection, now, by, "take off list", subject, detail);
            }
            Ok(())
        })
    }

    async fn take_off(&self, person: Ordinal, by: &str, now: Instant) -> Result<u64> {
        let number = i64::from(person);
        writing!(self.database, |connection| {
            let listings: Vec<(Uuid, String)> = sqlx::query_as(
                "SELECT DISTINCT l.id, s.key FROM listed_person p
                JOIN listing l ON l.id = p.listing_id
                JOIN suppression s ON s.id = l.suppression_id
                WHERE p.ordinal = $1 AND l.held_since IS NOT NULL AND l.ended_at IS NULL
                    AND s.retired_at IS NULL",
            )
            .bind(number)
            .fetch_all(&mut *connection)
            .await?;
            for (listing, rule) in &listings {
                // Whoever bears the name later isn't meant any more either.
                sqlx::query(
                    "DELETE FROM listed_name WHERE listing_id = $1 AND (kind, name) IN
                        (SELECT kind, name FROM listed_person WHERE ordinal = $2 AND listing_id = $1)",
                )
                .bind(*listing)
                .bind(number)
                .execute(&mut *connection)
                .await?;
                sqlx::query("DELETE FROM listed_person WHERE ordinal = $1 AND listing_id = $2")
                    .bind(number)
                    .bind(*listing)
                    .execute(&mut *connection)
                    .await?;
                // Nobody is left on it: it is over.
                sqlx::query(
                    "UPDATE listing SET ended_at = $1 WHERE id = $2 AND NOT EXISTS
                        (SELECT 1 FROM listed_name WHERE listing_id = $2)",
                )
                .bind(now.0)
                .bind(*listing)
                .execute(&mut *connection)
                .await?;
                let detail = serde_json::json!({ "person": number }).to_string();
                let subject = format!("suppression {rule}");
                audit!(self, connection, now, by, "take off list", subject, detail);
            }
            Ok(listings.len() as u64)
        })
    }
}
