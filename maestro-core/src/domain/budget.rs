//! Budgets: whether a model call may be made, before it is made.

use super::{Failure, ModelPricing, Money, Usage};

/// The code of a failure, and of a wait, because the workspace's budget of the day does not allow a call.
pub const DAILY_BUDGET: &str = "daily_budget";

/// The longest answer that is reckoned with, in tokens, where neither the agent nor the score bounds it.
pub const DEFAULT_OUTPUT_TOKENS: u32 = 4_096;

/// A token is reckoned to have so many bytes of the request; most have more.
const BYTES_PER_TOKEN: u64 = 3;

/// What may be spent, and what is spent or promised of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The most that may be spent.
    pub limit: Money,
    /// What was billed at a known price.
    pub spent: Money,
    /// Whether something was billed that has no price, so that nobody knows how much was spent.
    pub has_unknown: bool,
    /// The estimates of calls that are under way.
    pub reserved: Money,
}

/// Why a call may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverBudget {
    /// What is spent, what is reserved and the estimate are more than the budget.
    Exceeded {
        /// The budget as it was.
        budget: Budget,
        /// What the call was reckoned to cost.
        estimate: Money,
    },
    /// Nobody knows what the call would cost.
    UnknownPrice,
    /// Nobody knows what was spent.
    UnknownSpent,
}

impl Budget {
    /// Returns the budget of a run: the smaller one of its score and its orchestra, `None` where neither has any.
    pub fn of_run(score_cents: Option<u64>, orchestra_cents: Option<u64>) -> Option<Money> {
        score_cents.into_iter().chain(orchestra_cents).min().map(Money::from_cents)
    }

    /// Tells whether a call may be made, and returns what is to be reserved for it: its estimate.
    ///
    /// The rule: `spent + reserved + estimate` may be as much as the limit and no more. Where one of these is unknown, no
    /// call may be made: a budget that cannot be kept is none.
    ///
    /// # Errors
    /// [`OverBudget`] says why not.
    pub fn check(&self, estimate: Option<Money>) -> Result<Money, OverBudget> {
        let Some(estimate) = estimate else { return Err(OverBudget::UnknownPrice) };
        if self.has_unknown {
            return Err(OverBudget::UnknownSpent);
        }
        if self.spent.plus(self.reserved).plus(estimate) > self.limit {
            return Err(OverBudget::Exceeded { budget: *self, estimate });
        }
        Ok(estimate)
    }
}

impl OverBudget {
    /// Returns the failure of a run that may spend no more: `budget_exceeded`, or `price_unknown`.
    pub fn failure(&self, model: &str) -> Failure {
        match self {
            Self::Exceeded { .. } => Failure::new("budget_exceeded", format!("the run's {}", self.reason())),
            Self::UnknownPrice => {
                let message = format!(
                    "there is a budget and no price for the model {model:?}; set its price, or remove the budget"
                );
                Failure::new("price_unknown", message)
            }
            Self::UnknownSpent => {
                let message = "there is a budget, and the run was billed for a call that has no price; set its price \
                               and play anew, or remove the budget";
                Failure::new("price_unknown", message)
            }
        }
    }

    /// Says in numbers why the budget does not allow the call.
    pub(crate) fn reason(&self) -> String {
        let Self::Exceeded { budget, estimate } = self else { return "price is unknown".to_owned() };
        let Budget { limit, spent, reserved, .. } = budget;
        let reserved = match *reserved {
            Money::ZERO => String::new(),
            reserved => format!(", {reserved} reserved for calls under way"),
        };
        format!(
            "budget of {limit} does not allow the call: {spent} spent{reserved}, and it may cost {estimate}"
        )
    }
}

