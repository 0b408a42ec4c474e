//! Streams: a snapshot, then every change, and an end when the engine stops.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt;
use maestro_core::{
    domain::Actor,
    engine::OrchestraPatch,
    testing::{Fault, Method, drain},
};
use maestro_http::Limits;
use serde_json::Value;

use crate::house::{BASE, House};

/// An open stream.
struct Stream {
    body: Body,
    text: String,
}

/// An event: its name and its data.
type Event = (String, Value);

impl Stream {
    async fn open(house: &House, path: &str) -> Self {
        let request = Request::get(format!("{BASE}{path}")).header("authorization", "Bearer viewer");
        let response = house.respond(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self { body: response.into_body(), text: String::new() }
    }

    /// Returns the next block of lines; `None` at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let frame = self.body.frame().await?.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&frame).unwrap());
        }
    }

    async fn event(&mut self) -> Event {
        let block = self.block().await.expect("the stream goes on");
        let (name, data) = block.split_once('\n').unwrap_or_else(|| panic!("no event: {block}"));
        let name = name.strip_prefix("event: ").unwrap().to_owned();
        (name, serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap())
    }

    /// Returns the first event of this name for which `is_it` holds.
    async fn until(&mut self, name: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let (found, data) = self.event().await;
            if found == name && is_it(&data) {
                return data;
            }
        }
    }
}

#[tokio::test]
async fn a_workspace_is_shown_whole_and_then_as_it_changes() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    let mut stream = Stream::open(&house, "/api/events").await;
    let (name, snapshot) = stream.event().await;
    assert_eq!(name, "snapshot");
    assert_eq!(snapshot["orchestras"]["items"][0]["id"], "first");
    assert_eq!(snapshot["runs"]["items"], Value::Array(Vec::new()));

    let run = house.workspace().run_now(&id).await.unwrap().id().to_string();
    let queued = stream.until("run", |data| data["status"] == "queued").await;
    assert_eq!(queued["id"], run);
    stream.until("orchestra", |data| data["status"] == "running").await;
    drain(&house.maestro, &house.clock).await.unwrap();
    let ended = stream.until("run", |data| data["status"] == "succeeded").await;
    assert!(ended["revision"].as_u64() > queued["revision"].as_u64());
    stream.until("orchestra", |data| data["status"] == "idle").await;

    house.workspace().edit_orchestra(&id, OrchestraPatch::default().with_name("New"), None).await.unwrap();
    assert_eq!(stream.until("orchestra", |data| data["revision"] == 2).await["name"], "New");
    house.workspace().pause(&Actor::new("ada")).await.unwrap();
    assert_eq!(stream.until("workspace", |_| true).await["paused"]["by"], "ada");
    house.workspace().delete_orchestra(&id).await.unwrap();
    assert_eq!(stream.until("deleted", |_| true).await["id"], "first");
    house.close().await;
}

#[tokio::test]
async fn a_run_is_shown_with_its_steps_as_they_are_recorded() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    let run = house.workspace().run_now(&id).input(["a\nb"]).await.unwrap().id();
    let mut stream = Stream::open(&house, &format!("/api/runs/{run}/events")).await;
    let (_, snapshot) = stream.event().await;
    assert_eq!(
        (&snapshot["run"]["status"], &snapshot["steps"]["items"]),
        (&"queued".into(), &Value::Array(vec![]))
    );
    drain(&house.maestro, &house.clock).await.unwrap();
    let step = stream.until("step", |_| true).await;
    assert_eq!((&step["key"], &step["output"][0]), (&"echo".into(), &"a\nb".into()));
    stream.until("run", |data| data["status"] == "succeeded").await;

    let mut late = Stream::open(&house, &format!("/api/runs/{run}/events")).await;
    let (_, snapshot) = late.event().await;
    assert_eq!((&snapshot["run"]["status"], &snapshot["steps"]["items"][0]), (&"succeeded".into(), &step));
    house.close().await;
}

