//! The hours before: an engine of its own plays them under a clock that runs as fast as it can.

use std::{error::Error, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{Actor, OrchestraId, RunStatus, StepStatus},
    engine::{Maestro, Roles, Workspace},
    ports::{
        Clock,
        store::{RunFilter, StepQuery, Store},
    },
    testing::ManualClock,
};

const HOURS: i64 = 11;

/// Plays the hours before `now`.
pub(crate) async fn play(store: &Arc<dyn Store>, now: DateTime<Utc>) -> Result<(), Box<dyn Error>> {
    let clock = Arc::new(ManualClock::new(now - TimeDelta::hours(HOURS)));
    let past: Arc<dyn Clock> = clock.clone();
    let builder = crate::furnished(Maestro::builder_on(Arc::clone(store)), &past);
    let maestro = builder.roles(Roles::none()).build().await?;
    let workspace = maestro.default_workspace();
    crate::scores::keep(&workspace, past.now()).await?;
    for (new, is_enabled) in crate::scores::orchestras()? {
        let made = workspace.ensure_orchestra(new).await?;
        if is_enabled {
            workspace.enable_orchestra(&made.id).await?;
        }
    }
    let ana = Actor::new("Ana");
    let mut at = past.now();
    let mut minutes: u32 = 0;
    while at < now - TimeDelta::minutes(2) {
        at += TimeDelta::minutes(1);
        minutes += 1;
        clock.advance_to(at);
        play_until(&maestro, store, &clock, at).await?;
        // People look now and then; in the last hour nobody did.
        if minutes.is_multiple_of(23) && at < now - TimeDelta::minutes(70) {
            decide(&workspace, &ana).await?;
        }
    }
    maestro.shutdown(Duration::ZERO).await;
    Ok(())
}

/// Plays what is due until a moment, however long that takes by the clock.
async fn play_until(
    maestro: &Maestro,
    store: &Arc<dyn Store>,
    clock: &ManualClock,
    at: DateTime<Utc>,
) -> Result<(), Box<dyn Error>> {
    loop {
        tick(maestro, clock).await?;
        match store.due(clock.now(), None, 1).await? {
            (busy, _) if !busy.is_empty() => {}
            (_, Some(next)) if next <= at => clock.advance_to(next),
            _ => return Ok(()),
        }
    }
}

/// Ticks once; while what is played waits for time, lets it pass.
async fn tick(maestro: &Maestro, clock: &ManualClock) -> Result<(), Box<dyn Error>> {
    let mut tick = std::pin::pin!(maestro.tick());
    loop {
        tokio::select! {
            biased;
            ticked = &mut tick => return Ok(ticked.map(|_| ())?),
            () = settle() => {}
        }
        if let Some(span) = clock.until_next_wake() {
            clock.advance(span.max(Duration::from_micros(1)));
        }
    }
}

/// Lets every task of this thread come to where it waits.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Approves what waits.
async fn decide(workspace: &Workspace, who: &Actor) -> Result<(), Box<dyn Error>> {
    let mut waiting = RunFilter::default();
    waiting.statuses = vec![RunStatus::Waiting];
    for run in workspace.runs(&waiting, None, 50).await? {
        let steps = workspace.steps(run.id, &StepQuery::default(), 200).await?;
        for step in
            steps.iter().filter(|step| step.status == StepStatus::Waiting && step.key.as_str() == "review")
        {
            workspace.approve(run.id, &step.key, None, None, who).await?;
        }
    }
    Ok(())
}

/// Begins something that is still live when somebody looks.
pub(crate) async fn go_on(workspace: &Workspace) -> Result<(), Box<dyn Error>> {
    for id in ["weekly-content-brief", "icp-experiments"] {
        workspace.run_now(&OrchestraId::new(id)?).by_hand().await?;
    }
    Ok(())
}
