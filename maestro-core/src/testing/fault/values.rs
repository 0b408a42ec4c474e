//! The texts of a record that come from operations and templates, so that a store can be made to refuse one.

use crate::domain::{Disposition, Failure, Payload, RunRecord};

/// Returns every value of a record.
pub(super) fn values(record: &RunRecord) -> impl Iterator<Item = &str> {
    let steps = record.steps.iter().flat_map(|step| {
        let message = step.error.as_ref().map(|error: &Failure| error.message.as_str());
        [step.input.as_ref().map(Payload::as_str), step.output.as_ref().map(Payload::as_str), message]
    });
    let end = match &record.disposition {
        Disposition::Finish(finish) => [
            finish.output.as_deref(),
            finish.result.as_ref().map(Payload::as_str),
            finish.error.as_ref().map(|error| error.message.as_str()),
        ],
        Disposition::Continue | Disposition::Park { .. } | Disposition::Falter { .. } => [None; 3],
    };
    steps.chain(end).flatten()
}
