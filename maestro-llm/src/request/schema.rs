//! Schemas that a provider can hold a model to: a part of JSON Schema that they all know.

use serde_json::{Map, Value};

/// Returns what a provider can enforce of `schema`. Rules that it does not know are left out: the engine checks the answer
/// against all of them. `None` when the schema has a shape that cannot be enforced without changing what is allowed.
pub(super) fn constrained(schema: &Value) -> Option<Value> {
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    if is_object { reduced(schema) } else { None }
}

fn reduced(schema: &Value) -> Option<Value> {
    let schema = schema.as_object()?;
    if schema.get("type").is_some_and(|kind| kind == "object") && !has_fixed_properties(schema) {
        return None;
    }
    let mut kept = Map::new();
    for (key, value) in schema {
        let value = match key.as_str() {
            "type" | "enum" | "const" | "required" | "description" | "title" | "$ref" => value.clone(),
            "additionalProperties" => Value::Bool(false),
            "properties" | "$defs" => each(value)?,
            "items" => reduced(value)?,
            "anyOf" => Value::Array(value.as_array()?.iter().map(reduced).collect::<Option<_>>()?),
            key if is_shape(key) => return None,
            _ => continue,
        };
        kept.insert(key.clone(), value);
    }
    if !["type", "anyOf", "$ref"].iter().any(|key| kept.contains_key(*key)) {
        kept.insert("type".to_owned(), type_of(&kept)?.into()); // OpenAI insists on one
    }
    Some(Value::Object(kept))
}

/// Returns the type that all allowed values have, `None` when there is no such.
fn type_of(schema: &Map<String, Value>) -> Option<&'static str> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let mut kinds = listed.chain(schema.get("const")).map(|value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    });
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

fn each(schemas: &Value) -> Option<Value> {
    let reduce = |(name, schema): (&String, &Value)| Some((name.clone(), reduced(schema)?));
    schemas.as_object()?.iter().map(reduce).collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// Providers forbid every property that is not named, which must not take away any that the schema asks for.
fn has_fixed_properties(schema: &Map<String, Value>) -> bool {
    let names = schema.get("properties").and_then(Value::as_object);
    let is_map = schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false));
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let are_named = |names: &Map<String, Value>| {
        required.filter_map(Value::as_str).all(|required| names.contains_key(required))
    };
    !is_map && names.is_some_and(|names| !names.is_empty() && are_named(names))
}

/// Tells whether a keyword changes what values look like, so that leaving it out would mislead the model.
fn is_shape(key: &str) -> bool {
    matches!(
        key,
        "allOf"
            | "oneOf"
            | "not"
            | "if"
            | "then"
            | "else"
            | "prefixItems"
            | "patternProperties"
            | "propertyNames"
            | "dependentSchemas"
            | "dependentRequired"
            | "unevaluatedProperties"
            | "unevaluatedItems"
            | "contains"
            | "definitions"
            | "$dynamicRef"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_every_provider_knows_is_kept_and_rules_of_detail_are_left_out() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "subject": {"type": "string", "minLength": 1, "description": "one line"},
                "scores": {"type": "array", "items": {"type": "integer", "maximum": 10}, "maxItems": 3},
                "tone": {"anyOf": [{"$ref": "#/$defs/Tone"}, {"type": "null"}]},
            },
            "required": ["subject"],
            "$defs": {"Tone": {"enum": ["warm", "dry"]}},
        });
        let expected = json!({
            "type": "object",
            "properties": {
                "subject": {"type": "string", "description": "one line"},
                "scores": {"type": "array", "items": {"type": "integer"}},
                "tone": {"anyOf": [{"$ref": "#/$defs/Tone"}, {"type": "null"}]},
            },
            "required": ["subject"],
            "$defs": {"Tone": {"enum": ["warm", "dry"], "type": "string"}},
        });
        assert_eq!(constrained(&schema), Some(expected));
    }

    #[test]
    fn a_shape_that_cannot_be_enforced_is_left_to_words() {
        let object = |property: Value| json!({"type": "object", "properties": {"a": property}});
        for schema in [
            json!({"type": "array", "items": {"type": "string"}}),
            json!({"type": "object"}),
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            object(json!({"type": "object", "additionalProperties": true})),
            object(json!({"allOf": [{"type": "string"}]})),
            object(json!({"type": "array", "prefixItems": [{"type": "string"}]})),
            object(json!(true)),
            object(json!({"description": "anything"})),
            object(json!({"enum": ["a", 1]})),
            json!({"type": "object", "properties": {"a": {}}, "required": ["b"]}),
            json!(true),
        ] {
            assert_eq!(constrained(&schema), None, "{schema}");
        }
    }
}
