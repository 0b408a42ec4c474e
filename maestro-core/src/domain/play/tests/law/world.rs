//! A world: what becomes of each try, and in which order, as a function of keys and tries alone.

use serde_json::json;

use super::{dice::Dice, graphs::Taste};
use crate::domain::{
    Actor, Failure, Money, Payload, Resolution, RunStep, Score, StepKey, StepKind, StepStatus, Usage,
    play::{
        Answer, Billed, Ended, Event, StartStep, StepOutcome,
        tests::stage::{Stage, cancelled},
    },
};

#[derive(Debug)]
pub(super) struct World {
    seed: u64,
    /// What the order of events follows from.
    order: u64,
    pub(super) taste: Taste,
}

/// What may happen next.
enum Next {
    End(StepKey),
    Time,
    Resolve(StepKey, u32),
    Answer(StepKey, u32),
}

impl World {
    pub(super) fn new(seed: u64, taste: Taste) -> Self {
        Self { seed, order: seed, taste }
    }

    /// Returns the world in which the same becomes of everything, but not in the same order.
    pub(super) fn in_another_order(self, order: u64) -> Self {
        Self { order, ..self }
    }

    pub(super) fn begin(&self, score: Score) -> Stage {
        let mut stage = Stage::with_input(score, json!({"x": 1, "list": [1, 2, 3], "n": 5}));
        self.settle(&mut stage);
        stage
    }

    fn dice(&self, key: &StepKey, attempt: u32, what: &str) -> Dice {
        Dice::new(self.seed, &format!("{key} {attempt} {what}"))
    }

    /// Returns how much something wants to be next.
    fn weight(&self, key: &StepKey, attempt: u32, what: &str) -> u64 {
        Dice::new(self.order, &format!("{key} {attempt} {what}")).number()
    }

    /// Lets the next thing happen. Tells whether the run goes on.
    pub(super) fn step(&self, stage: &mut Stage) -> bool {
        if stage.is_finished() {
            return false;
        }
        stage.events += 1;
        if self.taste.ends.is_some_and(|(after, _)| after < stage.events) && stage.ended_at.is_none() {
            self.end(stage);
        } else {
            match self.next(stage) {
                Next::End(key) => {
                    let step = stage.take(key.as_str());
                    let ended = self.ended(stage, &step);
                    stage.apply(Event::Ended(Box::new(ended)));
                }
                Next::Time => {
                    stage.now = stage.now.max(stage.play.next_moment().unwrap());
                    stage.apply(Event::Time);
                }
                Next::Resolve(key, attempt) => self.resolve(stage, &key, attempt),
                Next::Answer(key, attempt) => {
                    let answer = self.answer(&key, attempt);
                    stage.apply(Event::Answered { key, attempt, answer });
                }
            }
        }
        self.settle(stage);
        !stage.is_finished()
    }

    /// Cancels the run, or times it out.
    fn end(&self, stage: &mut Stage) {
        stage.ended_at = Some(stage.log.len());
        stage.apply(match self.taste.ends {
            Some((_, true)) => cancelled(),
            _ => Event::Timeout,
        });
    }

    /// Ends a run again that was loaded after its end was asked for: what was to be started has not begun.
    pub(super) fn end_again(&self, stage: &mut Stage) {
        if stage.is_finished() {
            return;
        }
        let fresh = stage.keys().iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        self.end(stage);
        for key in fresh {
            if !stage.is_finished() {
                stage.end(&key, StepOutcome::Aborted { not_applied: true });
            }
        }
    }

    /// Puts steps on record that take long.
    pub(super) fn settle(&self, stage: &mut Stage) {
        let slow: Vec<String> = stage
            .running
            .iter()
            .filter(|step| self.dice(&step.key, step.attempt, "slow").chance(20))
            .filter(|step| !stage.record.contains_key(&(step.key.clone(), step.attempt)))
            .map(|step| step.key.to_string())
            .collect();
        for key in slow {
            stage.record_start(&key);
        }
    }

