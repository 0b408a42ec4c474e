//! Instructions: what a model is told in words, where its provider has no field for it.

use serde_json::Value;

/// Asks in the system prompt for an answer that satisfies `schema`.
pub(super) fn with_schema(system: &mut String, schema: &Value) {
    if !system.is_empty() {
        system.push_str("\n\n");
    }
    system.push_str(
        "When you give your final answer, answer with one JSON value and nothing else: no words before or after it, no \
         code fence. It must satisfy this JSON Schema:\n",
    );
    system.push_str(&schema.to_string());
}

/// What the model is told when the conversation ends with an answer of its own that is to be mended.
pub(super) const MEND: &str = "Your last answer does not have the form that was asked for. Give it again, in that form, and nothing else.";
