//! A stage: plays a score by hand, in virtual time, and watches that the play keeps its promises.

mod look;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::domain::{
    Actor, Agent, AgentId, Failure, Finish, OrchestraId, Payload, Resolution, RunId, RunStep, Score, ScoreId,
    StepKey, StepKind, StepStatus, Trigger, WorkspaceId,
    play::{
        Billed, Decision, Ended, Event, Pause, Plan, Play, PlayLimits, PlayedRun, StartStep, StepHandle,
        StepOutcome, anew,
    },
};

/// Somebody asks for the end of the run.
pub(super) fn cancelled() -> Event {
    Event::Cancel { by: Actor::new("somebody") }
}

/// A play, what it wrote and what it started.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) plan: Arc<Plan>,
    pub(super) run: PlayedRun,
    pub(super) limits: PlayLimits,
    pub(super) play: Play,
    pub(super) now: DateTime<Utc>,
    /// Every row as it was written, in order.
    pub(super) log: Vec<RunStep>,
    /// When it was written.
    pub(super) times: Vec<DateTime<Utc>>,
    /// What a store would have: the last row of each key and try.
    pub(super) record: BTreeMap<(StepKey, u32), RunStep>,
    /// Steps that run, in the order in which they were started.
    pub(super) running: Vec<StartStep>,
    /// Steps that were asked to end, in order.
    pub(super) aborted: Vec<StepHandle>,
    pub(super) finish: Option<Finish>,
    /// Everything that was ever started.
    pub(super) history: Vec<StartStep>,
    /// What steps were given that is not on record.
    pub(super) given: BTreeMap<StepKey, Payload>,
    /// How many steps were started.
    pub(super) started: usize,
    /// How many events there were.
    pub(super) events: usize,
    /// After how many rows the end of the run was asked for.
    pub(super) ended_at: Option<usize>,
    /// Whether a person had something done anew that had not failed for good.
    pub(super) asked_again: bool,
}

