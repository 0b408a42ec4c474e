//! Any history of time, switches, edits and schedulers: every slot of the schedule is covered by exactly one row.

use chrono::{DateTime, TimeDelta, Utc};
use maestro::{
    OrchestraPatch,
    domain::{Actor, Orchestra, Overlap},
    ports::Clock,
};
use proptest::prelude::*;

use crate::stage::{Stage, at, plays, slots};

#[derive(Clone, Debug)]
enum Event {
    /// Time passes.
    Pass(i64),
    /// The time of day jumps.
    Jump(i64),
    /// A process looks for slots.
    Tick(usize),
    Enable,
    Disable,
    Pause,
    Resume,
    Cron(&'static str),
    Zone(&'static str),
    Overlap(Overlap),
    Limit(Option<u32>),
    /// The oldest live run ends.
    End,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => prop_oneof![1_i64..90, 60_i64..4_000, 3_600_i64..100_000].prop_map(Event::Pass),
        2 => prop_oneof![-90_i64..90, -8_000_i64..8_000].prop_map(Event::Jump),
        8 => (0_usize..3).prop_map(Event::Tick),
        2 => Just(Event::Enable),
        1 => Just(Event::Disable),
        1 => Just(Event::Pause),
        1 => Just(Event::Resume),
        1 => prop::sample::select(&["*/5 * * * *", "0 * * * *", "30 1,2 * * *", "*/20 1 * * *"][..]).prop_map(Event::Cron),
        1 => prop::sample::select(&["UTC", "America/New_York", "Asia/Kathmandu"][..]).prop_map(Event::Zone),
        1 => prop::sample::select(Overlap::ALL).prop_map(Event::Overlap),
        1 => prop::option::of(1_u32..4).prop_map(Event::Limit),
        2 => Just(Event::End),
    ]
}

/// What the ledger must cover: the slots of each schedule that was in force, up to where the next one began.
struct Model {
    orchestra: Orchestra,
    from: DateTime<Utc>,
    /// Every slot up to here is decided, whatever the clock says.
    decided: DateTime<Utc>,
    slots: Vec<DateTime<Utc>>,
}

impl Model {
    fn decided(&mut self, now: DateTime<Utc>) {
        if self.orchestra.enabled {
            self.decided = self.decided.max(now);
        }
    }

    /// The schedule or its switch changed.
    fn edited(&mut self, orchestra: Orchestra, now: DateTime<Utc>) {
        let before = (&self.orchestra.cron, self.orchestra.timezone, self.orchestra.enabled);
        if before != (&orchestra.cron, orchestra.timezone, orchestra.enabled) {
            let passed = slots(&self.orchestra, self.from, now.max(self.decided));
            self.slots.extend(passed);
            // Nor does a schedule begin before its orchestra, where the clock went back.
            self.from = self.slots.last().map_or(now, |last| now.max(*last)).max(orchestra.created_at);
            self.decided = self.from;
        }
        self.orchestra = orchestra;
    }
}

async fn play(events: Vec<Event>) {
    let start = at("2026-10-31T20:00:00Z");
    let stage = Stage::at("2026-10-31T20:00:00Z").await;
    let made = stage.workspace.create_orchestra(plays("slow").cron("0 * * * *")).await.unwrap();
    let mut processes = vec![stage.maestro.clone()];
    for seed in 2..4 {
        processes.push(stage.another(seed).await);
    }
    let id = made.id.clone();
    let mut model = Model { orchestra: made, from: start, decided: start, slots: Vec::new() };
    for event in events.into_iter().chain([Event::Enable, Event::Pass(200_000), Event::Tick(0)]) {
        let edit = async |patch: OrchestraPatch| {
            stage.workspace.edit_orchestra(&id, patch, None).await.unwrap().orchestra
        };
        let patch = OrchestraPatch::default();
        let edited = match event {
            Event::Pass(seconds) => {
                stage.clock.advance(TimeDelta::seconds(seconds).to_std().unwrap());
                continue;
            }
            Event::Jump(seconds) => {
                stage.clock.jump(TimeDelta::seconds(seconds));
                continue;
            }
            Event::Tick(process) => {
                processes[process].tick().await.unwrap();
                model.decided(stage.clock.now());
                continue;
            }
            Event::Pause => {
                stage.workspace.pause(&Actor::host()).await.unwrap();
                continue;
            }
            Event::Resume => {
                stage.workspace.resume(&Actor::host()).await.unwrap();
                continue;
            }
            Event::End => {
                if stage.live(&id).await.total() > 0 {
                    stage.end_oldest(&id).await;
                }
                continue;
            }
            Event::Enable => edit(patch.with_enabled(true)).await,
            Event::Disable => edit(patch.with_enabled(false)).await,
            Event::Cron(cron) => edit(patch.with_cron(cron)).await,
            Event::Zone(zone) => edit(patch.with_timezone(zone)).await,
            Event::Overlap(overlap) => edit(patch.with_overlap(overlap)).await,
            Event::Limit(limit) => edit(patch.with_max_concurrent_runs(limit)).await,
        };
        model.edited(edited, stage.clock.now());
    }
    model.slots.extend(slots(&model.orchestra, model.from, model.decided.max(stage.clock.now())));
    stage.assert_covers(&id, &model.slots).await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_slot_is_covered_by_exactly_one_row(events in prop::collection::vec(event(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(events));
    }
}
