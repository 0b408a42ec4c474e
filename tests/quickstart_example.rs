//! The example program `quickstart`, called as a person calls it: the same in memory and in a database.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "fleet/mod.rs"]
mod fleet;

use std::process::{Command, Output};

use maestro_store_postgres_harness::Database;

fn quickstart(args: &[&str]) -> Output {
    Command::new(fleet::example("quickstart")).args(args).output().unwrap()
}

fn demand_greetings(ended: &Output) {
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
    assert!(ended.status.success());
    assert_eq!(String::from_utf8_lossy(&ended.stdout), "succeeded: \"Hello, Ada! Hello, Grace!\"\n");
}

#[test]
fn it_greets_in_memory() {
    demand_greetings(&quickstart(&[]));
}

#[tokio::test]
async fn it_greets_in_a_database_as_often_as_one_likes() {
    let database = Database::empty().await;
    for _ in 0..2 {
        demand_greetings(&quickstart(&["--database-url", database.url()]));
    }
    let ended = "select count(*) from maestro.runs where status = 'succeeded'";
    let ended: i64 = sqlx::query_scalar(ended).fetch_one(&mut database.connection().await).await.unwrap();
    assert_eq!(ended, 2, "the records outlive the program");
}

#[test]
fn it_says_why_it_cannot_begin() {
    for (args, why) in [
        (&["--database-url=postgres://localhost:1/music"][..], "localhost:1"),
        (&["--database-url"], "usage: quickstart [--database-url URL]"),
        (&["music"], "usage: quickstart [--database-url URL]"),
    ] {
        let ended = quickstart(args);
        assert_eq!(ended.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&ended.stderr).contains(why), "{ended:?}");
    }
}