#[tokio::test]
async fn streams_of_one_orchestra_and_of_other_workspaces_hear_nothing_else() {
    let house = House::new().await;
    let one = house.orchestra("One").await;
    let two = house.orchestra("Two").await.parse().unwrap();
    let mut of_one = Stream::open(&house, &format!("/api/orchestras/{one}/events")).await;
    assert_eq!(of_one.event().await.0, "snapshot");
    house.workspace().run_now(&two).await.unwrap();
    house.workspace().run_now(&one.parse().unwrap()).await.unwrap();
    let first = of_one.until("run", |_| true).await;
    assert_eq!(first["orchestra_id"], "one");
    house.close().await;
}

#[tokio::test]
async fn a_slow_stream_is_given_a_new_snapshot_in_place_of_what_it_missed() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    let mut slow = Stream::open(&house, "/api/events").await;
    let mut quick = Stream::open(&house, "/api/events").await;
    assert_eq!((slow.event().await.0, quick.event().await.0), ("snapshot".to_owned(), "snapshot".to_owned()));
    let mut last = String::new();
    for _ in 0..100 {
        last = house.workspace().run_now(&id).await.unwrap().id().to_string();
        quick.until("run", |data| data["id"] == last).await;
        house.clock.advance(Duration::from_millis(1));
    }
    let (name, snapshot) = slow.event().await;
    assert_eq!((name.as_str(), &snapshot["runs"]["items"][0]["id"]), ("snapshot", &last.into()));
    house.close().await;
}

#[tokio::test]
async fn a_store_that_missed_changes_makes_everybody_begin_anew() {
    let house = House::new().await;
    let id = house.orchestra("First").await.parse().unwrap();
    let mut stream = Stream::open(&house, "/api/events").await;
    stream.event().await;
    house.faults.fail_next(Method::NextChange, Fault::NotApplied);
    let run = house.workspace().run_now(&id).await.unwrap().id().to_string();
    let snapshot = stream.until("snapshot", |_| true).await;
    assert_eq!(snapshot["runs"]["items"][0]["id"], run);
    assert_eq!(snapshot["runs"]["items"][0]["status"], "queued");
    house.close().await;
}

#[tokio::test]
async fn a_quiet_stream_says_that_it_is_alive_and_ends_in_time() {
    let house = House::with_limits(Limits::default().with_stream_time(Duration::from_secs(40))).await;
    let mut stream = Stream::open(&house, "/api/events").await;
    stream.event().await;
    let next = async |stream: &mut Stream| {
        let (block, ()) = tokio::join!(stream.block(), async {
            house.asleep(1).await;
            house.clock.advance(house.clock.until_next_wake().unwrap());
        });
        block
    };
    assert_eq!(next(&mut stream).await.as_deref(), Some(": keep-alive"));
    assert_eq!(next(&mut stream).await.as_deref(), Some(": keep-alive"));
    assert_eq!(next(&mut stream).await.as_deref(), Some(": keep-alive"));
    assert_eq!(stream.block().await, None);
    house.close().await;
}

#[tokio::test]
async fn streams_end_when_the_engine_stops_and_keep_it_from_nothing() {
    let house = House::new().await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = Stream::open(&house, "/api/events").await;
        stream.event().await;
        streams.push(stream);
    }
    house.maestro.shutdown(Duration::ZERO).await;
    for stream in &mut streams {
        assert_eq!(stream.block().await, None);
    }
}

#[tokio::test]
async fn no_more_streams_are_opened_than_allowed() {
    let house = House::with_limits(Limits::default().with_streams(1)).await;
    let stream = Stream::open(&house, "/api/events").await;
    house.get("/api/events").await.problem(503, "unavailable");
    drop(stream);
    let of_nobody = "/api/runs/00000000-0000-7000-8000-000000000000/events";
    house.get(of_nobody).await.problem(404, "not_found");
    Stream::open(&house, "/api/events").await;
    house.close().await;
}
