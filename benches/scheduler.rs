//! A pass of the scheduler over a million orchestras on the memory store, with none, a hundred and ten thousand of them
//! due, and what an orchestra takes in memory: `cargo bench --bench scheduler`.
//!
//! One line per case: the median of the passes, and what it makes per orchestra that is due. Compare ratios, not absolute
//! numbers of different machines.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use maestro::{
    Context, Maestro, MemoryStore, NewOrchestra, Orchestra, Roles, Score, Skill, StepError,
    domain::Overlap,
    ports::{Clock, SystemClock, store::OrchestraStore},
};
use maestro_core::testing::ManualClock;
use serde_json::{Value, json};

const ORCHESTRAS: usize = 1_000_000;
const PASSES: usize = 7;

/// How many are due when: all but some on Sundays only.
const DUE: [(usize, &str); 3] = [(0, "0 0 * * 0"), (100, "10 * * * *"), (10_000, "20 * * * *")];

async fn nothing(_: Context, _: Value) -> Result<Value, StepError> {
    Ok(json!({}))
}

/// Returns the memory that the process holds, in bytes; 0 where the system does not say.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4_096
}

/// Fills the store from one orchestra that was made in the ordinary way.
async fn fill(store: &MemoryStore, first: &Orchestra, now: DateTime<Utc>) {
    let mut number = 0;
    let rest = ORCHESTRAS - DUE.iter().map(|(count, _)| count).sum::<usize>();
    for (count, cron) in [(rest, DUE[0].1), DUE[1], DUE[2]] {
        for _ in 0..count {
            number += 1;
            let mut orchestra = Orchestra {
                id: format!("orchestra-{number}").parse().expect("an id"),
                name: format!("Orchestra {number}"),
                cron: Some(cron.parse().expect("a cron expression")),
                enabled: true,
                ..first.clone()
            };
            orchestra.next_fire_at = orchestra.next_slot(now);
            store.create_orchestra(&orchestra).await.expect("the store takes it");
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let now: DateTime<Utc> = "2026-11-23T09:00:00Z".parse().expect("a moment");
    let (clock, stopwatch) = (Arc::new(ManualClock::new(now)), SystemClock::new());
    let store = MemoryStore::new();
    let skill = Skill::new("bench").operation("nothing", nothing);
    let builder = Maestro::builder(store.clone()).skill(skill).roles(Roles::none()).clock(clock.clone());
    let maestro = builder.build().await.expect("an engine");
    let workspace = maestro.default_workspace();
    let node = json!({"id": "n", "kind": "deterministic", "skill": "bench", "operation": "nothing"});
    let score = Score::from_json(&json!({"name": "S", "nodes": [node]})).expect("a score");
    let score = workspace.save_score(score).await.expect("the store takes it");
    let new = NewOrchestra::new("First", &score.id).timezone("Europe/Berlin").overlap(Overlap::Allow);
    let first = workspace.create_orchestra(new).await.expect("an orchestra");

    let before = resident();
    let began = stopwatch.monotonic();
    fill(&store, &first, now).await;
    let took = stopwatch.monotonic() - began;
    println!(
        "orchestras {ORCHESTRAS} created in {took:.1?}, {} bytes each",
        (resident() - before) / ORCHESTRAS
    );

    let mut hour = now;
    for (minute, (due, _)) in [5, 10, 20].into_iter().zip(DUE) {
        let mut passes: Vec<Duration> = Vec::new();
        for _ in 0..PASSES {
            hour += TimeDelta::hours(1);
            for earlier in [0, 5, 10, 20].into_iter().filter(|earlier| *earlier < minute) {
                clock.set(hour + TimeDelta::minutes(earlier));
                maestro.fire_due().await.expect("the store answers");
            }
            clock.set(hour + TimeDelta::minutes(minute));
            let began = stopwatch.monotonic();
            let fired = maestro.fire_due().await.expect("the store answers").fired;
            passes.push(stopwatch.monotonic() - began);
            assert_eq!(fired, due);
        }
        passes.sort_unstable();
        let median = passes[PASSES / 2];
        let each = median.as_secs_f64() * 1e9 / due.max(1) as f64;
        println!("scheduler_pass due={due} {} µs ({each:.0} ns each)", median.as_micros());
    }
}
