//! Talking: how an LLM node goes on from turn to turn, until the model has answered.
//!
//! Every turn and every tool call is a step of its own, so that what was paid or done is never paid or done again: the
//! conversation is rebuilt from their records.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::super::{
    Agent, Failure, Message, ModelTurn, NodeKind, OperationName, Payload, RunStep, SkillName, StepStatus,
    ToolCall, TurnEnd,
};
use super::{
    AskedTurn, Fate, Play, StepHandle, Work,
    answers::{self, Verdict},
    frame::{NodeState, Outcome, Try},
    talk::{Part, PartKind, Talk},
};

/// How many tools a model may call in one turn.
const MOST_CALLS: usize = 128;

/// What an LLM node is begun with.
pub(super) struct Opening {
    pub(super) agent: Arc<Agent>,
    pub(super) model: String,
    pub(super) prompt: String,
}

impl Play {
    /// Finds who talks, and with which model.
    pub(super) fn opening(&self, at: StepHandle, prompt: String) -> Result<Opening, Failure> {
        let NodeKind::Llm { agent: id, .. } = &self.node(at).kind else {
            return Err(Failure::new("unsupported_node", "only LLM nodes talk"));
        };
        let agent = self.given.run.agents.iter().find(|agent| agent.id == *id).cloned();
        let agent = agent.ok_or_else(|| {
            Failure::new("agent_absent", format!("the run was enqueued without the agent {id}; rerun it"))
        })?;
        let model = match agent.model.trim() {
            "" => self.given.run.default_model.trim().to_owned(),
            named => named.to_owned(),
        };
        if model.is_empty() {
            let message = format!(
                "the agent {id} names no model, and there is no default; name one in the agent or the settings"
            );
            return Err(Failure::new("no_model", message));
        }
        Ok(Opening { agent, model, prompt })
    }

    /// Begins to talk: the prompt is said, and the model has its first turn.
    pub(super) fn begin_talk(
        &mut self,
        at: StepHandle,
        opening: Opening,
        recorded: Option<Payload>,
        now: DateTime<Utc>,
    ) {
        let since = self.begun(at).since;
        let mut talk = Talk::new(opening.agent, opening.model, recorded, since.unwrap_or(now));
        talk.say(Message::User { text: opening.prompt });
        self.set(at, NodeState::Talking(Box::new(talk)));
        self.ask_again(at);
    }

    /// Gives the model its next turn.
    fn ask_again(&mut self, at: StepHandle) {
        let Some(talk) = self.talk_mut(at) else { return };
        let part = talk.add_turn();
        self.ready.push_back((StepHandle { part, ..at }, Fate::Start));
    }

    /// Starts a turn or a tool call.
    pub(super) fn start_part(&mut self, at: StepHandle, attempt: Try, now: DateTime<Utc>) {
        let work = match self.part(at).map(|part| &part.kind) {
            Some(PartKind::Turn(_)) => self.turn(at).map(|turn| (turn, Payload::null())),
            Some(PartKind::Tool(_, call)) => self.tool(at, call).map(|work| (work, call.arguments.clone())),
            None => return,
        };
        match work {
            Ok((work, input)) => {
                if self.is_once(at) {
                    let row = self.row(at, attempt, StepStatus::Running);
                    self.write(RunStep { started_at: Some(now), ..row });
                }
                self.execute(at, attempt, work, input, false);
            }
            Err(failure) => {
                let row = self.row(at, attempt, StepStatus::Failed);
                self.fail(at, row, failure, now);
            }
        }
    }

    fn turn(&self, at: StepHandle) -> Result<Work, Failure> {
        let (Some(talk), NodeKind::Llm { output_schema, max_tool_rounds, .. }) =
            (self.talk(at), &self.node(at).kind)
        else {
            return Err(Failure::new("unsupported_node", "only LLM nodes talk"));
        };
        let most = self.given.limits.transcript_bytes;
        if talk.bytes > most {
            let message = format!(
                "the conversation has {} bytes, the limit is {most}; let tools return less",
                talk.bytes
            );
            return Err(Failure::new("transcript_too_large", message));
        }
        Ok(Work::Turn(Box::new(AskedTurn {
            agent: Arc::clone(&talk.agent),
            model: talk.model.clone(),
            messages: talk.messages.clone(),
            may_call_tools: talk.rounds < *max_tool_rounds && !talk.is_mending,
            output_schema: output_schema.clone(),
        })))
    }

    /// Finds the operation that a tool call means, if the agent may call it.
    fn tool(&self, at: StepHandle, call: &ToolCall) -> Result<Work, Failure> {
        let allowed = self.talk(at).is_some_and(|talk| talk.agent.allowed_tools.contains(&call.name));
        let named = call.name.split_once('.').filter(|_| allowed).and_then(|(skill, operation)| {
            Some((SkillName::new(skill).ok()?, OperationName::new(operation).ok()?))
        });
        match named {
            Some((skill, operation)) => Ok(Work::Operation { skill, operation }),
            None => {
                let name: String = call.name.chars().take(80).collect();
                Err(Failure::new("tool_not_allowed", format!("the agent may not call {name:?}")))
            }
        }
    }

    /// Goes on after a part was decided.
    pub(super) fn part_decided(&mut self, at: StepHandle, now: DateTime<Utc>) {
        let Some(Part { kind, state: NodeState::Done(outcome) }) = self.part(at) else { return };
        let (is_turn, outcome) = (matches!(kind, PartKind::Turn(_)), outcome.clone());
        let node = at.whole();
        match outcome {
            Outcome::Cancelled | Outcome::Skipped if is_turn => {
                let row = self.talk_row(node);
                self.cancel(node, row, now);
            }
            Outcome::Succeeded(output) if is_turn => self.turn_taken(node, &output, now),
            Outcome::Failed(failed) if is_turn => {
                let row = self.talk_row(node);
                self.fail(node, row, failed.failure.clone(), now);
            }
            _ => self.tool_answered(node, now),
        }
    }

