//! What the console does with connections: keys go in, are tested, and never come out.

use std::sync::Arc;

use crate::{
    access::{Actor, Role},
    configuration::{
        CustomerioTable, Desired, Secret, SecretList, TwilioTable, service::ConfigurationService,
    },
    error::{Error, Result},
    time::Clock,
};

use super::{
    ConnectionView, KeySource, Region, TestResult, Vendor,
    port::{ConnectionStore, ConnectionTester, OutageStore},
};

/// Shows, saves, tests, tries again.
pub struct ConnectionService {
    configuration: Arc<ConfigurationService>,
    store: Arc<dyn ConnectionStore>,
    tester: Arc<dyn ConnectionTester>,
    outages: Arc<dyn OutageStore>,
    clock: Arc<dyn Clock>,
}

impl ConnectionService {
    /// Over these.
    pub fn new(
        configuration: Arc<ConfigurationService>,
        store: Arc<dyn ConnectionStore>,
        tester: Arc<dyn ConnectionTester>,
        outages: Arc<dyn OutageStore>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { configuration, store, tester, outages, clock }
    }

    /// How both are set up, and whether they can be used.
    pub async fn list(&self) -> Result<Vec<ConnectionView>> {
        let now = self.clock.now();
        let mut views = Vec::new();
        for vendor in Vendor::ALL {
            views.push(self.store.view(vendor, now).await?);
        }
        Ok(views)
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
        // Whoever holds calls because of the former key tries the new one.
        match self.try_now(vendor, actor).await {
            Ok(()) | Err(Error::Conflict(_)) => self.test(vendor, actor).await,
            Err(error) => Err(error),
        }
    }

    /// Where the token of Segment's Public API comes from.
    pub async fn public_token(&self) -> Result<Option<KeySource>> {
        self.store.public_token().await
    }

    /// Saves the token of Segment's Public API. What it lists is its test.
    pub async fn save_public_token(&self, token: &str, actor: &Actor) -> Result<()> {
        let token = token.trim();
        if token.is_empty() {
            return Err(Error::invalid("public_api_token", "Write the token that Segment shows"));
        }
        let token = SecretList::One(Secret::Literal(token.to_owned()));
        let twilio = TwilioTable { public_api_token: Some(token), ..TwilioTable::default() };
        let desired = Desired { twilio: Some(twilio), ..Desired::default() };
        self.configuration.apply(&desired, false, actor).await?;
        Ok(())
    }

    /// Asks whoever holds calls to a vendor to try at once.
    pub async fn try_now(&self, vendor: Vendor, actor: &Actor) -> Result<()> {
        actor.require(Role::Operator)?;
        self.outages.want_try(vendor, &actor.name, self.clock.now()).await
    }

    /// Tests with the stored key.
    pub async fn test(&self, vendor: Vendor, actor: &Actor) -> Result<TestResult> {
        actor.require(Role::Operator)?;
        let result = self.tester.test(vendor, self.clock.now()).await;
        self.store.put_test(vendor, &result).await?;
        Ok(result)
    }
}
