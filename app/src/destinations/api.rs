//! Server functions of destinations: read, add.

use domain::{
    delivery::stop::Stop,
    destinations::{DestinationRow, DestinationSpec},
    time::Instant,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};

/// The list of destinations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DestinationsView {
    /// When this was read.
    pub now: Instant,
    /// By key.
    pub destinations: Vec<DestinationRow>,
    /// Emergency stops in force.
    pub stops: Vec<Stop>,
}

/// What the form of a destination sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationForm {
    /// Its name in Segue.
    pub key: String,
    /// The platform's rules.
    #[serde(default)]
    pub profile: String,
    /// Its name in Segment.
    pub integration: String,
    /// Further fields, separated by commas or spaces.
    #[serde(default)]
    pub fields: String,
    /// `true`, or empty.
    #[serde(default)]
    pub hash: String,
}

impl DestinationForm {
    /// Parses each field; the first that can't be is named.
    pub fn parse(&self) -> Result<DestinationSpec, AppError> {
        let integration = self.integration.trim();
        if integration.is_empty() {
            return Err(AppError::invalid("integration", "Write the name that Segment shows"));
        }
        Ok(DestinationSpec {
            key: self.key.parse().map_err(|error| AppError::invalid("key", error))?,
            profile: self
                .profile
                .parse()
                .map_err(|_| AppError::invalid("profile", "Choose a platform"))?,
            integration: integration.to_owned(),
            fields: self
                .fields
                .split(|c: char| c == ',' || c.is_whitespace())
                .filter(|field| !field.is_empty())
                .map(str::to_owned)
                .collect(),
            hash: self.hash == "true",
        })
    }

    #[cfg(feature = "ssr")]
    fn typed(&self) -> [(&'static str, &str); 5] {
        [
            ("key", &self.key),
            ("profile", &self.profile),
            ("integration", &self.integration),
            ("fields", &self.fields),
            ("hash", &self.hash),
        ]
    }
}

/// All destinations.
#[server(prefix = "/fn", endpoint = "read_destinations")]
pub async fn read_destinations() -> Result<DestinationsView, AppError> {
    let (services, _) = enter()?;
    let destinations = services.destinations.list().await?;
    let stops = services.delivery.stops().await?;
    Ok(DestinationsView { now: services.clock.now(), destinations, stops })
}

/// Adds a destination.
#[server(prefix = "/fn", endpoint = "create_destination")]
pub async fn create_destination(
    /// What was entered.
    #[server(flatten)]
    form: DestinationForm,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.destinations.create(form.parse()?, &actor).await?;
        Ok(format!("/destinations#{}", form.key.trim()))
    };
    finish::<CreateDestination>(outcome.await, "/destinations/new", &form.typed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_separated_as_people_separate_them() {
        let form = DestinationForm {
            key: "meta".to_owned(),
            profile: "meta-custom-audiences".to_owned(),
            integration: " Facebook Custom Audiences ".to_owned(),
            fields: "first_name, city\nzip ,".to_owned(),
            hash: String::new(),
        };
        let spec = form.parse().expect("it is whole");
        assert_eq!(spec.fields, ["first_name", "city", "zip"]);
        assert_eq!(spec.integration, "Facebook Custom Audiences");
        assert!(!spec.hash);
    }
}
