//! Configuration of a process: flags win over environment, environment over defaults.
//!
//! What operators decide lives in the database, see `domain::configuration`. Only this file
//! reads the environment.

use std::path::PathBuf;

use domain::Result;

use crate::{random, storage::DatabaseUrl, vault::Vault};

/// Where the data lives and how to reach the vendors: the same for every command.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where the data lives: `sqlite:PATH` or `postgres://USER@HOST/NAME`
    #[arg(
        long,
        env = "SEGUE_DATABASE_URL",
        default_value = "sqlite:segue.db",
        hide_env_values = true,
        global = true
    )]
    pub database_url: DatabaseUrl,
    /// File with the key that seals secrets: 32 bytes in base64. By default beside the
    /// SQLite file, or `segue.key` in this folder; made on first use. `SEGUE_SECRET_KEY` holds the key itself
    #[arg(long, env = "SEGUE_SECRET_KEY_FILE", global = true)]
    pub secret_key_file: Option<PathBuf>,
    /// Address in place of Customer.io's App API: scheme, host and port
    #[arg(long, env = "SEGUE_CUSTOMERIO_URL", value_parser = base_url, global = true)]
    pub customerio_url: Option<String>,
    /// Address in place of Segment's tracking API: scheme, host and port
    #[arg(long, env = "SEGUE_TWILIO_TRACKING_URL", value_parser = base_url, global = true)]
    pub twilio_tracking_url: Option<String>,
    /// Address in place of Segment's Public API: scheme, host and port
    #[arg(long, env = "SEGUE_TWILIO_PUBLIC_URL", value_parser = base_url, global = true)]
    pub twilio_public_url: Option<String>,
}

/// Scheme, host and port, without a path.
fn base_url(text: &str) -> std::result::Result<String, String> {
    let url = reqwest::Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || !matches!(url.path(), "" | "/") {
        return Err("give scheme, host and port, such as https://api.customer.io".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The value of a variable that a stored secret names.
#[expect(clippy::disallowed_methods, reason = "only this file reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Config {
    /// The vault, with the key from the environment or the file.
    pub fn vault(&self) -> Result<Vault> {
        if let Some(key) = variable("SEGUE_SECRET_KEY") {
            return Vault::from_text(&key);
        }
        let path = match (&self.secret_key_file, &self.database_url) {
            (Some(path), _) => path.clone(),
            (None, DatabaseUrl::Sqlite(path)) => {
                let mut name = path.clone().into_os_string();
                name.push(".key");
                PathBuf::from(name)
            }
            // Several hosts that share a database need the same key: a stored secret says
            // so when it doesn't open.
            (None, DatabaseUrl::Postgres(_)) => PathBuf::from("segue.key"),
        };
        Vault::from_file(&path, &mut random::secure())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_scheme_host_and_port() {
        assert_eq!(base_url("http://127.0.0.1:4010/").unwrap(), "http://127.0.0.1:4010");
        for bad in ["", "127.0.0.1:80", "ftp://x", "https://x/v1"] {
            assert!(base_url(bad).is_err(), "{bad}");
        }
    }
}
