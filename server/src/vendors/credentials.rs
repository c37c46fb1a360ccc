//! Keys and regions, read anew for every call.

use std::sync::Arc;

use domain::{
    Result,
    configuration::{Secret, Settings, port::ConfigurationStore},
    connections::port::WaitStore,
};

use crate::config;

/// Reads keys for clients.
#[derive(Clone)]
pub struct Credentials {
    configuration: Arc<dyn ConfigurationStore>,
    /// What the vendors have asked for, beside what operators have set.
    pub(super) waits: Arc<dyn WaitStore>,
}

impl Credentials {
    /// Over a store of both.
    pub fn new<S: ConfigurationStore + WaitStore + 'static>(store: Arc<S>) -> Self {
        Self { configuration: store.clone(), waits: store }
    }

    /// The settings, and the first key of that name, if one is set.
    pub async fn read(&self, name: &str) -> Result<(Settings, Option<String>)> {
        let settings = self.configuration.settings().await?;
        let [key] = self.keys([name]).await?;
        Ok((settings, key))
    }

    /// The first key of each of these names that is set.
    pub async fn keys<const N: usize>(&self, names: [&str; N]) -> Result<[Option<String>; N]> {
        let mut secrets = self.configuration.secrets().await?;
        Ok(names.map(|name| secrets.remove(name)?.into_iter().next().and_then(opened)))
    }
}

/// What a secret says; nothing where the environment lacks it.
pub(super) fn opened(secret: Secret) -> Option<String> {
    match secret {
        Secret::Literal(text) => Some(text),
        Secret::Environment(variable) => config::variable(&variable.env),
    }
}
