//! Steps of a run: those of one frame, without reading what lies within its loops.

use std::sync::Arc;

use maestro_core::{
    domain::{Run, RunId, RunStep, StepKey},
    engine::{Error, Workspace},
    ports::store::StepQuery,
};

use super::kept::Revision;
use crate::{
    dashboard::{draw::Outline, visit::Visit},
    problem::Problem,
};

/// So many steps are read at a time.
const PAGE: u32 = 100;
/// So many outlines are read side by side.
const ABREAST: usize = 8;

/// Returns the tries of the nodes of one frame: `prefix` is empty for the run itself, or ends in a dot. At most `most`;
/// the second value tells whether there are more.
pub(crate) async fn frame_steps(
    workspace: &Workspace,
    run: RunId,
    prefix: &str,
    most: usize,
) -> Result<(Vec<RunStep>, bool), Error> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let mut query = StepQuery::default();
        query.prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
        query.after = after.take();
        let page = workspace.steps(run, &query, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        let last = page.last().map(|step| (step.key.clone(), step.attempt));
        for step in page {
            let inside = step.key.as_str().strip_prefix(prefix).unwrap_or(step.key.as_str());
            if inside.contains('.') {
                continue;
            }
            if found.len() == most {
                return Ok((found, true));
            }
            found.push(step);
        }
        let Some((key, attempt)) = last.filter(|_| !is_last) else { return Ok((found, false)) };
        // Within a loop, the next step of this frame stands behind all that its iterations hold.
        after = Some(behind_parts(&key, prefix).map_or((key, attempt), |behind| (behind, u32::MAX)));
    }
}

/// Returns a key behind everything that lies within the node that `key` belongs to; `None` where it is the node itself.
fn behind_parts(key: &StepKey, prefix: &str) -> Option<StepKey> {
    let (node, _) = key.as_str().strip_prefix(prefix)?.split_once('.')?;
    // No part has a name as late in the order as this one, which is the last that there can be.
    format!("{prefix}{node}.{}", "z".repeat(64)).parse().ok()
}

/// Returns the outline of a run.
pub(crate) async fn outline(visit: &Visit, run: &Run) -> Result<Arc<Outline>, Problem> {
    /// What a pill cannot show anyway.
    const MOST: usize = 400;
    let key = Revision::of(run);
    if let Some(kept) = visit.kept.outlines.get(&key) {
        return Ok(kept);
    }
    let (steps, _) = frame_steps(&visit.workspace, run.id, "", MOST).await?;
    let outline = Arc::new(Outline::of(&steps));
    // Of a live run more may have been recorded since it was read.
    if run.status.is_final() || steps.iter().all(|step| step.seq <= run.revision) {
        visit.kept.outlines.put(key, Arc::clone(&outline));
    }
    Ok(outline)
}

/// Returns the outlines of runs, in their order.
pub(crate) async fn outlines(visit: &Visit, runs: &[Run]) -> Result<Vec<Arc<Outline>>, Problem> {
    let mut found = Vec::with_capacity(runs.len());
    for some in runs.chunks(ABREAST) {
        let read = some.iter().map(|run| outline(visit, run));
        found.extend(futures_util::future::try_join_all(read).await?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_within_a_node_is_passed_over_at_once() {
        let behind =
            |key: &str, prefix: &str| behind_parts(&key.parse().unwrap(), prefix).map(|key| key.to_string());
        let z = "z".repeat(64);
        assert_eq!(behind("each.3.draft", ""), Some(format!("each.{z}")));
        assert_eq!(behind("each.3.again.0.x", "each.3."), Some(format!("each.3.again.{z}")));
        assert_eq!(behind("each", ""), None);
    }
}
