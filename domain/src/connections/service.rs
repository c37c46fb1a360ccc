//! What the console does with connections: keys go in, are tested, and never come out.

use std::sync::Arc;

use crate::{
    access::Actor,
    configuration::{
        CustomerioTable, Desired, Secret, SecretList, TwilioTable, service::ConfigurationService,
    },
    error::Result,
    time::Clock,
};

use super::{
    ConnectionView, Region, TestResult, Vendor,
    port::{ConnectionStore, ConnectionTester},
};

/// Shows, saves, tests.
pub struct ConnectionService {
    configuration: Arc<ConfigurationService>,
    store: Arc<dyn ConnectionStore>,
    tester: Arc<dyn ConnectionTester>,
    clock: Arc<dyn Clock>,
}

impl ConnectionService {
    /// Over these.
    pub fn new(
        configuration: Arc<ConfigurationService>,
        store: Arc<dyn ConnectionStore>,
        tester: Arc<dyn ConnectionTester>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { configuration, store, tester, clock }
    }

    /// How both are set up.
    pub async fn list(&self) -> Result<Vec<ConnectionView>> {
        let customerio = self.store.view(Vendor::Customerio).await?;
        Ok(vec![customerio, self.store.view(Vendor::Twilio).await?])
    }

    /// Saves a region, a budget and, unless it is empty, a key; then tests.
    pub async fn save(
        &self,
        vendor: Vendor,
        region: Region,
        budget: i64,
        key: &str,
        actor: &Actor,
    ) -> Result<TestResult> {
        let key = key.trim();
        let key = (!key.is_empty()).then(|| SecretList::One(Secret::Literal(key.to_owned())));
        let desired = match vendor {
            Vendor::Customerio => Desired {
                customerio: Some(CustomerioTable {
                    region: Some(region),
                    requests_per_second: Some(budget),
                    app_api_key: key,
                    ..CustomerioTable::default()
                }),
                ..Desired::default()
            },
            Vendor::Twilio => Desired {
                twilio: Some(TwilioTable {
                    region: Some(region),
                    events_per_second: Some(budget),
                    write_key: key,
                    ..TwilioTable::default()
                }),
                ..Desired::default()
            },
        };
        self.configuration.apply(&desired, false, actor).await?;
        self.test(vendor, actor).await
    }

    /// Tests with the stored key.
    pub async fn test(&self, vendor: Vendor, actor: &Actor) -> Result<TestResult> {
        actor.require(crate::access::Role::Operator)?;
        let result = self.tester.test(vendor, self.clock.now()).await;
        self.store.put_test(vendor, &result).await?;
        Ok(result)
    }
}
