//! Server functions of the demo's page. Outside the demo they find nothing.

use domain::{demo::Broken, mappings::MappingRow, time::Instant};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
#[cfg(feature = "ssr")]
use crate::{context::enter, form::finish};
#[cfg(feature = "ssr")]
use domain::{
    access::Role,
    demo::{Breakable, Breakage},
};
#[cfg(feature = "ssr")]
use std::sync::Arc;

/// The page of breaking things.
pub const PAGE: &str = "/demo";

/// What is broken, and how Segue fares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DemoView {
    /// When this was read.
    pub now: Instant,
    /// What is broken now.
    pub broken: Vec<Broken>,
    /// Those that need somebody first.
    pub mappings: Vec<MappingRow>,
}

#[cfg(feature = "ssr")]
fn breakable() -> Result<Arc<dyn Breakable>, AppError> {
    use_context::<Arc<dyn Breakable>>()
        .ok_or_else(|| AppError::NotFound { what: "demo here".to_owned() })
}

/// What is broken, and how Segue fares.
#[server(prefix = "/fn", endpoint = "read_demo")]
pub async fn read_demo() -> Result<DemoView, AppError> {
    let (services, _) = enter()?;
    let broken = breakable()?.broken();
    let mappings = services.mappings.list().await?;
    Ok(DemoView { now: services.clock.now(), broken, mappings })
}

/// Breaks something for a while, and runs every mapping so that there is something to see.
#[server(prefix = "/fn", endpoint = "break_something")]
pub async fn break_something(
    /// Its name.
    what: String,
) -> Result<(), AppError> {
    let outcome = async {
        let (services, actor) = enter()?;
        let breakable = breakable()?;
        actor.require(Role::Operator)?;
        let what = what.parse::<Breakage>().map_err(|words| AppError::invalid("what", words))?;
        breakable.break_for_a_while(what);
        for row in services.mappings.list().await?.into_iter().filter(|row| row.spec.active) {
            services.mappings.run_now(&row.spec.key, &actor).await?;
        }
        Ok(PAGE.to_owned())
    };
    finish::<BreakSomething>(outcome.await, PAGE, &[])
}

/// Mends everything.
#[server(prefix = "/fn", endpoint = "mend_everything")]
pub async fn mend_everything() -> Result<(), AppError> {
    let outcome = async {
        let (_, actor) = enter()?;
        let breakable = breakable()?;
        actor.require(Role::Operator)?;
        breakable.mend();
        Ok(PAGE.to_owned())
    };
    finish::<MendEverything>(outcome.await, PAGE, &[])
}
