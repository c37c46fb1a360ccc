//! Sessions of `tower-sessions` as rows of our storage.
//!
//! Only the hash of an id is stored: a copy of the database opens no session. When one ends is
//! ours to say, by our clock: after [`IDLE`] without use, and after [`LONGEST`] in any case.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    ids::UserId,
    time::{Clock, Span},
};
use sha2::{Digest as _, Sha256};
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::storage::{Storage, StoredSession};

/// A session that isn't used for so long ends.
pub const IDLE: Span = Span::from_hours(12);
/// Every session ends after this.
pub const LONGEST: Span = Span::from_hours(7 * 24);
/// How far `idle_until` may lag behind, so that not every page is a write.
const LAG: Span = Span::from_minutes(5);

/// The name in a session's data under which its owner stands.
pub const USER: &str = "user";

/// Ids to try; two equal ones among 2^128 are a broken generator.
const TRIES: usize = 3;

/// The store.
#[derive(Clone)]
pub struct SessionRows {
    storage: Storage,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for SessionRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionRows")
    }
}

impl SessionRows {
    /// In this storage, by this clock.
    pub fn new(storage: Storage, clock: Arc<dyn Clock>) -> Self {
        Self { storage, clock }
    }

    fn row(&self, record: &Record) -> Result<StoredSession> {
        let user: UserId = record
            .data
            .get(USER)
            .and_then(|user| serde_json::from_value(user.clone()).ok())
            .ok_or_else(|| Error::Encode("a session belongs to somebody".to_owned()))?;
        let data = serde_json::to_string(&record.data)
            .map_err(|error| Error::Encode(error.to_string()))?;
        let now = self.clock.now();
        Ok(StoredSession {
            hash: hash(record.id),
            user,
            data,
            idle_until: now.plus(IDLE),
            ends_at: now.plus(LONGEST),
        })
    }
}

fn hash(id: Id) -> [u8; 32] {
    Sha256::digest(id.0.to_le_bytes()).into()
}

fn backend(error: domain::Error) -> Error {
    // The source says more than "something unexpected happened", and it goes to the log only.
    Error::Backend(match error {
        domain::Error::Unexpected(source) => source.to_string(),
        other => other.to_string(),
    })
}

#[async_trait]
impl SessionStore for SessionRows {
    async fn create(&self, record: &mut Record) -> Result<()> {
        for _ in 0..TRIES {
            let row = self.row(record)?;
            if self.storage.create_session(&row, self.clock.now()).await.map_err(backend)? {
                return Ok(());
            }
            record.id = Id::default();
        }
        Err(Error::Backend("no session was made: its owner is locked out".to_owned()))
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.storage.save_session(&self.row(record)?).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.clock.now();
        let hash = hash(*id);
        let Some(row) = self.storage.load_session(hash, now).await.map_err(backend)? else {
            return Ok(None);
        };
        let idle_until = now.plus(IDLE);
        if idle_until.since(row.idle_until) > LAG {
            self.storage.touch_session(hash, idle_until).await.map_err(backend)?;
        }
        let data =
            serde_json::from_str(&row.data).map_err(|error| Error::Decode(error.to_string()))?;
        let seconds = row.ends_at.0.div_euclid(1_000_000);
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(seconds)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.storage.delete_session(hash(*id)).await.map_err(backend)
    }
}
