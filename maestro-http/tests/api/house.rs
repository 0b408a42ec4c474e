//! A house to ask in: an engine in memory under a manual clock, with an API that knows a few people.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Method, Request, Response, StatusCode},
};
use maestro_core::{
    domain::{Node, Score, ScoreId, WorkspaceId},
    engine::{Context, Maestro, NewOrchestra, Roles, Skill, Workspace},
    ports::StepError,
    testing::{FaultPlan, FaultStore, ManualClock},
};
use maestro_http::{BearerTokens, Limits, Principal, Role, TokenHash};
use maestro_store_memory::MemoryStore;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The prefix under which the API is mounted in most tests.
pub(crate) const BASE: &str = "/deep/prefix";

pub(crate) struct House {
    pub(crate) maestro: Maestro,
    pub(crate) clock: Arc<ManualClock>,
    /// What goes wrong with the store.
    pub(crate) faults: FaultPlan,
    pub(crate) app: Router,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().unwrap()
    }

    /// Demands that this is a problem document with this code, and returns the document.
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{problem}");
        assert_eq!(problem["type"], format!("urn:maestro:problem:{code}"));
        problem
    }
}

async fn echo(_ctx: Context, input: Value) -> Result<Value, StepError> {
    Ok(input)
}

/// Fails without saying whether its effect happened.
async fn lose(_ctx: Context, _input: Value) -> Result<Value, StepError> {
    Err(StepError::new("the line broke"))
}

/// Who asks.
pub(crate) fn tokens() -> BearerTokens {
    let home = || [WorkspaceId::default()];
    let elsewhere = || [WorkspaceId::new("elsewhere").unwrap()];
    let person = |name: &str, role| (TokenHash::of(name), Principal::new(name, role));
    let [viewer, operator, admin, stranger] = [
        person("viewer", Role::Viewer),
        person("operator", Role::Operator),
        person("admin", Role::Admin),
        person("stranger", Role::Admin),
    ];
    BearerTokens::default()
        .allow(viewer.0, viewer.1.workspaces(home()))
        .allow(operator.0, operator.1.workspaces(home()))
        .allow(admin.0, admin.1.workspaces(home()))
        .allow(stranger.0, stranger.1.workspaces(elsewhere()))
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with_limits(Limits::default()).await
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        let clock = Arc::new(ManualClock::new("2026-11-22T08:00:00Z".parse().unwrap()));
        let faults = FaultPlan::new(clock.clone());
        let store = FaultStore::new(Arc::new(MemoryStore::new()), faults.clone());
        let maestro = Maestro::builder(store)
            .skill(
                Skill::new("util")
                    .operation("echo", echo)
                    .operation("lose", lose)
                    .operation("call", echo)
                    .secret("key"),
            )
            .roles(Roles::none())
            .clock(clock.clone())
            .build()
            .await
            .unwrap();
        let app = maestro_http::router(maestro.clone(), tokens()).base(BASE).limits(limits).build();
        Self { maestro, clock, faults, app }
    }

    /// Waits until so many wait for the clock.
    pub(crate) async fn asleep(&self, many: usize) {
        while self.clock.sleepers() < many {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn workspace(&self) -> Workspace {
        self.maestro.default_workspace()
    }

    /// Saves a score of one node and an orchestra of the same name that plays it.
    pub(crate) async fn orchestra(&self, name: &str) -> String {
        let score = Score::builder(name).node(Node::operation("echo", "util.echo")).build().unwrap();
        let score = self.workspace().ensure_score(score).await.unwrap();
        self.orchestra_of(name, &score.id).await
    }

    pub(crate) async fn orchestra_of(&self, name: &str, score: &ScoreId) -> String {
        self.workspace().create_orchestra(NewOrchestra::new(name, score)).await.unwrap().id.to_string()
    }

    /// Sends a request as somebody; the path is what follows the prefix.
    pub(crate) async fn ask(&self, who: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{BASE}{path}"));
        if !who.is_empty() {
            request = request.header("authorization", format!("Bearer {who}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("viewer", Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask("admin", Method::POST, path, Some(body)).await
    }

    /// Sends a request as an admin with these headers.
    pub(crate) async fn send_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{BASE}{path}"));
        request = request.header("authorization", "Bearer admin");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        read(self.respond(request).await).await
    }

    /// Opens a stream and looks only at how it begins.
    pub(crate) async fn begin(&self, who: &str, path: &str) -> Answer {
        let mut request = Request::builder().uri(format!("{BASE}{path}"));
        if !who.is_empty() {
            request = request.header("authorization", format!("Bearer {who}"));
        }
        let (parts, _) = self.respond(request.body(Body::empty()).unwrap()).await.into_parts();
        Answer { status: parts.status, headers: parts.headers, text: String::new() }
    }

    pub(crate) async fn respond(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn close(self) {
        self.maestro.shutdown(Duration::ZERO).await;
    }
}

/// Reads an answer to its end.
pub(crate) async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    let text = String::from_utf8(bytes.into()).unwrap();
    Answer { status: parts.status, headers: parts.headers, text }
}
