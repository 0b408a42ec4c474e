//! What an import gives: prices, and everything that was left out.

use chrono::{DateTime, Utc};
use maestro_core::domain::ModelPricing;
use serde_json::value::RawValue;

use super::decimal::{NoPrice, scaled};

/// The prices of a list, and what of it was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The prices, by model.
    pub prices: Vec<ModelPricing>,
    /// What has no place in a price, by model. Nothing is left out in silence.
    pub skipped: Vec<Skipped>,
}

/// Something that was left out: a model, or a part of what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The model, as the list names it.
    pub model: String,
    /// What was left out, and why.
    pub reason: String,
}

/// Why a list cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is not in the format.
    #[error("the list is not in the format of {format}")]
    Format {
        /// Whose format it should have.
        format: &'static str,
        /// Where it departs from it.
        #[source]
        source: serde_json::Error,
    },
    /// It has nothing of this provider.
    #[error("the list has no provider {provider:?}; it has {present}")]
    NoProvider {
        /// The provider that was asked for.
        provider: String,
        /// Those that it has.
        present: String,
    },
}

impl Imported {
    pub(super) fn skip(&mut self, model: &str, reason: impl Into<String>) {
        self.skipped.push(Skipped { model: model.to_owned(), reason: reason.into() });
    }

    pub(super) fn sorted(mut self) -> Self {
        self.prices.sort_by(|one, two| (&one.model, one.valid_from).cmp(&(&two.model, two.valid_from)));
        self.skipped.sort_by(|one, two| (&one.model, &one.reason).cmp(&(&two.model, &two.reason)));
        self
    }
}

/// The four numbers of a price as they are written, with what they are called.
#[derive(Default)]
pub(super) struct Written<'a> {
    pub(super) input: Option<(&'a str, &'a RawValue)>,
    pub(super) output: Option<(&'a str, &'a RawValue)>,
    pub(super) cache_read: Option<(&'a str, &'a RawValue)>,
    pub(super) cache_write: Option<(&'a str, &'a RawValue)>,
}

impl Written<'_> {
    /// Returns the price that is written; `power` makes the numbers micro-USD per million tokens.
    pub(super) fn price(
        &self,
        model: &str,
        valid_from: DateTime<Utc>,
        power: i64,
    ) -> Result<ModelPricing, String> {
        let amount = |written: Option<(&str, &RawValue)>| {
            let amount = written.map(|(name, number)| {
                scaled(number.get(), power)
                    .map_err(|error: NoPrice| format!("{name} {} {error}", number.get()))
            });
            amount.transpose()
        };
        let needed = |written, what: &str| {
            amount(written)?.ok_or_else(|| format!("there is no price of {what} tokens"))
        };
        Ok(ModelPricing {
            model: model.to_owned(),
            valid_from,
            input: needed(self.input, "input")?,
            output: needed(self.output, "output")?,
            cache_read: amount(self.cache_read)?,
            cache_write: amount(self.cache_write)?,
        })
    }
}
