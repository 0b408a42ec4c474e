//! Enlisting: the run that a slot, a person or a program asks for, pinned to what it will play.

use chrono::{DateTime, Utc};

use super::cast::Cast;
use crate::domain::{Class, EnqueueKey, NewRun, Orchestra, Overlap, Payload, RunId, RunRef, Trigger};

/// What is asked for, beside the orchestra.
pub(crate) struct Ask {
    pub(crate) trigger: Trigger,
    pub(crate) class: Class,
    pub(crate) due_at: DateTime<Utc>,
    pub(crate) input: Payload,
    pub(crate) key: Option<EnqueueKey>,
}

impl Ask {
    /// Returns what a slot asks for that fires at `now`: class normal, and `{}` as input; the slot stands in the trigger.
    pub(crate) fn of_slot(slot: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            trigger: Trigger::Cron { slot },
            class: Class::Normal,
            due_at: now,
            input: Payload::empty_object(),
            key: None,
        }
    }
}

/// Returns the run of `orchestra` that is asked for, pinned to the versions of `cast`.
pub(crate) fn new_run(run_id: RunId, orchestra: &Orchestra, cast: &Cast, ask: Ask) -> NewRun {
    let queues = matches!(orchestra.overlap, Overlap::QueueOne | Overlap::QueueAll);
    NewRun {
        run: RunRef { workspace: orchestra.workspace.clone(), orchestra_id: orchestra.id.clone(), run_id },
        score_id: cast.score_id.clone(),
        score_version: cast.score_version,
        agents: cast.agents.clone(),
        exclusive: queues && matches!(ask.trigger, Trigger::Cron { .. }),
        promotes: queues || orchestra.max_concurrent_runs.is_some(),
        max_concurrent_runs: orchestra.max_concurrent_runs,
        trigger: ask.trigger,
        class: ask.class,
        due_at: ask.due_at,
        input: ask.input,
        key: ask.key,
    }
}
