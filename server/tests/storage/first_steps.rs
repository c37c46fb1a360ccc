//! What an installation is for is kept, and the steps are read off what is stored.

use domain::{
    Error,
    access::{Actor, Role},
    first_steps::{Step, steps},
    mappings::UseCase,
};
use rstest::rstest;

use super::harness::{
    Engine::{self, Postgres, Sqlite},
    SHOP, desired,
};
use crate::house::House;

#[rstest]
#[tokio::test]
async fn steps_are_done_by_what_is_stored(#[values(Sqlite, Postgres)] engine: Engine) {
    let house = House::on(engine).await;
    let (services, host) = (&house.segue.services, Actor::host("test"));
    let done = async || {
        let progress = services.first_steps.progress().await.unwrap();
        let done = steps(&progress).into_iter().filter(|(_, done)| *done);
        done.map(|(step, _)| step).collect::<Vec<_>>()
    };
    assert_eq!(done().await, []);
    let viewer = Actor { role: Role::Viewer, ..host.clone() };
    let refused = services.first_steps.choose(UseCase::Suppress, &viewer).await;
    assert!(matches!(refused, Err(Error::Forbidden { .. })));
    services.first_steps.choose(UseCase::Suppress, &host).await.unwrap();
    services.first_steps.choose(UseCase::Retarget, &host).await.unwrap();
    assert_eq!(done().await, [Step::Goal]);
    services.configuration.apply(&desired(SHOP), false, &host).await.unwrap();
    assert_eq!(
        done().await,
        [Step::Goal, Step::Destination, Step::Audience, Step::Suppression, Step::Mapping]
    );
    let progress = services.first_steps.progress().await.unwrap();
    assert_eq!(progress.goal, Some(UseCase::Retarget));
    assert_eq!(progress.mapping.unwrap().as_str(), "carts-meta");
    // Other settings leave the goal alone.
    let region = desired("[customerio]\nregion = \"eu\"");
    services.configuration.apply(&region, false, &host).await.unwrap();
    assert_eq!(done().await[0], Step::Goal);
}

#[rstest]
#[tokio::test]
async fn a_database_belongs_to_the_environment_that_came_first(
    #[values(Sqlite, Postgres)] engine: Engine,
) {
    let house = House::on(engine).await;
    let storage = &house.segue.storage;
    assert_eq!(storage.belongs_to("production").await.unwrap(), "production");
    assert_eq!(storage.belongs_to("staging").await.unwrap(), "production");
    assert_eq!(storage.belongs_to("production").await.unwrap(), "production");
}