impl ModelPricing {
    /// Returns what a call is reckoned to cost: a token of input for every three bytes of the request, at the dearer of
    /// the prices of input and of writing to the cache, and as many tokens of output as the answer may have
    /// ([`DEFAULT_OUTPUT_TOKENS`] where nobody says). `None` when that is more than can be counted.
    pub fn estimate(&self, request_bytes: usize, max_tokens: Option<u32>) -> Option<Money> {
        let input = u64::try_from(request_bytes).ok()?.div_ceil(BYTES_PER_TOKEN);
        let output = max_tokens.unwrap_or(DEFAULT_OUTPUT_TOKENS);
        let dearer = Self { input: self.input.max(self.cache_write.unwrap_or(0)), ..self.clone() };
        dearer.cost(&Usage { input: Some(input), output: Some(output.into()), ..Usage::default() })
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn cents(cents: u64) -> Money {
        Money::from_cents(cents)
    }

    fn budget(limit: u64, spent: u64, reserved: u64) -> Budget {
        Budget { limit: cents(limit), spent: cents(spent), has_unknown: false, reserved: cents(reserved) }
    }

    #[test]
    fn a_call_is_allowed_up_to_the_last_nano_dollar() {
        assert_eq!(budget(10, 3, 4).check(Some(cents(3))), Ok(cents(3)));
        let estimate = cents(3).plus(Money::from_nanos(1));
        let over = budget(10, 3, 4).check(Some(estimate)).unwrap_err();
        assert_eq!(over, OverBudget::Exceeded { budget: budget(10, 3, 4), estimate });
        assert_eq!(budget(0, 0, 0).check(Some(Money::ZERO)), Ok(Money::ZERO));
        assert!(budget(0, 0, 0).check(Some(Money::from_nanos(1))).is_err());
    }

    #[test]
    fn what_nobody_knows_is_not_allowed() {
        assert_eq!(budget(10, 0, 0).check(None), Err(OverBudget::UnknownPrice));
        let unknown = Budget { has_unknown: true, ..budget(10, 0, 0) };
        assert_eq!(unknown.check(Some(Money::ZERO)), Err(OverBudget::UnknownSpent));
        for over in [OverBudget::UnknownPrice, OverBudget::UnknownSpent] {
            assert_eq!(over.failure("m").code, "price_unknown");
        }
    }

    #[test]
    fn a_refusal_says_the_numbers() {
        let over = budget(50, 48, 1).check(Some(cents(2))).unwrap_err();
        let failure = over.failure("m");
        assert_eq!(failure.code, "budget_exceeded");
        assert_eq!(
            failure.message,
            "the run's budget of $0.50 does not allow the call: $0.48 spent, $0.01 reserved for calls under way, \
             and it may cost $0.02"
        );
    }

    #[test]
    fn the_smaller_budget_of_score_and_orchestra_holds() {
        assert_eq!(Budget::of_run(None, None), None);
        assert_eq!(Budget::of_run(Some(5), None), Some(cents(5)));
        assert_eq!(Budget::of_run(None, Some(7)), Some(cents(7)));
        assert_eq!(Budget::of_run(Some(5), Some(7)), Some(cents(5)));
        assert_eq!(Budget::of_run(Some(5), Some(0)), Some(Money::ZERO));
        assert_eq!(Budget::of_run(Some(u64::MAX), None), Some(Money::from_nanos(i64::MAX)));
    }

    #[test]
    fn an_estimate_reckons_with_the_dearer_input_and_the_longest_answer() {
        let (model, valid_from) = ("m".to_owned(), DateTime::UNIX_EPOCH);
        let (input, output) = (3_000_000, 15_000_000);
        let price =
            ModelPricing { model, valid_from, input, output, cache_read: Some(300_000), cache_write: None };
        assert_eq!(price.estimate(0, Some(0)), Some(Money::ZERO));
        assert_eq!(price.estimate(3_001, Some(100)), Some(Money::from_nanos(1_001 * 3_000 + 100 * 15_000)));
        let writes = ModelPricing { cache_write: Some(3_750_000), ..price.clone() };
        assert_eq!(writes.estimate(3_000, Some(0)), Some(Money::from_nanos(1_000 * 3_750)));
        assert_eq!(price.estimate(0, None), Some(Money::from_nanos(4_096 * 15_000)));
        let absurd = ModelPricing { input: u64::MAX, ..price };
        assert_eq!(absurd.estimate(usize::MAX, Some(u32::MAX)), None);
    }

    proptest! {
        #[test]
        fn whoever_asks_first_never_spends_more_than_the_budget(
            limit in 0_u64..1_000, estimates in proptest::collection::vec(0_u64..300, 0..20),
        ) {
            let mut budget = budget(limit, 0, 0);
            for estimate in estimates {
                if let Ok(reserved) = budget.check(Some(cents(estimate))) {
                    budget.reserved = budget.reserved.plus(reserved);
                }
                prop_assert!(budget.reserved <= budget.limit);
            }
        }
    }
}
