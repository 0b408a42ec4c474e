//! Who may do what: every operation of the description, asked by everybody.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use crate::house::House;

/// What an operation takes, and what it answers to somebody who may: the status, for a request whose ids are those of this
/// workspace.
struct Case {
    operation: &'static str,
    role: &'static str,
    /// The path, with ids that the house has.
    path: &'static str,
    body: fn() -> Option<Value>,
    answer: u16,
    /// What an admin of another workspace is answered: nothing of this one is there for them.
    elsewhere: u16,
}

const NO_BODY: fn() -> Option<Value> = || None;

fn case(
    operation: &'static str,
    role: &'static str,
    path: &'static str,
    body: fn() -> Option<Value>,
    answer: u16,
    elsewhere: u16,
) -> Case {
    Case { operation, role, path, body, answer, elsewhere }
}

fn agent() -> Option<Value> {
    Some(json!({"name": "New", "system_prompt": "Be new."}))
}

fn score() -> Option<Value> {
    Some(
        json!({"name": "New", "nodes": [{"id": "echo", "kind": "deterministic", "skill": "util", "operation": "echo"}]}),
    )
}

fn cases() -> Vec<Case> {
    let name = || Some(json!({"name": "Another name"}));
    let orchestra = || Some(json!({"name": "Other", "score_id": "first"}));
    let preview = || Some(json!({"cron": "@daily"}));
    let prices = || Some(json!({"prices": []}));
    let budget = || Some(json!({"daily_budget_cents": 100}));
    let resolve = || Some(json!({"as": "again"}));
    let score_again = || {
        let mut score = score().unwrap_or_default();
        score["id"] = json!("first");
        Some(score)
    };
    vec![
        case("list_orchestras", "viewer", "/api/orchestras", NO_BODY, 200, 200),
        case("create_orchestra", "admin", "/api/orchestras", orchestra, 201, 422),
        case("get_orchestra", "viewer", "/api/orchestras/first", NO_BODY, 200, 404),
        case("edit_orchestra", "admin", "/api/orchestras/first", name, 200, 404),
        case("delete_orchestra", "admin", "/api/orchestras/gone", NO_BODY, 204, 404),
        case("enable_orchestra", "operator", "/api/orchestras/first/enable", NO_BODY, 200, 404),
        case("disable_orchestra", "operator", "/api/orchestras/first/disable", NO_BODY, 200, 404),
        case("list_firings", "viewer", "/api/orchestras/first/firings", NO_BODY, 200, 404),
        case("preview_cron", "viewer", "/api/cron/preview", preview, 200, 200),
        case("run_now", "operator", "/api/runs/by-orchestra/first", NO_BODY, 202, 404),
        case("list_runs", "viewer", "/api/runs", NO_BODY, 200, 200),
        case("get_run", "viewer", "/api/runs/{run}", NO_BODY, 200, 404),
        case("list_steps", "viewer", "/api/runs/{run}/steps", NO_BODY, 200, 404),
        case("cancel_run", "operator", "/api/runs/{run}/cancel", NO_BODY, 200, 404),
        // It has ended well.
        case("retry_run", "operator", "/api/runs/{run}/retry", NO_BODY, 409, 404),
        case("rerun_run", "operator", "/api/runs/{run}/rerun", NO_BODY, 202, 404),
        // Its step is no approval, and not unknown.
        case("approve_step", "operator", "/api/runs/{run}/steps/echo/approve", NO_BODY, 409, 404),
        case("reject_step", "operator", "/api/runs/{run}/steps/echo/reject", NO_BODY, 409, 404),
        case("resolve_step", "operator", "/api/runs/{run}/steps/echo/resolve", resolve, 409, 404),
        case("list_scores", "viewer", "/api/scores", NO_BODY, 200, 200),
        case("create_score", "admin", "/api/scores", score, 201, 201),
        case("get_score", "viewer", "/api/scores/first", NO_BODY, 200, 404),
        case("save_score", "admin", "/api/scores/first", score_again, 200, 404),
        case("delete_score", "admin", "/api/scores/spare", NO_BODY, 204, 404),
        case("get_score_version", "viewer", "/api/scores/first/versions/1", NO_BODY, 200, 404),
        case("clone_score", "admin", "/api/scores/first/clone", name, 201, 404),
        case("validate_score", "viewer", "/api/scores/validate", score, 200, 200),
        case("list_agents", "viewer", "/api/agents", NO_BODY, 200, 200),
        case("create_agent", "admin", "/api/agents", agent, 201, 201),
        case("get_agent", "viewer", "/api/agents/ada", NO_BODY, 200, 404),
        case("edit_agent", "admin", "/api/agents/ada", name, 200, 404),
        case("delete_agent", "admin", "/api/agents/ada", NO_BODY, 204, 404),
        case("get_agent_usage", "viewer", "/api/agents/ada/usage", NO_BODY, 200, 404),
        case("list_prices", "viewer", "/api/model-pricing", NO_BODY, 200, 200),
        case("set_prices", "admin", "/api/model-pricing", prices, 200, 200),
        case("get_workspace", "viewer", "/api/workspace", NO_BODY, 200, 200),
        case("edit_workspace", "admin", "/api/workspace", budget, 200, 200),
        case("list_costs", "viewer", "/api/costs?by=model", NO_BODY, 200, 200),
        case("pause_workspace", "operator", "/api/workspace/pause", NO_BODY, 200, 200),
        case("resume_workspace", "operator", "/api/workspace/resume", NO_BODY, 200, 200),
        case("workspace_events", "viewer", "/api/events", NO_BODY, 200, 200),
        case("orchestra_events", "viewer", "/api/orchestras/first/events", NO_BODY, 200, 404),
        case("run_events", "viewer", "/api/runs/{run}/events", NO_BODY, 200, 404),
        case("get_openapi", "viewer", "/api/openapi.json", NO_BODY, 200, 200),
    ]
}

