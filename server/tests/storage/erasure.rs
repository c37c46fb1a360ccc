//! Somebody asks to be forgotten: they leave wherever they are, and nothing names them then.

use domain::{
    access::{Actor, Role},
    audiences::port::MirrorStore as _,
    delivery::{
        Transition::{Entered, Exited},
        port::Telling,
    },
    mappings::port::MappingStore as _,
    people::{port::PersonStore as _, service::PeopleService},
    sync::port::SyncStore as _,
};
use rstest::rstest;
use std::sync::Arc;

use super::{
    forgetting::{LONG, forget, learn, read},
    harness::{
        Bench, Engine,
        Engine::{Postgres, Sqlite},
        people, shop,
    },
    worker::Worker,
};

const JANE: (&str, &str) = ("jane", "jane@example.com");
const JOE: (&str, &str) = ("joe", "joe@example.com");

fn service(bench: &Bench) -> PeopleService {
    PeopleService::new(Arc::new(bench.storage.clone()), bench.clock.clone())
}

#[rstest]
#[tokio::test]
async fn whoever_asks_leaves_and_loses_every_name(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    let carts = bench.audience("carts").await;
    let mut worker = Worker::new(&bench, "carts-meta").await;
    worker.bring(&read(&bench, "carts", &[JANE, JOE]).await).await;
    let host = Actor::host("test");
    for _ in 0..2 {
        service(&bench).forget("JANE@example.com", &host).await.unwrap();
    }
    assert!(bench.row("carts-meta").await.next_run_at.unwrap() <= bench.now());
    let trail = bench.texts("SELECT subject || ' ' || detail FROM audit WHERE action = 'forget'");
    assert_eq!(trail.await, ["person 0 {}"], "it names nobody");

    // She is a member of nothing, though the segment has her: she leaves under her own name.
    let members = async || bench.storage.members(carts).await.unwrap().unwrap();
    assert_eq!(members().await, people([1]));
    worker.order(&members().await).await;
    assert_eq!(forget(&bench).await.to_string(), "", "her exit needs her name");
    let named = worker.named(Exited, Telling::Fresh, &people([0])).await.people;
    assert_eq!(named[0].1.email.as_deref(), Some(JANE.1));
    assert_eq!(worker.drain().await, [(Exited, 2, people([0]))]);
    read(&bench, "carts", &[JOE, JANE]).await;
    assert_eq!((members().await, forget(&bench).await.to_string()), (people([1]), String::new()));

    // A reading that began before she was deleted at Customer.io may end after.
    read(&bench, "carts", &[JOE]).await;
    assert_eq!(forget(&bench).await.to_string(), "1 person as asked");
    bench.mirror("carts", &people([0, 1])).await;
    assert_eq!(members().await, people([1]));
    let left = bench
        .texts("SELECT cio_id || COALESCE(person_id, '') || COALESCE(email, '') || COALESCE(phone, '') FROM person ORDER BY ordinal")
        .await;
    assert_eq!(left, ["\nforgotten 0", "joejoe@example.com"]);
    assert_eq!(bench.storage.identifier_sets().await.unwrap().email, people([1]));
    let told = bench.storage.resync(worker.mapping.id, None, "ada", bench.now()).await.unwrap();
    assert_eq!(told, 1, "she can't be told of any more");
    assert_eq!(worker.bring(&members().await).await, [(Entered, 3, people([1]))]);
    for name in [JANE.0, JANE.1, "forgotten 0"] {
        assert!(service(&bench).explain(name, usize::MAX).await.is_err(), "{name}");
    }
    assert_eq!(forget(&bench).await.to_string(), "");

    // The number goes as everybody's; whoever comes back is somebody new.
    assert_eq!(read(&bench, "carts", &[JOE, JANE]).await, people([1, 2]));
    assert_eq!(worker.bring(&members().await).await, [(Entered, 4, people([2]))]);
    forget(&bench).await;
    bench.clock.advance(LONG);
    assert!(forget(&bench).await.to_string().ends_with("1 person"));
    assert_eq!(bench.texts("SELECT cio_id FROM person ORDER BY ordinal").await, ["joe", "jane"]);
    let asked = bench.texts("SELECT CAST(ordinal AS TEXT) FROM forgetting").await;
    assert_eq!(asked, [""; 0]);
}

#[rstest]
#[tokio::test]
async fn only_an_admin_forgets_and_only_who_is_known(#[values(Sqlite, Postgres)] engine: Engine) {
    let Some(bench) = shop(engine).await else { return };
    learn(&bench, &[JANE]).await;
    let operator = Actor { name: "ada".to_owned(), role: Role::Approver };
    assert!(service(&bench).forget("jane", &operator).await.is_err());
    let asked = async || bench.texts("SELECT CAST(ordinal AS TEXT) FROM forgetting").await;
    assert_eq!(asked().await, [""; 0]);
    let host = Actor::host("test");
    assert!(service(&bench).forget("nobody", &host).await.is_err());
    assert!(bench.storage.ask_to_forget(7, "test", bench.now()).await.is_err());
    service(&bench).forget("jane", &host).await.unwrap();
    assert_eq!(asked().await, ["0"]);
    assert_eq!(forget(&bench).await.to_string(), "1 person as asked");
}
