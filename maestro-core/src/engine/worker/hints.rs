//! Hints: what the store tells of changes, turned into wake-ups. Polling stands behind every one of them.

use super::life::Life;
use crate::ports::{
    EntropyExt,
    store::{Change, ChangeStream, Changed},
};

/// Follows the store's changes for as long as the life lasts.
pub(super) async fn follow(life: &Life) {
    loop {
        let begun_at = life.shared.clock.monotonic();
        match life.shared.insist("listen", || life.shared.store.changes()).await {
            Ok(changes) => listen(life, changes).await,
            Err(error) => {
                tracing::warn!(%error, "listen: the store refuses; polling goes on");
            }
        }
        // A connection that breaks as often as it is made is no reason to ask without pause, or all at the same moment.
        let passed = life.shared.clock.monotonic().saturating_sub(begun_at);
        let pause = life.shared.options.poll_interval.saturating_sub(passed);
        life.shared.clock.sleep(pause.mul_f64(0.5 + life.shared.entropy.next_fraction() / 2.0)).await;
    }
}

/// Listens until changes were missed.
async fn listen(life: &Life, mut changes: Box<dyn ChangeStream>) {
    // Whatever happened before we listened is looked for once.
    heed(life, None);
    while let Some(change) = changes.next().await {
        heed(life, Some(change));
    }
}

fn heed(life: &Life, change: Option<Change>) {
    match change.map(|change| change.changed) {
        None => {
            life.shared.work.notify_one();
            life.shared.schedules.notify_one();
            life.renew_now.notify_one();
        }
        Some(Changed::Due | Changed::Workspace) => life.shared.work.notify_one(),
        Some(Changed::Signal { run_id, .. }) if life.plays(run_id) => life.renew_now.notify_one(),
        Some(Changed::Orchestra(_)) => life.shared.schedules.notify_one(),
        Some(Changed::Signal { .. } | Changed::Run { .. } | Changed::Score(_) | Changed::Agent(_)) => {}
    }
}
