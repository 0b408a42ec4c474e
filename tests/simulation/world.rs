//! Worlds: one seed's processes, people and weather, and the calm after it.

use std::{sync::Arc, time::Duration};

use maestro::{
    MemoryStore, Orchestra, WorkspaceId,
    domain::{Actor, Misfire, OrchestraId, Overlap, Payload, Resolution, RunId, StepStatus},
    engine::{NewOrchestra, OrchestraPatch},
    ports::{
        Clock,
        store::{RunFilter, RunStore, StepQuery},
    },
};
use maestro_core::testing::{Fault, FaultRates, Method, SeededEntropy};
use tokio::time::Instant;

use crate::{
    checks,
    process::{Effects, Process},
    scores,
    virtual_time::SkewedClock,
};

/// How long the weather lasts, and how long the calm may take, in virtual seconds.
const WEATHER_S: u64 = 70;
const CALM_S: u64 = 600;

pub(crate) struct World {
    seed: u64,
    entropy: SeededEntropy,
    origin: Instant,
    store: MemoryStore,
    effects: Arc<Effects>,
    processes: Vec<Process>,
    orchestras: Vec<OrchestraId>,
    /// Runs that somebody asked for and was told of.
    asked: Vec<RunId>,
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        let entropy = SeededEntropy::new(seed);
        let (origin, store, effects) = (Instant::now(), MemoryStore::new(), Arc::<Effects>::default());
        let mut world = Self {
            seed,
            entropy,
            origin,
            store,
            effects,
            processes: Vec::new(),
            orchestras: Vec::new(),
            asked: Vec::new(),
        };
        world.start_process().await;
        world.deploy().await;
        world.start_process().await;
        world.start_process().await;
        world
    }

    async fn start_process(&mut self) {
        let process = Process::start(&self.store, &self.effects, self.origin, &self.entropy).await;
        self.processes.push(process);
    }

    async fn deploy(&mut self) {
        let workspace = self.processes[0].maestro.default_workspace();
        for score in scores::all() {
            let score = workspace.save_score(score).await.unwrap();
            let overlaps = [Overlap::Skip, Overlap::QueueOne, Overlap::QueueAll, Overlap::Allow];
            let overlap = overlaps[self.entropy.below(4) as usize];
            let fire_all = matches!(overlap, Overlap::QueueAll | Overlap::Allow) && self.entropy.chance(30);
            let new = NewOrchestra::new(&score.name, &score.id)
                .overlap(overlap)
                .misfire(if fire_all { Misfire::FireAll } else { Misfire::FireOnce })
                .timezone("America/New_York")
                .max_concurrent_runs(self.entropy.chance(30).then_some(2));
            let new = if self.entropy.chance(60) { new.cron("* * * * *") } else { new };
            let orchestra: Orchestra = workspace.create_orchestra(new).await.unwrap();
            if orchestra.cron.is_some() {
                workspace.enable_orchestra(&orchestra.id).await.unwrap();
            }
            self.orchestras.push(orchestra.id);
        }
    }

    /// Lives through the weather, then checks that everything comes to its end. Returns how many runs there were.
    pub(crate) async fn live(mut self) -> u64 {
        let mut clock = self.clock();
        for (ix, process) in self.processes.iter().enumerate() {
            let rates = FaultRates {
                not_applied: 0.02,
                applied_but_error: 0.03,
                delayed: 0.04,
                longest_delay: Duration::from_secs(2),
                dropped: 0.01,
            };
            process.plan.random(self.seed.wrapping_mul(31).wrapping_add(ix as u64), rates);
        }
        let end = clock.monotonic() + Duration::from_secs(WEATHER_S);
        while clock.monotonic() < end {
            clock.sleep(Duration::from_millis(100 + self.entropy.below(2_500))).await;
            self.something_happens().await;
            clock = self.clock();
        }
        self.calm().await;
        let runs = self.everything_ends(&clock).await;
        checks::all(&self.store, &self.effects, &self.orchestras, &runs, &self.asked, self.seed).await;
        for process in &self.processes {
            process.maestro.shutdown(Duration::ZERO).await;
        }
        runs.len() as u64
    }

    fn clock(&self) -> SkewedClock {
        SkewedClock::new(self.origin, 0)
    }

    async fn something_happens(&mut self) {
        let process = &self.processes[self.entropy.below(self.processes.len() as u64) as usize];
        let orchestra = self.orchestras[self.entropy.below(self.orchestras.len() as u64) as usize].clone();
        let workspace = process.maestro.default_workspace();
        let actor = Actor::new("somebody");
        match self.entropy.below(100) {
            0..35 => {
                let key = format!("k{}", self.entropy.below(40));
                // Asked again with the same key when the answer is lost: one run comes of it.
                for _ in 0..3 {
                    let input = Payload::from(serde_json::json!({ "key": key }));
                    let asked = workspace.run_now(&orchestra).idempotency_key(key.as_str()).input(&input);
                    if let Ok(handle) = asked.await {
                        self.asked.push(handle.id());
                        break;
                    }
                }
            }
            35..50 => {
                let in_a_call = self.entropy.chance(50);
                let ix = self.entropy.below(self.processes.len() as u64) as usize;
                self.processes.swap_remove(ix).kill(in_a_call);
                self.start_process().await;
            }
            50..60 => {
                // A freeze: a call, or the way to the store, hangs for longer than the lease lasts; then it thaws.
                let method =
                    [Method::Record, Method::RenewWorker, Method::Claim, Method::Fire, Method::Reclaim];
                let fault = Fault::LateAnswer(Duration::from_secs(5 + self.entropy.below(10)));
                process.plan.fail_next(method[self.entropy.below(5) as usize], fault);
            }
            60..66 => process.plan.partition(),
            66..72 => process.plan.heal(),
            72..80 => {
                if let Some(run) = self.some_live_run().await {
                    _ = workspace.cancel(run, self.entropy.chance(40), &actor).await;
                }
            }
            80..84 => _ = workspace.disable_orchestra(&orchestra).await,
            84..90 => _ = workspace.enable_orchestra(&orchestra).await,
            90..93 => {
                let max = self.entropy.chance(50).then(|| 1 + self.entropy.below(3) as u32);
                let patch = OrchestraPatch::default().with_max_concurrent_runs(max);
                _ = workspace.edit_orchestra(&orchestra, patch, None).await;
            }
            93..95 => _ = workspace.pause(&actor).await,
            95..98 => _ = workspace.resume(&actor).await,
            _ => {
                let ix = self.entropy.below(self.processes.len() as u64) as usize;
                let process = self.processes.swap_remove(ix);
                process.plan.calm();
                process.maestro.shutdown(Duration::from_millis(self.entropy.below(1_500))).await;
                self.start_process().await;
            }
        }
    }

    async fn some_live_run(&self) -> Option<RunId> {
        let runs = self.store.runs(&WorkspaceId::default(), &RunFilter::default(), None, 30).await.unwrap();
        let live: Vec<_> = runs.iter().filter(|run| !run.status.is_final()).collect();
        (!live.is_empty()).then(|| live[self.entropy.below(live.len() as u64) as usize].id)
    }

    /// Ends the weather: the store answers, nothing new fires, nobody is paused.
    async fn calm(&mut self) {
        for process in &self.processes {
            process.plan.calm();
        }
        let workspace = self.processes[0].maestro.default_workspace();
        workspace.resume(&Actor::new("somebody")).await.unwrap();
        for orchestra in &self.orchestras {
            workspace.disable_orchestra(orchestra).await.unwrap();
        }
    }

    /// Waits until every run has ended; people resolve what only they can. Returns all runs.
    async fn everything_ends(&self, clock: &SkewedClock) -> Vec<maestro::Run> {
        let workspace = self.processes[0].maestro.default_workspace();
        let end = clock.monotonic() + Duration::from_secs(CALM_S);
        loop {
            let runs = self
                .store
                .runs(&WorkspaceId::default(), &RunFilter::default(), None, u32::MAX)
                .await
                .unwrap();
            let live: Vec<_> = runs.iter().filter(|run| !run.status.is_final()).collect();
            if live.is_empty() {
                return runs;
            }
            assert!(clock.monotonic() < end, "seed {}: does not come to an end: {live:#?}", self.seed);
            for run in live {
                let steps =
                    self.store.steps(&run.workspace, run.id, &StepQuery::default(), u32::MAX).await.unwrap();
                for step in steps.iter().filter(|step| step.status == StepStatus::Unknown) {
                    let done = Resolution::Done { output: Payload::empty_object() };
                    _ = workspace.resolve(run.id, &step.key, done, None, &Actor::new("somebody")).await;
                }
            }
            clock.sleep(Duration::from_secs(1)).await;
        }
    }
}
