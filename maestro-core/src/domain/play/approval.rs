//! Approvals: nodes that wait for a person to say whether the run may go on.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::super::{Actor, Failure, NodeId, NodeKind, OnTimeout, Payload, RunStep, StepKey};
use super::{Answer, Play, StepHandle, data::merge, frame::NodeState, input::unreadable, wait::later};

/// What stands under `approval` in the output of an approval: while it waits, what is asked; then who answered.
#[derive(Debug, Default, Serialize)]
struct Said<'a> {
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

impl Play {
    /// Asks a person; the row shows the question.
    pub(super) fn ask(&mut self, at: StepHandle, row: RunStep, title: &str, now: DateTime<Utc>) {
        let NodeKind::Approval { timeout, .. } = &self.node(at).kind else { return };
        let until = timeout.map(|timeout| later(now, timeout.as_duration()));
        let question = flowing(&Payload::empty_object(), None, Said { title, ..Said::default() });
        let row = RunStep { resume_at: until, output: question.ok(), ..row };
        self.write(row.clone());
        self.set(at, NodeState::Waiting(Box::new(row), until));
    }

    /// Takes a person's answer. One to a step that does not wait for it changes nothing.
    pub(super) fn answered(&mut self, key: &StepKey, attempt: u32, answer: &Answer, now: DateTime<Utc>) {
        let Some(at) = self.handle_of(key).filter(|at| !at.is_part()) else { return };
        let row = match (self.state(at), &self.node(at).kind) {
            (Some(NodeState::Waiting(row, _)), NodeKind::Approval { .. }) if row.attempt == attempt => {
                (**row).clone()
            }
            _ => return,
        };
        self.answer(at, row, answer, now);
    }

    /// Goes on when nobody has answered in time.
    pub(super) fn unanswered(&mut self, at: StepHandle, row: RunStep, now: DateTime<Utc>) {
        let NodeKind::Approval { on_timeout, .. } = &self.node(at).kind else { return };
        let approved = match on_timeout {
            OnTimeout::Approve => true,
            OnTimeout::Reject => false,
            OnTimeout::Fail => {
                let failure = Failure::new("approval_timeout", "nobody answered in time");
                return self.fail(at, row, failure, now);
            }
        };
        let note = Some("nobody answered in time".to_owned());
        self.answer(at, row, &Answer { approved, by: Actor::engine(), note, data: None }, now);
    }

    fn answer(&mut self, at: StepHandle, row: RunStep, answer: &Answer, now: DateTime<Utc>) {
        let title = row.output.as_ref().map(title_of).unwrap_or_default();
        let said = Said {
            title: &title,
            approved: Some(answer.approved),
            by: Some(&answer.by),
            note: answer.note.as_deref(),
        };
        if !answer.approved {
            let why = answer.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
            let failure = Failure::new("rejected", format!("rejected by {}{why}", answer.by));
            let told = flowing(&Payload::empty_object(), answer.data.as_ref(), said);
            let told = told.ok().filter(|told| self.check("data", told).is_ok());
            return self.fail_telling(at, row, failure, told, now);
        }
        let input = match &row.input {
            Some(input) => Ok(input.clone()),
            None => self.brought(at).map(|brought| brought.merged),
        };
        let output = input.and_then(|input| {
            let output = flowing(&input, answer.data.as_ref(), said)?;
            self.check("output", &output).map(|()| output)
        });
        match output {
            Ok(output) => self.succeed(at, row, output, now),
            Err(failure) => self.fail(at, row, failure, now),
        }
    }
}

/// Returns what flows on: the input, over it the data, and who said what under `approval`. What is no object stands under
/// `input` and `data`.
fn flowing(input: &Payload, data: Option<&Payload>, said: Said<'_>) -> Result<Payload, Failure> {
    #[derive(Serialize)]
    struct Beside<'a> {
        approval: Said<'a>,
    }
    let named = |name: &str, value: Payload| NodeId::new(name).ok().map(|name| (name, value));
    let data = data.filter(|data| data.as_str().trim() != "null");
    let said =
        Payload::from_serialize(&Beside { approval: said }).unwrap_or_else(|_| Payload::empty_object());
    let all = [named("input", input.clone()), data.and_then(|data| named("data", data.clone()))];
    let all: Vec<_> = all.into_iter().chain([named("approval", said)]).flatten().collect();
    merge(&all).map_err(|error| unreadable(&error))
}

fn title_of(question: &Payload) -> String {
    let title = question.value().ok().and_then(|value| value["approval"]["title"].as_str());
    title.unwrap_or_default().to_owned()
}
