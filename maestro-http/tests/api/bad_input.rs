//! Bad input: every kind of it is answered with a problem document that says what to send instead.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::Method,
};
use futures_util::stream;
use serde_json::{Value, json};

use crate::house::House;

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_body_of_two_mebibytes_is_read_and_one_byte_more_is_not() {
    let house = House::new().await;
    let of = |bytes: usize| {
        let empty = r#"{"name": "N", "nodes": [], "description": ""}"#;
        empty.replace(
            "\"description\": \"\"",
            &format!("\"description\": \"{}\"", "x".repeat(bytes - empty.len())),
        )
    };
    let limit = 2 * 1024 * 1024;
    let send =
        |text: String| house.send_with(Method::POST, "/api/scores/validate", &[JSON], Body::from(text));
    send(of(limit)).await.problem(422, "invalid_score");
    send(of(limit + 1)).await.problem(413, "too_large");

    // Announced and never sent; sent and never announced.
    let announced = [JSON, ("content-length", "2097153")];
    house
        .send_with(Method::POST, "/api/scores/validate", &announced, Body::empty())
        .await
        .problem(413, "too_large");
    let chunks = (0..3).map(move |_| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; limit / 2])));
    let chunked = Body::from_stream(stream::iter(chunks));
    house.send_with(Method::POST, "/api/scores/validate", &[JSON], chunked).await.problem(413, "too_large");
    house.close().await;
}

#[tokio::test]
async fn what_is_no_json_that_everybody_reads_alike_is_refused() {
    let house = House::new().await;
    let deep = "[".repeat(100_000);
    let cases: [(&[u8], &str, &str); 9] = [
        (b"", "malformed", ""),
        (b"{", "malformed", ""),
        (b"{\"cron\": \"@daily\"} x", "malformed", ""),
        (b"{\"cron\": 1e999}", "malformed", ""),
        (b"\xff\xfe", "malformed", ""),
        (b"{\"cron\": \"\\ud800\"}", "malformed", ""),
        (deep.as_bytes(), "malformed", "too_deep"),
        (b"{\"cron\": \"@daily\", \"cron\": \"@hourly\"}", "malformed", "repeated_key"),
        (b"{\"cron\": \"@daily\", \"more\": {\"a\": 1, \"a\": 2}}", "malformed", "repeated_key"),
    ];
    for (body, code, error) in cases {
        let answer =
            house.send_with(Method::POST, "/api/cron/preview", &[JSON], Body::from(body.to_vec())).await;
        let problem = answer.problem(400, code);
        let found = problem["errors"][0]["code"].as_str().unwrap_or_default();
        assert_eq!(found, error, "{problem}");
    }
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=latin1",
    ] {
        let headers = [("content-type", media)];
        let answer = house.send_with(Method::POST, "/api/cron/preview", &headers, Body::from("{}")).await;
        answer.problem(415, "unsupported_media_type");
    }
    let answer = house.send_with(Method::POST, "/api/cron/preview", &[], Body::from("{}")).await;
    answer.problem(415, "unsupported_media_type");
    house.close().await;
}

