//! Asking for a run.

use std::{
    future::IntoFuture,
    hash::{DefaultHasher, Hash, Hasher},
    pin::Pin,
};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::RunHandle;
use crate::{
    domain::{Class, EnqueueKey, JsonSchema, NewRun, OrchestraId, Payload, Trigger},
    engine::{Error, Workspace, enlist, readiness, shared::delta},
    ports::store::Enqueued,
};

/// A run that is being asked for: await it to enqueue it.
///
/// Dropping the future while it is awaited leaves the run enqueued or not; asking again with an idempotency key makes
/// one run of both.
#[must_use = "a run is enqueued when this is awaited"]
#[derive(Clone)]
pub struct RunNow {
    workspace: Workspace,
    orchestra_id: OrchestraId,
    input: Result<Payload, crate::domain::InvalidPayload>,
    class: Class,
    run_at: Option<DateTime<Utc>>,
    key: Option<String>,
    trigger: Trigger,
}

impl Workspace {
    /// Asks for a run of an orchestra, enabled or not. Only `max_concurrent_runs` can hold it.
    pub fn run_now(&self, orchestra_id: &OrchestraId) -> RunNow {
        RunNow {
            workspace: self.clone(),
            orchestra_id: orchestra_id.clone(),
            input: Ok(Payload::empty_object()),
            class: Class::Normal,
            run_at: None,
            key: None,
            trigger: Trigger::Api,
        }
    }
}

impl RunNow {
    /// Sets what the root nodes get. Default `{}`.
    pub fn input(self, input: impl Serialize) -> Self {
        Self { input: Payload::from_serialize(&input), ..self }
    }

    /// Sets the queue. Default normal.
    pub fn class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// Delays the run until `at`. A moment that is past means now.
    pub fn run_at(self, at: DateTime<Utc>) -> Self {
        Self { run_at: Some(at), ..self }
    }

    /// Makes asking twice with the same key give one run: 1 to 255 characters, kept for
    /// [`key_ttl`](crate::engine::Options::key_ttl).
    pub fn idempotency_key(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// Says that a person asks, not a program.
    pub fn by_hand(self) -> Self {
        Self { trigger: Trigger::Manual, ..self }
    }

    /// Enqueues the run.
    ///
    /// # Errors
    /// [`Error::NotReady`] with everything that is missing, [`Error::Invalid`] for an input that does not fit the score's
    /// schema or is too large, [`Error::KeyReused`], [`Error::Store`].
    pub async fn enqueue(self) -> Result<RunHandle, Error> {
        let shared = &self.workspace.shared;
        if shared.stopping.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        let workspace = self.workspace.id();
        let orchestra = shared.store.orchestra(workspace, &self.orchestra_id).await?.orchestra;
        let score = shared.store.score(workspace, &orchestra.score_id, None).await?;
        readiness::demand(shared, workspace, &orchestra, &score).await?;
        let input = self.input?;
        check_input(&input, score.input_schema.as_ref(), shared.options.max_value_bytes)?;

        let now = shared.now();
        let key =
            self.key.as_deref().map(|key| enqueue_key(key, &input, self.class, self.run_at)).transpose()?;
        let order = enlist::Order {
            run_id: shared.new_run_id(now),
            trigger: self.trigger,
            class: self.class,
            input,
            due_at: self.run_at.unwrap_or(now).max(now),
            key: key.map(|(key, request_hash)| EnqueueKey {
                key,
                request_hash,
                expires_at: now + delta(shared.options.key_ttl),
            }),
        };
        let pins = enlist::pins(shared, workspace, &score).await?;
        let run: NewRun = enlist::new_run(&orchestra, score.version, pins, order);
        let enqueued = shared.store.enqueue(std::slice::from_ref(&run), now).await?;
        match enqueued.first() {
            Some(Enqueued::Duplicate { same_request: false, .. }) => {
                Err(Error::KeyReused { key: self.key.unwrap_or_default() })
            }
            Some(Enqueued::Duplicate { run_id, .. }) => Ok(self.workspace.handle(*run_id)),
            Some(Enqueued::Accepted { .. }) | None => {
                shared.work.notify_one();
                Ok(self.workspace.handle(run.run.run_id))
            }
        }
    }
}

impl IntoFuture for RunNow {
    type Output = Result<RunHandle, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.enqueue())
    }
}

/// Checks the input of a run against its limits and the score's schema.
pub(super) fn check_input(
    input: &Payload,
    schema: Option<&serde_json::Value>,
    max_bytes: usize,
) -> Result<(), Error> {
    if input.size() > max_bytes {
        return Err(Error::invalid(
            "input",
            format!("it has {} bytes, the limit is {max_bytes}; pass on a reference instead", input.size()),
        ));
    }
    let Some(schema) = schema else { return Ok(()) };
    let schema = JsonSchema::compile(schema).map_err(|error| {
        Error::invalid("input_schema", format!("the score's schema makes no sense: {error}"))
    })?;
    schema.check(input).map_err(|violations| {
        let all: Vec<_> = violations
            .iter()
            .map(|violation| match violation.pointer.as_str() {
                "" => violation.message.clone(),
                pointer => format!("{pointer}: {}", violation.message),
            })
            .collect();
        Error::invalid("input", format!("{}; send what the score's input_schema allows", all.join("; ")))
    })
}

fn enqueue_key(
    key: &str,
    input: &Payload,
    class: Class,
    run_at: Option<DateTime<Utc>>,
) -> Result<(String, u64), Error> {
    if key.is_empty() || key.chars().count() > 255 || key.chars().any(char::is_control) {
        return Err(Error::invalid(
            "idempotency_key",
            "use 1 to 255 characters, none of them a control character",
        ));
    }
    // Equal values hash equal, however they are written: keys sorted, no blanks.
    let mut hasher = DefaultHasher::new();
    canonical(input.value()?).hash(&mut hasher);
    class.name().hash(&mut hasher);
    run_at.hash(&mut hasher);
    Ok((key.to_owned(), hasher.finish()))
}

fn canonical(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            let parts: Vec<_> = keys
                .into_iter()
                .map(|key| format!("{}:{}", Value::from(key.as_str()), canonical(&map[key])))
                .collect();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
