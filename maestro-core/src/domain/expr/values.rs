//! Values: between payloads and what minijinja computes with, lazily on the way in, bounded on the way out.

use std::{fmt, sync::Arc};

use minijinja::{
    Error, ErrorKind, State, Value,
    value::{Enumerator, Object, ObjectRepr, ValueKind},
};
use serde_json::{Map, Number, Value as Json};

use super::ExprError;
use crate::domain::{MAX_DEPTH, Payload};

/// The largest result, in bytes of JSON.
pub(super) const MAX_RESULT: usize = 1024 * 1024;

/// The longest text on the way, in bytes.
pub(super) const MAX_TEXT: usize = 4 * 1024 * 1024;

const BYTES_PER_FUEL: usize = 64;
/// Walking over data is slower than copying it.
const BYTES_PER_FUEL_WALKED: usize = 16;

/// Takes fuel for work on so many bytes.
pub(super) fn charge(state: &State<'_, '_>, bytes: usize) -> Result<(), Error> {
    state.consume_fuel((bytes / BYTES_PER_FUEL) as u64 + 1)
}

/// A place within a payload: nothing below it is converted until it is looked at.
#[derive(Clone)]
pub(super) struct Place {
    payload: Payload,
    path: Vec<Step>,
}

#[derive(Clone)]
enum Step {
    Key(Box<str>),
    Index(usize),
}

impl Place {
    /// Returns a payload as minijinja sees it.
    pub(super) fn value_of(payload: &Payload) -> Result<Value, Error> {
        let root = Self { payload: payload.clone(), path: Vec::new() };
        let json =
            payload.value().map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
        Ok(root.convert(json))
    }

    /// Takes its size in bytes from `left`, if there is as much.
    pub(super) fn weigh(&self, left: &mut usize) -> Option<()> {
        weigh(self.json()?, left)
    }

    fn json(&self) -> Option<&Json> {
        let root = self.payload.value().ok()?;
        self.path.iter().try_fold(root, |json, step| match step {
            Step::Key(key) => json.get(key.as_ref()),
            Step::Index(index) => json.get(index),
        })
    }

    fn child(&self, step: Step, json: &Json) -> Value {
        match json {
            Json::Object(_) | Json::Array(_) => {
                let path = self.path.iter().cloned().chain([step]).collect();
                Value::from_object(Self { payload: self.payload.clone(), path })
            }
            scalar => self.convert(scalar),
        }
    }

    fn convert(&self, json: &Json) -> Value {
        match json {
            Json::Null => Value::from(()),
            Json::Bool(truth) => Value::from(*truth),
            Json::String(text) => Value::from(text.as_str()),
            Json::Number(number) => self.number(number),
            Json::Object(_) | Json::Array(_) => Value::from_object(self.clone()),
        }
    }

    fn number(&self, number: &Number) -> Value {
        if let Some(whole) = number.as_i64() {
            return Value::from(whole);
        }
        if let Some(whole) = number.as_u64() {
            return Value::from(whole);
        }
        if is_huge(number) && has_huge_integer(self.payload.as_str()) {
            return Value::from(Error::new(ErrorKind::InvalidOperation, HUGE));
        }
        Value::from(number.as_f64().unwrap_or(f64::NAN))
    }
}

fn weigh(json: &Json, left: &mut usize) -> Option<()> {
    let own = match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => 8,
        Json::String(text) => text.len() + 8,
        Json::Array(list) => {
            list.iter().try_for_each(|item| weigh(item, left))?;
            8
        }
        Json::Object(map) => {
            for (key, item) in map {
                *left = left.checked_sub(key.len() + 8)?;
                weigh(item, left)?;
            }
            8
        }
    };
    *left = left.checked_sub(own)?;
    Some(())
}

const HUGE: &str = "an integer beyond 64 bits would lose digits; carry it as a string";

/// Tells whether a number may stand for an integer beyond 64 bits.
pub(super) fn is_huge(number: &Number) -> bool {
    number.is_f64() && number.as_f64().is_some_and(|float| float.abs() >= 9.2e18)
}

