//! Money: what a model call used, what its tokens cost, and what a run has cost so far. Never a float.

use std::{fmt, iter::Sum};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

use super::Payload;

/// An amount in nano-USD (10⁻⁹ dollars), exact. JSON carries it as a decimal number of cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

const NANOS_PER_CENT: i64 = 10_000_000;

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Makes the amount of `nanos` nano-USD.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Makes the amount of `cents` whole cents; the largest amount there is when that is too much.
    pub const fn from_cents(cents: u64) -> Self {
        let cents = if cents > i64::MAX as u64 { i64::MAX } else { cents as i64 };
        Self(cents.saturating_mul(NANOS_PER_CENT))
    }

    /// Returns the amount in nano-USD.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Returns the sum, at most the largest amount there is (9.2 billion dollars).
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns the exact number of cents, as decimal text: `0.42`, `12`.
    pub fn cents(self) -> String {
        let (sign, nanos) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, rest) = (nanos / NANOS_PER_CENT as u64, nanos % NANOS_PER_CENT as u64);
        if rest == 0 {
            return format!("{sign}{whole}");
        }
        format!("{sign}{whole}.{}", format!("{rest:07}").trim_end_matches('0'))
    }
}

/// Writes dollars with two decimals, rounded half up: `$0.04`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = (self.0.unsigned_abs() + NANOS_PER_CENT as u64 / 2) / NANOS_PER_CENT as u64;
        write!(f, "{sign}${}.{:02}", cents / 100, cents % 100)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.cents()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// The tokens that one billed call used. What the provider did not say is `None`, never 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens billed at the input price: without those read from or written to the cache.
    pub input: Option<u64>,
    /// Tokens billed at the output price, reasoning included.
    pub output: Option<u64>,
    /// Tokens read from the provider's cache.
    pub cache_read: Option<u64>,
    /// Tokens written to the provider's cache.
    pub cache_write: Option<u64>,
    /// The part of `output` that was reasoning.
    pub reasoning: Option<u64>,
    /// The usage as the provider sent it.
    pub raw: Option<Payload>,
}

impl Usage {
    /// Adds another call's tokens. A kind that one of them did not tell stays unknown if it is billed always
    /// (input, output), else counts as what the other told.
    pub fn add(&mut self, other: &Self) {
        let both = |one: Option<u64>, two: Option<u64>| Some(one?.saturating_add(two?));
        let either = |one: Option<u64>, two: Option<u64>| both(one, two).or(one).or(two);
        self.input = both(self.input, other.input);
        self.output = both(self.output, other.output);
        self.cache_read = either(self.cache_read, other.cache_read);
        self.cache_write = either(self.cache_write, other.cache_write);
        self.reasoning = either(self.reasoning, other.reasoning);
        self.raw = None; // two calls have no one form
    }
}

/// What a model's tokens cost from a day on, in micro-USD per million tokens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPricing {
    /// The model's name as the provider knows it.
    pub model: String,
    /// The moment from which this price holds, until the next one of the same model.
    pub valid_from: DateTime<Utc>,
    /// Price of input tokens.
    pub input: u64,
    /// Price of output tokens.
    pub output: u64,
    /// Price of tokens read from the cache; `None` where unknown.
    pub cache_read: Option<u64>,
    /// Price of tokens written to the cache; `None` where unknown.
    pub cache_write: Option<u64>,
}

impl ModelPricing {
    /// Returns what a call with this usage costs, exact and rounded once, half up. `None` when it cannot be
    /// known: input or output tokens were not told, or tokens of a kind without a price were used.
    pub fn cost(&self, usage: &Usage) -> Option<Money> {
        let priced = |tokens: u64, price: u64| i128::from(tokens).checked_mul(i128::from(price));
        let optional = |tokens: Option<u64>, price: Option<u64>| match (tokens, price) {
            (None | Some(0), _) => Some(0),
            (Some(tokens), Some(price)) => priced(tokens, price),
            (Some(_), None) => None,
        };
        let thousandths = priced(usage.input?, self.input)?
            .checked_add(priced(usage.output?, self.output)?)?
            .checked_add(optional(usage.cache_read, self.cache_read)?)?
            .checked_add(optional(usage.cache_write, self.cache_write)?)?;
        // micro-USD per million tokens are thousandths of a nano-USD per token
        let nanos = thousandths.checked_add(500)?.div_euclid(1_000);
        i64::try_from(nanos).ok().map(Money)
    }

    /// Returns the price of `model` that holds at `at`, of those in `prices`.
    pub fn at<'a>(prices: &'a [Self], model: &str, at: DateTime<Utc>) -> Option<&'a Self> {
        prices
            .iter()
            .filter(|price| price.model == model && price.valid_from <= at)
            .max_by_key(|price| price.valid_from)
    }
}

