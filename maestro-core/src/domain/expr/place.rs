//! Places: payloads as minijinja sees them; nothing is converted before it is looked at.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use minijinja::{
    Error, ErrorKind, Value,
    value::{Enumerator, Object, ObjectRepr},
};
use serde_json::{Number, Value as Json};

use super::{ExprError, values};
use crate::domain::{MAX_DEPTH, Payload};

/// What is wrong with an integer that 64 bits cannot hold.
pub(super) const HUGE: &str = "an integer beyond 64 bits would lose digits; carry it as a string";

/// A place within a payload: nothing below it is converted until it is looked at.
#[derive(Clone)]
pub(super) struct Place {
    root: Arc<Root>,
    path: Vec<Step>,
}

struct Root {
    payload: Payload,
    /// Whether its text has integers that the parsed value does not hold.
    loses_digits: OnceLock<bool>,
}

#[derive(Clone)]
enum Step {
    Key(Box<str>),
    Index(usize),
}

impl Place {
    /// Returns a payload as minijinja sees it.
    pub(super) fn value_of(payload: &Payload) -> Result<Value, Error> {
        let root = Root { payload: payload.clone(), loses_digits: OnceLock::new() };
        let place = Self { root: Arc::new(root), path: Vec::new() };
        let json =
            payload.value().map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))?;
        Ok(place.convert(json))
    }

    /// Takes its size in bytes from `left`, if there is as much.
    pub(super) fn weigh(&self, left: &mut usize) -> Option<()> {
        weigh(self.json()?, left)
    }

    fn json(&self) -> Option<&Json> {
        let root = self.root.payload.value().ok()?;
        self.path.iter().try_fold(root, |json, step| match step {
            Step::Key(key) => json.get(key.as_ref()),
            Step::Index(index) => json.get(index),
        })
    }

    /// Returns a copy; takes its size from `left`.
    pub(super) fn copy(&self, left: &mut usize, depth: usize) -> Result<Json, ExprError> {
        let json = self.json().unwrap_or(&Json::Null);
        self.measure(json, left, depth)?;
        Ok(json.clone())
    }

    fn measure(&self, json: &Json, left: &mut usize, depth: usize) -> Result<(), ExprError> {
        if depth > MAX_DEPTH {
            return Err(ExprError::ResultTooLarge { what: "levels of nesting", limit: MAX_DEPTH });
        }
        match json {
            Json::Null | Json::Bool(_) => values::spend(left, 4),
            Json::Number(number) if self.loses_digits(number) => {
                Err(ExprError::Invalid { reason: HUGE.to_owned() })
            }
            Json::Number(_) => values::spend(left, 8),
            Json::String(text) => values::spend(left, text.len() + 2),
            Json::Array(list) => {
                values::spend(left, list.len() + 2)?;
                list.iter().try_for_each(|item| self.measure(item, left, depth + 1))
            }
            Json::Object(map) => {
                values::spend(left, 2)?;
                map.iter().try_for_each(|(key, item)| {
                    values::spend(left, key.len() + 4)?;
                    self.measure(item, left, depth + 1)
                })
            }
        }
    }

    fn loses_digits(&self, number: &Number) -> bool {
        let root = &self.root;
        is_huge(number) && *root.loses_digits.get_or_init(|| has_huge_integer(root.payload.as_str()))
    }

    fn child(&self, step: Step, json: &Json) -> Value {
        match json {
            Json::Object(_) | Json::Array(_) => {
                let path = self.path.iter().cloned().chain([step]).collect();
                Value::from_object(Self { root: Arc::clone(&self.root), path })
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
        if self.loses_digits(number) {
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
