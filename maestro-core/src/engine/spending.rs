//! Spending: the budget of the day, and what this process has promised of it.
//!
//! Within a process it is exact: calls are allowed one after the other, and what one may cost is reserved until it is on
//! record. Across processes the store is the only witness, and it is asked once in `poll_interval`: others can exceed the
//! budget by what they have in flight, and by what they recorded since this process looked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::shared::Shared;
use crate::{
    domain::{Budget, DAILY_BUDGET, Day, Failure, Money, OverBudget, Spent, WorkspaceId, WorkspaceSettings},
    ports::store::StoreError,
};

/// How long a call waits that would be allowed but for others that are under way: they may turn out cheaper.
const OTHERS_LAST: TimeDelta = TimeDelta::seconds(5);
/// How often the store is asked before a call is refused while others end all the time.
const MOST_LOOKS: u32 = 3;

/// What the process knows of the spending of each workspace.
#[derive(Default)]
pub(crate) struct Spending {
    purses: Mutex<BTreeMap<WorkspaceId, Arc<Purse>>>,
}

/// Whether the budget of the day allows a call.
#[derive(Debug)]
pub(crate) enum Allowance {
    /// There is no budget.
    Free,
    /// It does. Kept until what the call was billed is on record.
    Reserved(Reservation),
    /// It does not now. The run waits until then, or until the settings are edited.
    Wait {
        /// The end of the day, or a moment by which others may have turned out cheaper.
        until: DateTime<Utc>,
        /// Why, with the code [`DAILY_BUDGET`].
        failure: Failure,
    },
    /// It never will: nobody knows what the call costs.
    Refused(OverBudget),
}

/// A part of the budget that is promised to one call. Once dropped, it counts as spent until the store was asked anew,
/// which then must know what the call was billed.
#[derive(Debug)]
pub(crate) struct Reservation {
    purse: Arc<Purse>,
    amount: Money,
}

/// The spending of one workspace.
#[derive(Debug, Default)]
struct Purse {
    /// Locked while somebody decides, so that one look serves all who wait.
    look: tokio::sync::Mutex<Option<Look>>,
    /// Whether the settings were edited since the look.
    is_stale: AtomicBool,
    promised: Mutex<Promised>,
}

/// What the store said.
#[derive(Clone, Debug)]
struct Look {
    settings: WorkspaceSettings,
    day: Day,
    spent: Spent,
    /// By the clock that never jumps.
    at: Duration,
}

/// What the store may not know yet.
#[derive(Debug, Default, PartialEq, Eq)]
struct Promised {
    /// How often the store was asked.
    looks: u64,
    reserved: Money,
    /// What was released, by the number of looks that had begun by then.
    released: BTreeMap<u64, Money>,
}

impl Spending {
    /// Asks whether a call may be made that is reckoned to cost `estimate`, `None` when nobody knows, and reserves that.
    pub(crate) async fn allow(
        &self,
        shared: &Shared,
        workspace: &WorkspaceId,
        estimate: Option<Money>,
    ) -> Result<Allowance, StoreError> {
        let purse = Arc::clone(lock(&self.purses).entry(workspace.clone()).or_default());
        let mut known = purse.look.lock().await;
        let mut looks = 0;
        loop {
            let is_stale = purse.is_stale.swap(false, Ordering::Relaxed);
            let look = match known.take().filter(|look| !is_stale && look.is_fresh(shared)) {
                Some(look) => look,
                None => {
                    looks += 1;
                    purse.look(shared, workspace).await?
                }
            };
            let look = known.insert(look);
            let Some(cents) = look.settings.daily_budget_cents else { return Ok(Allowance::Free) };
            let over = match purse.reserve(Money::from_cents(cents), look.spent, estimate) {
                Ok(reservation) => return Ok(Allowance::Reserved(reservation)),
                Err(over) => over,
            };
            // Nobody is refused by what was true a while ago, nor by what may be counted twice.
            if looks == 0 || looks < MOST_LOOKS && lock(&purse.promised).may_count_twice() {
                *known = None;
                continue;
            }
            return Ok(refused(over, look.day.end, shared.now()));
        }
    }

    /// Looks at the settings anew before the next call is allowed.
    pub(crate) fn forget(&self, workspace: &WorkspaceId) {
        if let Some(purse) = lock(&self.purses).get(workspace) {
            purse.is_stale.store(true, Ordering::Relaxed);
        }
    }
}

impl Purse {
    async fn look(&self, shared: &Shared, workspace: &WorkspaceId) -> Result<Look, StoreError> {
        let number = lock(&self.promised).begin_look();
        let at = shared.clock.monotonic();
        let settings = shared.store.settings(workspace).await?;
        let day = Day::of(settings.timezone, shared.now());
        let spent = match settings.daily_budget_cents {
            Some(_) => shared.store.spent(workspace, day.start).await?,
            None => Spent::default(),
        };
        lock(&self.promised).end_look(number);
        Ok(Look { settings, day, spent, at })
    }

    fn reserve(
        self: &Arc<Self>,
        limit: Money,
        spent: Spent,
        estimate: Option<Money>,
    ) -> Result<Reservation, OverBudget> {
        let mut promised = lock(&self.promised);
        let amount = promised.budget(limit, spent).check(estimate)?;
        promised.reserved = promised.reserved.plus(amount);
        Ok(Reservation { purse: Arc::clone(self), amount })
    }
}

impl Look {
    fn is_fresh(&self, shared: &Shared) -> bool {
        let age = shared.clock.monotonic().saturating_sub(self.at);
        age < shared.options.poll_interval && shared.now() < self.day.end
    }
}