    fn next(&self, stage: &Stage) -> Next {
        let mut all: Vec<(u64, Next)> = Vec::new();
        for step in &stage.running {
            let weight = self.weight(&step.key, step.attempt, "end");
            all.push((weight, Next::End(step.key.clone())));
        }
        for row in unknown(stage) {
            let weight = self.weight(&row.key, row.attempt, "resolve");
            all.push((weight, Next::Resolve(row.key.clone(), row.attempt)));
        }
        for row in asked(stage) {
            let weight = self.weight(&row.key, row.attempt, "answer");
            all.push((weight, Next::Answer(row.key.clone(), row.attempt)));
        }
        if let Some(first) = stage.play.next_moment() {
            // handles are no help: they depend on how the play came to be
            let due = stage.play.timers.iter().take_while(|(moment, _)| *moment == first);
            let key = due.map(|(_, at)| stage.play.key(*at)).min().expect("there is a timer");
            all.push((self.weight(&key, 0, "time"), Next::Time));
        }
        all.into_iter().max_by_key(|(weight, _)| *weight).expect("something can happen").1
    }

    fn ended(&self, stage: &Stage, step: &StartStep) -> Ended {
        let mut dice = self.dice(&step.key, step.attempt, "billed");
        let billed = dice.chance(30).then(|| Billed {
            model: "m".into(),
            usage: Usage { input: Some(dice.number() % 100), output: Some(1), ..Usage::default() },
            price: None,
            cost: dice.chance(90).then(|| Money::from_nanos((dice.number() % 1000) as i64)),
        });
        let outcome = match stage.aborted.contains(&step.handle) {
            true => self.outcome_of_aborted(&step.key, step.attempt),
            false => self.outcome(&step.key, step.attempt),
        };
        Ended { billed, random: 0.5, ..stage.end_of(step, outcome) }
    }

    fn outcome(&self, key: &StepKey, attempt: u32) -> StepOutcome {
        let mut dice = self.dice(key, attempt, "outcome");
        if dice.chance(self.taste.failures) {
            return StepOutcome::Failed {
                failure: Failure::new(dice.pick(&["broke", "other", "again"]), "it broke"),
                permanent: dice.chance(30),
                not_applied: dice.chance(50),
                after: dice.chance(20).then(|| chrono::TimeDelta::seconds(7)),
            };
        }
        self.success(key)
    }

    /// Returns what a person says.
    fn answer(&self, key: &StepKey, attempt: u32) -> Answer {
        let approved = !self.dice(key, attempt, "answer").chance(self.taste.failures);
        let mut dice = self.dice(key, 0, "said");
        Answer {
            approved,
            by: Actor::new("somebody"),
            note: dice.chance(50).then(|| "because".to_owned()),
            data: dice.chance(50).then(|| Payload::from(dice.pick(&[json!({"n": 7}), json!([1])]).clone())),
        }
    }

    fn success(&self, key: &StepKey) -> StepOutcome {
        let mut dice = self.dice(key, 0, "output");
        let number = dice.below(10);
        let output = match dice.below(6) {
            kind if key.split().1.starts_with('m') => turn(kind, &mut dice),
            0 => json!(number),
            1 => json!([number, number]),
            2 => json!({"list": [1, 2], "n": number}),
            3 => json!(null),
            _ => json!({"n": number, (key.split().1): true}),
        };
        StepOutcome::Succeeded(Payload::from(output))
    }

    fn outcome_of_aborted(&self, key: &StepKey, attempt: u32) -> StepOutcome {
        let mut dice = self.dice(key, attempt, "aborted");
        match dice.below(3) {
            0 => self.outcome(key, attempt),
            1 => StepOutcome::Aborted { not_applied: true },
            _ => StepOutcome::Aborted { not_applied: false },
        }
    }

