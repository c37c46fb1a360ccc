//! The matrix of required fields, counted over what is stored.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    audiences::{
        coverage::service::CoverageService,
        port::{Identifiers, MirrorStore as _},
    },
    destinations::needs::{
        Covered, IDENTIFIER, Need, NeedsCell, NeedsMatrix, service::NeedsService,
    },
    people::{
        attributes::{Learned, PHONE, Wanted},
        port::AttributeStore as _,
    },
};
use rstest::rstest;

use super::harness::{
    Bench, Engine,
    Engine::{Postgres, Sqlite},
    people,
};

const PLACES: &str = r#"
[[destination]]
key = "meta"
profile = "meta-custom-audiences"
integration = "Meta"
fields = ["ltv"]
[[destination]]
key = "warehouse"
profile = "warehouse"
integration = "Warehouse"
[[audience]]
key = "carts"
segment = 1
[[audience]]
key = "vip"
segment = 2
[[mapping]]
key = "carts-meta"
audience = "carts"
destination = "meta"
use_case = "retarget"
[[mapping]]
key = "vip-meta"
audience = "vip"
destination = "meta"
use_case = "lookalike"
"#;

async fn matrix(bench: &Bench) -> NeedsMatrix {
    let stored = Arc::new(bench.storage.clone());
    let configuration = Arc::new(bench.configuration());
    let coverage = CoverageService {
        configuration: configuration.clone(),
        mirrors: stored.clone(),
        store: stored.clone(),
        attributes: stored.clone(),
        trend: stored.clone(),
        clock: bench.clock.clone(),
    };
    let coverage = Arc::new(coverage);
    let service =
        NeedsService { configuration, coverage, mirrors: stored.clone(), attributes: stored };
    service.matrix().await.unwrap()
}

fn cell(matrix: &NeedsMatrix, field: &str, column: usize) -> NeedsCell {
    matrix.fields.iter().find(|line| line.field == field).unwrap().cells[column]
}

#[rstest]
#[tokio::test]
async fn each_destination_shows_what_it_needs_and_who_has_it(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let Some(bench) = Bench::open(engine).await else { return };
    bench.apply(PLACES, false).await;
    // 0 to 149 have no address, 150 to 159 have one.
    let page: Vec<Identifiers> = (0..160)
        .map(|n| Identifiers {
            cio_id: format!("cio-{n}"),
            id: None,
            email: (n >= 150).then(|| format!("{n}@example.com")),
        })
        .collect();
    bench.storage.learn(&page, bench.now()).await.unwrap();
    bench.mirror("carts", &people(0..155)).await;
    bench.mirror("vip", &people(150..160)).await;

    let before = matrix(&bench).await;
    assert_eq!(before.destinations[0].members, 160, "each counts once");
    assert_eq!(before.destinations[1].members, 0, "nobody is sent there");
    let identifier = cell(&before, IDENTIFIER, 0);
    assert_eq!(identifier.covered, Some(Covered { with: 10, of: 160 }));
    assert!(!identifier.is_red, "their numbers may be found yet");
    assert_eq!(cell(&before, "ltv", 0).covered, None, "nobody was read");
    assert_eq!(cell(&before, "ltv", 1).need, Need::Stays);

    let wanted = |field: &str| (field.to_owned(), people(0..160));
    let read = Wanted::from([wanted(PHONE), wanted("ltv")]);
    let learned: Vec<Learned> = (0..40)
        .map(|ordinal| Learned {
            ordinal,
            values: BTreeMap::from([("ltv".to_owned(), Some("12".to_owned()))]),
            ..Learned::default()
        })
        .collect();
    bench.storage.put_attributes(&read, &learned, bench.now()).await.unwrap();
    let after = matrix(&bench).await;
    let identifier = cell(&after, IDENTIFIER, 0);
    assert!(identifier.is_red, "10 of 160 are fewer than the platform uses");
    let red: Vec<_> = after.red().map(|(column, covered)| (column.key.as_str(), covered)).collect();
    assert_eq!(red, [("meta", Covered { with: 10, of: 160 })]);
    assert_eq!(cell(&after, "ltv", 0).covered, Some(Covered { with: 40, of: 160 }));
    assert_eq!(cell(&after, "email", 0).need, Need::OneOf);
    let names: Vec<&str> = after.fields.iter().map(|line| line.field.as_str()).collect();
    assert_eq!(names, [IDENTIFIER, "email", "phone", "id", "ltv"]);
}