impl Promised {
    fn begin_look(&mut self) -> u64 {
        self.looks += 1;
        self.looks
    }

    /// Forgets what was on record before the look began.
    fn end_look(&mut self, number: u64) {
        self.released.retain(|looks, _| *looks >= number);
    }

    /// Tells whether something was released during the last look: it may be in what the store said, or not.
    fn may_count_twice(&self) -> bool {
        !self.released.is_empty()
    }

    fn budget(&self, limit: Money, spent: Spent) -> Budget {
        // What was billed without a price, by whomever, cannot be counted: no call without a price is allowed any more.
        let spent = spent.known.plus(self.released.values().copied().sum());
        Budget { limit, spent, has_unknown: false, reserved: self.reserved }
    }

    fn release(&mut self, amount: Money) {
        self.reserved = Money::from_nanos(self.reserved.nanos().saturating_sub(amount.nanos()));
    }
}

impl Reservation {
    /// Sets what the call was billed in place of what it was reckoned to cost: nothing for one that was not billed. Where
    /// the cost is unknown the estimate stands.
    pub(crate) fn settle(&mut self, cost: Option<Money>) {
        let Some(cost) = cost else { return };
        let mut promised = lock(&self.purse.promised);
        promised.release(self.amount);
        promised.reserved = promised.reserved.plus(cost);
        self.amount = cost;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut promised = lock(&self.purse.promised);
        promised.release(self.amount);
        let looks = promised.looks;
        let released = promised.released.entry(looks).or_default();
        *released = released.plus(self.amount);
    }
}

fn refused(over: OverBudget, day_ends_at: DateTime<Utc>, now: DateTime<Utc>) -> Allowance {
    let OverBudget::Exceeded { budget, estimate } = over else { return Allowance::Refused(over) };
    let until = match budget.spent.plus(estimate) > budget.limit {
        true => day_ends_at,
        false => now.checked_add_signed(OTHERS_LAST).unwrap_or(day_ends_at).min(day_ends_at),
    };
    let message = format!("the workspace's daily {}", over.reason());
    Allowance::Wait { until, failure: Failure::new(DAILY_BUDGET, message) }
}

/// A panic elsewhere must not end the spending of everybody.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cents(cents: u64) -> Money {
        Money::from_cents(cents)
    }

    fn spent(known: u64) -> Spent {
        Spent { known: cents(known), has_unknown: true } // what nobody knows stops nobody whose price is known
    }

    fn reserve(purse: &Arc<Purse>, limit: u64, known: u64, estimate: u64) -> Result<Reservation, OverBudget> {
        purse.reserve(cents(limit), spent(known), Some(cents(estimate)))
    }

    #[test]
    fn what_is_promised_is_not_promised_again() {
        let purse = Arc::<Purse>::default();
        let first = reserve(&purse, 10, 2, 5).unwrap();
        assert!(reserve(&purse, 10, 2, 4).is_err());
        let second = reserve(&purse, 10, 2, 3).unwrap();
        drop((first, second));
        assert!(reserve(&purse, 10, 2, 1).is_err(), "the store was not asked since");
    }

    #[test]
    fn what_a_call_was_billed_takes_the_place_of_its_estimate() {
        let purse = Arc::<Purse>::default();
        let mut call = reserve(&purse, 10, 0, 10).unwrap();
        call.settle(None);
        assert!(reserve(&purse, 10, 0, 1).is_err(), "an unknown cost may be as high as the estimate");
        call.settle(Some(cents(4)));
        drop(reserve(&purse, 10, 0, 6).unwrap());
        drop(call);
        assert_eq!(lock(&purse.promised).reserved, Money::ZERO);
    }

    #[test]
    fn a_look_forgets_what_was_on_record_before_it_and_nothing_else() {
        let purse = Arc::<Purse>::default();
        let (before, during) = (reserve(&purse, 10, 0, 3).unwrap(), reserve(&purse, 10, 0, 4).unwrap());
        drop(before);
        let look = lock(&purse.promised).begin_look();
        drop(during);
        lock(&purse.promised).end_look(look);
        assert!(lock(&purse.promised).may_count_twice());
        assert!(reserve(&purse, 10, 3, 4).is_err(), "3 of the store, and 4 that it may not have seen");
        let look = lock(&purse.promised).begin_look();
        lock(&purse.promised).end_look(look);
        assert_eq!(*lock(&purse.promised), Promised { looks: 2, ..Promised::default() });
        assert!(reserve(&purse, 10, 7, 3).is_ok());
    }

    #[test]
    fn a_refusal_waits_for_the_day_or_for_the_others() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let purse = Arc::<Purse>::default();
        let _other = reserve(&purse, 10, 2, 5).unwrap();
        let ask = |estimate| refused(reserve(&purse, 10, 2, estimate).unwrap_err(), at(86_400), at(100));
        let Allowance::Wait { until, failure } = ask(4) else { panic!("it waits") };
        assert_eq!((until, failure.code.as_str()), (at(105), DAILY_BUDGET));
        assert_eq!(
            failure.message,
            "the workspace's daily budget of $0.10 does not allow the call: $0.02 spent, $0.05 reserved for calls under \
             way, and it may cost $0.04"
        );
        assert!(matches!(ask(9), Allowance::Wait { until, .. } if until == at(86_400)));
        let unknown = purse.reserve(cents(10), spent(0), None).unwrap_err();
        let refusal = refused(unknown, at(86_400), at(100));
        assert!(matches!(refusal, Allowance::Refused(OverBudget::UnknownPrice)), "{refusal:?}");
    }
}
