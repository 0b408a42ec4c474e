//! Hints: what the store tells of changes, turned into wake-ups. Polling stands behind every one of them.

use super::life::Life;
use crate::ports::store::{Change, Changed};

/// Follows the store's changes for as long as the life lasts.
pub(super) async fn follow(life: &Life) {
    loop {
        let Ok(mut changes) = life.shared.insist("listen", || life.shared.store.changes()).await else {
            return;
        };
        let listens_since = life.shared.clock.monotonic();
        // Whatever happened before we listened is looked for once.
        heed(life, None);
        loop {
            let change = changes.next().await;
            let missed = change.is_none();
            heed(life, change);
            if missed {
                break;
            }
        }
        // A connection that breaks as often as it is made is no reason to ask without pause.
        let listened = life.shared.clock.monotonic().saturating_sub(listens_since);
        life.shared.clock.sleep(life.shared.options.poll_interval.saturating_sub(listened)).await;
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
