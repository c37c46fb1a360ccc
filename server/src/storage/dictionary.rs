//! The dictionary that gives people their numbers: who is new, who is called otherwise, and who
//! has which identifier.

use std::collections::{BTreeMap, HashMap};

use domain::{
    Error, Result,
    audiences::port::Identifiers,
    people::{Ordinal, PersonSet},
    retention::absence::is_nearly_over_before,
    time::Instant,
};

use super::{
    Storage,
    absence::come_back,
    audiences::text,
    dialect::gathered,
    events::hold_named,
    listings::recognise,
    macros::writing,
    names::{self, Former},
    people::ordinal,
};

/// `[ordinal, cio_id, id, email]`
type Entry<'a> = (Ordinal, &'a str, Option<&'a str>, Option<&'a str>);

/// Who is known, as gathered from what is stored, with the phone number at the end.
type Known = (Ordinal, String, Option<String>, Option<String>, Option<String>);

/// What one reading teaches the dictionary.
#[derive(Default)]
struct Lesson<'a> {
    /// Who wasn't known.
    new: Vec<Entry<'a>>,
    /// Id and e-mail as the last line about a person has them.
    changed: BTreeMap<Ordinal, (Option<&'a str>, Option<&'a str>)>,
    /// How those were named before.
    former: Vec<Former>,
    /// The numbers asked for, in order.
    ordinals: Vec<Ordinal>,
}

/// Number, id, e-mail and phone.
type Names<'a> = (Ordinal, Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// Compares what was read with what is known; `next` is the first number not yet given.
fn learn<'a>(
    people: &'a [Identifiers],
    known: &'a [Known],
    mut next: Ordinal,
) -> Result<Lesson<'a>> {
    let mut numbers: HashMap<&str, Names<'_>> = HashMap::with_capacity(people.len());
    for (number, cio_id, id, email, phone) in known {
        numbers.insert(cio_id, (*number, id.as_deref(), email.as_deref(), phone.as_deref()));
    }
    let first = next;
    let mut lesson = Lesson::default();
    for person in people {
        let (cio_id, id, email) =
            (person.cio_id.as_str(), person.id.as_deref(), person.email.as_deref());
        let number = match numbers.get(cio_id).copied() {
            None => {
                let number = next;
                next =
                    next.checked_add(1).ok_or_else(|| Error::unexpected("no numbers are left"))?;
                lesson.new.push((number, cio_id, id, email));
                numbers.insert(cio_id, (number, id, email, None));
                number
            }
            Some((number, was_id, was_email, _)) if was_id == id && was_email == email => number,
            Some((number, was_id, was_email, phone)) => {
                // Somebody new whom a page names twice was never sent under any name.
                if number < first && !lesson.changed.contains_key(&number) {
                    lesson.former.push(Former {
                        person: number,
                        id: was_id.map(str::to_owned),
                        email: was_email.map(str::to_owned),
                        phone: phone.map(str::to_owned),
                    });
                }
                lesson.changed.insert(number, (id, email));
                numbers.insert(cio_id, (number, id, email, phone));
                number
            }
        };
        lesson.ordinals.push(number);
    }
    Ok(lesson)
}

impl Lesson<'_> {
    /// Who is called otherwise than before, or for the first time.
    fn renamed(&self) -> Vec<Ordinal> {
        let new = self.new.iter().map(|(number, ..)| *number);
        new.chain(self.changed.keys().copied()).collect()
    }

    /// Who has, and who hasn't, an e-mail address (first) and an id (second) now.
    fn identifiers(&self) -> [(&'static str, PersonSet, PersonSet); 2] {
        let mut sets = [
            ("email", PersonSet::new(), PersonSet::new()),
            ("id", PersonSet::new(), PersonSet::new()),
        ];
        let new = self.new.iter().map(|(number, _, id, email)| (*number, id, email));
        let changed = self.changed.iter().map(|(number, (id, email))| (*number, id, email));
        // Somebody new may be among the changed too, if a page names them twice.
        for (number, id, email) in new.chain(changed) {
            for ((_, with, without), value) in sets.iter_mut().zip([email, id]) {
                let (into, out_of) =
                    if value.is_some() { (with, without) } else { (without, with) };
                into.insert(number);
                out_of.remove(number);
            }
        }
        sets
    }
}

