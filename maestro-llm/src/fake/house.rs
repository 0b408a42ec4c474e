//! The house behind the door: takes a request, plays the script, and keeps what was asked.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{Method, Request, body::Incoming};
use maestro_core::ports::Clock;

use super::{
    Asked, FakeCall, Script, WireFormat,
    answers::{Answered, Dropped, error_of, json, refusal, write},
    anthropic, open_ai,
    playing::{Answer, Playing, is_billed},
};

/// The largest request.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// What all connections share.
pub(super) struct House {
    playing: Mutex<Playing>,
    calls: Mutex<Vec<FakeCall>>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("House").field("playing", &self.playing).finish_non_exhaustive()
    }
}

/// Answers one request.
pub(super) async fn answer(house: Arc<House>, request: Request<Incoming>) -> Answered {
    let format = match (request.method(), request.uri().path()) {
        (&Method::GET, "/calls") => {
            let calls = serde_json::to_value(house.calls()).unwrap_or_default();
            return Ok(json(200, &calls, &[]));
        }
        (&Method::POST, "/v1/messages") => WireFormat::Anthropic,
        (&Method::POST, "/v1/chat/completions") => WireFormat::OpenAi,
        _ => return Ok(json(404, &open_ai::error(404, "there is nothing at this path"), &[])),
    };
    let key = match format {
        WireFormat::Anthropic => header(&request, "x-api-key"),
        WireFormat::OpenAi => header(&request, "authorization").and_then(|it| it.strip_prefix("Bearer ")),
    };
    let (key, idempotency_key) =
        (key.map(str::to_owned), header(&request, "idempotency-key").map(str::to_owned));
    let body = match Limited::new(request.into_body(), MOST_BYTES).collect().await {
        Ok(body) => serde_json::from_slice(&body.to_bytes()).unwrap_or_default(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(error_of(format, 413, "Request too large", &[]));
        }
        Err(_) => return Err(Dropped), // the client has hung up
    };
    let asked = match format {
        WireFormat::Anthropic => anthropic::read(body, idempotency_key),
        WireFormat::OpenAi => open_ai::read(body, idempotency_key),
    };
    match asked {
        Ok(asked) => house.answer(asked, key.as_deref()).await,
        Err(reason) => Ok(error_of(format, 400, reason, &[])),
    }
}

fn header<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

impl House {
    pub(super) fn new(script: Script, clock: Arc<dyn Clock>) -> Self {
        Self { playing: Mutex::new(Playing::new(script)), calls: Mutex::default(), clock }
    }

    pub(super) fn calls(&self) -> Vec<FakeCall> {
        lock(&self.calls).clone()
    }

    pub(super) fn play(&self, script: Script) {
        *lock(&self.playing) = Playing::new(script);
    }

    async fn answer(&self, asked: Asked, key: Option<&str>) -> Answered {
        let format = asked.format;
        let (taken, latency) = {
            let mut playing = lock(&self.playing);
            let taken = playing.take(&asked, key);
            let own = taken.as_ref().ok().and_then(|reply| reply.latency_ms);
            (taken, own.unwrap_or(playing.script.latency_ms))
        };
        let reply = match taken {
            Ok(reply) => reply,
            Err(refused) => {
                let (status, message) = refusal(&refused, &asked);
                self.keep(asked, Some(status), None);
                return Ok(error_of(format, status, &message, &[]));
            }
        };
        let answer = Answer::render(&reply, &asked);
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                self.keep(asked, Some(400), None);
                return Ok(error_of(
                    format,
                    400,
                    &format!("the script's reply cannot be rendered: {error}"),
                    &[],
                ));
            }
        };
        // It is billed when it comes: a client that does not wait for the answer pays all the same.
        let written = write(&reply, &asked, &answer);
        let status = written.as_ref().ok().map(|response| response.status().as_u16());
        self.keep(asked, status, is_billed(reply.fault.as_ref()).then_some(answer));
        if latency > 0 {
            self.clock.sleep(Duration::from_millis(latency)).await;
        }
        written
    }

    fn keep(&self, asked: Asked, status: Option<u16>, billed: Option<Answer>) {
        let tokens = billed.map(|answer| answer.tokens);
        let rates = lock(&self.playing).script.models.get(&asked.model).copied();
        let cost_nanos = tokens.zip(rates).map(|(tokens, rates)| tokens.cost_nanos(rates));
        let mut calls = lock(&self.calls);
        let number = calls.len() as u64 + 1;
        let (conversation, turn) = (asked.conversation(), asked.turn());
        calls.push(FakeCall { number, conversation, turn, asked, status, tokens, cost_nanos });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
