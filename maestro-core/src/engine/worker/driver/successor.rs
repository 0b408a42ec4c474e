//! What a run leaves to others when it ends: the orchestra that plays next, the runs that were held behind it.

use crate::{
    domain::{Class, Finish, OrchestraId, RunId, RunRef, Trigger},
    engine::{Error, enlist, input_rule::InputRule, worker::life::Life},
    ports::store::{ClaimedRun, StoreError},
};

/// Lets runs go that were held behind one that ended.
pub(super) async fn promote(life: &Life, run: &RunRef) {
    let shared = &life.shared;
    let promoted = enlist::promote(shared, &run.workspace, &run.orchestra_id).await;
    if let Err(error) = promoted {
        // The sweep will do it.
        tracing::warn!(error = &error as &dyn std::error::Error, "promote: the store refuses");
    }
}

/// Returns the orchestra that plays when this run has ended well.
pub(super) async fn of(life: &Life, run: &RunRef) -> Result<Option<OrchestraId>, StoreError> {
    let shared = &life.shared;
    let read = || shared.store.bare_orchestra(&run.workspace, &run.orchestra_id);
    match shared.insist("read orchestra", read).await {
        Ok(orchestra) => Ok(orchestra.on_finish.map(|next| next.orchestra_id)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Enqueues the run that follows a run which ended well; returns a remark for people when it cannot play.
///
/// That comes after the rows from which the end follows are durable, and before the end is: should the process die between
/// the two, the record leads to the same end, which asks for the very same run, and a run is enqueued once. The other way
/// round a crash would lose it. Only an end by force at this very moment leaves a run that follows a cancelled one.
pub(super) async fn enqueue(
    life: &Life,
    claimed: &ClaimedRun,
    next: &OrchestraId,
    finish: &Finish,
) -> Option<String> {
    let error = match try_enqueue(life, claimed, next, finish).await {
        Ok(()) => return None,
        Err(error) => error,
    };
    // The orchestra or its score is gone, or takes no such input: this run is no worse for it.
    tracing::error!(orchestra = %next, error = &error as &dyn std::error::Error, "the next orchestra cannot play");
    Some(format!("{next} cannot play on: {error}"))
}

async fn try_enqueue(
    life: &Life,
    claimed: &ClaimedRun,
    next: &OrchestraId,
    finish: &Finish,
) -> Result<(), Error> {
    let shared = &life.shared;
    let workspace = &claimed.run.workspace;
    let input = finish.result.clone().unwrap_or_default();
    let read = || async {
        let orchestra = shared.store.bare_orchestra(workspace, next).await?;
        let score = shared.store.score(workspace, &orchestra.score_id, None).await?;
        let agents = enlist::pins(shared, workspace, &score).await?;
        Ok((orchestra, score, agents))
    };
    let (orchestra, score, agents) = shared.insist("read next orchestra", read).await?;
    InputRule::of(&score, shared.options.max_value_bytes)?.check(&input)?;
    let order = enlist::Order {
        run_id: following(claimed.run.run_id),
        trigger: Trigger::Finish { of: claimed.run.run_id },
        class: Class::Normal,
        input,
        due_at: shared.now(),
        key: None,
    };
    let run = [enlist::new_run(&orchestra, score.version, agents, order)];
    shared.insist("play next orchestra", || shared.store.enqueue(&run, shared.now())).await?;
    shared.work.notify_one();
    Ok(())
}

/// Returns the id of the run that follows `run`: always the same one, with the same time in it.
fn following(run: RunId) -> RunId {
    const RANDOM: u128 = (1 << 62) - 1;
    let random = run.as_u128() & RANDOM;
    let next = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F) & RANDOM;
    RunId::from_u128(run.as_u128() & !RANDOM | next)
}
