//! Refusals: whatever goes wrong, the answer is a problem document that tells nothing of what is inside.

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request, request::Parts},
};
use maestro_core::testing::{Fault, Method as StoreMethod};
use maestro_http::{Denial, Principal, Role};
use serde_json::json;
use tower::ServiceExt;

use crate::house::{BASE, House, read};

#[tokio::test]
async fn an_unknown_route_and_an_unknown_method_are_problems() {
    let house = House::new().await;
    for path in ["/api/nothing", "/nothing", "/api/orchestras/first/nothing", "/api/orchestras/", "/api"] {
        house.get(path).await.problem(404, "no_route");
    }
    for (method, path) in
        [("PUT", "/api/orchestras"), ("DELETE", "/api/runs"), ("TRACE", "/api/scores"), ("POST", "/healthz")]
    {
        let answer = house.ask("admin", method.parse().unwrap(), path, None).await;
        answer.problem(405, "method_not_allowed");
        assert!(answer.header("allow").contains("GET"), "{path}");
    }
    house.close().await;
}

#[tokio::test]
async fn nobody_is_told_to_log_in_and_whoever_may_not_is_told_what_it_takes() {
    let house = House::new().await;
    let answer = house.ask("", Method::GET, "/api/orchestras", None).await;
    answer.problem(401, "unauthenticated");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    house.ask("nobody", Method::GET, "/api/orchestras", None).await.problem(401, "unauthenticated");
    // Before anything of the body is looked at.
    let headers = [("content-type", "text/plain"), ("authorization", "Bearer viewer")];
    let mut request = Request::post(format!("{BASE}/api/orchestras"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let never = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let problem = house.send(request.body(never).unwrap()).await.problem(403, "forbidden");
    assert_eq!(problem["detail"], "this needs the role admin, and yours is viewer");
    house.close().await;
}

#[tokio::test]
async fn a_browser_is_sent_to_log_in_and_a_program_is_not() {
    let house = House::new().await;
    let ask_for_login = |_: &Parts| -> Result<Principal, Denial> { Err(Denial::login_at("/login?next=x")) };
    let app: Router = maestro_http::router(house.maestro.clone(), ask_for_login).into();
    let ask = |method: Method, accept: &str| {
        let request = Request::builder().method(method).uri("/api/orchestras").header("accept", accept);
        app.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let answer = read(ask(Method::GET, "text/html,application/xhtml+xml").await.unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/login?next=x"));
    for (method, accept) in
        [(Method::GET, "application/json"), (Method::GET, "*/*"), (Method::POST, "text/html")]
    {
        read(ask(method, accept).await.unwrap()).await.problem(401, "unauthenticated");
    }
    house.close().await;
}

#[tokio::test]
async fn an_authorizer_that_cannot_tell_or_refuses_is_a_problem() {
    let house = House::new().await;
    let cases = [
        (Denial::Unavailable, 503, "unavailable"),
        (Denial::refused("not on Sundays"), 403, "forbidden"),
        (Denial::login_at("bad\r\nurl"), 401, "unauthenticated"),
    ];
    for (denial, status, code) in cases {
        let deny = move |_: &Parts| -> Result<Principal, Denial> { Err(denial.clone()) };
        let app: Router = maestro_http::router(house.maestro.clone(), deny).into();
        let request = Request::get("/api/runs").header("accept", "text/html").body(Body::empty()).unwrap();
        read(app.oneshot(request).await.unwrap()).await.problem(status, code);
    }
    let nowhere =
        |_: &Parts| -> Result<Principal, Denial> { Ok(Principal::new("x", Role::Admin).workspaces([])) };
    let app: Router = maestro_http::router(house.maestro.clone(), nowhere).into();
    let request = Request::get("/api/runs").body(Body::empty()).unwrap();
    read(app.oneshot(request).await.unwrap()).await.problem(404, "not_found");
    house.close().await;
}

#[tokio::test]
async fn a_store_that_fails_is_told_without_its_words() {
    let house = House::new().await;
    house.orchestra("First").await;
    let cases = [
        (Fault::NotApplied, 503, "unavailable"),
        (Fault::Corrupt, 500, "internal"),
        (Fault::NotStorable, 422, "invalid"),
    ];
    for (fault, status, code) in cases {
        house.faults.fail_next(StoreMethod::Orchestra, fault);
        let answer = house.get("/api/orchestras/first").await;
        answer.problem(status, code);
        assert!(!answer.text.contains("injected") && !answer.text.contains("not applied"), "{}", answer.text);
        assert_eq!(answer.headers.contains_key("retry-after"), status == 503);
    }
    house.close().await;
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_given_up() {
    let house = House::new().await;
    house.faults.fail_next(StoreMethod::Runs, Fault::HangBefore);
    let (answer, ()) = tokio::join!(house.get("/api/runs"), async {
        house.asleep(1).await;
        house.clock.advance(Duration::from_secs(30));
    });
    answer.problem(503, "timeout");
    house.close().await;
}

#[tokio::test]
async fn a_panic_is_a_problem_and_tells_nothing() {
    let house = House::new().await;
    let panics = |_: &Parts| -> Result<Principal, Denial> { panic!("secret words") };
    let app: Router = maestro_http::router(house.maestro.clone(), panics).into();
    let request = Request::get("/api/runs").body(Body::empty()).unwrap();
    let answer = read(app.oneshot(request).await.unwrap()).await;
    answer.problem(500, "internal");
    assert!(!answer.text.contains("secret words"));
    assert!(answer.headers.contains_key("x-request-id"));
    house.close().await;
}

#[tokio::test]
async fn a_page_of_another_site_changes_nothing() {
    let house = House::new().await;
    house.orchestra("First").await;
    let ask = |headers: &'static [(&'static str, &'static str)]| {
        house.send_with(Method::POST, "/api/runs/by-orchestra/first", headers, Body::empty())
    };
    for headers in [
        &[("sec-fetch-site", "cross-site")] as &[_],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example"), ("host", "app.example")],
        &[("origin", "null"), ("host", "app.example")],
    ] {
        ask(headers).await.problem(403, "cross_site");
    }
    for headers in [
        &[("sec-fetch-site", "same-origin")] as &[_],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://app.example"), ("host", "app.example")],
        &[],
    ] {
        assert_eq!(ask(headers).await.status, 202, "{headers:?}");
    }
    let trusting = maestro_http::router(house.maestro.clone(), crate::house::tokens());
    let app: Router = trusting.trust_origin("https://friend.example").unwrap().into();
    let request = Request::post("/api/workspace/pause")
        .header("authorization", "Bearer admin")
        .header("origin", "https://friend.example")
        .header("sec-fetch-site", "cross-site");
    assert_eq!(app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status(), 200);
    let origin = maestro_http::router(house.maestro.clone(), crate::house::tokens()).trust_origin("friend");
    assert!(origin.is_err_and(|error| error.to_string().contains("https://example.com")));
    house.close().await;
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_making_more_of_it() {
    let house = House::new().await;
    for path in ["/api/orchestras", "/api/nothing", "/healthz"] {
        let answer = house.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        assert_eq!(answer.header("x-request-id").len(), 32);
    }
    house.close().await;
}

#[tokio::test]
async fn what_lacks_something_is_told_to_the_last_thing() {
    let house = House::new().await;
    let node = json!({"id": "call", "kind": "deterministic", "skill": "util", "operation": "call"});
    house.post("/api/scores", json!({"name": "Call", "nodes": [node]})).await;
    house.post("/api/orchestras", json!({"name": "Call", "score_id": "call"})).await;
    for path in ["/api/orchestras/call/enable", "/api/runs/by-orchestra/call"] {
        let problem = house.ask("operator", Method::POST, path, None).await.problem(409, "not_ready");
        assert_eq!(
            problem["errors"][0]["message"],
            "bind the secret slot key of util.call in secret_bindings"
        );
    }
    let answer = house.ask("admin", Method::DELETE, "/api/scores/call", None).await;
    answer.problem(409, "in_use");
    house.close().await;
}
