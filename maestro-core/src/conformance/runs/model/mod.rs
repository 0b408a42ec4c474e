//! Random histories: the store beside a small model that is made of the pure functions of the domain.

mod compare;
mod history;
mod reference;

use std::sync::Arc;

use self::history::History;
use crate::ports::store::RunStore;

/// How many histories are played, and how many calls each has.
const HISTORIES: u64 = 200;
const CALLS: u32 = 40;

/// Under any history of calls the store answers as [`live`](crate::domain::live) says.
///
/// The seeds are fixed. Set `MAESTRO_SEED` to play one history again, or another one.
pub async fn the_live_row_follows_the_pure_model(store: Arc<dyn RunStore>) {
    match std::env::var("MAESTRO_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => History::new(Arc::clone(&store), seed).play(CALLS).await,
        None => {
            for seed in 0..HISTORIES {
                History::new(Arc::clone(&store), seed).play(CALLS).await;
            }
        }
    }
}
