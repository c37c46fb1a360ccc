//! Opening a database: its address, its pools, its migrations, and the right to work.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use domain::{Error, Result};
use sqlx::{
    Connection as _, PgConnection, PgPool, SqliteConnection, SqlitePool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::Database;

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// Where the data lives.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`
    Sqlite(PathBuf),
    /// `postgres://...`
    Postgres(String),
}

impl std::fmt::Debug for DatabaseUrl {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://..."),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path == ":memory:" {
                return Err("name a file, such as sqlite:segue.db".to_owned());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err("use sqlite:PATH or postgres://USER@HOST/NAME".to_owned())
    }
}

impl Database {
    /// Opens the pools; SQLite's file is made if it isn't there.
    pub async fn connect(url: &DatabaseUrl) -> Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // What was acknowledged survives a power cut.
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .busy_timeout(Duration::from_secs(30));
                let writer: SqlitePool = sqlite_pool(1)
                    .connect_with(for_many_rows(options.clone()))
                    .await
                    .map_err(Error::unexpected)?;
                let readers = sqlite_pool(8)
                    .connect_with(options.read_only(true).create_if_missing(false))
                    .await
                    .map_err(Error::unexpected)?;
                Ok(Self::Sqlite { writer, readers })
            }
            DatabaseUrl::Postgres(url) => {
                let options = PgConnectOptions::from_str(url).map_err(Error::unexpected)?;
                let pool: PgPool = PgPoolOptions::new()
                    .max_connections(16)
                    .acquire_timeout(Duration::from_secs(30))
                    .connect_with(options)
                    .await
                    .map_err(Error::unexpected)?;
                Ok(Self::Postgres(pool))
            }
        }
    }

    /// Brings the tables up to date.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Self::Sqlite { writer, .. } => SQLITE.run(writer).await,
            Self::Postgres(pool) => POSTGRES.run(pool).await,
        }
        .map_err(Error::unexpected)
    }
}

/// A pool that takes no connection back whose transaction could not be ended: where the disk is
/// full, SQLite ends it by itself, and the driver would hold it for open ever after.
fn sqlite_pool(most: u32) -> SqlitePoolOptions {
    let is_sound = |connection: &SqliteConnection| !connection.is_in_transaction();
    SqlitePoolOptions::new().max_connections(most).before_acquire(move |connection, _| {
        let is_sound = is_sound(connection);
        Box::pin(async move { Ok(is_sound) })
    })
}

/// A page of members is 30,000 rows in five indexes: pages of the file are kept in memory
/// between them, and go from the log into the file less often, as most change again.
fn for_many_rows(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "16384")
        // What a statement may have to take back is no file.
        .pragma("temp_store", "MEMORY")
}

/// The right to work orders. It ends with the process, so that whoever comes next knows that
/// the former one is dead.
pub struct WorkLock {
    /// SQLite: the lock on a file beside the database.
    _file: Option<File>,
    /// PostgreSQL: the session whose advisory lock says that we live.
    _session: Option<tokio::sync::Mutex<PgConnection>>,
}

impl WorkLock {
    /// Whether it could be taken now; on PostgreSQL always.
    pub fn is_free(url: &DatabaseUrl) -> Result<bool> {
        match url {
            DatabaseUrl::Sqlite(path) => Ok(Self::lock_file(path)?.is_some()),
            DatabaseUrl::Postgres(_) => Ok(true),
        }
    }

    /// The locked file beside a database; nothing if another process has it.
    fn lock_file(database: &Path) -> Result<Option<File>> {
        let mut name = database.to_owned().into_os_string();
        name.push(".lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(name)
            .map_err(Error::unexpected)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Error::unexpected(error)),
        }
    }

    /// Takes it. On SQLite one process has it at a time (nothing is returned to the others);
    /// on PostgreSQL any number have one each.
    pub async fn take(url: &DatabaseUrl, holder: i64) -> Result<Option<Self>> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                Ok(Self::lock_file(path)?.map(|file| Self { _file: Some(file), _session: None }))
            }
            DatabaseUrl::Postgres(url) => {
                let mut session = PgConnection::connect(url).await.map_err(Error::unexpected)?;
                sqlx::query("SELECT pg_advisory_lock($1)")
                    .bind(holder)
                    .execute(&mut session)
                    .await
                    .map_err(Error::unexpected)?;
                let session = Some(tokio::sync::Mutex::new(session));
                Ok(Some(Self { _file: None, _session: session }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!("sqlite:a.db".parse(), Ok(DatabaseUrl::Sqlite("a.db".into())));
        assert_eq!("sqlite:///tmp/a.db".parse(), Ok(DatabaseUrl::Sqlite("/tmp/a.db".into())));
        for bad in ["", "a.db", "sqlite:", "sqlite::memory:", "mysql://x"] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
        let secret: DatabaseUrl = "postgres://u:hunter2@h/d".parse().unwrap();
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |migrator: &Migrator| -> Vec<(i64, String)> {
            migrator.iter().map(|one| (one.version, one.description.to_string())).collect()
        };
        assert_eq!(names(&SQLITE), names(&POSTGRES));
    }
}
