//! Finishing: the one final status of a run, and what it tells people.

use super::super::{Failure, Finish, NodeId, Payload, RunStatus, Scope, StopStatus, Totals};
use super::{
    Decision, Play, ROOT,
    frame::{NodeState, Outcome},
};

/// Why a run ends before all its nodes are decided.
#[derive(Debug)]
pub(super) enum Ending {
    /// A `stop` node was reached.
    Stop { status: StopStatus, reason: Option<String> },
    /// Somebody asked for it.
    Cancel,
    /// It was active for too long.
    Timeout,
}

impl Play {
    /// Finishes the run when everything is decided, or when it is ending and nothing runs any more.
    pub(super) fn finish_if_done(&mut self) {
        if self.finished || !(self.root_done || self.ending.is_some() && self.running.is_empty()) {
            return;
        }
        self.finished = true;
        let (status, error) = self.verdict();
        let result = match self.result(self.frame(ROOT)) {
            Ok(result) if status != RunStatus::Failed => Some(result),
            _ => None,
        };
        let output = self.line(result.as_ref().unwrap_or(&Payload::null()), status);
        let totals = self.totals.clone();
        self.decisions.push(Decision::Finish(Box::new(Finish { status, output, result, error, totals })));
    }

    fn verdict(&self) -> (RunStatus, Option<Failure>) {
        let well = if self.any_failed { RunStatus::Completed } else { RunStatus::Succeeded };
        if let Some(failure) = &self.frame(ROOT).failing {
            return (RunStatus::Failed, Some(failure.clone()));
        }
        match &self.ending {
            None => (well, None),
            Some(Ending::Cancel) if self.root_done && !self.undone => (well, None),
            Some(Ending::Cancel) => {
                (RunStatus::Cancelled, Some(Failure::new("cancelled", "somebody asked for its end")))
            }
            Some(Ending::Timeout) => {
                let message = format!(
                    "it was active for longer than {} s",
                    self.plan.score().timeout.as_std().as_secs_f64()
                );
                (RunStatus::Failed, Some(Failure::new("run_timeout", message)))
            }
            Some(Ending::Stop { status, reason }) => {
                let reason = reason.clone();
                let error = |code, or: &str| Some(Failure::new(code, reason.as_deref().unwrap_or(or)));
                match status {
                    StopStatus::Succeeded => (well, None),
                    StopStatus::Completed => (RunStatus::Completed, None),
                    StopStatus::Failed => {
                        (RunStatus::Failed, error("stopped", "a stop node ended the run as failed"))
                    }
                    StopStatus::Cancelled => {
                        (RunStatus::Cancelled, error("stopped", "a stop node called the run off"))
                    }
                }
            }
        }
    }

    /// Renders the line for people: the score's summary, then tokens and money where any were spent.
    fn line(&self, result: &Payload, status: RunStatus) -> Option<String> {
        let summary = self.plan.score().summary.as_ref().filter(|_| status.is_good()).map(|template| {
            let frame = self.frame(ROOT);
            let members = &self.plan.scope(frame.scope).members;
            let from: Vec<(NodeId, Payload)> = members
                .iter()
                .zip(&frame.nodes)
                .filter_map(|(number, state)| match state {
                    NodeState::Done(Outcome::Succeeded(output)) => {
                        Some((self.plan.node(*number).id.clone(), output.clone()))
                    }
                    _ => None,
                })
                .collect();
            let scope = Scope::new().with("result", result).with("run", &self.given.scope).with_from(&from);
            match template.render(&scope) {
                Ok(line) => match line.value() {
                    Ok(serde_json::Value::String(text)) => text.clone(),
                    _ => line.as_str().to_owned(),
                },
                // The run is over and did its work; that its line cannot be written is said in its place.
                Err(error) => format!("(summary: {error})"),
            }
        });
        let parts: Vec<String> = summary.into_iter().chain(spent(&self.totals)).collect();
        (!parts.is_empty()).then(|| parts.join(" · "))
    }
}

/// Says in words what was spent, if anything was: `5.4K tokens`, `$0.04`.
fn spent(totals: &Totals) -> Vec<String> {
    match totals.tokens() {
        0 => Vec::new(),
        tokens => {
            let cost = match totals.cost() {
                Some(cost) => cost.to_string(),
                None => format!("≥ {}", totals.known),
            };
            vec![format!("{} tokens", short(tokens)), cost]
        }
    }
}

fn short(number: u64) -> String {
    let tenths = |unit: u64, name: &str| {
        let tenths = (number + unit / 20) / (unit / 10);
        match tenths % 10 {
            0 => format!("{}{name}", tenths / 10),
            rest => format!("{}.{rest}{name}", tenths / 10),
        }
    };
    match number {
        0..1_000 => number.to_string(),
        1_000..999_950 => tenths(1_000, "K"),
        _ => tenths(1_000_000, "M"),
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (7, "7"),
            (999, "999"),
            (1_000, "1K"),
            (5_432, "5.4K"),
            (999_949, "999.9K"),
            (999_950, "1M"),
            (12_340_000, "12.3M"),
        ];
        for (number, text) in cases {
            assert_eq!(short(number), text);
        }
    }
}
