//! Documents: what is stored as JSON and is no payload of its own.
//!
//! Payloads within are carried as text, so that they read back as they were.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Actor, AgentPin, ModelPricing, Payload, Resolution, Signal, SignalId, SignalKind, StepKey},
    ports::store::StoreError,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::rows::BadRow;

/// A signal beside its id. One flat object: which fields there are depends on the kind.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SignalDocument<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<StepKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(borrow, deserialize_with = "even_null", skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
    #[serde(borrow, rename = "as", skip_serializing_if = "Option::is_none")]
    resolved_as: Option<Cow<'a, str>>,
    #[serde(borrow, deserialize_with = "even_null", skip_serializing_if = "Option::is_none")]
    output: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Vec<StepKey>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_cents: Option<u64>,
}

/// Writes a signal.
pub(super) fn signal(signal: &Signal) -> Result<String, StoreError> {
    let mut document = SignalDocument {
        kind: kind_name(&signal.kind).into(),
        actor: signal.actor.as_str().into(),
        at: signal.at,
        ..SignalDocument::default()
    };
    match &signal.kind {
        SignalKind::Approve { key, attempt, note, data }
        | SignalKind::Reject { key, attempt, note, data } => {
            (document.key, document.attempt, document.note) =
                (Some(key.clone()), Some(*attempt), note.clone());
            document.data = data.as_ref().map(raw).transpose()?;
        }
        SignalKind::Resolve { key, attempt, resolution, note } => {
            (document.key, document.attempt, document.note) =
                (Some(key.clone()), Some(*attempt), note.clone());
            match resolution {
                Resolution::Done { output } => {
                    (document.resolved_as, document.output) = (Some("done".into()), Some(raw(output)?));
                }
                Resolution::Failed { message } => {
                    document.resolved_as = Some("failed".into());
                    document.message = Some(message.clone());
                }
                Resolution::Again => document.resolved_as = Some("again".into()),
            }
        }
        SignalKind::Retry { from, budget_cents } => {
            (document.from, document.budget_cents) = (Some(from.clone()), *budget_cents);
        }
        SignalKind::Wake => {}
    }
    text(&document)
}

/// Reads a signal.
pub(super) fn read_signal(id: SignalId, text: &str) -> Result<Signal, BadRow> {
    let document: SignalDocument<'_> = serde_json::from_str(text).map_err(BadRow::new)?;
    let missing = |what: &str| BadRow::new(format_args!("a signal {} without {what}", document.kind));
    let payload = |raw: &RawValue| Payload::from_stored(raw.get());
    let place = || -> Result<(StepKey, u32), BadRow> {
        let key = document.key.clone().ok_or_else(|| missing("a key"))?;
        Ok((key, document.attempt.ok_or_else(|| missing("an attempt"))?))
    };
    let (note, data) = (document.note.clone(), document.data.map(payload));
    let kind = match &*document.kind {
        "approve" => place().map(|(key, attempt)| SignalKind::Approve { key, attempt, note, data })?,
        "reject" => place().map(|(key, attempt)| SignalKind::Reject { key, attempt, note, data })?,
        "resolve" => {
            let (key, attempt) = place()?;
            let resolution = match document.resolved_as.as_deref() {
                Some("done") => Resolution::Done {
                    output: document.output.map(payload).ok_or_else(|| missing("an output"))?,
                },
                Some("failed") => Resolution::Failed {
                    message: document.message.clone().ok_or_else(|| missing("a message"))?,
                },
                Some("again") => Resolution::Again,
                _ => return Err(missing("a resolution")),
            };
            SignalKind::Resolve { key, attempt, resolution, note }
        }
        "retry" => SignalKind::Retry {
            from: document.from.clone().ok_or_else(|| missing("the steps"))?,
            budget_cents: document.budget_cents,
        },
        "wake" => SignalKind::Wake,
        unknown => return Err(BadRow::new(format_args!("unknown signal {unknown:?}"))),
    };
    Ok(Signal { id, kind, actor: Actor::new(&document.actor), at: document.at })
}

/// Writes the pinned versions of agents; `None` where there are none.
pub(super) fn pins(pins: &[AgentPin]) -> Option<String> {
    (!pins.is_empty()).then(|| all_pins(pins))
}

/// Writes the pinned versions of agents, also where there are none.
pub(super) fn all_pins(pins: &[AgentPin]) -> String {
    serde_json::to_string(pins).expect("ids and numbers have a JSON form")
}