/// Tells whether a JSON text has an integer literal of 19 digits or more.
fn has_huge_integer(text: &str) -> bool {
    let (mut in_string, mut escaped, mut digits) = (false, false, 0);
    for byte in text.bytes().chain([b' ']) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'0'..=b'9' => digits += 1,
            b'.' | b'e' | b'E' | b'+' => digits = i32::MIN, // a float, whatever digits follow
            _ if digits >= 19 => return true,
            _ => digits = 0,
        }
    }
    false
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.json() {
            Some(json) => write!(f, "{json}"),
            None => f.write_str("null"),
        }
    }
}

impl Object for Place {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        match self.json() {
            Some(Json::Array(_)) => ObjectRepr::Seq,
            _ => ObjectRepr::Map,
        }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match self.json()? {
            Json::Object(map) => {
                let key = key.as_str()?;
                Some(self.child(Step::Key(key.into()), map.get(key)?))
            }
            Json::Array(list) => {
                let index = key.as_usize()?;
                Some(self.child(Step::Index(index), list.get(index)?))
            }
            _ => None,
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.json() {
            Some(Json::Array(list)) => Enumerator::Seq(list.len()),
            Some(Json::Object(map)) => {
                Enumerator::Values(map.keys().map(|key| Value::from(key.as_str())).collect())
            }
            _ => Enumerator::Empty,
        }
    }
}

/// Returns the JSON of a result.
pub(super) fn to_json(value: &Value) -> Result<Json, ExprError> {
    let mut left = MAX_RESULT;
    write(value, &mut left, 0)
}

/// Returns the JSON of a part of a result; takes its size from `left`.
pub(super) fn write(value: &Value, left: &mut usize, depth: usize) -> Result<Json, ExprError> {
    if depth > MAX_DEPTH {
        return Err(ExprError::ResultTooLarge { what: "levels of nesting", limit: MAX_DEPTH });
    }
    spend(left, 2)?;
    if let Some(place) = value.downcast_object_ref::<Place>() {
        let json = place.json().cloned().unwrap_or_default();
        measure(&json, left, depth, &place.payload)?;
        return Ok(json);
    }
    match value.kind() {
        ValueKind::Undefined => Err(ExprError::Undefined { name: "a part of the result".to_owned() }),
        ValueKind::None => Ok(Json::Null),
        ValueKind::Bool => Ok(Json::Bool(value.is_true())),
        ValueKind::Number => number(value).map(Json::Number),
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            spend(left, text.len())?;
            Ok(Json::String(text.to_owned()))
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let mut list = Vec::new();
            for item in value.try_iter().map_err(invalid)?.checked() {
                list.push(write(&item.map_err(invalid)?, left, depth + 1)?);
            }
            Ok(Json::Array(list))
        }
        ValueKind::Map => {
            let mut map = Map::new();
            for key in value.try_iter().map_err(invalid)?.checked() {
                let key = key.map_err(invalid)?;
                let item = value.get_item(&key).map_err(invalid)?;
                let name = match (key.as_str(), key.kind()) {
                    (Some(name), _) => name.to_owned(),
                    (None, ValueKind::Number) => number(&key)?.to_string(),
                    (None, kind) => {
                        let reason = format!("a key of an object is a text, not {kind}");
                        return Err(ExprError::Invalid { reason });
                    }
                };
                spend(left, name.len() + 4)?;
                map.insert(name, write(&item, left, depth + 1)?);
            }
            Ok(Json::Object(map))
        }
        ValueKind::Invalid => Err(held_error(value)),
        kind => Err(ExprError::Invalid { reason: format!("the result is {kind}, which JSON cannot hold") }),
    }
}

/// Checks that a value that is not written anywhere holds no error.
pub(super) fn check(value: &Value) -> Result<(), ExprError> {
    match value.kind() {
        ValueKind::Invalid => Err(held_error(value)),
        _ => Ok(()),
    }
}

