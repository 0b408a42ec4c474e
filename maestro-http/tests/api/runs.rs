//! Runs: asked for once however often it is sent, read, ended, and helped on by people.

use axum::{body::Body, http::Method};
use maestro_core::testing::{Fault, Method as StoreMethod, drain};
use serde_json::{Value, json};

use crate::house::{Answer, House};

async fn run_now(house: &House, key: Option<&str>, body: Option<Value>) -> Answer {
    let mut headers = Vec::from_iter(key.map(|key| ("idempotency-key", key)));
    headers.extend(body.as_ref().map(|_| ("content-type", "application/json")));
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    house.send_with(Method::POST, "/api/runs/by-orchestra/first", &headers, body).await
}

#[tokio::test]
async fn a_run_is_asked_for_while_the_orchestra_is_disabled_and_read_to_its_end() {
    let house = House::new().await;
    house.orchestra("First").await;
    let asked = run_now(&house, None, Some(json!({"input": {"city": "Bonn"}, "class": "high"}))).await;
    assert_eq!(asked.status, 202, "{}", asked.text);
    let run = asked.json();
    let id = run["id"].as_str().unwrap();
    assert_eq!(asked.header("location"), format!("../{id}"));
    assert_eq!((&run["status"], &run["trigger"]), (&json!("queued"), &json!({"kind": "api"})));
    assert_eq!((&run["cost_cents"], &run["class"]), (&json!(0), &json!("high")));

    drain(&house.maestro, &house.clock).await.unwrap();
    let ended = house.get(&format!("/api/runs/{id}")).await.json();
    assert_eq!((&ended["status"], &ended["result"]), (&json!("succeeded"), &json!({"city": "Bonn"})));
    assert_eq!(ended["duration_ms"], 0);
    let steps = house.get(&format!("/api/runs/{id}/steps")).await.json();
    assert_eq!(steps["items"][0]["tool_name"], "util.echo");
    assert_eq!((&steps["items"][0]["try"], &steps["items"][0]["usage"]), (&json!(1), &Value::Null));
    let listed = &house.get("/api/runs").await.json()["items"][0];
    assert!(listed.get("input").is_none() && listed["id"] == run["id"]);
    house.close().await;
}

#[tokio::test]
async fn asking_twice_with_one_key_makes_one_run() {
    let house = House::new().await;
    house.orchestra("First").await;
    let body = || Some(json!({"input": {"a": 1, "b": 2}}));
    let first = run_now(&house, Some("k1"), body()).await.json();
    let again = run_now(&house, Some("k1"), Some(json!({"input": {"b": 2, "a": 1}}))).await;
    assert_eq!((again.status.as_u16(), &again.json()["id"]), (202, &first["id"]));
    run_now(&house, Some("k1"), Some(json!({"input": {"a": 2}}))).await.problem(422, "key_reused");
    assert_ne!(run_now(&house, Some("k2"), body()).await.json()["id"], first["id"]);
    for bad in ["", &"x".repeat(256), "\u{e4}"] {
        let problem = run_now(&house, Some(bad), body()).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/idempotency_key");
    }
    assert_eq!(first["idempotency_key"], "k1");
    house.close().await;
}

#[tokio::test]
async fn a_request_whose_twin_is_under_way_is_told_to_wait() {
    let house = House::new().await;
    house.orchestra("First").await;
    house.faults.fail_next(StoreMethod::Enqueue, Fault::Delay(std::time::Duration::from_secs(1)));
    let (first, ()) = tokio::join!(run_now(&house, Some("k"), None), async {
        house.asleep(2).await;
        run_now(&house, Some("k"), None).await.problem(409, "in_flight");
        house.clock.advance(std::time::Duration::from_secs(1));
    });
    assert_eq!(first.status, 202);
    assert_eq!(run_now(&house, Some("k"), None).await.json()["id"], first.json()["id"]);
    house.close().await;
}

#[tokio::test]
async fn a_run_can_wait_and_be_cancelled_by_name() {
    let house = House::new().await;
    house.orchestra("First").await;
    let run = run_now(&house, None, Some(json!({"run_at": "2026-11-23T00:00:00+01:00"}))).await.json();
    let path = format!("/api/runs/{}/cancel", run["id"].as_str().unwrap());
    let cancelled = house.ask("operator", Method::POST, &path, None).await.json();
    assert_eq!(
        (&cancelled["outcome"], &cancelled["run"]["status"]),
        (&json!("cancelled"), &json!("cancelled"))
    );
    assert_eq!(cancelled["run"]["error"]["message"], "cancelled by operator");
    let again = house.ask("operator", Method::POST, &path, Some(json!({"force": true}))).await.json();
    assert_eq!(again["outcome"], "ended");
    house.close().await;
}

#[tokio::test]
async fn an_input_that_does_not_fit_is_refused() {
    let house = House::new().await;
    let node = json!({"id": "echo", "kind": "deterministic", "skill": "util", "operation": "echo"});
    let schema = json!({"type": "object", "required": ["city"]});
    house.post("/api/scores", json!({"name": "First", "nodes": [node], "input_schema": schema})).await;
    house.post("/api/orchestras", json!({"name": "First", "score_id": "first"})).await;
    let problem = run_now(&house, None, Some(json!({"input": {}}))).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/input");
    let large = json!({"input": {"city": "x".repeat(256 * 1024)}});
    run_now(&house, None, Some(large)).await.problem(422, "invalid");
    house.close().await;
}

