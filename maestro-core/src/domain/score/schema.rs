//! The published JSON Schema of scores, for editors and for those who write scores elsewhere.

use std::sync::OnceLock;

use serde_json::Value;

use super::Score;

const TEXT: &str = include_str!("../../../schemas/score.schema.json");

impl Score {
    /// Returns the JSON Schema (2020-12) of the documents that [`from_json`](Self::from_json) reads.
    ///
    /// ```
    /// use maestro_core::domain::{JsonSchema, Payload, Score};
    ///
    /// let schema = JsonSchema::compile(Score::json_schema())?;
    /// assert!(schema.check(&Payload::from(serde_json::json!({"name": "Empty", "nodes": []}))).is_ok());
    /// # Ok::<(), maestro_core::domain::SchemaError>(())
    /// ```
    pub fn json_schema() -> &'static Value {
        static SCHEMA: OnceLock<Value> = OnceLock::new();
        SCHEMA.get_or_init(|| serde_json::from_str(TEXT).expect("the file is JSON, as a test checks"))
    }
}
