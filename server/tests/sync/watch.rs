//! Watching from outside: whoever comes into an audience that suppresses leaves the platform
//! while no mapping is due.

use super::{fast::until, *};

const RULE: &str = r#"
[[audience]]
key = "buyers"
segment = 2
[[suppression]]
key = "bought"
reason = "purchase"
audience = "buyers"
ttl = "24h"
"#;

async fn a_newcomer_leaves_between_two_runs(engine: Engine) {
    let bench = Bench::new(engine).await;
    let all: BTreeSet<u32> = (0..300).collect();
    for number in &all {
        bench.sandbox.world.add_person(person(*number));
    }
    bench.world_segment(1, "Cart abandoners", &names(&all));
    bench.world_segment(2, "Buyers", &names(&[5].into()));
    bench.apply(&format!("{}every = \"24h\"\n{RULE}", one_mapping())).await;
    bench.sync().await;
    let mut there: BTreeSet<u32> = all.into_iter().filter(|n| has_email(*n)).collect();
    there.remove(&5);
    let platform = || bench.platform("Facebook Custom Audiences", "cart_abandoners");
    assert_eq!(platform(), platform_names(&there));

    let (mut child, _) = fast::serve(&bench);
    bench
        .sandbox
        .world
        .set_members(2, names(&[5, 7, 8].into()).iter().map(String::as_str))
        .unwrap();
    there.remove(&7);
    there.remove(&8);
    let expected = platform_names(&there);
    until("both have left", || platform() == expected).await;
    fast::all_is_in_order(&bench, &mut child, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_leaves_between_two_runs_on_sqlite() {
    a_newcomer_leaves_between_two_runs(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_leaves_between_two_runs_on_postgres() {
    a_newcomer_leaves_between_two_runs(Engine::Postgres).await;
}