/// Fills a house with what the paths name; returns it with the id of the run.
async fn furnished() -> (House, String) {
    let house = House::new().await;
    house.orchestra("First").await;
    house.orchestra("Gone").await;
    let spare = house.post("/api/scores", json!({"name": "Spare", "nodes": score().unwrap()["nodes"]})).await;
    assert_eq!(spare.status, 201, "{}", spare.text);
    let agent = house.post("/api/agents", json!({"name": "Ada", "system_prompt": "Be Ada."})).await;
    assert_eq!(agent.status, 201, "{}", agent.text);
    let run = house.workspace().run_now(&"first".parse().unwrap()).await.unwrap().id();
    maestro_core::testing::drain(&house.maestro, &house.clock).await.unwrap();
    (house, run.to_string())
}

#[tokio::test]
async fn every_operation_is_for_those_whose_role_allows_it_and_for_nobody_else() {
    let description = House::new().await.get("/api/openapi.json").await.json();
    let mut operations: BTreeMap<&str, (Method, &Value)> = BTreeMap::new();
    for item in description["paths"].as_object().unwrap().values() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase().parse().unwrap();
            operations.insert(operation["operationId"].as_str().unwrap(), (method, operation));
        }
    }
    let cases = cases();
    let named: Vec<&str> = cases.iter().map(|case| case.operation).collect();
    let unknown: Vec<_> = operations.keys().filter(|operation| !named.contains(operation)).collect();
    assert!(unknown.is_empty(), "say in this table who may call {unknown:?}");
    assert_eq!(operations.len(), cases.len());

    let mut checked = 0;
    for case in &cases {
        let (method, operation) = &operations[case.operation];
        assert_eq!(operation["x-role"], case.role, "{}", case.operation);
        for who in ["", "viewer", "operator", "admin", "stranger"] {
            let rank = |role| ["viewer", "operator", "admin"].iter().position(|other| *other == role);
            let expected = match who {
                "" => 401,
                "stranger" => case.elsewhere,
                who if rank(who) < rank(case.role) => 403,
                _ => case.answer,
            };
            let (house, run) = furnished().await;
            let path = case.path.replace("{run}", &run);
            let answer = match case.operation.ends_with("_events") {
                true => house.begin(who, &path).await,
                false => house.ask(who, method.clone(), &path, (case.body)()).await,
            };
            assert_eq!(answer.status, expected, "{} as {who:?}: {}", case.operation, answer.text);
            if expected >= 400 {
                assert_eq!(answer.header("content-type"), "application/problem+json");
            }
            house.close().await;
            checked += 1;
        }
    }
    println!("operations × people: {} × 5 = {checked} answers as they should be", cases.len());
}
