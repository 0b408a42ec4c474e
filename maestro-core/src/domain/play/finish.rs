//! Finishing: the one final status of a run, and what it tells people.

use chrono::{DateTime, Utc};

use super::super::run::storable;
use super::super::{
    Actor, Failure, Finish, Money, NodeId, Payload, RunStatus, Scope, StopStatus, Template, Totals,
};
use super::{
    Decision, Play,
    frame::{NodeState, Outcome},
    frames::ROOT,
    input::brought_by,
};

/// Why a run ends before all its nodes are decided.
#[derive(Debug)]
pub(super) enum Ending {
    /// A `stop` node was reached.
    Stop { status: StopStatus, reason: Option<String> },
    /// Somebody asked for it.
    Cancel { by: Actor },
    /// It was active for too long.
    Timeout,
    /// What it would do next could cost more than it may.
    Budget(Failure),
}

/// The code of an error whose message is the reason of a `stop`.
const STOPPED: &str = "stopped";

/// The longest line for people, in characters.
const LONGEST_LINE: usize = 4_096;

/// What rounds to no cent at all.
const HALF_A_CENT: Money = Money::from_nanos(5_000_000);

impl Play {
    /// Finishes the run when everything is decided, or when it is ending and nothing runs any more.
    pub(super) fn finish_if_done(&mut self, now: DateTime<Utc>) {
        if self.finished || !(self.root_done || self.ending.is_some() && self.running == 0) {
            return;
        }
        self.finished = true;
        self.leave_loops(now);
        self.leave_resets(now);
        let (status, error) = self.verdict();
        let (status, error, result) = match status {
            RunStatus::Failed => (status, error, None),
            _ => match self.result_of_run() {
                Ok(result) => (status, error, Some(result)),
                // What the run returns would be lost: that is no success.
                Err(failure) if status.is_good() => (RunStatus::Failed, Some(failure), None),
                Err(_) => (status, error, None),
            },
        };
        let is_told = error.as_ref().is_some_and(|error| error.code == STOPPED);
        let output = self.line(result.as_ref(), status, is_told);
        let totals = self.totals.clone();
        self.decisions.push(Decision::Finish(Box::new(Finish { status, output, result, error, totals })));
    }

    fn result_of_run(&self) -> Result<Payload, Failure> {
        let result = self.result(self.frame(ROOT))?;
        self.check("result", &result).map(|()| result)
    }

    fn verdict(&self) -> (RunStatus, Option<Failure>) {
        let root = self.frame(ROOT);
        let well = if self.any_failed { RunStatus::Completed } else { RunStatus::Succeeded };
        if let Some(failing) = &root.failing {
            return (RunStatus::Failed, Some(failing.failure.clone()));
        }
        match &self.ending {
            None => (well, None),
            // Nothing was left undone.
            Some(Ending::Cancel { .. }) if self.root_done && !root.cut_short => (well, None),
            Some(Ending::Cancel { by }) => (RunStatus::Cancelled, Some(Failure::cancelled_by(by))),
            Some(Ending::Budget(failure)) => (RunStatus::Failed, Some(failure.clone())),
            Some(Ending::Timeout) => {
                let message = format!("it was active for longer than {}", self.plan.score().timeout);
                (RunStatus::Failed, Some(Failure::new("run_timeout", message)))
            }
            Some(Ending::Stop { status, reason }) => {
                let error = |or: &str| Some(Failure::new(STOPPED, reason.as_deref().unwrap_or(or)));
                match status {
                    StopStatus::Succeeded => (well, None),
                    StopStatus::Completed => (RunStatus::Completed, None),
                    StopStatus::Failed => (RunStatus::Failed, error("a stop node ended the run as failed")),
                    StopStatus::Cancelled => (RunStatus::Cancelled, error("a stop node called the run off")),
                }
            }
        }
    }

    /// Renders the line for people: the score's summary, why it was stopped unless the error tells that, then tokens and
    /// money where any were spent. A summary that cannot be rendered says so in its place, because the run is over and did
    /// its work.
    fn line(&self, result: Option<&Payload>, status: RunStatus, reason_is_told: bool) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        if let Some(summary) = self.plan.score().summary.as_ref().filter(|_| status.is_good()) {
            parts.push(self.summarise(summary, result.unwrap_or(&Payload::null())));
        }
        if let Some(Ending::Stop { reason: Some(reason), .. }) =
            self.ending.as_ref().filter(|_| !reason_is_told)
        {
            parts.push(reason.clone());
        }
        parts.extend(spent(&self.totals));
        let line = parts.join(" · ");
        (!line.is_empty()).then(|| line.chars().map(storable).take(LONGEST_LINE).collect())
    }

    fn summarise(&self, summary: &Template, result: &Payload) -> String {
        let frame = self.frame(ROOT);
        let members = &self.plan.scope(frame.scope).members;
        let from: Vec<(NodeId, Payload)> = members
            .iter()
            .zip(&frame.nodes)
            .filter(|(_, state)| matches!(state, NodeState::Done(Outcome::Succeeded(_) | Outcome::Failed(_))))
            .map(|(number, state)| {
                let node = self.plan.node(*number);
                (node.id.clone(), brought_by(state, node.on_error))
            })
            .collect();
        let scope = Scope::new().with("result", result).with("run", &self.given.scope).with_from(&from);
        match summary.render(&scope) {
            Ok(line) => match line.value() {
                Ok(serde_json::Value::String(text)) => text.clone(),
                _ => line.as_str().to_owned(),
            },
            Err(error) => format!("(summary: {error})"),
        }
    }
}

/// Says in words what was spent, if anything was: `5.4K tokens`, `$0.04`.
fn spent(totals: &Totals) -> Vec<String> {
    let cost = match totals.cost() {
        None => Some("cost unknown".to_owned()),
        Some(Money::ZERO) if totals.tokens() == 0 => None,
        Some(cost) if Money::ZERO < cost && cost < HALF_A_CENT => Some("<$0.01".to_owned()),
        Some(cost) => Some(cost.to_string()),
    };
    let tokens = (totals.tokens() > 0).then(|| format!("{} tokens", short(totals.tokens())));
    tokens.into_iter().chain(cost).collect()
}

fn short(number: u64) -> String {
    let tenths = |unit: u64, name: &str| {
        let tenths = number.saturating_add(unit / 20) / (unit / 10);
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
    use super::{Money, Totals, short, spent};

    #[test]
    fn what_was_spent_is_told_in_few_words() {
        let line = |tokens, nanos, has_unknown| {
            let known = Money::from_nanos(nanos);
            spent(&Totals { input_tokens: tokens, known, has_unknown, ..Totals::default() }).join(" · ")
        };
        assert_eq!(line(0, 0, false), "");
        assert_eq!(line(1_200_000, 42_000_000, false), "1.2M tokens · $0.04");
        assert_eq!(line(999, 1, false), "999 tokens · <$0.01");
        assert_eq!(line(999, 4_999_999, false), "999 tokens · <$0.01");
        assert_eq!(line(999, 5_000_000, false), "999 tokens · $0.01");
        assert_eq!(line(7, 0, false), "7 tokens · $0.00"); // a model that costs nothing
        assert_eq!(line(7, 42_000_000, true), "7 tokens · cost unknown");
        assert_eq!(line(0, 0, true), "cost unknown"); // tokens were not told either
        assert_eq!(line(0, 42_000_000, false), "$0.04");
    }

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
            (u64::MAX, "18446744073709.5M"),
        ];
        for (number, text) in cases {
            assert_eq!(short(number), text);
        }
    }
}
