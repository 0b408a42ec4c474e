//! Calls: what is handed to whoever performs a step.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    domain::play::{AskedTurn, StartStep, Work},
    engine::{cast::operation_of, shared::Shared, worker::steps::Call},
    ports::{Meter, ModelCall, Operation, StepCall, Tool, store::ClaimedRun},
};

/// Returns what this process lacks to do this work, if it lacks anything.
pub(super) fn lacking(shared: &Shared, work: &Work) -> Option<String> {
    let unless_known = |operation: Operation| {
        (!shared.skills.knows(&operation)).then(|| format!("the operation {operation}"))
    };
    match work {
        Work::Operation { skill, operation } => {
            unless_known(Operation { skill: skill.clone(), name: operation.clone() })
        }
        Work::Turn(_) if shared.model.is_none() => Some("a client for language models".to_owned()),
        // What it may call later must be here too: its schema is told now.
        Work::Turn(turn) => tools_of(turn).find_map(unless_known),
    }
}

/// Makes the call for a try.
pub(super) fn of(
    shared: &Shared,
    claimed: &ClaimedRun,
    start: &StartStep,
    meter: &Arc<Meter>,
    cancelled: &CancellationToken,
) -> Call {
    let idempotency_key = format!("{}/{}/{}", claimed.run.run_id, start.key, start.generation);
    match &start.work {
        Work::Operation { skill, operation } => Call::Operation(StepCall {
            workspace: claimed.run.workspace.clone(),
            orchestra_id: claimed.run.orchestra_id.clone(),
            run_id: claimed.run.run_id,
            key: start.key.clone(),
            attempt: start.attempt,
            idempotency_key,
            operation: Operation { skill: skill.clone(), name: operation.clone() },
            input: start.input.clone(),
            max_output_bytes: shared.options.max_value_bytes,
            secrets: Arc::default(),
            meter: Arc::clone(meter),
            cancelled: cancelled.clone(),
        }),
        Work::Turn(turn) => Call::Turn(ModelCall {
            workspace: claimed.run.workspace.clone(),
            run_id: claimed.run.run_id,
            key: start.key.clone(),
            attempt: start.attempt,
            idempotency_key,
            model: turn.model.clone(),
            system: turn.agent.system_prompt.clone(),
            messages: turn.messages.clone(),
            tools: tools(shared, turn),
            output_schema: turn.output_schema.clone(),
            max_tokens: turn.agent.max_tokens,
            meter: Arc::clone(meter),
            cancelled: cancelled.clone(),
        }),
    }
}

fn tools_of(turn: &AskedTurn) -> impl Iterator<Item = Operation> + '_ {
    turn.agent.allowed_tools.iter().filter_map(|tool| operation_of(tool))
}

/// Describes what the model may call.
fn tools(shared: &Shared, turn: &AskedTurn) -> Vec<Tool> {
    if !turn.may_call_tools {
        return Vec::new();
    }
    let tools = tools_of(turn).filter_map(|operation| {
        let info = shared.skills.info(&operation)?;
        Some(Tool { operation, description: info.description, input_schema: info.input_schema })
    });
    tools.collect()
}
