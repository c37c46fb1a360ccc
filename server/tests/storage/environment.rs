//! A database belongs to one environment.

use rstest::rstest;

use super::harness::Engine::{self, Postgres, Sqlite};
use crate::house::House;

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
