//! Health: who starts and watches processes asks without a login.

use axum::http::Method;
use maestro_core::testing::{Fault, Method as StoreMethod};
use serde_json::{Value, json};

use crate::house::House;

#[tokio::test]
async fn a_process_says_that_it_lives_and_whether_it_is_ready() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    house.workspace().run_now(&id).await.unwrap();
    house.clock.advance(std::time::Duration::from_secs(90));
    let alive = house.ask("", Method::GET, "/healthz", None).await;
    assert_eq!((alive.status.as_u16(), &alive.json()["status"]), (200, &json!("ok")));
    let ready = house.ask("", Method::GET, "/readyz", None).await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.json(), json!({"status": "ready", "store": true, "due": 1, "oldest_due_s": 90}));

    house.faults.fail_next(StoreMethod::Backlog, Fault::NotApplied);
    let unready = house.ask("", Method::GET, "/readyz", None).await;
    assert_eq!((unready.status.as_u16(), &unready.json()["due"]), (503, &Value::Null));
    house.faults.fail_next(StoreMethod::Backlog, Fault::HangBefore);
    let (hanging, ()) = tokio::join!(house.ask("", Method::GET, "/readyz", None), async {
        house.asleep(2).await;
        house.clock.advance(std::time::Duration::from_secs(5));
    });
    assert_eq!(hanging.status, 503);
    house.close().await;
}

#[cfg(feature = "metrics")]
#[tokio::test]
async fn what_a_process_did_is_counted_under_names_that_stay() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    house.workspace().run_now(&id).await.unwrap();
    maestro_core::testing::drain(&house.maestro, &house.clock).await.unwrap();
    let answer = house.ask("", Method::GET, "/metrics", None).await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "# TYPE maestro_runs_ended_total counter",
        "maestro_runs_ended_total{status=\"succeeded\"} 1",
        "maestro_due_runs 0",
        "maestro_oldest_due_seconds 0",
        "maestro_claim_runs_sum 1",
        "maestro_record_batch_count 1",
        "maestro_step_seconds_count{tool=\"util.echo\",status=\"succeeded\"} 1",
        "maestro_step_seconds_bucket{tool=\"util.echo\",status=\"succeeded\",le=\"+Inf\"} 1",
        "maestro_store_outages_total 0",
        "maestro_recovered_runs_total 0",
        "maestro_streams 0",
    ] {
        assert!(answer.text.lines().any(|found| found == line), "{line} is not in\n{}", answer.text);
    }
    house.close().await;
}
