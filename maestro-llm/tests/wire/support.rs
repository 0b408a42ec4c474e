//! What the tests share: calls, clients of the fake provider, and a server that records and answers what it is told.

use std::sync::{Arc, Mutex};

use maestro_core::{
    domain::{Message, ModelTurn, Usage, WorkspaceId},
    ports::{Meter, ModelCall, ModelClient, Operation, StepError, Tool},
    testing::ManualClock,
};
use maestro_llm::{
    Key, Provider, ProviderClient,
    fake::{FakeProvider, Script},
};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

/// A model in each format that the fake provider speaks.
pub(crate) const MODELS: [&str; 2] = ["anthropic/small", "openai/small"];

pub(crate) const KEY: &str = "sk-canary-4cF9xQ2mW7pL0vT5";

pub(crate) fn call(model: &str, prompt: &str) -> ModelCall {
    ModelCall {
        workspace: WorkspaceId::default(),
        run_id: "01890000-0000-7000-8000-000000000000".parse().unwrap(),
        key: "draft.m1".parse().unwrap(),
        attempt: 1,
        idempotency_key: "01890000/draft.m1/1".into(),
        model: model.into(),
        system: "You are a careful writer.".into(),
        messages: vec![user(prompt)],
        tools: Vec::new(),
        output_schema: None,
        max_tokens: Some(500),
        meter: Arc::new(Meter::default()),
        cancelled: CancellationToken::new(),
    }
}

pub(crate) fn user(text: &str) -> Message {
    Message::User { text: text.into() }
}

pub(crate) fn result(call_id: &str, name: &str, output: Value, is_error: bool) -> Message {
    Message::ToolResult { call_id: call_id.into(), name: name.into(), output: output.into(), is_error }
}

pub(crate) fn tool(name: &str, input_schema: Value) -> Tool {
    let (skill, name) = name.split_once('.').unwrap();
    let operation = Operation { skill: skill.parse().unwrap(), name: name.parse().unwrap() };
    Tool { operation, description: format!("does {name}"), input_schema }
}

pub(crate) async fn fake(script: &Value) -> FakeProvider {
    FakeProvider::start(Script::parse(&script.to_string()).unwrap()).await.unwrap()
}

/// Returns a client of both formats at one endpoint.
pub(crate) fn client(endpoint: &str) -> ProviderClient {
    let providers = [Provider::anthropic(Key::value(KEY)), Provider::openai(Key::value(KEY))];
    ProviderClient::new(providers.map(|provider| provider.with_endpoint(endpoint))).unwrap()
}

/// Asks for one turn; returns what the meter says beside.
pub(crate) async fn ask(
    client: &ProviderClient,
    call: ModelCall,
) -> (Result<ModelTurn, StepError>, Option<(String, Usage)>) {
    let meter = Arc::clone(&call.meter);
    let turn = client.turn(call).await;
    (turn, meter.take())
}

/// Waits until something is so that no clock brings about.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

pub(crate) fn manual_clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-11-22T09:00:00Z".parse().unwrap()))
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// A server that answers every request with the same bytes.
pub(crate) struct Recorder {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<Recorded>>>,
    _serving: AbortOnDropHandle<()>,
}

impl Recorder {
    /// Answers with a status, more lines of the head, and JSON.
    pub(crate) async fn answering(status: &str, head: &str, body: impl ToString) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/v1/", listener.local_addr().unwrap());
        let (requests, body) = (Arc::new(Mutex::default()), body.to_string());
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{head}\r\n{body}",
            body.len()
        );
        let kept: Arc<Mutex<Vec<Recorded>>> = Arc::clone(&requests);
        let serve = async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if let Some(request) = read(&mut stream).await {
                    kept.lock().unwrap().push(request);
                    stream.write_all(answer.as_bytes()).await.unwrap();
                }
            }
        };
        let _serving = AbortOnDropHandle::new(TaskTracker::new().spawn(serve));
        Self { address, requests, _serving }
    }

    pub(crate) fn requests(&self) -> Vec<Recorded> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the only request.
    pub(crate) fn request(&self) -> Recorded {
        let requests = self.requests();
        assert_eq!(requests.len(), 1);
        requests[0].clone()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Recorded> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let length: usize = length.unwrap_or(0);
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Recorded { head, body: serde_json::from_slice(&bytes[end..]).unwrap() })
}
