//! JSON Schema: what an input or a model's answer must look like, checked offline and in bounded time.

mod measure;

use std::{fmt, sync::Arc};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use self::measure::Measure;
use super::Payload;

/// How many violations are told.
const MAX_VIOLATIONS: usize = 50;
/// The longest message, in characters.
const MAX_MESSAGE: usize = 300;
/// Memory of one compiled pattern, in bytes.
const MAX_PATTERN: usize = 1024 * 1024;

/// A compiled JSON Schema, draft 2020-12 unless its `$schema` names another. Cheap to clone.
///
/// It never fetches anything: a `$ref` may only point into the schema itself. Patterns are matched in linear time,
/// without look-around and back-references. Formats are checked, unknown ones ignored.
///
/// ```
/// use maestro_core::domain::{JsonSchema, Payload};
/// use serde_json::json;
///
/// let schema = JsonSchema::compile(&json!({
///     "type": "object",
///     "properties": {"limit": {"type": "integer", "minimum": 1}},
///     "required": ["limit"],
/// }))?;
/// assert!(schema.check(&Payload::from(json!({"limit": 3}))).is_ok());
/// let violations = schema.check(&Payload::from(json!({"limit": 0}))).unwrap_err();
/// assert_eq!(violations[0].pointer, "/limit");
/// # Ok::<(), maestro_core::domain::SchemaError>(())
/// ```
#[derive(Clone)]
pub struct JsonSchema(Arc<Inner>);

struct Inner {
    validator: Validator,
    measure: Measure,
}

/// Why a value is no usable JSON Schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no usable JSON Schema: {reason} (at {pointer:?}); {fix}")]
pub struct SchemaError {
    /// Where in the schema, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub fix: &'static str,
}

/// One place where a value breaks a schema.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    /// Where in the value, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What is wrong there. Does not repeat the value.
    pub message: String,
}

impl JsonSchema {
    /// Compiles a schema of at most 256 KiB.
    ///
    /// # Errors
    /// [`SchemaError`] when the value is no JSON Schema, points outside of itself, or would take too long to check.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let measure = measure::measure(schema)?;
        let mut options = jsonschema::options()
            .offline()
            .should_validate_formats(true)
            .should_ignore_unknown_formats(true)
            .with_pattern_options(
                PatternOptions::regex().size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN),
            );
        if schema.get("$schema").is_none() {
            options = options.with_draft(Draft::Draft202012);
        }
        let validator = options.build(schema).map_err(|error| SchemaError {
            pointer: error.instance_path().to_string(),
            reason: shortened(error.to_string()),
            fix: "correct it (JSON Schema 2020-12); patterns have no look-around and no back-references",
        })?;
        Ok(Self(Arc::new(Inner { validator, measure })))
    }

    /// Checks a value.
    ///
    /// # Errors
    /// The places where it breaks the schema, at most 50 of them.
    pub fn check(&self, value: &Payload) -> Result<(), Vec<Violation>> {
        let refused = |message: String| vec![Violation { pointer: String::new(), message }];
        let value = value.value().map_err(|error| refused(error.to_string()))?;
        if !self.0.measure.allows(value) {
            return Err(refused("the value is too deep for a schema that refers to itself".to_owned()));
        }
        let errors = self.0.validator.iter_errors(value).take(MAX_VIOLATIONS);
        let violations: Vec<Violation> = errors
            .map(|error| Violation {
                pointer: error.instance_path().to_string(),
                message: shortened(error.masked().to_string()),
            })
            .collect();
        if violations.is_empty() { Ok(()) } else { Err(violations) }
    }
}

