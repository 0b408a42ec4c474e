//! Fields of a node's panel: which there are for each kind, and how they are read back.

use maestro_core::engine::OperationInfo;
use serde_json::{Map, Number, Value};

/// A field of the panel.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: &'static str,
    pub(super) form: Shape,
    pub(super) value: String,
    pub(super) choices: Vec<String>,
    pub(super) error: Option<String>,
}

/// How a field is typed and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A line of text.
    Text,
    /// Text of several lines.
    Long,
    /// JSON, or a text that is none and is kept as it is.
    Json,
    Number,
    Choice,
    /// Names with commas between them.
    List,
}

type Known = (&'static str, &'static str, Shape, &'static [&'static str]);

const COMMON: [Known; 4] = [
    ("id", "Id", Shape::Text, &[]),
    ("label", "Label", Shape::Text, &[]),
    ("input", "Input, a template", Shape::Json, &[]),
    ("on_error", "On error", Shape::Choice, &["", "fail", "continue"]),
];
const EXECUTED: [Known; 3] = [
    ("timeout_s", "Timeout, seconds", Shape::Number, &[]),
    ("effect", "Effect", Shape::Choice, &["", "repeatable", "once"]),
    ("retry", "Retry, JSON", Shape::Json, &[]),
];

/// Returns the fields that only a kind has.
fn of_its_own(kind: &str) -> &'static [Known] {
    match kind {
        "deterministic" => {
            &[("skill", "Skill", Shape::Choice, &[]), ("operation", "Operation", Shape::Choice, &[])]
        }
        "llm" => &[
            ("agent", "Agent", Shape::Text, &[]),
            ("prompt", "Prompt", Shape::Long, &[]),
            ("output_schema", "Schema of the answer, JSON", Shape::Json, &[]),
            ("max_tool_rounds", "Tool rounds, at most", Shape::Number, &[]),
        ],
        "map_over" => &[
            ("items", "Items, a template", Shape::Json, &[]),
            ("body", "Body, node ids with commas", Shape::List, &[]),
            ("max_concurrency", "At once", Shape::Number, &[]),
            ("on_item_error", "Failed items", Shape::Choice, &["", "fail", "null", "drop"]),
            ("max_items", "Items, at most", Shape::Number, &[]),
        ],
        "repeat" => &[
            ("body", "Body, node ids with commas", Shape::List, &[]),
            ("until", "Until, an expression", Shape::Text, &[]),
            ("max_iterations", "Rounds, at most", Shape::Number, &[]),
            ("on_max", "After that", Shape::Choice, &["", "fail", "accept"]),
        ],
        "delay" => &[
            ("for_s", "Waits, seconds", Shape::Number, &[]),
            ("until", "Or until, a moment", Shape::Text, &[]),
        ],
        "approval" => &[
            ("title", "Asks", Shape::Long, &[]),
            ("timeout_s", "Waits at most, seconds", Shape::Number, &[]),
            ("on_timeout", "Without an answer", Shape::Choice, &["", "approve", "reject", "fail"]),
        ],
        "stop" => &[
            ("status", "Ends the run", Shape::Choice, &["", "succeeded", "completed", "failed", "cancelled"]),
            ("reason", "Reason", Shape::Text, &[]),
        ],
        _ => &[],
    }
}

fn known(kind: &str) -> impl Iterator<Item = &'static Known> {
    let executed: &'static [Known] = if matches!(kind, "deterministic" | "llm") { &EXECUTED } else { &[] };
    COMMON[..2].iter().chain(of_its_own(kind)).chain(&COMMON[2..]).chain(executed)
}

/// Returns the fields of a node of a kind, with what stands in them.
pub(super) fn of_kind(kind: &str, node: &Map<String, Value>, operations: &[OperationInfo]) -> Vec<Field> {
    let field = |(name, label, form, choices): &Known| {
        let value = node.get(*name).map_or_else(String::new, |value| text_of(value, *form));
        let mut choices: Vec<String> = choices.iter().map(|choice| (*choice).to_owned()).collect();
        match *name {
            "skill" => choices.extend(operations.iter().map(|info| info.operation.skill.to_string())),
            "operation" => {
                let skill = node.get("skill").and_then(Value::as_str).unwrap_or_default();
                let own = operations
                    .iter()
                    .filter(|info| skill.is_empty() || info.operation.skill.as_str() == skill);
                choices.extend(own.map(|info| info.operation.name.to_string()));
            }
            _ => {}
        }
        if *form == Shape::Choice && !choices.contains(&value) {
            choices.insert(0, value.clone());
        }
        choices.dedup();
        Field { name: (*name).to_owned(), label, form: *form, value, choices, error: None }
    };
    known(kind).map(field).collect()
}

fn text_of(value: &Value, form: Shape) -> String {
    match (value, form) {
        (Value::String(text), _) => text.clone(),
        (Value::Array(items), Shape::List) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        (other, Shape::Json) => serde_json::to_string_pretty(other).unwrap_or_default(),
        (other, _) => other.to_string(),
    }
}

/// Writes what was typed into a node. An empty field takes its member away.
pub(super) fn write(node: &mut Map<String, Value>, typed: &[(&str, &str)]) {
    let kind = node.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (name, _, form, _) in known(&kind) {
        let Some((_, text)) = typed.iter().find(|(typed, _)| typed == name) else { continue };
        let text = text.replace("\r\n", "\n");
        let trimmed = text.trim();
        if trimmed.is_empty() {
            node.remove(*name);
            continue;
        }
        let value = match form {
            Shape::Text | Shape::Choice => Value::from(trimmed),
            Shape::Long => Value::from(text.as_str()),
            Shape::Json => serde_json::from_str(trimmed).unwrap_or_else(|_| Value::from(text.as_str())),
            // What is no number stays as it was typed: the validator says so beside the field.
            Shape::Number => trimmed.parse::<Number>().map_or_else(|_| Value::from(trimmed), Value::Number),
            Shape::List => {
                trimmed.split(',').map(str::trim).filter(|id| !id.is_empty()).map(Value::from).collect()
            }
        };
        node.insert((*name).to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_shown_reads_back_equal() {
        let node = json!({"id": "each", "kind": "map_over", "items": "{{ input }}", "body": ["a", "b"], "max_items": 5,
            "input": {"x": [1]}});
        let Value::Object(node) = node else { unreachable!("it is written above") };
        let fields = of_kind("map_over", &node, &[]);
        let typed: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
        let mut again = node.clone();
        write(&mut again, &typed);
        assert_eq!(again, node);
    }

    #[test]
    fn empty_fields_are_members_that_are_not_there() {
        let Value::Object(mut node) = json!({"id": "x", "kind": "delay", "for_s": 5}) else {
            unreachable!("it is written above")
        };
        write(
            &mut node,
            &[("for_s", " "), ("until", "2026-01-01T00:00:00Z"), ("skill", "no field of its kind")],
        );
        assert_eq!(Value::from(node), json!({"id": "x", "kind": "delay", "until": "2026-01-01T00:00:00Z"}));
    }
}