pub(super) fn second(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(super) fn run_with(input: Value) -> PlayedRun {
    PlayedRun {
        workspace: WorkspaceId::new("default").unwrap(),
        orchestra_id: OrchestraId::new("nightly").unwrap(),
        run_id: RunId::from_u128(7),
        score_id: ScoreId::new("test").unwrap(),
        score_version: 1,
        agents: vec![writer()],
        default_model: String::new(),
        trigger: Trigger::Manual,
        input: Payload::from(input),
        queued_at: second(-1),
        started_at: second(0),
    }
}

/// Returns an agent that may call `s.o`.
pub(super) fn writer() -> Arc<Agent> {
    Arc::new(Agent {
        id: AgentId::new("writer").unwrap(),
        version: 1,
        name: "Writer".to_owned(),
        description: String::new(),
        model: "m".to_owned(),
        system_prompt: "You write.".to_owned(),
        allowed_tools: vec!["s.o".to_owned()],
        max_tokens: None,
        updated_at: second(-1),
    })
}

pub(super) fn failed(code: &str) -> StepOutcome {
    let failure = Failure::new(code, format!("it was {code}"));
    StepOutcome::Failed { failure, permanent: false, not_applied: false, after: None }
}

pub(super) fn failed_for_good(code: &str) -> StepOutcome {
    let failure = Failure::new(code, format!("it was {code}"));
    StepOutcome::Failed { failure, permanent: true, not_applied: false, after: None }
}

pub(super) fn not_applied(code: &str) -> StepOutcome {
    let failure = Failure::new(code, format!("it was {code}"));
    StepOutcome::Failed { failure, permanent: false, not_applied: true, after: None }
}

/// Returns the path and the node of a step, or of the step that it is a part of.
pub(super) fn node_of(key: &StepKey, kind: StepKind) -> (&str, &str) {
    let (whole, last) = key.split();
    if !is_part(kind) {
        return (whole, last);
    }
    let whole = whole.trim_end_matches('.');
    whole.split_at(whole.rfind('.').map_or(0, |dot| dot + 1))
}

/// Tells whether a step is a turn or a tool call.
pub(super) fn is_part(kind: StepKind) -> bool {
    matches!(kind, StepKind::ModelTurn | StepKind::ToolCall)
}

impl Stage {
    pub(super) fn new(score: Score) -> Self {
        Self::with_input(score, serde_json::json!({}))
    }

    pub(super) fn with_input(score: Score, input: Value) -> Self {
        Self::load(score, run_with(input), Vec::new(), second(0))
    }

    pub(super) fn load(score: Score, run: PlayedRun, rows: Vec<RunStep>, now: DateTime<Utc>) -> Self {
        let plan = Arc::new(Plan::new(Arc::new(score)).unwrap());
        Self::load_plan(plan, run, PlayLimits::default(), rows, now)
    }

    pub(super) fn load_plan(
        plan: Arc<Plan>,
        run: PlayedRun,
        limits: PlayLimits,
        rows: Vec<RunStep>,
        now: DateTime<Utc>,
    ) -> Self {
        let (play, decisions) = Play::load(plan.clone(), run.clone(), limits, rows.clone(), now);
        let record = rows.iter().map(|row| ((row.key.clone(), row.attempt), row.clone())).collect();
        let mut stage = Self {
            plan,
            run,
            limits,
            play,
            now,
            times: vec![now; rows.len()],
            log: rows,
            record,
            running: Vec::new(),
            aborted: Vec::new(),
            finish: None,
            history: Vec::new(),
            given: BTreeMap::new(),
            started: 0,
            events: 0,
            ended_at: None,
            asked_again: false,
        };
        stage.perform(decisions);
        stage
    }

    /// Loses the play and loads it again from what was recorded.
    pub(super) fn reload(&self) -> Self {
        self.load_from(self.record.values().cloned().collect())
    }

    /// Has an ended run played anew, from these steps and from what kept it from ending well.
    pub(super) fn play_anew(&self, from: &[&str]) -> Self {
        let from: Vec<StepKey> = from.iter().map(|key| key.parse().unwrap()).collect();
        let rows: Vec<RunStep> = self.record.values().cloned().collect();
        let resets = anew(&self.plan, &rows, &from, &Actor::new("ann"), self.now);
        let written: BTreeSet<_> = resets.iter().map(|row| (row.key.clone(), row.attempt)).collect();
        assert_eq!(written.len(), resets.len(), "a row is written twice");
        let mut record = self.record.clone();
        for row in resets {
            let before = record.insert((row.key.clone(), row.attempt), row);
            assert!(before.is_none_or(|row| !row.status.is_final()), "a final row is replaced");
        }
        self.load_from(record.into_values().collect())
    }

    /// Loads a play from these rows, now.
    pub(super) fn load_from(&self, rows: Vec<RunStep>) -> Self {
        Self::load_plan(self.plan.clone(), self.run.clone(), self.limits, rows, self.now)
    }

    /// Does as decisions say, and checks that they are allowed.
    pub(super) fn perform(&mut self, decisions: Vec<Decision>) {
        let (mut written, mut started) = (BTreeSet::new(), Vec::new());
        for decision in &decisions {
            match decision {
                Decision::Write(row) => {
                    assert!(
                        written.insert((row.key.clone(), row.attempt)),
                        "writes {} twice at once",
                        row.key
                    );
                }
                Decision::Start(step) => started.push(step.handle),
                Decision::Abort(handle) => assert!(!started.contains(handle), "aborts what it starts"),
                Decision::Finish(_) => {}
            }
        }
        for decision in decisions {
            assert!(self.finish.is_none(), "decided after the finish: {decision:?}");
            match decision {
                Decision::Write(row) => self.write(*row),
                Decision::Start(step) => self.start(*step),
                Decision::Abort(handle) => {
                    assert!(
                        self.running.iter().any(|step| step.handle == handle),
                        "aborts what does not run"
                    );
                    assert!(!self.aborted.contains(&handle), "aborts twice");
                    self.aborted.push(handle);
                }
                Decision::Finish(finish) => self.finish = Some(*finish),
            }
        }
        assert_eq!(self.play.running(), if self.finish.is_some() { 0 } else { self.running.len() });
        let waits = |row: &RunStep| matches!(row.status, StepStatus::Unknown | StepStatus::Waiting);
        let has_unknown = self.last_rows().any(waits);
        match self.play.pause() {
            Pause::Running => assert!(!self.running.is_empty()),
            Pause::Person => assert!(has_unknown, "the play is stuck: {:#?}", self.play),
            Pause::Until(moment) => assert_eq!(self.play.next_moment(), Some(moment)),
            Pause::Ended => assert!(self.finish.is_some()),
        }
    }

    fn write(&mut self, row: RunStep) {
        let key = (row.key.clone(), row.attempt);
        if let Some(before) = self.record.get(&key) {
            assert!(!before.status.is_final(), "writes a second final row: {before:?} and then {row:?}");
        }
        assert_eq!(row.finished_at.is_some(), row.status.is_final(), "{row:?}");
        self.log.push(row.clone());
        self.times.push(self.now);
        self.record.insert(key, row);
    }

    fn start(&mut self, step: StartStep) {
        assert!(self.running.iter().all(|other| other.key != step.key), "starts {} twice", step.key);
        let before = self.record.get(&(step.key.clone(), step.attempt));
        assert!(before.is_none_or(|row| !row.status.is_final()), "starts a try that is over: {before:?}");
        let (path, node) = node_of(&step.key, step.kind);
        let number = self.plan.find(node).unwrap();
        for edge in self.plan.incoming(number) {
            let source = format!("{path}{}", self.plan.node(self.plan.link(*edge).from).id);
            let row = self.row(&source).unwrap_or_else(|| panic!("{} starts before {source}", step.key));
            assert!(row.status.is_final() && !row.is_retried(), "{} starts before {source}", step.key);
        }
        if !step.input_is_own && step.kind != StepKind::ModelTurn {
            self.given.insert(step.key.clone(), step.input.clone());
        }
        self.started += 1;
        self.history.push(step.clone());
        self.running.push(step);
    }

    pub(super) fn apply(&mut self, event: Event) {
        let decisions = self.play.apply(event, self.now);
        self.perform(decisions);
    }

    /// Takes a running step off the stage.
    pub(super) fn take(&mut self, key: &str) -> StartStep {
        let at = self.running.iter().position(|step| step.key.as_str() == key);
        self.running.remove(at.unwrap_or_else(|| panic!("{key} does not run, but {:?}", self.keys())))
    }

    pub(super) fn end_of(&self, step: &StartStep, outcome: StepOutcome) -> Ended {
        Ended {
            handle: step.handle,
            attempt: step.attempt,
            input: step.input_is_own.then(|| step.input.clone()),
            outcome,
            started_at: Some(self.now),
            billed: None,
            random: 0.5,
        }
    }

    /// Ends a running step.
    pub(super) fn end(&mut self, key: &str, outcome: StepOutcome) {
        let step = self.take(key);
        let ended = self.end_of(&step, outcome);
        self.apply(Event::Ended(Box::new(ended)));
    }

    pub(super) fn end_billed(&mut self, key: &str, outcome: StepOutcome, billed: Billed) {
        let step = self.take(key);
        let ended = Ended { billed: Some(billed), ..self.end_of(&step, outcome) };
        self.apply(Event::Ended(Box::new(ended)));
    }

    pub(super) fn ok(&mut self, key: &str, output: Value) {
        self.end(key, StepOutcome::Succeeded(Payload::from(output)));
    }

    /// Lets a step fail for good.
    pub(super) fn fail(&mut self, key: &str) {
        self.end(key, failed_for_good("broke"));
    }

    pub(super) fn resolve(&mut self, key: &str, attempt: u32, resolution: Resolution) {
        self.apply(Event::Resolved { key: key.parse().unwrap(), attempt, resolution });
    }

    /// Puts on record that a step has started, as an engine does when a step takes long.
    pub(super) fn record_start(&mut self, key: &str) {
        let step = self.running.iter().find(|step| step.key.as_str() == key).expect("it runs");
        let row = RunStep::new(step.key.clone(), step.attempt, step.kind, StepStatus::Running);
        let input = step.input_is_own.then(|| step.input.clone());
        self.write(RunStep { generation: step.generation, started_at: Some(self.now), input, ..row });
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
        self.apply(Event::Time);
    }
}
