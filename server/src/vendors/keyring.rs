//! Who may call Segue: signing keys and write keys, known for a moment, since calls come by the
//! thousand and keys change by the year.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{
    Result,
    configuration::port::ConfigurationStore,
    events::{Origin, port::Keyring},
    key::Key,
    time::{Clock, Instant, Span},
};
use subtle::ConstantTimeEq as _;

use super::credentials::opened;

/// A key that was entered or taken away counts after so long.
const KNOWN_FOR: Span = Span::from_seconds(1);

/// What a source's keys are called, before its own key.
const SOURCE: &str = "source.";

/// Reads keys now and then.
pub struct StoredKeys {
    store: Arc<dyn ConfigurationStore>,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<(Instant, Known)>>,
}

/// Keys by the name under which they are stored.
type Known = Arc<BTreeMap<String, Vec<String>>>;

impl StoredKeys {
    /// Over what is stored.
    pub fn new(store: Arc<dyn ConfigurationStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, known: Mutex::new(None) }
    }

    async fn all(&self) -> Result<Known> {
        let now = self.clock.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, known)) = known
            && (0..KNOWN_FOR.0).contains(&now.since(at).0)
        {
            return Ok(known);
        }
        let secrets = self.store.secrets().await?.into_iter();
        let keys: Known = Arc::new(
            secrets
                .map(|(name, all)| (name, all.into_iter().filter_map(opened).collect()))
                .collect(),
        );
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, keys.clone()));
        Ok(keys)
    }
}

#[async_trait]
impl Keyring for StoredKeys {
    async fn signing_keys(&self, origin: Origin) -> Result<Vec<String>> {
        let name = match origin {
            Origin::Reporting => "customerio.reporting_signing_key",
            Origin::Campaign => "customerio.campaign_signing_key",
            Origin::Source => return Ok(Vec::new()),
        };
        Ok(self.all().await?.get(name).cloned().unwrap_or_default())
    }

    async fn sender(&self, write_key: &str) -> Result<Option<Key>> {
        let all = self.all().await?;
        // Every key is compared: how long it takes tells nothing of any.
        let mut found = None;
        for (name, keys) in all.iter() {
            let Some(source) = name.strip_prefix(SOURCE) else { continue };
            for key in keys {
                if bool::from(key.as_bytes().ct_eq(write_key.as_bytes())) {
                    found = source.parse().ok();
                }
            }
        }
        Ok(found)
    }

    fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
