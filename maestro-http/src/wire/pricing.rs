//! Prices of models on the wire.

use chrono::{DateTime, Utc};
use maestro_core::domain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::extract::RequestBody;

/// What a model's tokens cost from a moment on, in micro-USD (10⁻⁶ dollars) per million tokens.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    /// The model's name as the provider knows it.
    #[schema(min_length = 1, max_length = 200, example = "claude-sonnet-4-5")]
    pub(crate) model: String,
    /// From when on it holds, until the next price of the same model.
    pub(crate) valid_from: DateTime<Utc>,
    #[schema(example = 3_000_000)]
    pub(crate) input: u64,
    #[schema(example = 15_000_000)]
    pub(crate) output: u64,
    /// `null` where it is unknown.
    #[schema(example = 300_000)]
    pub(crate) cache_read: Option<u64>,
    /// `null` where it is unknown.
    #[schema(example = 3_750_000)]
    pub(crate) cache_write: Option<u64>,
}

/// Prices.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// Each model and moment once.
    #[schema(max_items = 1000)]
    pub(crate) prices: Vec<Price>,
}

impl RequestBody for Prices {}

impl From<domain::ModelPricing> for Price {
    fn from(price: domain::ModelPricing) -> Self {
        let domain::ModelPricing { model, valid_from, input, output, cache_read, cache_write } = price;
        Self { model, valid_from, input, output, cache_read, cache_write }
    }
}

impl From<Price> for domain::ModelPricing {
    fn from(price: Price) -> Self {
        let Price { model, valid_from, input, output, cache_read, cache_write } = price;
        Self { model, valid_from, input, output, cache_read, cache_write }
    }
}
