//! Asking for a run.

use std::{future::IntoFuture, pin::Pin};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::RunHandle;
use crate::{
    domain::{Class, EnqueueKey, InvalidPayload, NewRun, OrchestraId, Payload, Run, Trigger},
    engine::{Error, Workspace, enlist, input_rule::InputRule, readiness, shared::delta},
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
    score_version: Option<u32>,
    input: Result<Payload, InvalidPayload>,
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
            score_version: None,
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

    /// Sets which version of the score is played. Default the latest when the run is enqueued: whoever has just saved a
    /// version and means that one says so, because somebody else may save the next at any moment.
    pub fn score_version(self, version: u32) -> Self {
        Self { score_version: Some(version), ..self }
    }

    /// Sets the queue. Default normal.
    pub fn class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    /// Delays the run until `at`. A moment that is past means now. The run is live meanwhile: overlap policies and
    /// `max_concurrent_runs` count it.
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

    /// Asks for what another run was asked for.
    pub(super) fn again(self, run: &Run) -> Self {
        let (input, trigger) = (Ok(run.input.clone()), Trigger::Rerun { of: run.id });
        Self { input, class: run.class, trigger, ..self }
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
        let orchestra = shared.store.bare_orchestra(workspace, &self.orchestra_id).await?;
        let score = shared.store.score(workspace, &orchestra.score_id, self.score_version).await?;
        readiness::demand(shared, workspace, &orchestra, &score).await?;
        let input = self.input?;
        InputRule::of(&score, shared.options.max_value_bytes)?.check(&input)?;

        let now = shared.now();
        let asked = Asked {
            input: &input,
            class: self.class,
            run_at: self.run_at,
            score_version: self.score_version,
        };
        let key = self.key.as_deref().map(|key| enqueue_key(key, &asked)).transpose()?;
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

/// What makes one request differ from another.
struct Asked<'a> {
    input: &'a Payload,
    class: Class,
    run_at: Option<DateTime<Utc>>,
    score_version: Option<u32>,
}

fn enqueue_key(key: &str, asked: &Asked<'_>) -> Result<(String, u64), Error> {
    if key.is_empty() || key.chars().count() > 255 || key.chars().any(char::is_control) {
        return Err(Error::invalid(
            "idempotency_key",
            "use 1 to 255 characters, none of them a control character",
        ));
    }
    // Equal values hash equal, however they are written: keys sorted, no blanks.
    let run_at = asked.run_at.map_or_else(String::new, |at| at.timestamp_micros().to_string());
    let version = asked.score_version.map_or_else(String::new, |version| format!("\nv{version}"));
    let request = format!("{}\n{run_at}\n{}{version}", asked.class.name(), canonical(asked.input.value()?));
    Ok((key.to_owned(), stable_hash(&request)))
}

/// Hashes by FNV-1a: the number is stored, so that every process and every later version must come to the same one, as
/// the standard library's hasher does not promise.
fn stable_hash(text: &str) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    text.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_of_a_request_is_the_published_one_and_never_changes() {
        assert_eq!(stable_hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(stable_hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(stable_hash("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_same_request_hashes_equal_however_it_is_written() {
        let hash = |text: &str, class, score_version| {
            let input = Payload::parse(text).unwrap();
            let asked = Asked { input: &input, class, run_at: None, score_version };
            enqueue_key("k", &asked).unwrap().1
        };
        let one = hash(r#"{"a": 1, "b": [true]}"#, Class::Normal, None);
        assert_eq!(hash(r#"{"b":[true],"a":1}"#, Class::Normal, None), one);
        assert_ne!(hash(r#"{"b":[true],"a":2}"#, Class::Normal, None), one);
        assert_ne!(hash(r#"{"b":[true],"a":1}"#, Class::High, None), one);
        assert_ne!(hash(r#"{"b":[true],"a":1}"#, Class::Normal, Some(1)), one);
    }
}
