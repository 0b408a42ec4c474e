//! What a fake provider was asked and what it bills, counted by itself.

use maestro_core::domain::Money;
use serde::{Deserialize, Serialize};

use super::{Asked, Rates};

/// One call that reached a fake provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FakeCall {
    /// Its number, from 1.
    pub number: u64,
    /// What was asked.
    pub asked: Asked,
    /// The conversation; see [`Asked::conversation`].
    pub conversation: String,
    /// The turn, from 1.
    pub turn: u32,
    /// The status of the answer; `None` when the connection was dropped.
    pub status: Option<u16>,
    /// What is billed for it; `None` when nothing is.
    pub tokens: Option<Tokens>,
    /// What that costs in nano-USD; `None` when nothing is billed or the model has no price.
    pub cost_nanos: Option<i64>,
}

/// Tokens that a fake provider bills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Input that does not go by the cache.
    pub input: u64,
    /// Output, with reasoning.
    pub output: u64,
    /// Read from the cache; `None` when it is not told.
    pub cache_read: Option<u64>,
    /// Written to the cache; `None` when it is not told.
    pub cache_write: Option<u64>,
    /// The part of the output that is reasoning; `None` when it is not told.
    pub reasoning: Option<u64>,
}

impl Tokens {
    /// Returns what they cost in nano-USD, rounded half up: one token at one micro-USD per million costs a thousandth of
    /// one.
    pub(super) fn cost_nanos(&self, rates: Rates) -> i64 {
        let part = |tokens: u64, rate: u64| u128::from(tokens) * u128::from(rate);
        let thousandths = part(self.input, rates.input)
            + part(self.output, rates.output)
            + part(self.cache_read.unwrap_or(0), rates.cache_read)
            + part(self.cache_write.unwrap_or(0), rates.cache_write);
        i64::try_from((thousandths + 500) / 1_000).unwrap_or(i64::MAX)
    }

    fn all(&self) -> u64 {
        self.input + self.output + self.cache_read.unwrap_or(0) + self.cache_write.unwrap_or(0)
    }
}

/// What a fake provider bills in all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Billed {
    /// Calls that are billed.
    pub calls: u64,
    /// Their tokens of every kind.
    pub tokens: u64,
    /// What those of models with a price cost, each call rounded by itself.
    pub cost: Money,
}

impl Billed {
    /// Adds up calls, also such as came over the wire from `GET /calls`.
    pub fn of<'a>(calls: impl IntoIterator<Item = &'a FakeCall>) -> Self {
        calls.into_iter().fold(Self::default(), |sum, call| match &call.tokens {
            None => sum,
            Some(tokens) => Self {
                calls: sum.calls + 1,
                tokens: sum.tokens + tokens.all(),
                cost: sum.cost.plus(Money::from_nanos(call.cost_nanos.unwrap_or(0))),
            },
        })
    }
}
