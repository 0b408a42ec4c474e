//! The published schema of scores, as a part of the description.

use maestro_core::domain;
use serde_json::{Value, json};

/// The name that the schema has here; its definitions are named after it.
const NAME: &str = "ScoreDocument";
/// The operations that take such a document.
const TAKE_IT: [(&str, &str); 3] =
    [("/api/scores", "post"), ("/api/scores/{id}", "put"), ("/api/scores/validate", "post")];

/// Puts the schema among the others and lets the operations name it.
pub(super) fn embed(document: &mut Value) {
    let mut schema = domain::Score::json_schema().clone();
    let definitions = schema.as_object_mut().and_then(|schema| {
        schema.remove("$schema");
        schema.remove("$defs")
    });
    let Some(Value::Object(definitions)) = definitions else { return };
    schema["example"] = json!({
        "name": "Greetings",
        "nodes": [{"id": "greet", "kind": "deterministic", "skill": "util", "operation": "echo"}],
    });
    let schemas = &mut document["components"]["schemas"];
    for (name, mut definition) in definitions.into_iter().chain([(String::new(), schema)]) {
        rename(&mut definition);
        schemas[named(&name)] = definition;
    }
    for (field, definition) in [("nodes", "node"), ("edges", "edge")] {
        schemas["Score"]["properties"][field]["items"] = json!({"$ref": reference(definition)});
    }
    for (path, method) in TAKE_IT {
        document["paths"][path][method]["requestBody"]["content"] =
            json!({"application/json": {"schema": {"$ref": reference("")}}});
    }
}

fn named(definition: &str) -> String {
    if definition.is_empty() { NAME.to_owned() } else { format!("{NAME}_{definition}") }
}

fn reference(definition: &str) -> String {
    format!("#/components/schemas/{}", named(definition))
}

/// Lets references lead to where the definitions are now.
fn rename(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match value.as_str().and_then(|text| text.strip_prefix("#/$defs/")) {
                    Some(definition) if key == "$ref" => *value = reference(definition).into(),
                    _ => rename(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(rename),
        _ => {}
    }
}
