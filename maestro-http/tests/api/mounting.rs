//! Mounting: at the root, under any prefix, and beside the routes of a host.

use axum::{Router, body::Body, http::Request, routing::get};
use tower::ServiceExt;

use crate::house::{Answer, House, read, tokens};

async fn ask(app: &Router, path: &str) -> Answer {
    let request = Request::get(path).header("authorization", "Bearer viewer").body(Body::empty()).unwrap();
    read(app.clone().oneshot(request).await.unwrap()).await
}

#[tokio::test]
async fn it_answers_at_the_root_and_under_any_prefix() {
    let house = House::new().await;
    for (base, prefix) in [
        ("", ""),
        ("/", ""),
        ("automation", "/automation"),
        ("/deep/prefix/", "/deep/prefix"),
        ("/a/b/c/d", "/a/b/c/d"),
    ] {
        let app: Router = maestro_http::router(house.maestro.clone(), tokens()).base(base).into();
        for path in ["/api/orchestras", "/healthz", "/api/openapi.json"] {
            assert_eq!(ask(&app, &format!("{prefix}{path}")).await.status, 200, "{base} {path}");
        }
        ask(&app, &format!("{prefix}/nothing")).await.problem(404, "no_route");
        let server = &ask(&app, &format!("{prefix}/api/openapi.json")).await.json()["servers"][0]["url"];
        assert_eq!(server, if prefix.is_empty() { "/" } else { prefix });
    }
    house.close().await;
}

#[tokio::test]
async fn it_leaves_the_routes_of_the_host_alone() {
    let house = House::new().await;
    let host = Router::new().route("/", get(|| async { "mine" })).fallback(|| async { "nothing of mine" });
    let app = host.merge(maestro_http::router(house.maestro.clone(), tokens()).base("/automation"));
    assert_eq!(ask(&app, "/").await.text, "mine");
    assert_eq!(ask(&app, "/api/orchestras").await.text, "nothing of mine");
    assert_eq!(ask(&app, "/automation/api/orchestras").await.status, 200);
    ask(&app, "/automation/api/nothing").await.problem(404, "no_route");
    house.close().await;
}
