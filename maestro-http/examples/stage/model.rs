//! A model that pretends: it calls a tool once if it may, then says something.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use maestro_core::{
    domain::{ModelTurn, Payload, ToolCall, TurnEnd, Usage},
    ports::{Clock, ModelCall, ModelClient, StepError},
};

pub(crate) struct Pretender(pub(crate) Arc<dyn Clock>);

#[async_trait]
impl ModelClient for Pretender {
    async fn turn(&self, call: ModelCall) -> Result<ModelTurn, StepError> {
        let luck = (call.run_id.as_u128() >> 5) as u64 % 1_000 + call.key.as_str().len() as u64 * 97 % 500;
        self.0.sleep(Duration::from_millis(1_800 + luck * 3)).await;
        let input = 700 + call.size() as u64 / 3 + luck;
        let usage = Usage { input: Some(input), output: Some(120 + luck / 2), ..Usage::default() };
        call.meter.report(&call.model, usage);
        match call.tools.first() {
            Some(tool) if call.messages.len() < 2 => Ok(ModelTurn {
                text: "I need the notes on this lead first.".to_owned(),
                tool_calls: vec![ToolCall {
                    id: "call-1".to_owned(),
                    name: tool.operation.to_string(),
                    arguments: Payload::parse(r#"{"ms": 600, "gives": {"notes": ["moved from Klarna in May", "asked for a demo"]}}"#)
                        .map_err(|error| StepError::new(error.to_string()))?,
                }],
                stop: TurnEnd::Tools,
                ..ModelTurn::default()
            }),
            _ => Ok(ModelTurn {
                text: "Congratulations on the new role. Your team moved to weekly settlement last month; would a short look at how others reconcile it help?".to_owned(),
                ..ModelTurn::default()
            }),
        }
    }
}
