//! Money: what a step was billed, and whether the next turn of a model may be asked for.

use tokio_util::sync::CancellationToken;

use super::{Driver, Stop, calls};
use crate::{
    domain::{
        Budget, ModelPricing, Money, StepKey,
        play::{Ended, Event, StartStep},
    },
    engine::{
        spending::{Allowance, Reservation},
        worker::steps::Call,
    },
    ports::store::StoreError,
};

/// What a turn under way may cost.
pub(super) struct Promise {
    amount: Money,
    /// Its part of the budget of the day.
    of_the_day: Option<Reservation>,
}

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
        let handle = start.handle;
        let price = self.price_of(&call.model).await?;
        let estimate = price.and_then(|price| price.estimate(call.size(), call.max_tokens));
        if let Some(limit) = self.budget().await?
            && let Err(over) = self.left_of(limit).check(estimate)
        {
            return Ok(Some(Event::OverBudget { handle, failure: over.failure(&call.model) }));
        }
        let shared = &self.life.shared;
        let since = shared.now(); // what is edited from now on must be heard of
        let ask = || shared.spending.allow(shared, &call.workspace, estimate);
        let of_the_day = match shared.insist("ask for the budget of the day", ask).await? {
            Allowance::Free => None,
            Allowance::Reserved(reservation) => Some(reservation),
            Allowance::Wait { until, failure } => {
                return Ok(Some(Event::Held { handle, reason: failure, since, until }));
            }
            Allowance::Refused(over) => {
                return Ok(Some(Event::OverBudget { handle, failure: over.failure(&call.model) }));
            }
        };
        self.promised.insert(start.key.clone(), Promise { amount: estimate.unwrap_or_default(), of_the_day });
        Ok(None)
    }

    /// Returns what the run has left to spend.
    fn left_of(&self, limit: Money) -> Budget {
        let totals = self.play.totals();
        Budget {
            limit,
            spent: totals.known,
            has_unknown: totals.has_unknown,
            reserved: self.promised.values().map(|promise| promise.amount).sum(),
        }
    }

    /// Puts what a turn was billed in place of what it was reckoned to cost.
    pub(super) fn settle(&mut self, key: &StepKey, ended: &Ended) {
        let Some(Promise { of_the_day, .. }) = self.promised.remove(key) else { return };
        self.settled.extend(of_the_day.map(|mut reservation| {
            reservation.settle(ended.billed.as_ref().map_or(Some(Money::ZERO), |billed| billed.cost));
            reservation
        }));
    }

    /// Returns what the run may spend: the smaller of what its score and its orchestra say. Read once a claim.
    async fn budget(&mut self) -> Result<Option<Money>, Stop> {
        if let Some(budget) = self.may_spend {
            return Ok(budget);
        }
        let shared = &self.life.shared;
        let run = &self.claimed.run;
        let read = || shared.store.bare_orchestra(&run.workspace, &run.orchestra_id);
        let of_orchestra = match shared.insist("read orchestra", read).await {
            Ok(orchestra) => orchestra.budget_cents,
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
