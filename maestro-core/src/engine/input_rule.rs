//! Inputs: what a score demands of what a run is given.

use super::Error;
use crate::domain::{InvalidPayload, JsonSchema, Payload, Score};

/// What the input of a run must be like: small enough, and as the score's schema says.
pub(crate) struct InputRule {
    schema: Option<JsonSchema>,
    max_bytes: usize,
}

impl InputRule {
    pub(crate) fn of(score: &Score, max_bytes: usize) -> Result<Self, Error> {
        let schema = score.input_schema.as_ref().map(JsonSchema::compile).transpose().map_err(|error| {
            Error::invalid("input_schema", format!("the score's schema makes no sense: {error}"))
        })?;
        Ok(Self { schema, max_bytes })
    }

    pub(crate) fn check(&self, input: &Payload) -> Result<(), Error> {
        let (size, limit) = (input.size(), self.max_bytes);
        if size > limit {
            let reason = format!("it has {size} bytes, the limit is {limit}; pass on a reference instead");
            return Err(Error::invalid("input", reason));
        }
        if input.is_too_deep() {
            return Err(InvalidPayload::TooDeep.into());
        }
        let Some(schema) = &self.schema else { return Ok(()) };
        schema.check(input).map_err(|violations| {
            let all: Vec<_> = violations
                .iter()
                .map(|violation| match violation.pointer.as_str() {
                    "" => violation.message.clone(),
                    pointer => format!("{pointer}: {}", violation.message),
                })
                .collect();
            Error::invalid("input", format!("{}; send what the score's input_schema allows", all.join("; ")))
        })
    }
}
