//! Measuring: how much work a schema can cause, known before anything is checked.
//!
//! Every `$ref` is followed as if the schema it names stood in its place. What grows without end by that is a
//! schema that refers to itself; such a one is checked only against values of limited depth.

use std::collections::HashMap;

use serde_json::Value;

use super::SchemaError;
use crate::domain::MAX_DEPTH;

/// The largest schema, in bytes.
const MAX_SCHEMA: usize = 256 * 1024;
/// The most schemas within a schema, with every `$ref` written out.
const MAX_EXPANDED: u64 = 20_000;
/// How often a self-referring schema may be entered for one value.
const MAX_ENTERED: u64 = 1_000_000;

/// What a schema can cause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// The schemas within it, with every `$ref` written out.
    expanded: u64,
    /// How many ways lead from it back into a schema it came from, for one place of the value.
    ways: u64,
}

impl Measure {
    const ONE: Self = Self { expanded: 1, ways: 0 };

    /// Returns what two schemas cause that look at the same place.
    fn and(self, other: Self) -> Self {
        Self { ways: self.ways.saturating_add(other.ways), ..self.or(other) }
    }

    /// Returns what two schemas cause that look at different places.
    fn or(self, other: Self) -> Self {
        Self { expanded: self.expanded.saturating_add(other.expanded), ways: self.ways.max(other.ways) }
    }

    /// Tells whether a value is flat enough: each level of it may be entered in every way.
    pub(super) fn allows(self, value: &Value) -> bool {
        self.ways <= 1 || self.ways.checked_pow(depth(value)).is_some_and(|entered| entered <= MAX_ENTERED)
    }
}

fn depth(value: &Value) -> u32 {
    let inner = match value {
        Value::Array(list) => list.iter().map(depth).max(),
        Value::Object(map) => map.values().map(depth).max(),
        _ => return 0,
    };
    1 + inner.unwrap_or(0)
}

/// Measures a schema, or refuses it.
pub(super) fn measure(schema: &Value) -> Result<Measure, SchemaError> {
    if !schema.is_object() && !schema.is_boolean() {
        return Err(refused("", "a schema is an object, or true or false", "write an object"));
    }
    let size = schema.to_string().len();
    if size > MAX_SCHEMA {
        let reason = format!("{size} bytes are more than {MAX_SCHEMA}");
        return Err(refused("", &reason, "make the schema smaller"));
    }
    let mut walk = Walk { root: schema, done: HashMap::new() };
    let measure = walk.schema(schema, &mut String::new(), 0, &mut Vec::new())?;
    if measure.expanded > MAX_EXPANDED {
        let reason = format!("with every $ref written out it has more than {MAX_EXPANDED} schemas");
        return Err(refused("", &reason, "refer to fewer schemas from fewer places"));
    }
    Ok(measure)
}

struct Walk<'s> {
    root: &'s Value,
    /// What the schemas that are referred to expand to.
    done: HashMap<&'s str, Measure>,
}

/// A reference that is being followed, and whether a level of the value was entered since.
struct Followed<'s> {
    to: &'s str,
    entered: bool,
}

impl<'s> Walk<'s> {
    fn schema(
        &mut self,
        schema: &'s Value,
        pointer: &mut String,
        depth: usize,
        path: &mut Vec<Followed<'s>>,
    ) -> Result<Measure, SchemaError> {
        if depth > MAX_DEPTH {
            return Err(refused(pointer, "the schema is nested too deep", "flatten it"));
        }
        let Value::Object(map) = schema else { return Ok(Measure::ONE) };
        let mut whole = Measure::ONE;
        for (keyword, value) in map {
            let len = pointer.len();
            match keyword.as_str() {
                "$ref" => whole = whole.and(self.reference(value, pointer, depth, path)?),
                "$dynamicRef" | "$recursiveRef" | "$dynamicAnchor" | "$anchor" => {
                    let fix = "use $ref with a pointer such as #/$defs/lead";
                    return Err(refused(pointer, &format!("{keyword} is not supported"), fix));
                }
                "$id" | "id" if depth > 0 && value.is_string() => {
                    let fix = "remove it and use $ref with a pointer such as #/$defs/lead";
                    return Err(refused(pointer, "only the whole schema may have an id", fix));
                }
                keyword => {
                    let Some(place) = Place::of(keyword) else { continue };
                    let was: Vec<bool> = path.iter().map(|followed| followed.entered).collect();
                    if place.enters {
                        path.iter_mut().for_each(|followed| followed.entered = true);
                    }
                    let mut part = Measure { expanded: 0, ways: 0 };
                    for (step, inner) in place.schemas(value) {
                        pointer.push('/');
                        pointer.push_str(keyword);
                        pointer.push_str(&step);
                        let inner = self.schema(inner, pointer, depth + 1, path)?;
                        part = if place.is_apart { part.or(inner) } else { part.and(inner) };
                        pointer.truncate(len);
                    }
                    whole = whole.and(part);
                    path.iter_mut().zip(was).for_each(|(followed, was)| followed.entered = was);
                }
            }
        }
        Ok(whole)
    }

