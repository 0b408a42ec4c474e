//! The bound: what hand-written SQL does on one plain table, batches of 500 claimed and completed on two connections.

use std::time::Instant;

use maestro_store_postgres_harness::Database;
use sqlx::{PgConnection, Row};

const JOBS: i64 = 200_000;
const BATCH: i64 = 500;
const CONNECTIONS: usize = 2;

const TABLE: &str =
    "create table jobs (id bigint primary key, state smallint not null default 0, done_at timestamptz);
    create index due on jobs (id) where state = 0;
    insert into jobs (id) select generate_series(1, 200000);
    vacuum analyze jobs";
const CLAIM: &str = "with due as materialized (
        select id from jobs where state = 0 order by id limit $1 for update skip locked)
    update jobs set state = 1 from due where jobs.id = due.id returning jobs.id";
const COMPLETE: &str = "update jobs set state = 2, done_at = now()
    from unnest($1::bigint[]) as done (id) where jobs.id = done.id";

pub(crate) async fn measure() {
    let database = Database::empty().await;
    for statement in TABLE.split(';') {
        sqlx::raw_sql(statement).execute(&mut database.connection().await).await.unwrap();
    }
    let begin = Instant::now();
    let mut lanes = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let connection = database.connection().await;
        lanes.spawn(drain(connection));
    }
    lanes.join_all().await;
    println!(
        "bound: {:.0} jobs/s, hand-written, batches of {BATCH}",
        JOBS as f64 / begin.elapsed().as_secs_f64()
    );
}

async fn drain(mut connection: PgConnection) {
    loop {
        let claimed = sqlx::query(CLAIM).bind(BATCH).fetch_all(&mut connection).await.unwrap();
        let ids: Vec<i64> = claimed.iter().map(|row| row.get(0)).collect();
        if ids.is_empty() {
            return;
        }
        sqlx::query(COMPLETE).bind(&ids).execute(&mut connection).await.unwrap();
    }
}
