//! The suite tested: stores that break one promise each, and the clauses that must notice.

#![allow(clippy::unwrap_used, reason = "test code")]

mod breach;
mod costs;
mod documents;
mod orchestras;
mod runs;
mod secrets;
mod spoil;
mod store;
mod workers;

use std::{cell::Cell, panic, sync::Arc, sync::Once};

use maestro_core::conformance::clauses;
use tokio::{runtime::Builder, task::JoinSet};

use self::{breach::Breach, store::BrokenStore};

thread_local! {
    /// Whether a panic on this thread is what a test waits for.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Keeps panics that are waited for off the screen: there are hundreds, and each would look up its backtrace.
fn silence() {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !EXPECTED.get() {
                report(info);
            }
        }));
    });
}

/// Plays every clause on a store of its own; returns those that failed.
fn failing(breach: Breach) -> Vec<&'static str> {
    silence();
    let mut failed = Vec::new();
    for clause in clauses() {
        // Paused time: who waits for what never comes gives up at once.
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        EXPECTED.set(true);
        let outcome = runtime.block_on(async {
            let mut task = JoinSet::new();
            task.spawn(async move { clause.play(Arc::new(BrokenStore::new(breach))).await });
            task.join_next().await.unwrap()
        });
        EXPECTED.set(false);
        if outcome.is_err() {
            failed.push(clause.name);
        }
    }
    failed
}

/// Makes a test for each breach: exactly these clauses fail.
macro_rules! breaches {
    ($($test:ident: $breach:ident [$($clause:ident)*])*) => {
        $(
            #[test]
            fn $test() {
                assert_eq!(failing(Breach::$breach), [$(stringify!($clause)),*] as [&str; _]);
            }
        )*

        #[test]
        fn every_clause_notices_some_breach() {
            let noticed = [$($(stringify!($clause),)*)*];
            let blind: Vec<_> = maestro_core::conformance::CLAUSES
                .iter()
                .filter(|(_, clause)| !noticed.contains(clause))
                .collect();
            assert!(blind.is_empty(), "no store here breaks what these look for: {blind:?}");
        }
    };
}

mod table;