/// Tokens and money of a run: the sum over every try that was billed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Tokens at the input price.
    pub input_tokens: u64,
    /// Tokens at the output price.
    pub output_tokens: u64,
    /// Tokens read from a cache.
    pub cache_read_tokens: u64,
    /// Tokens written to a cache.
    pub cache_write_tokens: u64,
    /// What the calls with a known price cost.
    #[serde(rename = "cost_known_cents")]
    pub known: Money,
    /// Whether a billed call had no price, so that the whole cost is unknown.
    #[serde(skip)]
    pub has_unknown: bool,
}

impl Totals {
    /// Adds one billed call.
    pub fn add(&mut self, usage: &Usage, cost: Option<Money>) {
        let more = |sum: &mut u64, tokens: Option<u64>| *sum = sum.saturating_add(tokens.unwrap_or(0));
        more(&mut self.input_tokens, usage.input);
        more(&mut self.output_tokens, usage.output);
        more(&mut self.cache_read_tokens, usage.cache_read);
        more(&mut self.cache_write_tokens, usage.cache_write);
        match cost {
            Some(cost) => self.known = self.known.plus(cost),
            None => self.has_unknown = true,
        }
    }

    /// Returns the whole cost, `None` iff a billed call had no price.
    pub fn cost(&self) -> Option<Money> {
        (!self.has_unknown).then_some(self.known)
    }

    /// Returns the number of all tokens.
    pub fn tokens(&self) -> u64 {
        [self.input_tokens, self.output_tokens, self.cache_read_tokens, self.cache_write_tokens]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(input: u64, output: u64) -> ModelPricing {
        let valid_from = DateTime::from_timestamp(0, 0).unwrap();
        ModelPricing { model: "m".into(), valid_from, input, output, cache_read: None, cache_write: None }
    }

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input: Some(input), output: Some(output), ..Usage::default() }
    }

    #[test]
    fn a_cost_is_exact_and_rounded_once() {
        // 3 USD and 15 USD per million tokens
        let cost = price(3_000_000, 15_000_000).cost(&usage(1_234, 567)).unwrap();
        assert_eq!(cost.nanos(), 1_234 * 3_000 + 567 * 15_000);
        assert_eq!(price(1, 0).cost(&usage(499, 0)), Some(Money(0)));
        assert_eq!(price(1, 1).cost(&usage(250, 250)), Some(Money(1)));
        assert_eq!(price(u64::MAX, u64::MAX).cost(&usage(u64::MAX, u64::MAX)), None);
    }

    #[test]
    fn what_is_not_known_is_never_zero() {
        assert_eq!(price(1, 1).cost(&Usage { input: Some(1), ..Usage::default() }), None);
        assert_eq!(price(1, 1).cost(&Usage { cache_read: Some(1), ..usage(1, 1) }), None);
        assert_eq!(price(1, 1).cost(&Usage { cache_read: Some(0), ..usage(0, 0) }), Some(Money::ZERO));
        let mut totals = Totals::default();
        totals.add(&usage(1, 2), Some(Money(5)));
        assert_eq!((totals.cost(), totals.tokens()), (Some(Money(5)), 3));
        totals.add(&usage(1, 2), None);
        assert_eq!((totals.cost(), totals.known), (None, Money(5)));
    }

    #[test]
    fn a_price_holds_from_its_day_until_the_next() {
        let day = |n: i64| DateTime::from_timestamp(n * 86_400, 0).unwrap();
        let prices =
            [(0, 1), (10, 2)].map(|(from, input)| ModelPricing { valid_from: day(from), ..price(input, 0) });
        assert_eq!(ModelPricing::at(&prices, "m", day(9)).unwrap().input, 1);
        assert_eq!(ModelPricing::at(&prices, "m", day(10)).unwrap().input, 2);
        assert_eq!(ModelPricing::at(&prices, "m", day(-1)), None);
        assert_eq!(ModelPricing::at(&prices, "n", day(9)), None);
    }

    #[test]
    fn money_is_written_without_loss_as_cents_and_rounded_as_dollars() {
        let cases = [
            (0, "0", "$0.00"),
            (42_000_000, "4.2", "$0.04"),
            (-1, "-0.0000001", "-$0.00"),
            (5_000_000, "0.5", "$0.01"),
        ];
        for (nanos, cents, dollars) in cases {
            assert_eq!((Money(nanos).cents().as_str(), Money(nanos).to_string().as_str()), (cents, dollars));
            assert_eq!(serde_json::to_string(&Money(nanos)).unwrap(), cents);
        }
    }
}
