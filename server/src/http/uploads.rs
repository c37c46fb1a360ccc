//! Files that signed-in people hand in. A new one is a route here, with its own limit.
//!
//! A browser posts them as forms by itself, so that they work without JavaScript: each answer
//! leads to a page.

use app::{
    contract::{api as contract, change_api},
    error::AppError,
    suppression::listing::api as lists,
};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Multipart, Path, State, multipart::MultipartError},
    response::Redirect,
    routing::post,
};
use domain::{access::Actor, services::Services, suppression::listing::LARGEST_FILE};
use tower_http::limit::RequestBodyLimitLayer;

/// No plan worth agreeing on comes near it.
const LARGEST_PLAN: usize = 4 * 1024 * 1024;

/// What a form adds to its file.
const AROUND: usize = 64 * 1024;

/// All of them; whoever reaches them has been let in.
pub fn routes(services: Services) -> Router {
    Router::new()
        .route("/suppression/lists/{rule}/file", post(names))
        .layer(RequestBodyLimitLayer::new(LARGEST_FILE + AROUND))
        .route(
            contract::IMPORT,
            post(plan).layer(RequestBodyLimitLayer::new(LARGEST_PLAN + AROUND)),
        )
        .layer(DefaultBodyLimit::disable())
        .with_state(services)
}

/// The rules of a tracking plan.
async fn plan(
    State(services): State<Services>,
    Extension(actor): Extension<Actor>,
    body: Multipart,
) -> Redirect {
    let mut form = Form::default();
    let outcome = match read(body, &mut form).await {
        Ok(()) => import(&services, &form, &actor).await,
        Err(error) => Err(broken(&error, "plan", LARGEST_PLAN)),
    };
    match outcome {
        Ok(page) => Redirect::to(&page),
        Err(error) => Redirect::to(&contract::back_to_contract(error)),
    }
}

async fn import(services: &Services, form: &Form, actor: &Actor) -> Result<String, AppError> {
    if form.text.is_empty() {
        return Err(AppError::invalid("plan", "Choose a file"));
    }
    let plan = serde_json::from_slice(&form.text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        AppError::invalid(
            "plan",
            format!("The file is no JSON from line {line}, column {column} on"),
        )
    })?;
    let id = services.contract.import_plan(&plan, actor).await?;
    Ok(change_api::page_of(&id.to_string()))
}

/// What a form with a file says.
#[derive(Default)]
struct Form {
    source: String,
    note: String,
    text: Vec<u8>,
}

async fn names(
    State(services): State<Services>,
    Path(rule): Path<String>,
    Extension(actor): Extension<Actor>,
    body: Multipart,
) -> Redirect {
    let mut form = Form::default();
    let outcome = match read(body, &mut form).await {
        Ok(()) => draft(&services, &rule, &form, &actor).await,
        Err(error) => Err(broken(&error, "names", LARGEST_FILE)),
    };
    match outcome {
        Ok(page) => Redirect::to(&page),
        Err(error) => Redirect::to(&lists::back_to_list(&rule, &form.note, error)),
    }
}

async fn read(mut body: Multipart, form: &mut Form) -> Result<(), MultipartError> {
    while let Some(field) = body.next_field().await? {
        match field.name() {
            Some("file") => {
                field.file_name().unwrap_or_default().clone_into(&mut form.source);
                form.text = field.bytes().await?.to_vec();
            }
            Some("note") => form.note = field.text().await?,
            _ => {}
        }
    }
    Ok(())
}

fn broken(error: &MultipartError, field: &'static str, largest: usize) -> AppError {
    let megabytes = largest / 1024 / 1024;
    if error.status() == http::StatusCode::PAYLOAD_TOO_LARGE {
        return AppError::invalid(field, format!("The file is larger than {megabytes} MB"));
    }
    AppError::invalid(field, "The file did not arrive whole: try again")
}

async fn draft(
    services: &Services,
    rule: &str,
    form: &Form,
    actor: &Actor,
) -> Result<String, AppError> {
    let key = rule.parse().map_err(|_| AppError::NotFound { what: format!("list {rule}") })?;
    let text = std::str::from_utf8(&form.text).map_err(|error| {
        let line =
            form.text.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count();
        AppError::invalid(
            "names",
            format!("The file is no UTF-8 text from line {} on: save it as CSV UTF-8", line + 1),
        )
    })?;
    let source = if form.source.is_empty() { "a file" } else { &form.source };
    let listing = services.listings.draft(&key, source, &form.note, text, actor).await?;
    Ok(format!("{}/{listing}", lists::page_of(rule)))
}
