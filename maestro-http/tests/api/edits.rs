//! Edits: nobody overwrites what they have not seen.

use axum::{body::Body, http::Method};
use serde_json::{Value, json};

use crate::house::{Answer, House};

async fn edit(house: &House, method: Method, path: &str, tag: &str, body: Value) -> Answer {
    let headers = [("content-type", "application/json"), ("if-match", tag)];
    house.send_with(method, path, &headers, Body::from(body.to_string())).await
}

#[tokio::test]
async fn an_orchestra_is_made_disabled_and_edited_by_its_tag() {
    let house = House::new().await;
    house.orchestra("First").await;
    let new = json!({"name": "Cold leads", "score_id": "first", "cron": "0 9 * * 1-5", "timezone": "Europe/Berlin"});
    let made = house.post("/api/orchestras", new).await;
    assert_eq!((made.status.as_u16(), made.header("location")), (201, "orchestras/cold-leads"));
    assert_eq!(made.header("etag"), "\"1\"");
    let orchestra = made.json();
    assert_eq!((&orchestra["enabled"], &orchestra["status"]), (&json!(false), &json!("paused")));
    assert_eq!(orchestra["next_fire_at"], Value::Null);

    let path = "/api/orchestras/cold-leads";
    let edited =
        edit(&house, Method::PATCH, path, "\"1\"", json!({"budget_cents": 50, "enabled": true})).await;
    assert_eq!((edited.status.as_u16(), edited.header("etag")), (200, "\"2\""), "{}", edited.text);
    assert_eq!(edited.json()["next_fire_at"], "2026-11-23T08:00:00Z");
    let late = edit(&house, Method::PATCH, path, "\"1\"", json!({"name": "Late"})).await;
    late.problem(412, "revision_mismatch");
    edit(&house, Method::PATCH, path, "W/\"2\"", json!({"name": "Weak"}))
        .await
        .problem(412, "revision_mismatch");
    let either = edit(&house, Method::PATCH, path, "\"1\", \"2\"", json!({"budget_cents": null})).await;
    assert_eq!(either.json()["budget_cents"], Value::Null);
    assert_eq!(edit(&house, Method::PATCH, path, "*", json!({"name": "Any"})).await.header("etag"), "\"4\"");

    edit(&house, Method::DELETE, path, "\"3\"", json!({})).await.problem(412, "revision_mismatch");
    house.ask("admin", Method::DELETE, path, None).await.problem(409, "enabled");
    house.ask("operator", Method::POST, &format!("{path}/disable"), None).await;
    assert_eq!(house.ask("admin", Method::DELETE, path, None).await.status, 204);
    house.get(path).await.problem(404, "not_found");
    assert_eq!(house.get(&format!("{path}/firings")).await.status, 200);
    house.close().await;
}

#[tokio::test]
async fn a_score_is_versioned_and_can_be_sent_back_as_it_is() {
    let house = House::new().await;
    let node = json!({"id": "echo", "kind": "deterministic", "skill": "util", "operation": "echo"});
    let score = json!({"name": "Digest", "pipeline_kind": "seo", "summary": "{{ result }}", "nodes": [node]});
    let made = house.post("/api/scores", score.clone()).await;
    assert_eq!((made.status.as_u16(), made.header("location")), (201, "scores/digest"), "{}", made.text);
    house.post("/api/scores", score).await.problem(409, "taken");

    let path = "/api/scores/digest";
    let mut document = house.get(path).await.json();
    let same = house.ask("admin", Method::PUT, path, Some(document.clone())).await;
    assert_eq!((same.status.as_u16(), same.header("etag")), (200, "\"1\""), "{}", same.text);
    document["description"] = json!("Sums up");
    let saved = edit(&house, Method::PUT, path, "\"1\"", document.clone()).await;
    assert_eq!(saved.header("etag"), "\"2\"");
    edit(&house, Method::PUT, path, "\"1\"", document.clone()).await.problem(412, "revision_mismatch");
    assert_eq!(house.get(&format!("{path}/versions/1")).await.json()["description"], "");
    document["id"] = json!("other");
    let problem = edit(&house, Method::PUT, path, "*", document).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/id");

    let copy = house.post(&format!("{path}/clone"), json!({"name": "Copy"})).await;
    assert_eq!((copy.status.as_u16(), copy.header("location")), (201, "../copy"));
    assert_eq!(house.ask("admin", Method::DELETE, "/api/scores/copy", None).await.status, 204);
    assert_eq!(house.get("/api/scores").await.json()["items"].as_array().unwrap().len(), 1);
    house.close().await;
}

