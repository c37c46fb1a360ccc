//! Both engines have the same tables.

use std::collections::BTreeSet;

use super::harness::{
    Bench,
    Engine::{Postgres, Sqlite},
};

/// Table, column, kind, whether it must be there, whether it is part of the primary key.
const OF_SQLITE: &str = "SELECT t.name || '.' || c.name || ' ' ||
        CASE c.type WHEN 'INTEGER' THEN 'bigint' ELSE LOWER(c.type) END ||
        CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN ' required' ELSE '' END ||
        CASE WHEN c.pk > 0 THEN ' key' ELSE '' END
    FROM sqlite_master t JOIN pragma_table_info(t.name) c
    WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite%'";

const OF_POSTGRES: &str = "SELECT c.table_name || '.' || c.column_name || ' ' ||
        CASE c.data_type WHEN 'uuid' THEN 'blob' WHEN 'bytea' THEN 'blob' ELSE c.data_type END ||
        CASE c.is_nullable WHEN 'NO' THEN ' required' ELSE '' END ||
        CASE WHEN EXISTS (SELECT 1 FROM information_schema.table_constraints k
            JOIN information_schema.key_column_usage u USING (constraint_schema, constraint_name)
            WHERE k.constraint_type = 'PRIMARY KEY' AND u.table_name = c.table_name
                AND u.column_name = c.column_name) THEN ' key' ELSE '' END
    FROM information_schema.columns c
    WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\\_%'";

const INDEXES_OF_SQLITE: &str =
    "SELECT name || CASE WHEN sql LIKE 'CREATE UNIQUE%' THEN ' unique' ELSE '' END
        || CASE WHEN sql LIKE '% WHERE %' THEN ' partial' ELSE '' END
    FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL";

const INDEXES_OF_POSTGRES: &str = "SELECT i.relname || CASE WHEN x.indisunique THEN ' unique' ELSE '' END
        || CASE WHEN x.indpred IS NOT NULL THEN ' partial' ELSE '' END
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_namespace n ON n.oid = i.relnamespace
    WHERE n.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.oid)";

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_and_indexes() {
    let (Some(sqlite), Some(postgres)) = (Bench::open(Sqlite).await, Bench::open(Postgres).await)
    else {
        return;
    };
    for (here, there) in [(OF_SQLITE, OF_POSTGRES), (INDEXES_OF_SQLITE, INDEXES_OF_POSTGRES)] {
        let here: BTreeSet<String> = sqlite.texts(here).await.into_iter().collect();
        let there: BTreeSet<String> = postgres.texts(there).await.into_iter().collect();
        assert!(here.len() > 5, "{here:?}");
        let only: Vec<_> = here.symmetric_difference(&there).collect();
        assert!(only.is_empty(), "only one engine has {only:#?}");
    }
}

#[tokio::test]
async fn migrating_and_installing_again_changes_nothing() {
    for engine in [Sqlite, Postgres] {
        let Some(bench) = Bench::open(engine).await else { continue };
        let before = domain::sync::port::SyncStore::installation(&bench.storage).await.unwrap();
        bench.storage.database().migrate().await.unwrap();
        bench.storage.install().await.unwrap();
        let after = domain::sync::port::SyncStore::installation(&bench.storage).await.unwrap();
        assert_eq!((before.key, before.number), (after.key, after.number));
        assert_eq!(after.number, 1);
        bench.storage.ping().await.unwrap();
    }
}
