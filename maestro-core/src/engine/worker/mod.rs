//! The worker: claims runs that are due, plays them, and keeps its lease on them.

mod claiming;
mod driver;
mod fairness;
mod hints;
mod lease;
mod life;
mod panics;
mod recorder;
mod steps;

use std::sync::Arc;

use self::life::Life;
use super::shared::Shared;

/// Works until the engine stops. A worker that was taken for dead begins a new life under a new id.
pub(crate) async fn run(shared: Arc<Shared>) {
    while !shared.stopping.is_cancelled() {
        let Some(life) = Life::begin(&shared).await else { return };
        let _guard = EndOnDrop(Arc::clone(&life));
        claiming::until_stopped(&life).await;
        life.end().await;
    }
}

/// Plays what is due now, and what becomes due by that, until nothing is left; returns how many times a run was played.
pub(crate) async fn drain(shared: &Arc<Shared>) -> u64 {
    let Some(life) = Life::begin(shared).await else { return 0 };
    let _guard = EndOnDrop(Arc::clone(&life));
    let played = claiming::until_idle(&life).await;
    life.end().await;
    played
}

/// Ends what serves a life when the future that leads it is dropped.
struct EndOnDrop(Arc<Life>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
