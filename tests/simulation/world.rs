//! Worlds: one seed's processes, people and weather, and the calm after it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
    time::Duration,
};

use maestro::{
    MemoryStore, Orchestra, Retry, RunStatus, Workspace, WorkspaceId,
    domain::{Actor, Misfire, OrchestraId, Overlap, Payload, RunId},
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
    watcher::Watcher,
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
    watcher: Watcher,
    /// Runs that were asked to end, and when.
    cancelled: BTreeMap<RunId, Duration>,
    /// Runs that somebody asked for and was told of, by orchestra and key.
    asked: BTreeMap<(OrchestraId, String), RunId>,
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        let entropy = SeededEntropy::new(seed);
        let (origin, store, effects) = (Instant::now(), MemoryStore::new(), Arc::<Effects>::default());
        let watcher = Watcher::start(&store, origin).await;
        let mut world = Self {
            seed,
            entropy,
            origin,
            store,
            effects,
            processes: Vec::new(),
            orchestras: Vec::new(),
            watcher,
            cancelled: BTreeMap::new(),
            asked: BTreeMap::new(),
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
            let new =
                if self.entropy.chance(60) && score.name != "long" { new.cron("* * * * *") } else { new };
            let new = new.on_finish(scores::follower(&score.name).map(|name| name.parse().unwrap()));
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
        let calm_since = clock.monotonic();
        self.everything_ends(&clock).await;
        self.handed_over().await;
        let broken = self.watcher.verdict().await;
        assert!(broken.is_empty(), "seed {}: {broken:#?}", self.seed);
        let runs = self.everything_ends(&clock).await;
        self.cancelled_in_time(calm_since);
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
            0..30 => {
                let key = format!("k{}", self.entropy.below(40));
                // Asked again with the same key when the answer is lost: one run comes of it.
                for _ in 0..3 {
                    let input = Payload::from(serde_json::json!({ "key": key }));
                    let asked = workspace.run_now(&orchestra).idempotency_key(key.as_str()).input(&input);
                    if let Ok(handle) = asked.await {
                        let known =
                            *self.asked.entry((orchestra.clone(), key.clone())).or_insert(handle.id());
                        assert_eq!(known, handle.id(), "seed {}: two answers to {key}", self.seed);
                        break;
                    }
                }
            }
            30..35 => self.somebody_has_a_run_played_on(&workspace).await,
            35..50 => {
                let in_a_call = self.entropy.chance(50);
                let ix = self.entropy.below(self.processes.len() as u64) as usize;
                self.processes.swap_remove(ix).kill(in_a_call);
                self.start_process().await;
            }
            50..53 => process.freeze(Duration::from_millis(4_000 + self.entropy.below(12_000))),
            53..60 => {
                // A freeze: a call, or the way to the store, hangs for longer than the lease lasts; then it thaws.
                let method =
                    [Method::Record, Method::RenewWorker, Method::Claim, Method::Fire, Method::Reclaim];
                let fault = Fault::LateAnswer(Duration::from_secs(5 + self.entropy.below(10)));
                process.plan.fail_next(method[self.entropy.below(5) as usize], fault);
            }
            60..66 => process.plan.partition(),
            66..72 => process.plan.heal(),
            72..80 => {
                if let Some(run) = self.some_run(|status| !status.is_final()).await
                    && workspace.cancel(run, self.entropy.chance(30), &actor).await.is_ok()
                {
                    let now = self.clock().monotonic();
                    self.cancelled.entry(run).or_insert(now);
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

    /// From what failed, and sometimes from some other step too.
    async fn somebody_has_a_run_played_on(&mut self, workspace: &Workspace) {
        let is_bad = |status| matches!(status, RunStatus::Failed | RunStatus::Cancelled);
        let Some(run) = self.some_run(is_bad).await else { return };
        let all = self.store.steps(workspace.id(), run, &StepQuery::default(), u32::MAX).await.unwrap();
        let chosen = (!all.is_empty() && self.entropy.chance(40))
            .then(|| all[self.entropy.below(all.len() as u64) as usize].key.clone());
        self.watcher.may_go_on(run);
        self.cancelled.remove(&run);
        _ = workspace.retry(run, Retry::default().with_from(chosen), &Actor::new("somebody")).await;
    }

    async fn some_run(&self, is_meant: impl Fn(RunStatus) -> bool) -> Option<RunId> {
        let runs = self.store.runs(&WorkspaceId::default(), &RunFilter::default(), None, 30).await.unwrap();
        let meant: Vec<_> = runs.iter().filter(|run| is_meant(run.status)).collect();
        (!meant.is_empty()).then(|| meant[self.entropy.below(meant.len() as u64) as usize].id)
    }

    /// In the calm, processes that are asked to stop leave nothing behind, and others finish what they gave back.
    async fn handed_over(&mut self) {
        let (workspace, clock) = (self.processes[0].maestro.default_workspace(), self.clock());
        clock.sleep(Duration::from_secs(20)).await; // the last freeze and the last late answer are over
        for orchestra in &self.orchestras {
            workspace.run_now(orchestra).await.unwrap();
        }
        clock.sleep(Duration::from_millis(self.entropy.below(1_500))).await;
        for process in self.processes.drain(..) {
            process.maestro.shutdown(Duration::from_millis(self.entropy.below(400))).await;
        }
        let mut owned = RunFilter::default();
        owned.statuses = vec![RunStatus::Running];
        let owned = self.store.runs(&WorkspaceId::default(), &owned, None, u32::MAX).await.unwrap();
        assert!(owned.is_empty(), "seed {}: a shutdown left {owned:#?}", self.seed);
        self.start_process().await;
        self.everything_ends(&clock).await;
    }

    /// What is asked to end does so soon, and not only when it would have ended anyway.
    fn cancelled_in_time(&self, calm_since: Duration) {
        for (run, asked) in &self.cancelled {
            let ended = self.watcher.ended(*run).expect("every run has ended");
            let took = ended.saturating_sub(calm_since.max(*asked)).as_secs();
            assert!(took < 60, "seed {}: {run} was asked to end and took {took} s", self.seed);
        }
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

    /// Waits until every run has ended; what takes minutes is asked to end. Returns all runs.
    async fn everything_ends(&mut self, clock: &SkewedClock) -> Vec<maestro::Run> {
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
            // What takes minutes is not waited for.
            let workspace = self.processes[0].maestro.default_workspace();
            for run in live.iter().filter(|run| run.orchestra_id.as_str() == "long") {
                if let Entry::Vacant(place) = self.cancelled.entry(run.id) {
                    _ = workspace.cancel(run.id, false, &Actor::new("somebody")).await.unwrap();
                    place.insert(clock.monotonic());
                }
            }
            clock.sleep(Duration::from_secs(1)).await;
        }
    }
}
