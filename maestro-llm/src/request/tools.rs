//! Tools: operations as providers want them defined, and the way back from what a model called.

use std::collections::BTreeSet;

use genai::chat;
use maestro_core::{
    domain::{Message, Payload},
    ports::Tool,
};
use serde_json::{Map, Value, json};

use super::wire_name;

/// Every provider wants a tool's input to be an object. Where an operation takes something else, that is the one field of
/// an object with this key.
const WRAPPED: &str = "input";

/// The tools of one call.
#[derive(Debug)]
pub(crate) struct Tools(Vec<Offered>);

#[derive(Debug)]
struct Offered {
    wire_name: String,
    name: String,
    description: String,
    schema: Value,
    is_wrapped: bool,
}

impl Tools {
    /// Takes the tools of a call.
    pub(super) fn new(tools: &[Tool]) -> Self {
        Self(tools.iter().map(Offered::new).collect())
    }

    /// Returns their definitions.
    pub(super) fn written(&self) -> Vec<chat::Tool> {
        let define = |offered: &Offered| chat::Tool {
            description: (!offered.description.is_empty()).then(|| offered.description.clone()),
            schema: Some(offered.schema.clone()),
            ..chat::Tool::new(offered.wire_name.as_str())
        };
        self.0.iter().map(define).collect()
    }

    /// Returns what a model called in our words: the name of the tool, and its arguments.
    pub(crate) fn read(&self, wire_name: &str, arguments: Value) -> (String, Payload) {
        // A model that gives no arguments at all means none of them.
        let arguments = if arguments.is_null() { Value::Object(Map::new()) } else { arguments };
        let Some(offered) = self.0.iter().find(|offered| offered.wire_name == wire_name) else {
            return (wire_name.to_owned(), Payload::from(arguments));
        };
        (offered.name.clone(), Payload::from(if offered.is_wrapped { unwrap(arguments) } else { arguments }))
    }
}

impl Offered {
    fn new(tool: &Tool) -> Self {
        let name = tool.operation.to_string();
        let (schema, is_wrapped) = object_schema(&tool.input_schema);
        let description = tool.description.clone();
        Self { wire_name: wire_name(&name), name, description, schema, is_wrapped }
    }
}

/// Returns a schema of objects, and whether they are wrapped around what the operation takes.
fn object_schema(schema: &Value) -> (Value, bool) {
    let mut schema = match schema {
        Value::Object(schema) => schema.clone(),
        _ => Map::new(), // `true` allows everything
    };
    schema.remove("$schema");
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    let allows_all = schema.keys().all(|key| matches!(key.as_str(), "title" | "description" | "$defs"));
    if is_object || allows_all {
        schema.insert("type".to_owned(), json!("object"));
        schema.entry("properties").or_insert_with(|| json!({})); // OpenAI insists on them
        return (Value::Object(schema), false);
    }
    let definitions = schema.remove("$defs"); // references begin at the root
    let mut wrapper = Map::new();
    wrapper.insert("type".to_owned(), json!("object"));
    wrapper.insert("properties".to_owned(), json!({ WRAPPED: schema }));
    wrapper.insert("required".to_owned(), json!([WRAPPED]));
    wrapper.extend(definitions.map(|definitions| ("$defs".to_owned(), definitions)));
    (Value::Object(wrapper), true)
}

fn unwrap(arguments: Value) -> Value {
    match arguments {
        Value::Object(mut map) if map.len() == 1 && map.contains_key(WRAPPED) => map[WRAPPED].take(),
        other => other, // the schema of the operation will tell the model what is wrong
    }
}

/// Returns the arguments of a call that was made as the object that providers want to see.
pub(super) fn wrap(arguments: &Payload) -> Value {
    match arguments.value() {
        Ok(Value::Object(map)) => Value::Object(map.clone()),
        Ok(other) => json!({ WRAPPED: other }),
        Err(_) => json!({}), // it was recorded as JSON
    }
}

/// Returns a definition for each tool that was called in a conversation, for providers that want to know them still when
/// none may be called any more.
pub(super) fn called(messages: &[Message]) -> Vec<chat::Tool> {
    let turns = messages.iter().filter_map(|message| match message {
        Message::Model(turn) => Some(turn),
        Message::User { .. } | Message::ToolResult { .. } => None,
    });
    let names: BTreeSet<String> =
        turns.flat_map(|turn| &turn.tool_calls).map(|call| wire_name(&call.name)).collect();
    names.into_iter().map(|name| chat::Tool::new(name).with_schema(json!({"type": "object"}))).collect()
}

#[cfg(test)]
mod tests {
    use maestro_core::ports::Operation;

    use super::*;

    fn tool(input_schema: Value) -> Tool {
        let operation = Operation { skill: "crm".parse().unwrap(), name: "find".parse().unwrap() };
        Tool { operation, description: String::new(), input_schema }
    }

    #[test]
    fn what_is_no_object_travels_in_one() {
        let text = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "string"});
        let tools = Tools::new(&[tool(text)]);
        assert_eq!(
            tools.written()[0].schema,
            Some(
                json!({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]})
            )
        );
        assert_eq!(
            tools.read("crm__find", json!({"input": "ann"})),
            ("crm.find".into(), json!("ann").into())
        );
        assert_eq!(tools.read("crm__find", json!({"name": "ann"})).1, json!({"name": "ann"}).into());
        assert_eq!(wrap(&json!("ann").into()), json!({"input": "ann"}));
    }

    #[test]
    fn references_still_lead_somewhere_in_a_wrapped_schema() {
        let schema = json!({"$ref": "#/$defs/Lead", "$defs": {"Lead": {"type": "object"}}});
        let (schema, is_wrapped) = object_schema(&schema);
        assert!(is_wrapped);
        assert_eq!(schema["$defs"]["Lead"]["type"], "object");
        assert_eq!(schema["properties"]["input"], json!({"$ref": "#/$defs/Lead"}));
    }

    #[test]
    fn an_operation_that_takes_anything_is_offered_an_object() {
        for schema in [json!(true), json!({}), json!({"title": "AnyValue"})] {
            let (schema, is_wrapped) = object_schema(&schema);
            assert_eq!(
                (&schema["type"], &schema["properties"], is_wrapped),
                (&json!("object"), &json!({}), false)
            );
        }
    }

    #[test]
    fn a_tool_that_nobody_offered_keeps_the_name_that_the_model_gave_it() {
        let tools = Tools::new(&[tool(json!({"type": "object"}))]);
        assert_eq!(tools.read("crm__lose", Value::Null), ("crm__lose".into(), json!({}).into()));
    }
}