    /// Lets a person speak about an unknown step, or its outcome come late.
    fn resolve(&self, stage: &mut Stage, key: &StepKey, attempt: u32) {
        // What would have become of it, had nobody lost it: then the person knows that.
        let resolution = match self.outcome(key, attempt) {
            StepOutcome::Succeeded(output) => Resolution::Done { output },
            StepOutcome::Failed { not_applied: true, .. } => {
                stage.asked_again = true;
                Resolution::Again
            }
            _ => match self.dice(key, attempt, "resolution").below(3) {
                0 if attempt < 5 => Resolution::Again,
                1 => {
                    let StepOutcome::Succeeded(output) = self.success(key) else { return };
                    Resolution::Done { output }
                }
                _ => Resolution::Failed { message: "it did not".into() },
            },
        };
        stage.resolve(key.as_str(), attempt, resolution);
    }

    /// Returns events that must change nothing.
    pub(super) fn noise(&self, stage: &Stage, dice: &mut Dice) -> Vec<Event> {
        let mut events = Vec::new();
        if stage.play.next_moment().is_none_or(|moment| moment > stage.now) {
            events.push(Event::Time);
        }
        let is_current = |step: &StartStep| {
            stage.running.iter().any(|now| now.handle == step.handle && now.attempt == step.attempt)
        };
        let is_unknown =
            |step: &StartStep| unknown(stage).any(|row| row.key == step.key && row.attempt == step.attempt);
        for _ in 0..3.min(stage.history.len()) {
            let step = dice.pick(&stage.history);
            let outcome = self.outcome(&step.key, step.attempt);
            let ended = Ended { billed: None, ..self.ended(stage, step) };
            let ended = Ended { outcome, ..ended };
            let foreign = Ended { attempt: step.attempt + 10, ..ended.clone() };
            events.push(Event::Ended(Box::new(foreign)));
            if !is_current(step) && !is_unknown(step) {
                events.push(Event::Ended(Box::new(ended)));
                let key = step.key.clone();
                events.push(Event::Resolved { key, attempt: step.attempt, resolution: Resolution::Again });
            }
        }
        for key in ["nope", "n0.9.n1", "n0.m1", "n1.x.n2.y"] {
            events.push(Event::Resolved {
                key: key.parse().unwrap(),
                attempt: 1,
                resolution: Resolution::Again,
            });
        }
        events
    }
}

/// Returns what a model says: that it wants tools called, or an answer that may or may not fit.
fn turn(kind: usize, dice: &mut Dice) -> serde_json::Value {
    let call = |id: usize, name: &str| json!({"id": id.to_string(), "name": name, "arguments": {"n": id}});
    match kind {
        0 => json!({"tool_calls": [call(1, "s.o")], "stop": "tools"}),
        1 => json!({"text": "wait", "tool_calls": [call(1, "s.o"), call(2, "s.o")], "stop": "tools"}),
        2 => json!({"tool_calls": [call(1, "s.o"), call(2, "not.allowed")], "stop": "tools"}),
        3 => {
            json!({"text": dice.pick(&["hello", "```json\n{}\n```"]), "stop": dice.pick(&["done", "done", "length"])})
        }
        _ => json!({"text": "{\"n\": 8, \"list\": [1]}"}),
    }
}

/// Returns the steps that wait for a person's answer.
fn asked(stage: &Stage) -> impl Iterator<Item = &RunStep> {
    // A person who is as late as the timeout would race with it.
    let waits = |row: &&RunStep| {
        let waits = row.status == StepStatus::Waiting && row.started_at.is_some();
        row.kind == StepKind::Approval && waits && row.resume_at.is_none()
    };
    stage.last_rows().filter(waits)
}

fn unknown(stage: &Stage) -> impl Iterator<Item = &RunStep> {
    stage.last_rows().filter(|row| row.status == StepStatus::Unknown)
}
