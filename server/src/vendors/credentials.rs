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
        let secret = self.configuration.secrets().await?.remove(name);
        let secret = secret.and_then(|all| all.into_iter().next());
        let key = match secret {
            Some(Secret::Literal(text)) => Some(text),
            Some(Secret::Environment(variable)) => config::variable(&variable.env),
            None => None,
        };
        Ok((settings, key))
    }
}
