//! Price books: what models cost, and under which name a model's price is found.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::ModelPricing;

/// What stands before a model's name where a program says whose it is, and costs what it costs at its maker. Resellers are
/// none of these: they have prices of their own.
const MAKERS: [&str; 8] = ["anthropic", "cohere", "deepseek", "gemini", "google", "mistral", "openai", "xai"];

/// A list of prices: each holds for one model, from its day until the next one of that model.
///
/// ```
/// use maestro_core::domain::{ModelPricing, PriceBook};
///
/// let price = |model: &str, day: &str, input| ModelPricing {
///     model: model.to_owned(),
///     valid_from: day.parse().unwrap(),
///     input,
///     output: 15_000_000,
///     cache_read: None,
///     cache_write: None,
/// };
/// let shipped = PriceBook::new([price("m-1", "2026-01-01T00:00:00Z", 3_000_000)]);
/// let own = [price("anthropic/m-1", "2026-06-01T00:00:00Z", 2_000_000)];
///
/// let at = |model, day: &str| shipped.after(&own, model, day.parse().unwrap()).map(|price| price.input);
/// assert_eq!(at("anthropic/m-1", "2026-05-31T00:00:00Z"), Some(3_000_000)); // the workspace has no price yet
/// assert_eq!(at("anthropic/m-1", "2026-06-01T00:00:00Z"), Some(2_000_000));
/// assert_eq!(at("m-1", "2026-06-01T00:00:00Z"), Some(3_000_000)); // the workspace's price has a longer name
/// assert_eq!(at("reseller/m-1", "2026-06-01T00:00:00Z"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceBook {
    /// By model; of each the earliest first.
    models: BTreeMap<String, Vec<ModelPricing>>,
}

impl PriceBook {
    /// Makes a book. Of prices of the same model and moment the last one counts.
    pub fn new(prices: impl IntoIterator<Item = ModelPricing>) -> Self {
        let sorted: BTreeMap<_, _> =
            prices.into_iter().map(|price| ((price.model.clone(), price.valid_from), price)).collect();
        let mut models: BTreeMap<String, Vec<ModelPricing>> = BTreeMap::new();
        for ((model, _), price) in sorted {
            models.entry(model).or_default().push(price);
        }
        Self { models }
    }

    /// Returns the price of `model` that holds at `at`: that of this very name, else that of the name without the maker
    /// before it (`anthropic/…`, `openai::…`). `None` when neither has one by then.
    pub fn price(&self, model: &str, at: DateTime<Utc>) -> Option<&ModelPricing> {
        names(model).find_map(|name| ModelPricing::at(self.models.get(name)?, name, at))
    }

    /// Returns the price of `model` at `at` for who has prices of their own: among those first, by both names, then in this
    /// book.
    pub fn after<'a>(
        &'a self,
        own: &'a [ModelPricing],
        model: &str,
        at: DateTime<Utc>,
    ) -> Option<&'a ModelPricing> {
        names(model).find_map(|name| ModelPricing::at(own, name, at)).or_else(|| self.price(model, at))
    }

    /// Returns every price, by model, then by the moment from which it holds.
    pub fn iter(&self) -> impl Iterator<Item = &ModelPricing> {
        self.models.values().flatten()
    }

    /// Returns the number of prices.
    pub fn len(&self) -> usize {
        self.models.values().map(Vec::len).sum()
    }

    /// Tells whether there is no price.
    pub fn is_empty(&self) -> bool {
        self.models.is_empty()
    }
}

/// Returns the names under which a model's price is looked for.
fn names(model: &str) -> impl Iterator<Item = &str> {
    let split = model.split_once("::").or_else(|| model.split_once('/'));
    let bare = split.filter(|(maker, _)| MAKERS.contains(maker)).map(|(_, name)| name);
    std::iter::once(model).chain(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(number * 86_400, 0).unwrap()
    }

    fn price(model: &str, from: i64, input: u64) -> ModelPricing {
        let model = model.to_owned();
        ModelPricing { model, valid_from: day(from), input, output: 0, cache_read: None, cache_write: None }
    }

    #[test]
    fn the_exact_name_comes_before_the_name_without_its_maker() {
        let book = PriceBook::new([price("m", 0, 1), price("openai/m", 10, 2), price("x/m", 0, 3)]);
        let input = |model, at| book.price(model, day(at)).map(|price| price.input);
        assert_eq!(input("openai/m", 9), Some(1));
        assert_eq!(input("openai/m", 10), Some(2));
        assert_eq!(input("openai::m", 10), Some(1));
        assert_eq!(input("x/m", 0), Some(3));
        for unknown in ["y/m", "openai/", "y/openai/m", "M", "", "/m", "m/openai"] {
            assert_eq!(input(unknown, 10), None, "{unknown}");
        }
        assert_eq!(input("m", -1), None);
    }

    #[test]
    fn own_prices_come_before_the_book_whatever_their_name() {
        let book = PriceBook::new([price("google/m", 0, 1), price("n", 0, 2)]);
        let own = [price("m", 5, 3), price("m", 6, 4)];
        let input = |model, at| book.after(&own, model, day(at)).map(|price| price.input);
        assert_eq!(input("google/m", 4), Some(1));
        assert_eq!(input("google/m", 5), Some(3));
        assert_eq!(input("m", 7), Some(4));
        assert_eq!(input("n", 7), Some(2));
    }

    #[test]
    fn of_the_same_model_and_moment_the_last_one_counts() {
        let book = PriceBook::new([price("m", 2, 1), price("m", 1, 2), price("m", 2, 3)]);
        assert_eq!(book.iter().map(|price| price.input).collect::<Vec<_>>(), [2, 3]);
        assert_eq!((book.len(), book.is_empty(), PriceBook::default().is_empty()), (2, false, true));
    }
}
