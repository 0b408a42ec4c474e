//! Comparisons that clauses share, with words for whoever breaks them.

use std::{fmt::Debug, future::Future};

use crate::{
    domain::{Payload, Run, RunId, RunStep},
    ports::store::{ConflictReason, StoreError},
};

/// Demands that a call found nothing.
#[track_caller]
pub(in crate::conformance) fn assert_not_found<T: Debug>(answer: Result<T, StoreError>, what: &str) {
    assert!(matches!(answer, Err(StoreError::NotFound { .. })), "{what} must be NotFound, not {answer:?}");
}

/// Demands that a call met a conflict for one of these reasons; none given means for any.
#[track_caller]
pub(in crate::conformance) fn assert_conflict<T: Debug>(
    answer: Result<T, StoreError>,
    reasons: &[ConflictReason],
    what: &str,
) {
    let reason = answer.as_ref().err().and_then(StoreError::conflict_reason);
    let fits = reason.is_some_and(|reason| reasons.is_empty() || reasons.contains(&reason));
    assert!(fits, "{what} must be a Conflict {reasons:?}, not {answer:?}");
}

/// Demands that two runs are equal in every field, payloads as text.
#[track_caller]
pub(in crate::conformance) fn assert_same_run(found: &Run, expected: &Run, what: &str) {
    assert_eq!(found, expected, "{what}");
    assert_eq!(found.input.as_str(), expected.input.as_str(), "{what}: the text of the input");
    assert_eq!(text(&found.result), text(&expected.result), "{what}: the text of the result");
}

/// Demands that two lists of steps are equal in order and in every field, payloads as text.
#[track_caller]
pub(in crate::conformance) fn assert_same_steps(found: &[RunStep], expected: &[RunStep], what: &str) {
    let places = |steps: &[RunStep]| -> Vec<_> {
        steps.iter().map(|step| (step.key.to_string(), step.attempt, step.status)).collect()
    };
    assert_eq!(places(found), places(expected), "{what}: keys, tries and statuses");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{what}");
        assert_eq!(text(&found.input), text(&expected.input), "{what}: the text of the input");
        assert_eq!(text(&found.output), text(&expected.output), "{what}: the text of the output");
    }
}

/// Returns the ids of runs.
pub(in crate::conformance) fn ids(runs: &[Run]) -> Vec<RunId> {
    runs.iter().map(|run| run.id).collect()
}

/// Returns the same values in order.
pub(in crate::conformance) fn sorted<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort();
    values
}

/// Reads page after page until one is not full; `page` gets the last row of the page before.
pub(in crate::conformance) async fn read_pages<T: Clone, F>(
    limit: u32,
    mut page: impl FnMut(Option<T>) -> F,
) -> Vec<T>
where
    F: Future<Output = Result<Vec<T>, StoreError>>,
{
    let mut rows: Vec<T> = Vec::new();
    loop {
        let next = page(rows.last().cloned()).await.expect("a page is read");
        assert!(next.len() <= limit as usize, "a page of at most {limit} has {} rows", next.len());
        let is_last = next.len() < limit as usize;
        rows.extend(next);
        assert!(rows.len() < 10_000, "pages must end: the same rows are listed again and again");
        if is_last {
            return rows;
        }
    }
}

fn text(payload: &Option<Payload>) -> Option<&str> {
    payload.as_ref().map(Payload::as_str)
}