#[tokio::test]
async fn what_makes_no_sense_is_told_with_its_place() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    let run = house.workspace().run_now(&id).await.unwrap().id();
    let retry = format!("/api/runs/{run}/retry");
    let approve = format!("/api/runs/{run}/steps/echo/approve");
    let cases = [
        ("POST", "/api/cron/preview", json!([]), "", "invalid"),
        ("POST", "/api/cron/preview", json!({}), "", "missing_field"),
        ("POST", "/api/cron/preview", json!({"cron": 7}), "/cron", "wrong_type"),
        ("POST", "/api/cron/preview", json!({"cron": "5/15 * * * *"}), "/cron", "invalid_minute"),
        ("POST", "/api/cron/preview", json!({"cron": "* * * * * *"}), "/cron", "invalid_cron"),
        ("POST", "/api/cron/preview", json!({"cron": "@daily", "timezone": "Mars"}), "/timezone", "invalid"),
        ("POST", "/api/cron/preview", json!({"cron": "@daily", "count": 0}), "/count", "invalid"),
        ("POST", "/api/cron/preview", json!({"cron": "@daily", "count": 101}), "/count", "invalid"),
        ("POST", "/api/cron/preview", json!({"cron": "@daily", "count": -1}), "/count", "invalid"),
        ("POST", "/api/cron/preview", json!({"cron": "@daily", "from": "today"}), "/from", "invalid"),
        ("POST", "/api/cron/preview", json!({"cron": "@daily", "more": 1}), "/more", "unknown_field"),
        ("POST", "/api/orchestras", json!({"name": "", "score_id": "first"}), "/name", "invalid"),
        ("POST", "/api/orchestras", json!({"name": "N", "score_id": "None"}), "/score_id", "invalid"),
        ("POST", "/api/orchestras", json!({"name": "N", "score_id": "none"}), "/score_id", "invalid"),
        ("PATCH", "/api/orchestras/first", json!({"overlap": "never"}), "/overlap", "invalid"),
        ("PATCH", "/api/orchestras/first", json!({"misfire": "fire_all"}), "/misfire", "invalid"),
        (
            "PATCH",
            "/api/orchestras/first",
            json!({"max_concurrent_runs": 0}),
            "/max_concurrent_runs",
            "invalid",
        ),
        (
            "PATCH",
            "/api/orchestras/first",
            json!({"on_finish": {"orchestra_id": "first"}}),
            "/on_finish",
            "invalid",
        ),
        (
            "PATCH",
            "/api/orchestras/first",
            json!({"on_finish": {"more": 1}}),
            "/on_finish/more",
            "unknown_field",
        ),
        ("POST", "/api/runs/by-orchestra/first", json!({"class": "urgent"}), "/class", "invalid"),
        ("POST", "/api/runs/by-orchestra/first", json!({"run_at": "2026-11-22"}), "/run_at", "invalid"),
        ("POST", &retry, json!({"from": "draft"}), "/from", "wrong_type"),
        ("POST", &retry, json!({"from": ["A B"]}), "/from/0", "invalid"),
        ("POST", &retry, json!({"from": vec!["echo"; 1_001]}), "/from", "invalid"),
        ("POST", &retry, json!({"latest_agents": 1}), "/latest_agents", "wrong_type"),
        ("POST", &retry, json!({"budget_cents": 1_000_000_000_001_u64}), "/budget_cents", "invalid"),
        ("POST", &retry, json!({"more": 1}), "/more", "unknown_field"),
        ("POST", &approve, json!({"note": 1}), "/note", "wrong_type"),
        ("POST", &approve, json!({"data": "x".repeat(1024 * 1024)}), "/data", "invalid"),
        ("POST", &approve, json!({"more": 1}), "/more", "unknown_field"),
        ("POST", "/api/agents", json!({"name": "A", "system_prompt": " "}), "/system_prompt", "invalid"),
        ("POST", "/api/agents", json!({"name": "A", "system_prompt": "x", "slug": "Ä"}), "/slug", "invalid"),
        ("POST", "/api/agents", json!({"name": "A", "system_prompt": "x", "slug": "new"}), "/id", "invalid"),
        ("PUT", "/api/model-pricing", json!({"prices": [{"model": "m"}]}), "/prices/0", "missing_field"),
        ("PUT", "/api/model-pricing", prices(-1), "/prices/0/input", "invalid"),
    ];
    for (method, path, body, pointer, code) in cases {
        let answer = house.ask("admin", method.parse().unwrap(), path, Some(body.clone())).await;
        let problem = answer.problem(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{body}: {problem}");
    }
    house.close().await;
}

fn prices(input: i64) -> Value {
    let price = json!({"model": "m", "valid_from": "2026-01-01T00:00:00Z", "input": input, "output": 1});
    json!({"prices": [price]})
}

#[tokio::test]
async fn fields_that_are_gone_or_never_change_are_refused_with_the_reason() {
    let house = House::new().await;
    house.orchestra("First").await;
    let create = json!({"name": "N", "score_id": "first", "skills": [], "instructions": "", "handoff_to_agent_id": null});
    let problem = house.post("/api/orchestras", create).await.problem(422, "invalid");
    let pointers: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/skills", "/instructions", "/handoff_to_agent_id"]);

    let words = [
        (json!({"score_id": "first"}), "never changes"),
        (json!({"id": "first"}), "never changes"),
        (json!({"status": "idle"}), "computed"),
        (json!({"skills": ["a"]}), "retired"),
        (json!({"instructions": "x"}), "retired"),
        (json!({"handoff_to_agent_id": "x"}), "retired"),
    ];
    for (body, word) in words {
        let answer = house.ask("admin", Method::PATCH, "/api/orchestras/first", Some(body)).await;
        let problem = answer.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], "refused_field");
        assert!(problem["detail"].as_str().unwrap().contains(word), "{problem}");
    }
    house.close().await;
}

