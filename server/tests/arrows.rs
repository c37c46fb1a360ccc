//! The arrows between the crates: `domain <- app <- server`, `domain <- server`, no other.

use std::collections::BTreeSet;
use std::path::Path;

/// The names under every dependency table of a crate's manifest, those of tests aside.
fn dependencies(krate: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(krate).join("Cargo.toml");
    let manifest: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let mut names = BTreeSet::new();
    let mut tables = vec![&manifest];
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(toml::Value::as_table));
    }
    for table in tables {
        if let Some(table) = table.get("dependencies").and_then(toml::Value::as_table) {
            names.extend(table.iter().map(|(name, value)| {
                // A dependency may go by another name here.
                value.get("package").and_then(toml::Value::as_str).unwrap_or(name).to_owned()
            }));
        }
    }
    assert!(names.contains("serde"), "{krate}: the manifest was not understood");
    names
}

fn assert_never(krate: &str, forbidden: &[&str]) {
    let named = dependencies(krate);
    let found: Vec<_> = forbidden.iter().filter(|name| named.contains(**name)).collect();
    assert!(found.is_empty(), "{krate} names {found:?}");
}

#[test]
fn domain_names_no_runtime_and_no_framework() {
    assert_never(
        "domain",
        &["app", "server", "leptos", "leptos_axum", "axum", "http", "tokio", "sqlx", "reqwest"],
    );
}

#[test]
fn app_names_no_database_and_no_vendor() {
    assert_never("app", &["server", "sqlx", "reqwest", "tokio", "axum"]);
}

/// What only the server renders must stay out of the wasm: it costs each user.
#[test]
fn the_browser_gets_nothing_of_the_server() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/Cargo.toml");
    let manifest: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let hydrate = manifest["features"]["hydrate"].to_string();
    for name in ["leptos_axum", "dep:http", "service", "ssr", "nonce"] {
        assert!(!hydrate.contains(name), "hydrate turns on {name}");
    }
}
