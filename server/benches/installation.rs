//! A Segue over an empty SQLite file, asked in this process and gone afterwards.

use std::path::{Path, PathBuf};

use server::{
    compose::{Purpose, Segue},
    config::Config,
};

use crate::Failure;

/// Has it in a folder of this name while it is asked.
pub fn with<T>(
    folder: &Path,
    name: &str,
    ask: impl AsyncFnOnce(&Segue, &Path) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let folder = folder.join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let asked = runtime.block_on(async {
        let file: PathBuf = folder.join("segue.db");
        let config = Config {
            database_url: format!("sqlite:{}", file.display()).parse()?,
            secret_key_file: Some(folder.join("segue.key")),
            customerio_url: None,
            twilio_tracking_url: None,
            twilio_public_url: None,
        };
        ask(&Segue::open(&config, Purpose::Serve).await?, &file).await
    });
    std::fs::remove_dir_all(&folder)?;
    asked
}
