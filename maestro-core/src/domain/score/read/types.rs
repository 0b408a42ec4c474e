//! JSON types, as people call them.

use serde_json::Value;

use crate::domain::score::{ProblemCode, problem::Collector};

/// Reports a value of another JSON type.
pub(super) fn wrong_type(problems: &mut Collector, pointer: String, wanted: &str, value: &Value) {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let fix = match value {
        Value::Null => "leave it out, or give it a value".to_owned(),
        _ => format!("write {wanted}"),
    };
    problems.add(pointer, ProblemCode::WrongType, format!("this must be {wanted}, not {found}"), fix);
}
