//! Money: what a step was billed, and whether the next turn of a model may be asked for.

use tokio_util::sync::CancellationToken;

use super::{Driver, Stop, calls};
use crate::{
    domain::{
        Budget, ModelPricing, Money,
        play::{Ended, Event, StartStep},
    },
    engine::worker::steps::Call,
    ports::store::StoreError,
};

impl Driver<'_> {
    /// Gives what a step was billed its price: the workspace's own, else that of the price book.
    pub(super) async fn price(&self, ended: &mut Ended) {
        let Some(billed) = &mut ended.billed else { return };
        if let Ok(price) = self.price_of(&billed.model).await {
            billed.price = price;
            billed.cost = billed.price.as_ref().and_then(|price| price.cost(&billed.usage));
        }
    }

    /// Returns what keeps a turn of a model from being asked for, if anything does; else reserves what it may cost.
    pub(super) async fn objection(&mut self, start: &StartStep) -> Result<Option<Event>, Stop> {
        let Call::Turn(call) =
            calls::of(&self.life.shared, self.claimed, start, &Default::default(), &CancellationToken::new())
        else {
            return Ok(None);
        };
        let Some(limit) = self.budget().await? else { return Ok(None) };
        let price = self.price_of(&call.model).await?;
        let estimate = price.and_then(|price| price.estimate(call.size(), call.max_tokens));
        let totals = self.play.totals();
        let budget = Budget {
            limit,
            spent: totals.known,
            has_unknown: totals.has_unknown,
            reserved: self.reserved.values().copied().sum(),
        };
        match budget.check(estimate) {
            Ok(estimate) => {
                self.reserved.insert(start.key.clone(), estimate);
                Ok(None)
            }
            Err(over) => {
                Ok(Some(Event::OverBudget { handle: start.handle, failure: over.failure(&call.model) }))
            }
        }
    }

    /// Returns what the run may spend: the smaller of what its score and its orchestra say. Read once a claim.
    async fn budget(&mut self) -> Result<Option<Money>, Stop> {
        if let Some(budget) = self.may_spend {
            return Ok(budget);
        }
        let shared = &self.life.shared;
        let run = &self.claimed.run;
        let read = || shared.store.orchestra(&run.workspace, &run.orchestra_id);
        let of_orchestra = match shared.insist("read orchestra", read).await {
            Ok(state) => state.orchestra.budget_cents,
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let budget = Budget::of_run(self.plan.score().budget_cents, of_orchestra);
        self.may_spend = Some(budget);
        Ok(budget)
    }

    async fn price_of(&self, model: &str) -> Result<Option<ModelPricing>, StoreError> {
        let shared = &self.life.shared;
        let read = || shared.store.prices(&self.claimed.run.workspace);
        let own = shared.insist("read prices", read).await?;
        Ok(shared.price_book.after(&own, model, shared.now()).cloned())
    }
}
