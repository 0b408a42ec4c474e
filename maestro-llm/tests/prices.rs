//! Price lists are read to the last digit, and what has no place in a price is told.

#![allow(clippy::unwrap_used, reason = "test code")]

mod exact;

use chrono::{DateTime, Utc};
use maestro_llm::prices::{ImportError, Imported, from_genai_prices, from_litellm};

const GENAI_PRICES: &str = include_str!("data/prices/genai-prices.json");
const LITELLM: &str = include_str!("data/prices/litellm.json");

fn day(text: &str) -> DateTime<Utc> {
    format!("{text}T00:00:00Z").parse().unwrap()
}

/// Writes prices as `model from: input output cache_read cache_write`, and what was left out as `model: reason`.
fn told(imported: &Imported) -> (Vec<String>, Vec<String>) {
    let some = |amount: Option<u64>| amount.map_or("-".to_owned(), |amount| amount.to_string());
    let prices = imported.prices.iter().map(|price| {
        let (read, write) = (some(price.cache_read), some(price.cache_write));
        let from = price.valid_from.date_naive();
        format!("{} {from}: {} {} {read} {write}", price.model, price.input, price.output)
    });
    let skipped = imported.skipped.iter().map(|skipped| format!("{}: {}", skipped.model, skipped.reason));
    (prices.collect(), skipped.collect())
}

#[test]
fn genai_prices_are_read_with_their_names_and_days() {
    let (prices, skipped) = told(&from_genai_prices(GENAI_PRICES, "anthropic", day("2026-11-22")).unwrap());
    assert_eq!(
        prices,
        [
            "claude-4-5-haiku 2026-11-22: 1000000 5000000 100000 1250000",
            "claude-haiku-4-5 2026-11-22: 1000000 5000000 100000 1250000",
            "claude-sonnet-4-6 2026-03-13: 3000000 15000000 - -",
        ]
    );
    assert_eq!(
        skipped,
        [
            "claude-haiku-4-5: {\"starts_with\":\"claude-haiku-4-5\"}: only names in full are kept",
            "claude-sonnet-4-5: input_mtok: the price depends on the size of the request",
            "claude-sonnet-4-6: input_mtok: the price depends on the size of the request",
        ]
    );
}

#[test]
fn of_genai_prices_every_form_of_a_price_is_read_or_told() {
    let (prices, skipped) = told(&from_genai_prices(GENAI_PRICES, "openai", day("2026-11-22")).unwrap());
    assert_eq!(
        prices,
        [
            "exact 2026-11-22: 1 110000 8750 -",
            "free 2026-11-22: 0 0 - -",
            "night-owl 1970-01-01: 270000 1100000 - -",
            "o3 1970-01-01: 10000000 40000000 2500000 -",
            "o3 2025-06-10: 2000000 8000000 500000 -",
            "o3-2025-04-16 1970-01-01: 10000000 40000000 2500000 -",
            "o3-2025-04-16 2025-06-10: 2000000 8000000 500000 -",
            "voice 2026-11-22: 2500000 10000000 - -",
        ]
    );
    assert_eq!(
        skipped,
        [
            "embed: there is no price of output tokens",
            "fine: input_mtok 0.0000001 is finer than a micro-USD per million tokens",
            "night-owl: {\"start_time\":\"16:30:00Z\",\"end_time\":\"00:30:00Z\"}: the price does not hold at all times",
            "search: requests_kcount: it is not billed by tokens alone",
            "voice: input_audio_mtok: a price that Maestro has no use for",
        ]
    );
}

#[test]
fn litellm_is_read_by_provider() {
    let (prices, skipped) = told(&from_litellm(LITELLM, "anthropic", day("2026-11-22")).unwrap());
    assert_eq!(prices, ["claude-haiku-4-5 2026-11-22: 1000000 5000000 100000 1250000"]);
    assert_eq!(
        skipped,
        [
            "claude-haiku-4-5: cache_creation_input_token_cost_above_1hr: a price that Maestro has no use for",
            "claude-sonnet-4-5: input_cost_per_token_above_200k_tokens: the price depends on the size of the request",
        ]
    );
    let (prices, skipped) = told(&from_litellm(LITELLM, "gemini", day("2026-11-22")).unwrap());
    assert_eq!(
        prices,
        ["exact 2026-11-22: 546875 17500000 - -", "gemini-2.5-flash 2026-11-22: 300000 2500000 30000 -",]
    );
    assert_eq!(
        skipped,
        [
            "by-call: input_cost_per_request: it is not billed by tokens alone",
            "fine: input_cost_per_token 1.23456789012345e-07 is finer than a micro-USD per million tokens",
            "gemini-2.5-flash: input_cost_per_audio_token: a price that Maestro has no use for",
            "odd-thinker: output_cost_per_reasoning_token 3.5e-06: reasoning has a price of its own",
            "painter: its mode is \"image_generation\", not chat",
        ]
    );
}

#[test]
fn a_list_that_is_none_is_an_error() {
    let now = day("2026-11-22");
    let missing = from_litellm(LITELLM, "nobody", now).unwrap_err();
    let ImportError::NoProvider { present, .. } = &missing else { panic!("{missing}") };
    assert!(present.starts_with("anthropic, bedrock, gemini"), "{present}");
    let missing = from_genai_prices(GENAI_PRICES, "nobody", now).unwrap_err();
    assert_eq!(missing.to_string(), "the list has no provider \"nobody\"; it has anthropic, openai");
    for other in ["", "[1]", "{\"a\": 1}", LITELLM] {
        assert!(
            matches!(from_genai_prices(other, "openai", now), Err(ImportError::Format { .. })),
            "{other}"
        );
    }
    assert!(matches!(from_litellm(GENAI_PRICES, "openai", now), Err(ImportError::Format { .. })));
}
