//! Costs: what each try was billed, by the moment of its record. They outlive the runs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use maestro_core::domain::{
    CostGroup, CostSplit, Costs, Money, NodeId, OrchestraId, RunId, RunRef, RunStep, ScoreId, Spent, StepKey,
    Totals, Usage, WorkspaceId,
};

use crate::by_workspace::ByWorkspace;

/// Names a try in its workspace.
type Try = (RunId, StepKey, u32);

/// What every try was billed.
#[derive(Default)]
pub(crate) struct CostRows {
    moments: ByWorkspace<DateTime<Utc>, BTreeMap<Try, Bill>>,
    /// The moment under which each try stands.
    tries: ByWorkspace<Try, DateTime<Utc>>,
    /// The moments of all workspaces, for who prunes.
    oldest: BTreeSet<(DateTime<Utc>, WorkspaceId)>,
}

struct Bill {
    orchestra_id: OrchestraId,
    score_id: ScoreId,
    node: NodeId,
    model: Option<String>,
    usage: Usage,
    cost: Option<Money>,
}

impl CostRows {
    /// Writes what a try was billed, in place of what it was billed before.
    pub(crate) fn write(&mut self, run: &RunRef, score_id: &ScoreId, step: &RunStep, now: DateTime<Utc>) {
        if !step.is_billed() {
            return;
        }
        let this = (run.run_id, step.key.clone(), step.attempt);
        self.forget(&run.workspace, &this);
        let bill = Bill {
            orchestra_id: run.orchestra_id.clone(),
            score_id: score_id.clone(),
            node: step.node(),
            model: step.model.clone(),
            usage: Usage { raw: None, ..step.usage.clone().unwrap_or_default() },
            cost: step.cost,
        };
        self.tries.insert(&run.workspace, this.clone(), now);
        self.moments.entry(&run.workspace, now).or_default().insert(this, bill);
        self.oldest.insert((now, run.workspace.clone()));
    }

    fn forget(&mut self, workspace: &WorkspaceId, this: &Try) {
        let Some(at) = self.tries.remove(workspace, this) else { return };
        let Some(bills) = self.moments.get_mut(workspace, &at) else { return };
        bills.remove(this);
        if bills.is_empty() {
            self.moments.remove(workspace, &at);
            self.oldest.remove(&(at, workspace.clone()));
        }
    }

    /// Sums up what was billed at or after a moment.
    pub(crate) fn spent(&self, workspace: &WorkspaceId, since: DateTime<Utc>) -> Spent {
        let mut spent = Spent::default();
        for bill in self.moments.range(workspace, since..).flat_map(|(_, bills)| bills.values()) {
            match bill.cost {
                Some(cost) => spent.known = spent.known.plus(cost),
                None => spent.has_unknown = true,
            }
        }
        spent
    }

    /// Sums up what was billed between two moments, by group.
    pub(crate) fn sums(
        &self,
        workspace: &WorkspaceId,
        by: &CostSplit,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Costs> {
        let mut sums: BTreeMap<CostGroup, Costs> = BTreeMap::new();
        let moments = self.moments.range(workspace, since..).take_while(|(at, _)| **at < until);
        for (at, bill) in moments.flat_map(|(at, bills)| bills.values().map(move |bill| (*at, bill))) {
            let Some(group) = bill.group(by, at) else { continue };
            let sum = sums.entry(group.clone()).or_insert_with(|| Costs {
                group,
                calls: 0,
                unpriced_calls: 0,
                totals: Totals::default(),
            });
            sum.calls += 1;
            sum.unpriced_calls += u64::from(bill.cost.is_none());
            sum.totals.add(&bill.usage, bill.cost);
        }
        sums.into_values().collect()
    }

    /// Drops what was billed before a moment, the oldest first; returns how many tries.
    pub(crate) fn prune(&mut self, before: DateTime<Utc>, limit: u32) -> u32 {
        let mut pruned = 0;
        while pruned < limit {
            let Some((at, workspace)) = self.oldest.first().filter(|(at, _)| *at < before).cloned() else {
                break;
            };
            let bills = self.moments.get_mut(&workspace, &at);
            let Some(this) = bills.and_then(|bills| bills.keys().next().cloned()) else { break };
            self.forget(&workspace, &this);
            pruned += 1;
        }
        pruned
    }
}

impl Bill {
    /// Returns what it is summed up under; `None` for a day that was not asked for.
    fn group(&self, by: &CostSplit, at: DateTime<Utc>) -> Option<CostGroup> {
        Some(match by {
            CostSplit::Days(starts) => {
                let begun = starts.partition_point(|start| *start <= at);
                CostGroup::Day(*starts.get(begun.checked_sub(1)?)?)
            }
            CostSplit::Models => CostGroup::Model(self.model.clone()),
            CostSplit::Orchestras => CostGroup::Orchestra(self.orchestra_id.clone()),
            CostSplit::Nodes => CostGroup::Node { score_id: self.score_id.clone(), node: self.node.clone() },
        })
    }
}
