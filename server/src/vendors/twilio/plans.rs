//! Segment's tracking plans by its Public API.
//!
//! Source: `public-api-sdk-go`, tracking plans: `GET /tracking-plans`, and `GET` and `PUT`
//! `/tracking-plans/{id}/rules`, both paged; `PUT` replaces all rules.

use async_trait::async_trait;
use domain::{
    contract::plans::{PlanName, service::PlanApi},
    error::VendorError,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::public::{Listed, Pagination, PublicClient};

#[derive(Deserialize)]
struct Plans {
    #[serde(rename = "trackingPlans")]
    tracking_plans: Vec<Plan>,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Plan {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    slug: Option<String>,
}

#[derive(Deserialize)]
struct Rules {
    rules: Vec<Value>,
    pagination: Pagination,
}

impl Listed for Plans {
    type Row = Plan;
    fn split(self) -> (Vec<Plan>, Pagination) {
        (self.tracking_plans, self.pagination)
    }
}

impl Listed for Rules {
    type Row = Value;
    fn split(self) -> (Vec<Value>, Pagination) {
        (self.rules, self.pagination)
    }
}

/// Where the rules of a plan are; nothing for an id that would lead elsewhere.
fn path(plan: &str) -> Result<String, VendorError> {
    let is_id = !plan.is_empty()
        && plan.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_id {
        return Ok(format!("/tracking-plans/{plan}/rules"));
    }
    Err(VendorError::NotFound { vendor: "Segment", what: "that tracking plan".to_owned() })
}

#[async_trait]
impl PlanApi for PublicClient {
    async fn plans(&self) -> Result<Vec<PlanName>, VendorError> {
        let plans = self.all::<Plans>("/tracking-plans").await?.into_iter();
        let named = |plan: Plan| PlanName {
            name: plan.name.or(plan.slug).unwrap_or_else(|| plan.id.clone()),
            id: plan.id,
        };
        Ok(plans.map(named).collect())
    }

    async fn rules(&self, plan: &str) -> Result<Vec<Value>, VendorError> {
        self.all::<Rules>(&path(plan)?).await
    }

    async fn replace_rules(&self, plan: &str, rules: &[Value]) -> Result<(), VendorError> {
        let _: Value = self.put(&path(plan)?, &json!({ "rules": rules })).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_a_plan_and_nowhere_else() {
        assert_eq!(path("tp_2a-B").unwrap(), "/tracking-plans/tp_2a-B/rules");
        for odd in ["", "a/../sources", "a?b", "a b", "é"] {
            assert!(path(odd).is_err(), "{odd}");
        }
    }
}
