//! Rules of the schema, read from the catalogue: what keeps it fit to be sharded by workspace, and free of hot spots.

use maestro_store_postgres_harness::Database;
use sqlx::{PgConnection, Row};

async fn list(sql: &'static str) -> Vec<String> {
    let database = Database::migrated().await;
    let mut connection: PgConnection = database.connection().await;
    sqlx::query(sql).fetch_all(&mut connection).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_key_begins_with_the_workspace() {
    let others = list(
        "select class.relname || ' begins with ' || attribute.attname
         from pg_index as key
         join pg_class as class on class.oid = key.indrelid
         join pg_attribute as attribute on attribute.attrelid = key.indrelid and attribute.attnum = key.indkey[0]
         where class.relnamespace = 'maestro'::regnamespace and key.indisunique
             and attribute.attname <> 'workspace_id'
         order by 1",
    )
    .await;
    // Workers serve every workspace, and migrations are of the schema.
    assert_eq!(others, ["migrations begins with version", "workers begins with id"]);
}

#[tokio::test]
async fn what_grows_has_no_foreign_keys() {
    let keys = list(
        "select conrelid::regclass || ' to ' || confrelid::regclass from pg_constraint
         where contype = 'f' and connamespace = 'maestro'::regnamespace
         order by 1",
    )
    .await;
    let allowed = ["maestro.agent_versions to maestro.agents", "maestro.score_versions to maestro.scores"];
    assert_eq!(keys, allowed);
}

#[tokio::test]
async fn names_sort_by_bytes() {
    let others = list(
        "select distinct class.relname || '.' || attribute.attname
         from pg_index as key
         join pg_class as class on class.oid = key.indrelid
         join pg_attribute as attribute on attribute.attrelid = key.indrelid and attribute.attnum = any(key.indkey)
         where class.relnamespace = 'maestro'::regnamespace and attribute.atttypid = 'text'::regtype
             and attribute.attcollation <> '\"C\"'::regcollation",
    )
    .await;
    assert_eq!(others, [""; 0], "an index over texts in the order of some language");
}

#[tokio::test]
async fn nothing_counts_for_everybody() {
    let sequences = list(
        "select relname::text from pg_class where relkind = 'S' and relnamespace = 'maestro'::regnamespace",
    )
    .await;
    assert_eq!(sequences, [""; 0], "sequences");
    let parsed = list(
        "select table_name || '.' || column_name from information_schema.columns
         where table_schema = 'maestro' and data_type = 'jsonb'",
    )
    .await;
    assert_eq!(parsed, [""; 0], "payloads that do not read back as they were");
}