/// Writes a price.
pub(super) fn price(price: &ModelPricing) -> Result<String, StoreError> {
    text(price)
}

/// A payload that is `null` is there.
fn even_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

fn kind_name(kind: &SignalKind) -> &'static str {
    match kind {
        SignalKind::Approve { .. } => "approve",
        SignalKind::Reject { .. } => "reject",
        SignalKind::Resolve { .. } => "resolve",
        SignalKind::Retry { .. } => "retry",
        SignalKind::Wake => "wake",
    }
}

fn raw(payload: &Payload) -> Result<&RawValue, StoreError> {
    serde_json::from_str(payload.as_str()).map_err(not_storable)
}

fn text(document: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(not_storable)
}

fn not_storable(error: serde_json::Error) -> StoreError {
    StoreError::NotStorable { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signals() -> Vec<(SignalKind, &'static str)> {
        let key: StepKey = "each.3.draft".parse().unwrap();
        let payload = Payload::parse("{\"b\": 1.50, \"a\": \"\\u0000\"}").unwrap();
        let resolve =
            |resolution| SignalKind::Resolve { key: key.clone(), attempt: 1, resolution, note: None };
        vec![
            (
                SignalKind::Approve {
                    key: key.clone(),
                    attempt: 2,
                    note: Some("fine\0".to_owned()),
                    data: Some(payload.clone()),
                },
                r#"{"kind":"approve","actor":"ann","at":"2026-03-08T07:00:00.000001Z","key":"each.3.draft","attempt":2,"note":"fine\u0000","data":{"b": 1.50, "a": "\u0000"}}"#,
            ),
            (
                SignalKind::Reject { key: key.clone(), attempt: 2, note: None, data: Some(Payload::null()) },
                r#"{"kind":"reject","actor":"ann","at":"2026-03-08T07:00:00.000001Z","key":"each.3.draft","attempt":2,"data":null}"#,
            ),
            (
                resolve(Resolution::Done { output: payload }),
                r#"{"kind":"resolve","actor":"ann","at":"2026-03-08T07:00:00.000001Z","key":"each.3.draft","attempt":1,"as":"done","output":{"b": 1.50, "a": "\u0000"}}"#,
            ),
            (
                resolve(Resolution::Failed { message: "no".to_owned() }),
                r#"{"kind":"resolve","actor":"ann","at":"2026-03-08T07:00:00.000001Z","key":"each.3.draft","attempt":1,"as":"failed","message":"no"}"#,
            ),
            (
                resolve(Resolution::Again),
                r#"{"kind":"resolve","actor":"ann","at":"2026-03-08T07:00:00.000001Z","key":"each.3.draft","attempt":1,"as":"again"}"#,
            ),
            (
                SignalKind::Retry { from: vec![key.clone()], budget_cents: Some(500) },
                r#"{"kind":"retry","actor":"ann","at":"2026-03-08T07:00:00.000001Z","from":["each.3.draft"],"budget_cents":500}"#,
            ),
            (
                SignalKind::Retry { from: Vec::new(), budget_cents: None },
                r#"{"kind":"retry","actor":"ann","at":"2026-03-08T07:00:00.000001Z","from":[]}"#,
            ),
            (SignalKind::Wake, r#"{"kind":"wake","actor":"ann","at":"2026-03-08T07:00:00.000001Z"}"#),
        ]
    }

    /// These texts are in databases: what they mean never changes.
    #[test]
    fn stored_signals_are_read_for_ever() {
        let id = SignalId::from_u128(7);
        let at = "2026-03-08T07:00:00.000001Z".parse().unwrap();
        for (kind, stored) in signals() {
            let expected = Signal { id, kind, actor: Actor::new("ann"), at };
            assert_eq!(signal(&expected).unwrap(), stored);
            let read = read_signal(id, stored).unwrap();
            assert_eq!(read, expected);
            assert_eq!(signal(&read).unwrap(), stored, "payloads keep their text");
        }
    }

    #[test]
    fn a_signal_that_makes_no_sense_is_refused() {
        for bad in [
            "{}",
            "[]",
            r#"{"kind":"wink"}"#,
            r#"{"kind":"approve"}"#,
            r#"{"kind":"resolve","key":"a","attempt":1}"#,
        ] {
            assert!(read_signal(SignalId::from_u128(1), bad).is_err(), "{bad}");
        }
    }
}
