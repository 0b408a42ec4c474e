//! The list that is shipped: few models, each with the page that says its price.

use chrono::{DateTime, Utc};
use maestro_core::domain::{ModelPricing, PriceBook};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::decimal::scaled;

/// Prices in USD per million tokens, by the page that says them.
#[derive(Deserialize)]
struct List {
    sources: Vec<Source>,
}

#[derive(Deserialize)]
struct Source {
    #[cfg(test)] // for people
    source: String,
    models: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    /// Every name of the model.
    names: Vec<String>,
    /// No later than the day from which the model could be used at this price.
    valid_from: DateTime<Utc>,
    input: Box<RawValue>,
    output: Box<RawValue>,
    cache_read: Option<Box<RawValue>>,
    cache_write: Option<Box<RawValue>>,
}

/// Returns the prices that are shipped: those of common models of Anthropic, OpenAI and Google at their makers. The list
/// (`src/prices/shipped.json`) says when it was compiled, and of each price which page is to be asked. Models whose price
/// depends on the size of the request are not in it.
///
/// It grows old: a workspace's own prices come first, and a longer list can be
/// [imported](super::from_genai_prices).
///
/// ```
/// let book = maestro_llm::prices::shipped();
/// let price = book.price("anthropic/claude-haiku-4-5", "2026-11-22T00:00:00Z".parse()?);
/// assert_eq!(price.map(|price| price.input), Some(1_000_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shipped() -> PriceBook {
    PriceBook::new(list().sources.iter().flat_map(|source| &source.models).flat_map(Listed::prices))
}

fn list() -> List {
    serde_json::from_str(include_str!("shipped.json")).expect("a list that is tested")
}

impl Listed {
    fn prices(&self) -> impl Iterator<Item = ModelPricing> {
        let amount = |number: &RawValue| scaled(number.get(), 6).expect("a list that is tested");
        self.names.iter().map(move |name| ModelPricing {
            model: name.clone(),
            valid_from: self.valid_from,
            input: amount(&self.input),
            output: amount(&self.output),
            cache_read: self.cache_read.as_deref().map(amount),
            cache_write: self.cache_write.as_deref().map(amount),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_price_of_the_list_has_a_source_and_makes_sense() {
        let list = list();
        let mut names = BTreeSet::new();
        for source in &list.sources {
            assert!(source.source.starts_with("https://"), "{}", source.source);
            for model in &source.models {
                for price in model.prices() {
                    assert!(price.input < price.output, "{price:?}");
                    assert!(price.cache_read.is_none_or(|read| read < price.input), "{price:?}");
                    assert!(price.cache_write.is_none_or(|write| write > price.input), "{price:?}");
                    assert!(names.insert(price.model.clone()), "{} is listed twice", price.model);
                }
            }
        }
        assert_eq!(shipped().len(), names.len());
    }

    #[test]
    fn a_price_of_the_list_is_the_one_of_its_page() {
        let book = shipped();
        let price = book.price("openai/gpt-4o-mini", "2026-11-22T00:00:00Z".parse().unwrap()).unwrap();
        let amounts = (price.input, price.output, price.cache_read, price.cache_write);
        assert_eq!(amounts, (150_000, 600_000, Some(75_000), None));
    }
}
