//! People whom somebody has asked to forget. They are members of nothing from then on, so that
//! every mapping owes their exit; once they are at no destination and in no mirror, nothing is
//! left of them but a number, which goes as everybody's who stands nowhere.

use domain::{
    Error, Result,
    people::{Ordinal, PersonSet},
    time::Instant,
};

use super::{
    Storage,
    access::audit,
    macros::{Failure, writing},
    statement::Statement,
};

/// Everybody who is to be forgotten.
pub(super) const ASKED: &str = "SELECT ordinal FROM forgetting";

/// Of people from `$1` up to `$2`, those who are to be forgotten and still have a name.
pub(super) const NAMED: &str = "SELECT ordinal FROM forgetting
    WHERE erased_at IS NULL AND ordinal >= $1 AND ordinal < $2";

/// Takes away whatever names these people and says something about them.
pub(super) fn erase(people: &PersonSet, now: Instant) -> Vec<Statement> {
    let texts = [
        // While their names are still known. What they did keeps them out no more.
        "DELETE FROM held_name WHERE (kind, name) IN (
            SELECT 'email', email FROM person WHERE ordinal = $1 AND email IS NOT NULL
            UNION ALL SELECT 'id', person_id FROM person WHERE ordinal = $1 AND person_id IS NOT NULL
            UNION ALL SELECT 'cio_id', cio_id FROM person WHERE ordinal = $1)",
        "DELETE FROM held_person WHERE ordinal = $1",
        // No reading names anybody with a control character: nobody else is called so.
        "UPDATE person SET cio_id = '\nforgotten ' || CAST(ordinal AS TEXT), person_id = NULL,
            email = NULL, phone = NULL WHERE ordinal = $1",
        "DELETE FROM person_field WHERE ordinal = $1",
        "DELETE FROM named_as WHERE ordinal = $1 AND mapping_id IN (SELECT id FROM mapping)",
        "DELETE FROM dead_letter WHERE ordinal = $1 AND mapping_id IN (SELECT id FROM mapping)",
        // Lists that kept them out name them no more.
        "DELETE FROM listed_name WHERE (kind, name, listing_id) IN
            (SELECT kind, name, listing_id FROM listed_person WHERE ordinal = $1)",
        "DELETE FROM listed_person WHERE ordinal = $1",
    ];
    let mut statements = Vec::new();
    for person in people {
        let number = i64::from(person);
        statements.extend(texts.map(|text| Statement::new(text).with(number)));
        let done = "UPDATE forgetting SET erased_at = $1 WHERE ordinal = $2";
        statements.push(Statement::new(done).with(now.0).with(number));
    }
    statements
}

impl Storage {
    /// See [`domain::people::port::PersonStore::ask_to_forget`].
    pub(super) async fn begin_forgetting(
        &self,
        person: Ordinal,
        by: &str,
        now: Instant,
    ) -> Result<()> {
        let number = i64::from(person);
        writing!(self.database, |connection| {
            let known: Option<i64> =
                sqlx::query_scalar("SELECT ordinal FROM person WHERE ordinal = $1")
                    .bind(number)
                    .fetch_optional(&mut *connection)
                    .await?;
            if known.is_none() {
                return Err(Failure::Domain(Error::NotFound("person of that number".to_owned())));
            }
            let is_new = sqlx::query(
                "INSERT INTO forgetting (ordinal, asked_at) VALUES ($1, $2)
                ON CONFLICT (ordinal) DO NOTHING",
            )
            .bind(number)
            .bind(now.0)
            .execute(&mut *connection)
            .await?
            .rows_affected();
            if is_new == 0 {
                return Ok(());
            }
            // Wherever they are, they leave soon.
            sqlx::query(
                "UPDATE mapping SET next_run_at = $1 WHERE retired_at IS NULL AND delivered > 0",
            )
            .bind(now.0)
            .execute(&mut *connection)
            .await?;
            // The trail is for good: it names them by what stays.
            audit!(self, connection, now, by, "forget", format!("person {person}"), "{}");
            Ok(())
        })
    }
}