#[tokio::test]
async fn a_person_says_what_became_of_a_step_whose_outcome_was_lost() {
    let house = House::new().await;
    let lose = json!({"id": "lose", "kind": "deterministic", "skill": "util", "operation": "lose", "effect": "once"});
    house.post("/api/scores", json!({"name": "First", "nodes": [lose]})).await;
    house.post("/api/orchestras", json!({"name": "First", "score_id": "first"})).await;
    let run = run_now(&house, None, None).await.json();
    let path = format!("/api/runs/{}", run["id"].as_str().unwrap());
    drain(&house.maestro, &house.clock).await.unwrap();
    assert_eq!(house.get(&path).await.json()["status"], "waiting");
    assert_eq!(house.get(&format!("{path}/steps")).await.json()["items"][0]["status"], "unknown");

    let resolve = format!("{path}/steps/lose/resolve");
    let ask = |body: Value| house.ask("operator", Method::POST, &resolve, Some(body));
    for (body, pointer) in [
        (json!({"as": "again", "output": {}}), "/output"),
        (json!({"as": "failed", "output": {}}), "/output"),
        (json!({"as": "done", "message": "x"}), "/message"),
        (json!({"as": "perhaps"}), "/as"),
        (json!({}), ""),
    ] {
        assert_eq!(ask(body).await.problem(422, "invalid")["errors"][0]["pointer"], pointer);
    }
    assert_eq!(ask(json!({"as": "done", "output": {"sent": true}, "note": "asked them"})).await.status, 204);
    drain(&house.maestro, &house.clock).await.unwrap();
    let ended = house.get(&path).await.json();
    assert_eq!((&ended["status"], &ended["result"]), (&json!("succeeded"), &json!({"sent": true})));
    house.close().await;
}

/// Makes an orchestra that waits for an approval, and has it played until it does; returns the path of its run.
async fn waiting(house: &House) -> String {
    let ask = json!({"id": "ask", "kind": "approval", "title": "Send it?"});
    house.post("/api/scores", json!({"name": "First", "nodes": [ask]})).await;
    house.post("/api/orchestras", json!({"name": "First", "score_id": "first"})).await;
    let run = run_now(house, None, Some(json!({"input": {"city": "Bonn"}}))).await.json();
    drain(&house.maestro, &house.clock).await.unwrap();
    format!("/api/runs/{}", run["id"].as_str().unwrap())
}

async fn operate(house: &House, path: &str, body: Option<Value>) -> Answer {
    house.ask("operator", Method::POST, path, body).await
}

#[tokio::test]
async fn what_a_person_approves_flows_on_with_their_name() {
    let house = House::new().await;
    let run = waiting(&house).await;
    let body = json!({"note": "looks good", "data": {"subject": "Hello"}});
    assert_eq!(operate(&house, &format!("{run}/steps/ask/approve"), Some(body)).await.status, 204);
    drain(&house.maestro, &house.clock).await.unwrap();
    let ended = house.get(&run).await.json();
    assert_eq!(ended["status"], "succeeded");
    for said in ["operator", "looks good", "Hello", "Bonn"] {
        assert!(ended["result"].to_string().contains(said), "{said}: {ended}");
    }
    let late = operate(&house, &format!("{run}/steps/ask/reject"), None).await.problem(409, "conflict");
    assert!(late["detail"].as_str().unwrap().contains("it is succeeded"), "{late}");
    operate(&house, &format!("{run}/steps/none/approve"), None).await.problem(404, "not_found");
    house.close().await;
}

#[tokio::test]
async fn what_a_person_rejects_fails_and_is_asked_again_when_the_run_is_retried() {
    let house = House::new().await;
    let run = waiting(&house).await;
    let live = operate(&house, &format!("{run}/retry"), None).await.problem(409, "conflict");
    assert!(live["detail"].as_str().unwrap().contains("wait for its end"), "{live}");
    let body = json!({"note": "too long"});
    assert_eq!(operate(&house, &format!("{run}/steps/ask/reject"), Some(body)).await.status, 204);
    drain(&house.maestro, &house.clock).await.unwrap();
    assert_eq!(house.get(&run).await.json()["error"]["code"], "rejected");

    let body = json!({"from": ["ask"], "latest_agents": true, "budget_cents": 500});
    let retried = operate(&house, &format!("{run}/retry"), Some(body)).await;
    assert_eq!(retried.status, 202, "{}", retried.text);
    assert!(run.ends_with(retried.json()["id"].as_str().unwrap()));
    drain(&house.maestro, &house.clock).await.unwrap();
    assert_eq!(operate(&house, &format!("{run}/steps/ask/approve"), None).await.status, 204);
    drain(&house.maestro, &house.clock).await.unwrap();
    assert_eq!(house.get(&run).await.json()["status"], "succeeded");

    let again = operate(&house, &format!("{run}/rerun"), None).await;
    assert_eq!(again.status, 202, "{}", again.text);
    let (first, again) = (house.get(&run).await.json(), again.json());
    assert_eq!(again["trigger"], json!({"kind": "rerun", "of": first["id"]}));
    assert_eq!(again["input"], json!({"city": "Bonn"}));
    house.close().await;
}
