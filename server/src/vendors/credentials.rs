//! Keys and regions, read anew for every call.

use std::sync::Arc;

use domain::{
    Result,
    configuration::{Secret, Settings, port::ConfigurationStore},
};

use crate::config;

/// Reads keys for clients.
#[derive(Clone)]
pub struct Credentials(pub Arc<dyn ConfigurationStore>);

impl Credentials {
    /// The settings, and the first key of that name, if one is set.
    pub async fn read(&self, name: &str) -> Result<(Settings, Option<String>)> {
        let settings = self.0.settings().await?;
        let secret = self.0.secrets().await?.remove(name).and_then(|all| all.into_iter().next());
        let key = match secret {
            Some(Secret::Literal(text)) => Some(text),
            Some(Secret::Environment(variable)) => config::variable(&variable.env),
            None => None,
        };
        Ok((settings, key))
    }
}
