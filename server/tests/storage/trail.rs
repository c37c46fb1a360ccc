//! The audit trail is read back as it was written.

use domain::access::trail::{Filter, Page, TrailService};
use rstest::rstest;
use std::sync::Arc;

use super::harness::{
    Bench,
    Engine::{self, Postgres, Sqlite},
    SHOP, shop,
};

fn filter(about: &str, by: &str) -> Filter {
    Filter { about: about.to_owned(), by: by.to_owned() }
}

fn subjects(page: &Page) -> Vec<&str> {
    page.entries.iter().map(|entry| entry.subject.as_str()).collect()
}

fn service(bench: &Bench) -> TrailService {
    TrailService::new(Arc::new(bench.storage.clone()))
}

#[rstest]
#[tokio::test]
async fn a_trail_is_found_by_what_and_by_whom(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let service = service(&bench);
    let every = SHOP.replace("key = \"carts-meta\"", "key = \"carts-meta\"\nevery = \"1h\"");
    bench.apply(&every, false).await;
    let newest = service.page(&Filter::default(), None).await.unwrap();
    assert_eq!(newest.entries[0].subject, "mapping carts-meta");
    assert_eq!(newest.older, None);
    let line = &newest.entries[0].lines[0];
    assert_eq!((line.name.as_str(), line.after.as_deref()), ("every", Some("1h")));
    assert!(line.before.is_some());

    assert_eq!(service.versions("mapping carts-meta").await.unwrap(), 2);
    assert_eq!(service.versions("mapping carts").await.unwrap(), 0);

    let carts = service.page(&filter(" mapping carts-meta ", ""), None).await.unwrap();
    assert_eq!(subjects(&carts), ["mapping carts-meta", "mapping carts-meta"]);
    let actor = carts.entries[0].actor.clone();
    let mappings = service.page(&filter("mapping", &actor.to_uppercase()), None).await.unwrap();
    assert_eq!(mappings.entries.len(), 5, "four are made, one is changed");
    for nothing in [filter("mapping carts", ""), filter("%", ""), filter("", "nobody")] {
        assert_eq!(subjects(&service.page(&nothing, None).await.unwrap()), [""; 0], "{nothing:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_long_trail_is_read_page_by_page(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    // One apply writes them all at one moment.
    let sources: Vec<String> = (0..250)
        .map(|number| format!("[[source]]\nkey = \"s{number}\"\nwrite_key = \"k{number}\"\n"))
        .collect();
    bench.apply(&sources.concat(), false).await;
    let service = service(&bench);
    let (mut seen, mut older) = (Vec::new(), None);
    loop {
        let page = service.page(&filter("source", ""), older).await.unwrap();
        seen.extend(page.entries.iter().map(|entry| entry.subject.clone()));
        older = page.older;
        if older.is_none() {
            break;
        }
        assert_eq!(page.entries.len(), 100);
    }
    assert_eq!(seen.len(), 250);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 250, "none twice");
    let gone = service.page(&Filter::default(), Some(uuid::Uuid::nil())).await.unwrap();
    assert_eq!(gone, Page::default());
}