/// Writes who has, and who hasn't, an identifier now.
macro_rules! put_identifier {
    ($connection:ident, $identifier:expr, $with:expr, $without:expr) => {
        for (chunk, touched) in domain::people::chunks::split(&($with | $without)) {
            let before: Option<Vec<u8>> = sqlx::query_scalar(
                "SELECT people FROM identifier_chunk WHERE identifier = $1 AND chunk = $2",
            )
            .bind($identifier)
            .bind(i64::from(chunk))
            .fetch_optional(&mut *$connection)
            .await?;
            let before = before
                .map(|bytes| $crate::storage::bitmap::decode(&bytes))
                .transpose()?
                .unwrap_or_default();
            let after = (&before - $without) | (&touched & $with);
            sqlx::query(
                "INSERT INTO identifier_chunk (identifier, chunk, people) VALUES ($1, $2, $3)
                ON CONFLICT (identifier, chunk) DO UPDATE SET people = excluded.people",
            )
            .bind($identifier)
            .bind(i64::from(chunk))
            .bind($crate::storage::bitmap::encode(&after))
            .execute(&mut *$connection)
            .await?;
        }
    };
}
pub(super) use put_identifier;

impl Storage {
    /// See [`domain::audiences::port::MirrorStore::learn`].
    pub(super) async fn learn_people(
        &self,
        people: &[Identifiers],
        now: Instant,
    ) -> Result<Vec<Ordinal>> {
        if people.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<&str> = people.iter().map(|person| person.cio_id.as_str()).collect();
        let asked = text(&asked)?;
        writing!(self.database, |connection| {
            // The counter's row is the turn-taking of everyone who learns.
            let next: i64 = sqlx::query_scalar(
                self.database.sql("SELECT value FROM counter WHERE name = 'ordinal' {lock}"),
            )
            .fetch_one(&mut *connection)
            .await?;
            let known: Option<String> = sqlx::query_scalar(self.database.sql(
                "SELECT CAST({gather}({array}(p.ordinal, p.cio_id, p.person_id, p.email, p.phone)) AS TEXT)
                FROM (SELECT {value} AS cio_id FROM {rows}) asked JOIN person p ON p.cio_id = asked.cio_id",
            ))
            .bind(&asked)
            .fetch_one(&mut *connection)
            .await?;
            let known: Vec<Known> = gathered(known.as_deref())?;
            let lesson = learn(people, &known, ordinal(next)?)?;
            if !lesson.new.is_empty() {
                sqlx::query(self.database.sql(
                    "INSERT INTO person (ordinal, cio_id, person_id, email, learned_at)
                    SELECT CAST(rows.value ->> 0 AS BIGINT), rows.value ->> 1, rows.value ->> 2, rows.value ->> 3, $2
                    FROM {rows}",
                ))
                .bind(text(&lesson.new)?)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
                sqlx::query("UPDATE counter SET value = value + $1 WHERE name = 'ordinal'")
                    .bind(i64::try_from(lesson.new.len()).map_err(Error::unexpected)?)
                    .execute(&mut *connection)
                    .await?;
            }
            // Until this reading is a mirror nobody else knows that they are back.
            let rows = sqlx::query_as("SELECT chunk, day, people FROM absent_chunk WHERE day < $1")
                .bind(is_nearly_over_before(now))
                .fetch_all(&mut *connection)
                .await?;
            come_back!(connection, rows, &lesson.ordinals.iter().copied().collect());
            if !lesson.former.is_empty() {
                names::note!(connection, &lesson.former);
            }
            if !lesson.changed.is_empty() {
                let changed: Vec<_> = lesson
                    .changed
                    .iter()
                    .map(|(number, (id, email))| (*number, *id, *email))
                    .collect();
                sqlx::query(self.database.sql(
                    "UPDATE person SET person_id = rows.value ->> 1, email = rows.value ->> 2, learned_at = $2
                    FROM {rows} WHERE person.ordinal = CAST(rows.value ->> 0 AS BIGINT)",
                ))
                .bind(text(&changed)?)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
            }
            for (identifier, with, without) in lesson.identifiers() {
                put_identifier!(connection, identifier, &with, &without);
            }
            // Whoever is called so by now is on the list, or did what an event said, whoever it was meant for.
            let lists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM listed_name)")
                .fetch_one(&mut *connection)
                .await?;
            let renamed = lesson.renamed();
            if lists && !renamed.is_empty() {
                sqlx::query(self.database.sql(recognise!(
                    "{rows} CROSS JOIN person p CROSS JOIN listed_name n",
                    "p.ordinal = CAST(rows.value AS BIGINT)"
                )))
                .bind(text(&renamed)?)
                .execute(&mut *connection)
                .await?;
            }
            let events: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM held_name)")
                .fetch_one(&mut *connection)
                .await?;
            if events && !renamed.is_empty() {
                sqlx::query(self.database.sql(hold_named!(
                    "{rows} CROSS JOIN person p CROSS JOIN held_name n
                        WHERE p.ordinal = CAST(rows.value AS BIGINT)"
                )))
                .bind(text(&renamed)?)
                .bind(now.0)
                .execute(&mut *connection)
                .await?;
            }
            Ok(lesson.ordinals)
        })
    }
}
