//! Reading: from JSON to a score in one pass that finds every problem.

use serde_json::Value;

use super::{Problems, Score, problem::Collector};
use crate::domain::score::ProblemCode;

impl Score {
    /// Reads a score from JSON.
    ///
    /// # Errors
    /// Every problem that the document has.
    pub fn from_json(_value: &Value) -> Result<Self, Problems> {
        let mut problems = Collector::default();
        problems.add("", ProblemCode::MissingField, "not readable yet", "wait");
        problems.finish()?;
        unreachable!("a problem was added")
    }

    /// Reads a score from a text.
    ///
    /// # Errors
    /// Every problem that the document has.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        Self::from_json(&serde_json::from_str(text).unwrap_or_default())
    }
}

impl<'de> serde::Deserialize<'de> for Score {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
