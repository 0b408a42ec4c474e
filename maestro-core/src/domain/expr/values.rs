//! Values: from what minijinja computes with back to JSON, never too large, with nothing lost on the way.

use minijinja::{Error, ErrorKind, State, Value, value::ValueKind};
use serde_json::{Map, Number, Value as Json};

use super::{
    ExprError,
    place::{HUGE, Place},
};
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
        return place.copy(left, depth);
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

/// Checks that a value that is not written anywhere holds no error, and is a number where it counts as one.
pub(super) fn check(value: &Value) -> Result<(), ExprError> {
    match value.kind() {
        ValueKind::Number if !value.is_integer() => number(value).map(drop),
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

/// Takes bytes from what is left of the largest result.
pub(super) fn spend(left: &mut usize, bytes: usize) -> Result<(), ExprError> {
    let rest = left.checked_sub(bytes);
    *left = rest.ok_or(ExprError::ResultTooLarge { what: "bytes", limit: MAX_RESULT })?;
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