    fn turn_taken(&mut self, at: StepHandle, output: &Payload, now: DateTime<Utc>) {
        let NodeKind::Llm { max_tool_rounds, .. } = &self.node(at).kind else { return };
        let max_tool_rounds = *max_tool_rounds;
        let turn = match serde_json::from_str::<ModelTurn>(output.as_str()) {
            Ok(turn) => turn,
            Err(error) => return self.fail_talk(at, "unreadable_output", &error.to_string(), now),
        };
        let Some(talk) = self.talk_mut(at) else { return };
        talk.say(Message::Model(turn.clone()));
        if turn.tool_calls.is_empty() {
            return self.judge_answer(at, &turn, now);
        }
        if talk.rounds >= max_tool_rounds || talk.is_mending {
            let message = format!("the model still called tools after {max_tool_rounds} rounds");
            return self.fail_talk(at, "too_many_tool_rounds", &message, now);
        }
        if turn.tool_calls.len() > MOST_CALLS {
            let message = format!(
                "the model called {} tools at once, {MOST_CALLS} are the most",
                turn.tool_calls.len()
            );
            return self.fail_talk(at, "too_many_tool_calls", &message, now);
        }
        talk.rounds += 1;
        let parts: Vec<_> = turn.tool_calls.into_iter().map(|call| talk.add_tool(call)).collect();
        self.ready.extend(parts.into_iter().map(|part| (StepHandle { part, ..at }, Fate::Start)));
    }

    /// Says what the tools of a turn returned, in the order of the calls, once all of them have answered.
    fn tool_answered(&mut self, at: StepHandle, now: DateTime<Utc>) {
        let Some(talk) = self.talk_mut(at) else { return };
        talk.open_tools = talk.open_tools.saturating_sub(1);
        if talk.open_tools > 0 {
            return;
        }
        let calls = talk.parts.iter().rev().take_while(|part| matches!(part.kind, PartKind::Tool(..)));
        let results: Vec<_> = calls.map(result_of).collect();
        if results.iter().any(Option::is_none) {
            let row = self.talk_row(at);
            return self.cancel(at, row, now); // a call was not played to its end
        }
        results.into_iter().rev().flatten().for_each(|result| talk.say(result));
        self.ask_again(at);
    }

    fn judge_answer(&mut self, at: StepHandle, turn: &ModelTurn, now: DateTime<Utc>) {
        match turn.stop {
            TurnEnd::Length => {
                let message = "the answer was cut off at the most tokens that it may have; raise max_tokens";
                return self.fail_talk(at, "answer_cut_off", message, now);
            }
            TurnEnd::Refused => {
                return self.fail_talk(at, "model_refused", "the provider held the answer back", now);
            }
            TurnEnd::Done | TurnEnd::Tools => {}
        }
        match answers::judge(&turn.text, self.plan.answer_schema(self.number(at))) {
            Verdict::Good(output) => match self.check("output", &output) {
                Ok(()) => {
                    let row = self.talk_row(at);
                    self.succeed(at, row, output, now);
                }
                Err(failure) => {
                    let row = self.talk_row(at);
                    self.fail(at, row, failure, now);
                }
            },
            Verdict::Bad(violations) => {
                let Some(talk) = self.talk_mut(at) else { return };
                if talk.is_mending {
                    return self.fail_talk(at, "answer_does_not_fit", &violations, now);
                }
                talk.is_mending = true;
                talk.say(Message::User { text: answers::mend(&violations) });
                self.ask_again(at);
            }
        }
    }

    fn fail_talk(&mut self, at: StepHandle, code: &str, message: &str, now: DateTime<Utc>) {
        let row = self.talk_row(at);
        self.fail(at, row, Failure::new(code, message), now);
    }

    /// Begins the row of an LLM node.
    pub(super) fn talk_row(&self, at: StepHandle) -> RunStep {
        let row = self.row(at, self.first_try(at), StepStatus::Running);
        match self.talk(at) {
            Some(talk) => RunStep {
                tool_name: Some(talk.model.clone()),
                started_at: Some(talk.started_at),
                input: talk.input.clone(),
                ..row
            },
            None => row,
        }
    }

    pub(super) fn talk(&self, at: StepHandle) -> Option<&Talk> {
        match self.frames.get(at.frame)?.nodes.get(at.local as usize)? {
            NodeState::Talking(talk) => Some(talk),
            _ => None,
        }
    }

    pub(super) fn talk_mut(&mut self, at: StepHandle) -> Option<&mut Talk> {
        match self.frames.get_mut(at.frame)?.nodes.get_mut(at.local as usize)? {
            NodeState::Talking(talk) => Some(talk),
            _ => None,
        }
    }

    pub(super) fn part(&self, at: StepHandle) -> Option<&Part> {
        self.talk(at)?.part(at.part)
    }
}

/// Returns what a tool answers the model; nothing when its call was not played to its end.
fn result_of(part: &Part) -> Option<Message> {
    #[derive(Serialize)]
    struct Told<'a> {
        error: &'a Failure,
    }
    let PartKind::Tool(_, call) = &part.kind else { return None };
    let (output, is_error) = match &part.state {
        NodeState::Done(Outcome::Succeeded(output)) => (output.clone(), false),
        NodeState::Done(Outcome::Failed(failed)) => {
            (Payload::from_serialize(&Told { error: &failed.failure }).unwrap_or_default(), true)
        }
        _ => return None,
    };
    Some(Message::ToolResult { call_id: call.id.clone(), name: call.name.clone(), output, is_error })
}