#[tokio::test]
async fn an_agent_gets_a_version_with_every_edit_and_a_slug_of_its_own() {
    let house = House::new().await;
    let new = json!({"name": "Ada", "system_prompt": "Be Ada.", "max_tokens": 100});
    let made = house.post("/api/agents", new.clone()).await;
    assert_eq!((made.header("location"), made.header("etag")), ("agents/ada", "\"1\""));
    assert_eq!(house.post("/api/agents", new.clone()).await.json()["slug"], "ada-2");
    let mut named = new;
    named["slug"] = json!("ada");
    house.post("/api/agents", named).await.problem(409, "taken");

    let path = "/api/agents/ada";
    let edited = edit(&house, Method::PATCH, path, "\"1\"", json!({"max_tokens": null, "model": "m"})).await;
    assert_eq!((&edited.json()["max_tokens"], &edited.json()["version"]), (&Value::Null, &json!(2)));
    edit(&house, Method::PATCH, path, "\"1\"", json!({"name": "Late"}))
        .await
        .problem(412, "revision_mismatch");
    let problem = edit(&house, Method::PATCH, path, "*", json!({"slug": "b"})).await.problem(422, "invalid");
    assert!(problem["detail"].as_str().unwrap().contains("never changes"));

    let node = json!({"id": "draft", "kind": "llm", "agent": "ada", "prompt": "Write."});
    let score = house.post("/api/scores", json!({"name": "Write", "nodes": [node]})).await;
    assert_eq!(score.status, 201, "{}", score.text);
    let usage = house.get(&format!("{path}/usage")).await.json();
    assert_eq!(
        usage,
        json!({"scores": [{"score_id": "write", "name": "Write", "version": 1, "nodes": ["draft"]}]})
    );
    house.ask("admin", Method::DELETE, path, None).await.problem(409, "in_use");
    house.close().await;
}

#[tokio::test]
async fn prices_are_replaced_by_model_and_moment() {
    let house = House::new().await;
    let price = |input: u64| {
        json!({"model": "m", "valid_from": "2026-01-01T00:00:00Z", "input": input, "output": 2, "cache_read": null,
            "cache_write": 4})
    };
    let set = |prices: Value| {
        house.ask("admin", Method::PUT, "/api/model-pricing", Some(json!({"prices": prices})))
    };
    assert_eq!(set(json!([price(1)])).await.status, 200);
    assert_eq!(set(json!([price(3)])).await.json()["items"], json!([price(3)]));
    assert_eq!(
        house.get("/api/model-pricing").await.json(),
        json!({"items": [price(3)], "next_cursor": null})
    );
    let problem = set(json!([price(1), price(2)])).await.problem(422, "invalid");
    assert_eq!(problem["errors"][0]["pointer"], "/prices/1");
    house.close().await;
}

#[tokio::test]
async fn a_pause_names_who_paused() {
    let house = House::new().await;
    let paused = house.ask("operator", Method::POST, "/api/workspace/pause", None).await.json();
    assert_eq!(paused["paused"], json!({"by": "operator", "at": "2026-11-22T08:00:00Z"}));
    assert_eq!(house.get("/api/workspace").await.json(), paused);
    let resumed = house.ask("operator", Method::POST, "/api/workspace/resume", None).await.json();
    assert_eq!(resumed["paused"], Value::Null);
    house.close().await;
}

#[tokio::test]
async fn settings_are_edited_by_their_tag() {
    let house = House::new().await;
    let path = "/api/workspace";
    assert_eq!(house.get(path).await.header("etag"), "\"0\"");
    let body = json!({"daily_budget_cents": 2000, "timezone": "Europe/Berlin"});
    let edited = edit(&house, Method::PATCH, path, "\"0\"", body).await;
    assert_eq!((edited.header("etag"), &edited.json()["daily_budget_cents"]), ("\"1\"", &json!(2000)));
    edit(&house, Method::PATCH, path, "\"0\"", json!({"default_model": "m"}))
        .await
        .problem(412, "revision_mismatch");
    let kept = edit(&house, Method::PATCH, path, "*", json!({"daily_budget_cents": null})).await.json();
    assert_eq!((&kept["daily_budget_cents"], &kept["timezone"]), (&Value::Null, &json!("Europe/Berlin")));
    for (body, pointer) in [
        (json!({"timezone": "Mars"}), "/timezone"),
        (json!({"daily_budget_cents": 10_u64.pow(13)}), "/daily_budget_cents"),
        (json!({"paused": null}), "/paused"),
    ] {
        let problem = edit(&house, Method::PATCH, path, "*", body).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    house.close().await;
}

#[tokio::test]
async fn a_preview_says_what_a_schedule_means() {
    let house = House::new().await;
    let asked = json!({"cron": "0 9 * * 1-5", "timezone": "Europe/Berlin", "count": 2});
    let preview = house.post("/api/cron/preview", asked).await.json();
    let fires = ["2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z"];
    assert_eq!(preview, json!({"description": "At 09:00, Monday through Friday", "fires": fires}));
    let from = json!({"cron": "@daily", "count": 1, "from": "2026-12-24T00:00:00Z"});
    assert_eq!(house.post("/api/cron/preview", from).await.json()["fires"], json!(["2026-12-24T00:00:00Z"]));
    house.close().await;
}
