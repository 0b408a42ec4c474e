//! Effects that may happen only once, in processes that die all the time.

use maestro::{
    NewOrchestra, Payload, Score,
    domain::{Actor, Resolution, RunId, StepStatus},
};
use serde_json::json;

use crate::{
    fleet::Process,
    house::{House, TTL},
};

const KILLS: usize = 100;
const RUNS: usize = 250;
const EFFECTS: usize = 3;
/// So many steps at once, so that a kill leaves at most so many in doubt.
const WORKER: [&str; 4] = ["--ttl-s", TTL, "--concurrency", "2"];

#[tokio::test]
async fn what_may_happen_once_happens_at_most_once_through_a_hundred_kills() {
    let house = House::new().await;
    let runs = ask(&house).await;
    let url = house.database.url();
    let mut fleet: Vec<Process> = (0..4).map(|_| Process::start(url, &WORKER)).collect();
    for kill in 1..=KILLS {
        house.effects_reach(kill * 4).await;
        fleet.remove(0).kill();
        fleet.push(Process::start(url, &WORKER));
    }
    let mut in_doubt = 0;
    for run in &runs {
        in_doubt += settle(&house, *run).await;
    }

    let effects = house.effects().await;
    for (key, times) in &effects {
        assert_eq!(times.len(), 1, "{key} happened {} times", times.len());
    }
    assert!(in_doubt > 0, "no kill came in the midst of an effect");
    assert!(effects.len() + in_doubt >= RUNS * EFFECTS, "an effect is missing that nobody asked about");
    println!("once: {KILLS} kills, {} effects, {in_doubt} in doubt, none twice", effects.len());
    house.close().await;
}

/// Asks for runs that each have some effects once, one after the other.
async fn ask(house: &House) -> Vec<RunId> {
    let node = |n| {
        json!({"id": format!("e{n}"), "kind": "deterministic", "skill": "util", "operation": "effect", "effect": "once",
               "input": {"table": "effects", "ms": 20}})
    };
    let nodes: Vec<_> = (0..EFFECTS).map(node).collect();
    let edges: Vec<_> =
        (1..EFFECTS).map(|n| json!({"from": format!("e{}", n - 1), "to": format!("e{n}")})).collect();
    let score = Score::from_json(&json!({"name": "Once", "nodes": nodes, "edges": edges})).unwrap();
    let workspace = house.workspace();
    let score = workspace.save_score(score).await.unwrap();
    let orchestra = workspace.create_orchestra(NewOrchestra::new("Once", &score.id)).await.unwrap().id;
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        runs.push(house.enqueue(&orchestra).await);
    }
    runs
}

/// Says of every step in doubt that it happened, until the run has ended; returns how many there were.
async fn settle(house: &House, run: RunId) -> usize {
    let (workspace, actor) = (house.workspace(), Actor::new("somebody"));
    let mut settled = 0;
    while !workspace.run(run).await.unwrap().status.is_final() {
        for step in house.steps(run).await {
            if step.status == StepStatus::Unknown {
                let done = Resolution::Done { output: Payload::empty_object() };
                settled += usize::from(workspace.resolve(run, &step.key, done, None, &actor).await.is_ok());
                house
                    .until_steps(run, |steps| {
                        steps.iter().all(|now| now.key != step.key || now.status != StepStatus::Unknown)
                    })
                    .await;
            }
        }
    }
    settled
}