/// Returns the error that an invalid value holds.
pub(super) fn held_error(value: &Value) -> ExprError {
    let listed = Value::from(vec![value.clone()]).try_iter().map(|list| list.checked().find_map(Result::err));
    match listed {
        Ok(Some(error)) | Err(error) => invalid(error),
        Ok(None) => ExprError::Invalid { reason: "the value holds an error".to_owned() },
    }
}

fn number(value: &Value) -> Result<Number, ExprError> {
    if let Some(whole) = value.as_i64().filter(|_| value.is_integer()) {
        return Ok(whole.into());
    }
    if value.is_integer() {
        let whole = u64::try_from(value.clone());
        return whole.map(Number::from).map_err(|_| ExprError::Invalid { reason: HUGE.to_owned() });
    }
    let float = f64::try_from(value.clone()).map_err(invalid)?;
    let reason = || format!("the result is {float}, which is no JSON number");
    Number::from_f64(float).ok_or_else(|| ExprError::Invalid { reason: reason() })
}

fn measure(json: &Json, left: &mut usize, depth: usize, payload: &Payload) -> Result<(), ExprError> {
    if depth > MAX_DEPTH {
        return Err(ExprError::ResultTooLarge { what: "levels of nesting", limit: MAX_DEPTH });
    }
    match json {
        Json::Null | Json::Bool(_) => spend(left, 4),
        Json::Number(number) if is_huge(number) && has_huge_integer(payload.as_str()) => {
            Err(ExprError::Invalid { reason: HUGE.to_owned() })
        }
        Json::Number(_) => spend(left, 8),
        Json::String(text) => spend(left, text.len() + 2),
        Json::Array(list) => {
            spend(left, list.len() + 2)?;
            list.iter().try_for_each(|item| measure(item, left, depth + 1, payload))
        }
        Json::Object(map) => {
            spend(left, 2)?;
            map.iter().try_for_each(|(key, item)| {
                spend(left, key.len() + 4)?;
                measure(item, left, depth + 1, payload)
            })
        }
    }
}

fn spend(left: &mut usize, bytes: usize) -> Result<(), ExprError> {
    let rest = left.checked_sub(bytes);
    *left = rest.ok_or(ExprError::ResultTooLarge { what: "more bytes", limit: MAX_RESULT })?;
    Ok(())
}

fn invalid(error: Error) -> ExprError {
    super::program::error_of(&error, "")
}

/// Returns a value as it stands in a text: texts as they are, anything else as compact JSON.
pub(super) fn to_text(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    match value.as_str() {
        Some(text) => {
            charge(state, text.len())?;
            Ok(text.to_owned())
        }
        None if value.is_undefined() => Err(super::guard::undefined(state, value)),
        None => to_json_text(state, value, None),
    }
}

/// Returns the JSON text of a value.
pub(super) fn to_json_text(
    state: &State<'_, '_>,
    value: &Value,
    indent: Option<usize>,
) -> Result<String, Error> {
    use serde::Serialize as _;

    let json = to_json(value).map_err(carried)?;
    let mut text = Vec::new();
    let written = match indent.map(|indent| " ".repeat(indent)) {
        Some(indent) => {
            let pretty = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
            json.serialize(&mut serde_json::Serializer::with_formatter(&mut text, pretty))
        }
        None => json.serialize(&mut serde_json::Serializer::new(&mut text)),
    };
    written.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    state.consume_fuel((text.len() / BYTES_PER_FUEL_WALKED) as u64 + 1)?;
    String::from_utf8(text).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// Returns the value that a JSON text stands for.
pub(super) fn from_json_text(text: &str) -> Result<Value, Error> {
    let payload = Payload::parse(text);
    let payload = payload.map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
    Place::value_of(&payload)
}

/// Carries our error through minijinja.
pub(super) fn carried(error: ExprError) -> Error {
    let kind = match error {
        ExprError::OutOfFuel => ErrorKind::OutOfFuel,
        _ => ErrorKind::InvalidOperation,
    };
    Error::new(kind, error.to_string()).with_source(error)
}
