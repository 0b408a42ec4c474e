//! One pass of the scheduler: every slot that is due gets its row in the ledger, and its run where it plays.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    super::{
        cast::Cast,
        enlist::{Order, new_run},
        shared::Shared,
    },
    planner::{Fate, Standing, plan},
    readings::Readings,
};
use crate::{
    domain::{Class, NewRun, Orchestra, OrchestraId, Payload, RunId, Trigger, WorkspaceId},
    ports::store::{DueSchedule, Fire, FireAnswer, FireEntry, SlotPlan, StoreError},
};

/// So many orchestras are read, and fired, by one call of the store.
const BATCH: u32 = 1_000;

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PassOutcome {
    /// Runs that were enqueued, held ones included.
    pub(crate) runs: usize,
    /// Rows that the ledger got.
    pub(crate) rows: usize,
    /// Orchestras that another scheduler fired first, or that were edited meanwhile.
    pub(crate) stale: usize,
    /// When the next slot is due that this pass knows of.
    pub(crate) next_at: Option<DateTime<Utc>>,
}

/// Fires every slot that is due. Workers are woken. Repeating it is safe whatever became of a call before: the store
/// compares watermarks. Dropping the future leaves every orchestra fired wholly or not at all.
pub(crate) async fn pass(shared: &Shared) -> Result<PassOutcome, StoreError> {
    let mut readings = Readings::default();
    let mut outcome = PassOutcome::default();
    // Looked at, and perhaps still due: left to the next pass, so that they stand in nobody's way in this one.
    let mut left: BTreeSet<(WorkspaceId, OrchestraId)> = BTreeSet::new();
    loop {
        let now = shared.now();
        let limit = BATCH.saturating_add(u32::try_from(left.len()).unwrap_or(u32::MAX));
        let (mut due, next) = shared.store.due_schedules(now, limit).await?;
        let is_all = due.len() < limit as usize;
        due.retain(|due| !left.contains(&name(&due.orchestra)));
        outcome.saw(next);

        let mut fires = Vec::with_capacity(due.len());
        for due in &due {
            match fire_of(shared, &mut readings, due, now).await? {
                Some(fire) => fires.push(fire),
                None => _ = left.insert(name(&due.orchestra)),
            }
        }
        let answers = fire(shared, &fires, now).await?;
        for (fire, answer) in fires.iter().zip(answers) {
            match answer {
                Some(FireAnswer::Fired(rows)) => {
                    shared.counters.fired(&rows);
                    outcome.rows += rows.len();
                    outcome.runs += rows.iter().filter(|row| row.run_id.is_some()).count();
                    outcome.saw(fire.next_fire_at);
                }
                Some(FireAnswer::Stale) => {
                    outcome.stale += 1;
                    left.insert((fire.workspace.clone(), fire.orchestra_id.clone()));
                }
                None => _ = left.insert((fire.workspace.clone(), fire.orchestra_id.clone())),
            }
        }
        if outcome.runs > 0 {
            shared.work.notify_one();
        }
        if is_all || fires.is_empty() {
            return Ok(outcome);
        }
        tokio::task::yield_now().await; // a store in memory never waits, and workers want their turn
    }
}

impl PassOutcome {
    fn saw(&mut self, next: Option<DateTime<Utc>>) {
        self.next_at = match (self.next_at, next) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

fn name(orchestra: &Orchestra) -> (WorkspaceId, OrchestraId) {
    (orchestra.workspace.clone(), orchestra.id.clone())
}

/// Plans one orchestra.
async fn fire_of(
    shared: &Shared,
    readings: &mut Readings,
    due: &DueSchedule,
    now: DateTime<Utc>,
) -> Result<Option<Fire>, StoreError> {
    let orchestra = &due.orchestra;
    let Some(expected) = orchestra.next_fire_at else { return Ok(None) };
    let (cast, broken) = match readings.of(shared, orchestra).await? {
        _ if due.paused => (None, None),
        Ok(cast) => (Some(cast), cast.broken(&orchestra.secret_bindings)),
        Err(reason) => (None, Some(reason.clone())),
    };
    let standing = match &broken {
        _ if due.paused => Standing::Paused,
        Some(reason) => Standing::Broken(reason),
        None => Standing::Ready,
    };
    let Some(planned) = plan(orchestra, standing, now, shared.options.max_catch_up) else { return Ok(None) };

    // In the order of their slots, because runs of one moment are let go and claimed in the order of ids.
    let plays = planned.entries.iter().filter(|entry| entry.fate == Fate::Play).count();
    let mut ids: Vec<_> = (0..plays).map(|_| shared.new_run_id(now)).collect();
    ids.sort_unstable();
    let mut ids = ids.into_iter();

    let mut entries = Vec::with_capacity(planned.entries.len());
    for entry in planned.entries {
        let slot = entry.slots.first;
        let plan = match entry.fate {
            Fate::Note { outcome, reason } => SlotPlan::Note { outcome, reason: Some(reason) },
            Fate::Play => {
                let (Some(cast), Some(id)) = (cast, ids.next()) else { return Ok(None) };
                SlotPlan::Play(Box::new(run_of_slot(orchestra, cast, id, slot, now)))
            }
        };
        let (until_slot, count, late_ms) = (entry.slots.last, entry.slots.count, entry.slots.late_ms(now));
        entries.push(FireEntry { slot, until_slot, count, late_ms, plan });
    }
    Ok(Some(Fire {
        workspace: orchestra.workspace.clone(),
        orchestra_id: orchestra.id.clone(),
        schedule_rev: orchestra.schedule_rev,
        expected,
        next_fire_at: planned.next_fire_at,
        entries,
    }))
}

/// Returns the run that a slot asks for: class normal, and `{}` as input; the slot stands in the trigger.
fn run_of_slot(
    orchestra: &Orchestra,
    cast: &Cast,
    run_id: RunId,
    slot: DateTime<Utc>,
    now: DateTime<Utc>,
) -> NewRun {
    let order = Order {
        run_id,
        trigger: Trigger::Cron { slot },
        class: Class::Normal,
        input: Payload::empty_object(),
        due_at: now,
        key: None,
    };
    new_run(orchestra, cast.score_version, cast.agents.clone(), order)
}

/// Fires together; where the store refuses them for what one holds, one by one. `None` is what it refuses.
async fn fire(
    shared: &Shared,
    fires: &[Fire],
    now: DateTime<Utc>,
) -> Result<Vec<Option<FireAnswer>>, StoreError> {
    if fires.is_empty() {
        return Ok(Vec::new());
    }
    match shared.store.fire(fires, now).await {
        Ok(answers) => return Ok(answers.into_iter().map(Some).collect()),
        Err(error) if error.is_retryable() => return Err(error),
        Err(_) => {}
    }
    let mut answers = Vec::with_capacity(fires.len());
    for fire in fires {
        answers.push(match shared.store.fire(std::slice::from_ref(fire), now).await {
            Ok(answer) => answer.into_iter().next(),
            Err(error) if error.is_retryable() => return Err(error),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(orchestra = %fire.orchestra_id, workspace = %fire.workspace, error, "slots cannot be fired");
                None
            }
        });
    }
    Ok(answers)
}
