//! Inputs of steps, for people: rows leave out those that are the merge of what was recorded before.

use std::collections::BTreeMap;

use super::played::played;
use crate::{
    domain::{Payload, Run, RunStep, StepKey, play::inputs},
    engine::{Error, Workspace},
};

impl Workspace {
    /// Derives the inputs that rows of a run leave out. `steps` are all of its rows: what lies behind one that is missing is
    /// not derived. A turn of a model has none: it got the conversation so far.
    ///
    /// # Errors
    /// [`Error::Store`] when the run's version of its score or of an agent cannot be read.
    pub async fn derived_inputs(
        &self,
        run: &Run,
        steps: Vec<RunStep>,
    ) -> Result<BTreeMap<StepKey, Payload>, Error> {
        let shared = &self.shared;
        let Some(started_at) = run.started_at else { return Ok(BTreeMap::new()) };
        let plan = shared.plans.get(&*shared.store, &self.id, &run.score_id, run.score_version).await?;
        let agents = shared.plans.agents(&*shared.store, &self.id, &run.agents).await?;
        let played = played(run, agents, started_at);
        Ok(inputs(plan, played, steps).into_iter().collect())
    }
}