#[tokio::test]
async fn all_problems_of_a_score_are_told_at_once() {
    let house = House::new().await;
    let node = |operation: &str| json!({"id": "a", "kind": "deterministic", "skill": "util", "operation": operation});
    let score =
        json!({"name": "Bad", "nodes": [node("nothing"), node("echo")], "edges": [{"from": "a", "to": "z"}]});
    let problem = house.post("/api/scores", score).await.problem(422, "invalid_score");
    let found: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
    for code in ["duplicate_id", "unknown_node"] {
        assert!(found.contains(&&json!(code)), "{problem}");
    }
    let twice = Body::from(r#"{"name": "Bad", "name": "Worse", "nodes": []}"#);
    let answer = house.send_with(Method::POST, "/api/scores", &[JSON], twice).await;
    assert_eq!(answer.problem(422, "invalid_score")["errors"][0]["pointer"], "/name");
    house.close().await;
}

#[tokio::test]
async fn bad_parameters_cursors_and_tags_are_refused() {
    let house = House::new().await;
    house.orchestra("First").await;
    let run_cursor = "72".to_owned() + &hex("00000000-0000-7000-8000-000000000000");
    let cases = [
        ("/api/runs?limit=0", "limit"),
        ("/api/runs?limit=201", "limit"),
        ("/api/runs?limit=many", "limit"),
        ("/api/runs?limit=1&limit=1", "limit"),
        ("/api/runs?more=1", "more"),
        ("/api/runs?status=failed,odd", "status"),
        ("/api/runs?status=", "status"),
        ("/api/runs?trigger=magic", "trigger"),
        ("/api/runs?since=yesterday", "since"),
        ("/api/runs?until=2026-11-22T00:00:00", "until"),
        ("/api/runs?orchestra_id=%C3%84", "orchestra_id"),
        ("/api/runs?cursor=", "cursor"),
        ("/api/runs?cursor=%00", "cursor"),
        ("/api/runs?cursor=zzzz", "cursor"),
        ("/api/orchestras?cursor=69", "cursor"),
        (&format!("/api/orchestras?cursor={run_cursor}"), "cursor"),
        ("/api/orchestras/first/firings?cursor=6639393939393939393939393939393939393939", "cursor"),
        ("/api/costs?by=color", "by"),
        ("/api/costs?since=0001-01-01T00:00:00Z", "/since"),
        ("/api/runs?workspace=default&workspace=default", "workspace"),
    ];
    for (path, parameter) in cases {
        let problem = house.get(path).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], parameter, "{path}: {problem}");
    }
    for tag in ["1", "\"1", "\u{e4}", "", "\"a\" \"b\""] {
        let answer = house
            .send_with(Method::DELETE, "/api/orchestras/first", &[("if-match", tag)], Body::empty())
            .await;
        answer.problem(400, "malformed");
    }
    house.close().await;
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_id_that_is_none_or_belongs_to_others_is_not_found() {
    let house = House::new().await;
    house.orchestra("First").await;
    let paths = [
        "/api/orchestras/nothing",
        "/api/orchestras/FIRST",
        "/api/orchestras/%2e%2e%2fx",
        "/api/orchestras/%FF",
        "/api/orchestras/%00",
        "/api/runs/first",
        "/api/runs/019ab3c87f007cc398c4dc0c0c07398f",
        "/api/runs/00000000-0000-7000-8000-000000000000",
        "/api/runs/00000000-0000-7000-8000-000000000000/steps",
        "/api/scores/first/versions/0",
        "/api/scores/first/versions/99999999999",
        "/api/scores/first/versions/-1",
        "/api/agents/nobody",
        "/api/agents/nobody/usage",
        "/api/orchestras/first?workspace=elsewhere",
        "/api/orchestras?workspace=../default",
    ];
    for path in paths {
        house.get(path).await.problem(404, "not_found");
    }
    house.ask("stranger", Method::GET, "/api/orchestras/first", None).await.problem(404, "not_found");
    house.close().await;
}

#[tokio::test]
async fn nothing_that_was_sent_reaches_a_header() {
    let house = House::new().await;
    // A name whose slug stands in Location, and ids that a log and a header could carry on.
    let name = "Evil\r\nSet-Cookie: a=b";
    house.orchestra("First").await;
    let answer = house.post("/api/orchestras", json!({"name": name, "score_id": "first"})).await;
    answer.problem(422, "invalid");
    let answer = house.post("/api/agents", json!({"name": "Evil: <x> é", "system_prompt": "x"})).await;
    assert_eq!(answer.header("location"), "agents/evil-x");
    let answer = house.get("/api/runs?limit=1&status=failed%0d%0aset-cookie:%20a=b").await;
    assert!(answer.headers.get("set-cookie").is_none());
    answer.problem(422, "invalid");
    for (id, is_kept) in
        [("abc-1.2_3", true), ("a b", false), ("", false), (&"x".repeat(65), false), ("ä", false)]
    {
        let answer =
            house.send_with(Method::GET, "/api/workspace", &[("x-request-id", id)], Body::empty()).await;
        assert_eq!(answer.header("x-request-id") == id, is_kept, "{id}");
    }
    house.close().await;
}

#[tokio::test]
async fn headers_and_paths_that_are_too_large_are_refused() {
    let house = House::new().await;
    let large = "x".repeat(16 * 1024);
    let answer = house.send_with(Method::GET, "/api/workspace", &[("x-large", &large)], Body::empty()).await;
    answer.problem(431, "headers_too_large");
    house.get(&format!("/api/runs?cursor={large}")).await.problem(431, "headers_too_large");
    house.close().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_waited_for_only_so_long() {
    let house = House::new().await;
    let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let asked = house.send_with(Method::POST, "/api/cron/preview", &[JSON], never);
    let (answer, ()) = tokio::join!(asked, async {
        house.asleep(2).await;
        house.clock.advance(Duration::from_secs(10));
    });
    answer.problem(408, "slow_body");
    house.close().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused() {
    let house = House::new().await;
    let broken = stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("gone"))]);
    let answer = house.send_with(Method::POST, "/api/cron/preview", &[JSON], Body::from_stream(broken)).await;
    answer.problem(400, "malformed");
    house.close().await;
}