impl fmt::Debug for JsonSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonSchema").finish_non_exhaustive()
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_MESSAGE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: Value, value: Value) -> Result<(), Vec<Violation>> {
        JsonSchema::compile(&schema).expect("a good schema").check(&Payload::from(value))
    }

    #[test]
    fn a_violation_says_where_and_why_without_repeating_the_value() {
        let schema = json!({
            "type": "object",
            "properties": {"to": {"type": "array", "items": {"type": "string", "format": "email"}}},
            "additionalProperties": false,
        });
        assert!(check(schema.clone(), json!({"to": ["ada@example.com"]})).is_ok());
        let violations = check(schema, json!({"to": ["secret", 7], "x": 1})).unwrap_err();
        let pointers: Vec<&str> = violations.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(violations.len(), 3, "{violations:?}");
        assert!(pointers.contains(&"/to/0") && pointers.contains(&"/to/1"));
        assert!(violations.iter().all(|violation| !violation.message.contains("secret")), "{violations:?}");
        let many = check(json!({"items": {"type": "string"}}), json!(vec![1; 1_000])).unwrap_err();
        assert_eq!(many.len(), MAX_VIOLATIONS);
    }

    #[test]
    fn what_is_no_schema_or_points_elsewhere_is_refused() {
        for (bad, place) in [
            (json!(7), ""),
            (json!({"type": "strin"}), "/type"),
            (json!({"properties": {"a": {"minimum": "x"}}}), "/properties/a/minimum"),
            (json!({"$ref": "https://example.com/schema.json"}), ""),
            (json!({"items": {"$ref": "file:///etc/passwd"}}), "/items"),
            (json!({"$ref": "#/$defs/none"}), ""),
            (json!({"$dynamicRef": "#x"}), ""),
            (json!({"$schema": "https://example.com/meta"}), ""),
            (json!({"properties": {"a": {"$id": "https://example.com/"}}}), "/properties/a"),
            (json!({"pattern": "(?=a)b"}), "/pattern"),
            (json!({"pattern": "("}), "/pattern"),
            (json!({"pattern": "(a{1000}){1000}"}), "/pattern"),
            (json!({"description": "x".repeat(300_000)}), ""),
        ] {
            let error =
                JsonSchema::compile(&bad).expect_err(&bad.to_string()[..40.min(bad.to_string().len())]);
            assert_eq!(error.pointer, place, "{error}");
        }
        for good in [
            json!(true),
            json!({}),
            json!({"properties": {"$ref": {"type": "string"}}, "const": {"$ref": "http://x"}}),
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {}}, "$ref": "#/definitions/a"}),
            json!({"$id": "https://example.com/lead", "$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "object"}}}),
        ] {
            JsonSchema::compile(&good).unwrap_or_else(|error| panic!("{good}: {error}"));
        }
    }

    #[test]
    fn no_schema_and_no_value_takes_long() {
        let doubling = |key: &str| {
            let mut defs = serde_json::Map::new();
            for n in 0..40 {
                let next = json!({"$ref": format!("#/$defs/d{}", n + 1)});
                defs.insert(format!("d{n}"), json!({key: [next.clone(), next]}));
            }
            defs.insert("d40".to_owned(), json!({"type": "string"}));
            json!({"$ref": "#/$defs/d0", "$defs": defs})
        };
        for key in ["anyOf", "allOf", "oneOf"] {
            assert!(JsonSchema::compile(&doubling(key)).is_err(), "{key}");
        }
        assert!(JsonSchema::compile(&json!({"$ref": "#"})).is_err());
        assert!(JsonSchema::compile(&json!({"allOf": [{"$ref": "#"}]})).is_err());
        let twice = json!({"anyOf": [{"items": {"$ref": "#"}, "minItems": 1}, {"items": {"$ref": "#"}, "minItems": 2}]});
        let deep = |n| (0..n).fold(json!([]), |inner, _| json!([inner]));
        assert!(check(twice.clone(), deep(5)).is_err());
        assert!(check(twice, deep(60)).is_err());
        let tree = json!({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}});
        assert!(check(tree.clone(), json!({"left": {"left": {}, "right": {"left": {}}}})).is_ok());
        let list = json!({"type": ["array", "null"], "items": {"$ref": "#"}});
        assert!(check(list, deep(90)).is_ok());
        let chain = (0..50).fold(json!({}), |inner, _| json!({"left": inner}));
        assert!(check(tree, chain).is_ok());
        assert!(check(json!({"pattern": "^(a+)+$"}), json!("a".repeat(50_000) + "!")).is_err());
    }
}
