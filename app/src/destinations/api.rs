//! Server functions of destinations: read, add, change what may flow there.

use domain::{
    contract::Event,
    delivery::stop::Stop,
    destinations::{
        DestinationRow, DestinationSpec,
        budget::Budget,
        fields::{DestinationView, FieldsPreview, names},
        import::Listing,
        needs::NeedsMatrix,
    },
    mappings::MappingRow,
    time::Instant,
};
#[cfg(feature = "ssr")]
use domain::{destinations::fields::once, key::Key};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{budget::BudgetForm, value::ValueForm};
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
use crate::{error::AppError, vendor_answer::VendorAnswer};

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

/// One destination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OneDestination {
    /// When this was read.
    pub now: Instant,
    /// The destination, and what it gets.
    pub view: DestinationView,
    /// The mappings that send to it, by key.
    pub mappings: Vec<MappingRow>,
    /// The events that it reads by the contract, by name.
    pub events: Vec<(String, Event)>,
}

/// What other fields would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldsTold {
    /// This.
    Preview(Box<FieldsPreview>),
    /// Nothing can be said before that is put right.
    NotYet {
        /// What is wrong or missing.
        message: String,
    },
}

/// What can be imported.
pub type Imports = VendorAnswer<Listing>;

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
            fields: names(&self.fields),
            hash: self.hash == "true",
            value: None,
            budget: Budget::default(),
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

/// What Segment has behind our source, or why it can't be read.
#[server(prefix = "/fn", endpoint = "read_imports")]
pub async fn read_imports() -> Result<Imports, AppError> {
    let (services, _) = enter()?;
    VendorAnswer::of(services.imports.list().await)
}

/// Every field against every destination.
#[server(prefix = "/fn", endpoint = "read_needs")]
pub async fn read_needs() -> Result<NeedsMatrix, AppError> {
    let (services, _) = enter()?;
    Ok(services.needs.matrix().await?)
}

/// One destination, what it gets, and by which mappings.
#[server(prefix = "/fn", endpoint = "read_destination")]
pub async fn read_destination(
    /// Which.
    key: String,
) -> Result<OneDestination, AppError> {
    let (services, _) = enter()?;
    let view = services.fields.view(&named(&key)?).await?;
    let mut mappings = services.mappings.list().await?;
    mappings.retain(|row| row.spec.destination == view.row.spec.key);
    mappings.sort_by(|a, b| a.spec.key.cmp(&b.spec.key));
    let events = services.contract.read_by(&view.row.spec).await?;
    Ok(OneDestination { now: services.clock.now(), view, mappings, events })
}

/// What would begin and cease to flow with these fields. Nothing is stored.
#[server(prefix = "/fn", endpoint = "preview_fields")]
pub async fn preview_fields(
    /// Which destination.
    key: String,
    /// Fields that stay.
    #[server(default)]
    keep: Vec<String>,
    /// Further ones, separated by commas or spaces.
    #[server(default)]
    add: String,
) -> Result<FieldsTold, AppError> {
    let (services, actor) = enter()?;
    let told = services.fields.preview(&named(&key)?, all(keep, &add), &actor).await;
    match told.map_err(AppError::from) {
        Ok(preview) => Ok(FieldsTold::Preview(Box::new(preview))),
        Err(AppError::Invalid { message, .. }) => Ok(FieldsTold::NotYet { message }),
        Err(error) => Err(error),
    }
}

/// Changes what may flow to a destination.
#[server(prefix = "/fn", endpoint = "change_fields")]
pub async fn change_fields(
    /// Which destination.
    key: String,
    /// The fields that whoever asks has seen.
    #[server(default)]
    base: Vec<String>,
    /// Those that stay.
    #[server(default)]
    keep: Vec<String>,
    /// Further ones, separated by commas or spaces.
    #[server(default)]
    add: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        services.fields.change(&named(&key)?, &base, all(keep.clone(), &add), &actor).await?;
        Ok(page_of(&key))
    };
    let outcome = outcome.await;
    let mut typed = vec![("add", add.as_str())];
    typed.extend(keep.iter().map(|field| ("keep[]", field.as_str())));
    finish::<ChangeFields>(outcome, &page_of(&key), &typed)
}

/// Changes what a person is worth to a destination.
#[server(prefix = "/fn", endpoint = "change_value")]
pub async fn change_value(
    /// What was entered.
    #[server(flatten)]
    form: ValueForm,
) -> Result<(), AppError> {
    let page = page_of(&form.key);
    let outcome = async {
        let (services, actor) = enter()?;
        let (base, value) = (form.base()?, form.parse()?);
        services.fields.change_value(&named(&form.key)?, base, value, &actor).await?;
        Ok(page.clone())
    };
    finish::<ChangeValue>(outcome.await, &page, &form.typed())
}

/// Changes how much may go to a destination.
#[server(prefix = "/fn", endpoint = "change_budget")]
pub async fn change_budget(
    /// What was entered.
    #[server(flatten)]
    form: BudgetForm,
) -> Result<(), AppError> {
    let page = page_of(&form.key);
    let outcome = async {
        let (services, actor) = enter()?;
        let (base, budget) = (form.base()?, form.parse()?);
        services.configuration.change_budget(&named(&form.key)?, base, budget, &actor).await?;
        Ok(page.clone())
    };
    finish::<ChangeBudget>(outcome.await, &page, &form.typed())
}

/// Those that stay, then those that were written.
#[cfg(feature = "ssr")]
fn all(keep: Vec<String>, add: &str) -> Vec<String> {
    once(keep.into_iter().chain(names(add)))
}

/// A key in an address: what is none names nothing.
#[cfg(feature = "ssr")]
fn named(text: &str) -> Result<Key, AppError> {
    text.parse().map_err(|_| AppError::NotFound { what: format!("destination {text}") })
}

/// The page of a destination, if its key is one: an address that came back is never followed.
#[cfg(feature = "ssr")]
fn page_of(key: &str) -> String {
    key.parse::<Key>()
        .map_or_else(|_| "/destinations".to_owned(), |key| format!("/destinations/{key}"))
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