    fn reference(
        &mut self,
        value: &'s Value,
        pointer: &str,
        depth: usize,
        path: &mut Vec<Followed<'s>>,
    ) -> Result<Measure, SchemaError> {
        let fix = "use a pointer into this schema such as #/$defs/lead";
        let to = value.as_str().ok_or_else(|| refused(pointer, "$ref is no text", fix))?;
        let inner = to.strip_prefix('#').filter(|inner| inner.is_empty() || inner.starts_with('/'));
        let Some(inner) = inner else {
            return Err(refused(pointer, "$ref points outside of the schema; nothing is fetched", fix));
        };
        let followed = path.iter().find(|followed| followed.to == to);
        match followed {
            Some(Followed { entered: true, .. }) => {
                return Ok(Measure { expanded: 1, ways: 1 });
            }
            Some(_) => {
                let reason = "the schema refers to itself without entering the value";
                return Err(refused(pointer, reason, "let it refer to itself below items or properties"));
            }
            None => {}
        }
        if let Some(done) = self.done.get(to) {
            return Ok(*done);
        }
        let target = self.root.pointer(inner);
        let target = target.ok_or_else(|| refused(pointer, "$ref points to what is not there", fix))?;
        path.push(Followed { to, entered: false });
        let measure = self.schema(target, &mut inner.to_owned(), depth + 1, path)?;
        path.pop();
        self.done.insert(to, measure);
        Ok(measure)
    }
}

/// How a keyword holds schemas, and whether those look at another place of the value.
struct Place {
    shape: Shape,
    enters: bool,
    /// Whether its schemas look at different places, so that only one of them sees any.
    is_apart: bool,
}

enum Shape {
    One,
    List,
    Map,
}

impl Place {
    fn of(keyword: &str) -> Option<Self> {
        let (shape, enters) = match keyword {
            "properties" | "patternProperties" => (Shape::Map, true),
            "$defs" | "definitions" => return None, // walked over where they are referred to
            "dependentSchemas" | "dependencies" => (Shape::Map, false),
            "allOf" | "anyOf" | "oneOf" => (Shape::List, false),
            "prefixItems" => (Shape::List, true),
            "items" => (Shape::List, true), // one schema, or, in older drafts, a list of them
            "additionalItems"
            | "contains"
            | "additionalProperties"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties" => (Shape::One, true),
            "not" | "if" | "then" | "else" | "contentSchema" => (Shape::One, false),
            _ => return None,
        };
        let is_apart = matches!(keyword, "properties" | "prefixItems");
        Some(Self { shape, enters, is_apart })
    }

    fn schemas<'v>(&self, value: &'v Value) -> Vec<(String, &'v Value)> {
        match (&self.shape, value) {
            (Shape::List, Value::Array(list)) => {
                list.iter().enumerate().map(|(at, inner)| (format!("/{at}"), inner)).collect()
            }
            (Shape::Map, Value::Object(map)) => {
                let step = |key: &str| format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                map.iter().map(|(key, inner)| (step(key), inner)).collect()
            }
            (Shape::Map, _) => Vec::new(),
            (_, inner) => vec![(String::new(), inner)],
        }
    }
}

fn refused(pointer: &str, reason: &str, fix: &'static str) -> SchemaError {
    SchemaError { pointer: pointer.to_owned(), reason: reason.to_owned(), fix }
}
