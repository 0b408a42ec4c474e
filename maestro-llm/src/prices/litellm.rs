//! Reading LiteLLM's list: one object with a member for each model, prices in USD per token.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::import::{ImportError, Imported, Written};

/// A token in USD is a million tokens in millions of micro-USD.
const POWER: i64 = 12;
/// What else is billed for each call, whatever its tokens.
const BY_CALL: [&str; 2] = ["input_cost_per_request", "output_cost_per_request"];

type Entry<'a> = BTreeMap<String, &'a RawValue>;

/// Reads prices from a list in the format of LiteLLM's `model_prices_and_context_window.json`: those of one provider
/// (`anthropic`, `openai`, `gemini` …), because the same model costs different amounts elsewhere. They hold from `valid_from`
/// on, as the list has no dates. A provider's name before a model's (`gemini/gemini-2.5-flash`) is taken off.
///
/// Left out, and told so: models that are billed otherwise than by token or whose price depends on the size of the request;
/// prices finer than a micro-USD per million tokens; of the other models the prices of other tiers of service.
///
/// ```
/// use maestro_llm::prices::from_litellm;
///
/// let list = r#"{"m-1": {"litellm_provider": "openai", "mode": "chat",
///     "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}}"#;
/// let imported = from_litellm(list, "openai", "2026-11-22T00:00:00Z".parse()?)?;
///
/// assert_eq!((imported.prices[0].input, imported.prices[0].output), (2_500_000, 10_000_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ImportError`] when the text is no such list, or has nothing of this provider.
pub fn from_litellm(json: &str, provider: &str, valid_from: DateTime<Utc>) -> Result<Imported, ImportError> {
    let format = |source| ImportError::Format { format: "LiteLLM", source };
    let entries: BTreeMap<String, Entry<'_>> = serde_json::from_str(json).map_err(format)?;
    let (mut imported, mut present) = (Imported::default(), BTreeSet::new());
    for (name, entry) in &entries {
        let Some(of) = text(entry, "litellm_provider") else { continue }; // the description of the format
        if of == provider {
            let prefix = format!("{provider}/");
            read(name.strip_prefix(&prefix).unwrap_or(name), entry, valid_from, &mut imported);
        }
        present.insert(of);
    }
    if !present.contains(provider) {
        let present = present.into_iter().collect::<Vec<_>>().join(", ");
        return Err(ImportError::NoProvider { provider: provider.to_owned(), present });
    }
    Ok(imported.sorted())
}

fn read(model: &str, entry: &Entry<'_>, valid_from: DateTime<Utc>, imported: &mut Imported) {
    let mode = text(entry, "mode").unwrap_or_default();
    if !["chat", "completion", "responses"].contains(&mode.as_str()) {
        return imported.skip(model, format!("its mode is {mode:?}, not chat"));
    }
    if let Some(name) = entry.keys().find(|name| is_of_size(name)) {
        return imported.skip(model, format!("{name}: the price depends on the size of the request"));
    }
    if let Some(name) = BY_CALL.into_iter().find(|name| entry.contains_key(*name)) {
        return imported.skip(model, format!("{name}: it is not billed by tokens alone"));
    }
    let number = |name: &'static str| entry.get(name).map(|number| (name, *number));
    let written = Written {
        input: number("input_cost_per_token"),
        output: number("output_cost_per_token"),
        cache_read: number("cache_read_input_token_cost"),
        cache_write: number("cache_creation_input_token_cost"),
    };
    let reasoning = number("output_cost_per_reasoning_token").map(|(name, number)| (name, number.get()));
    if let Some((name, number)) =
        reasoning.filter(|(_, number)| written.output.is_some_and(|(_, output)| output.get() != *number))
    {
        return imported.skip(model, format!("{name} {number}: reasoning has a price of its own"));
    }
    match written.price(model, valid_from, POWER) {
        Ok(price) => imported.prices.push(price),
        Err(reason) => return imported.skip(model, reason),
    }
    for name in entry.keys().filter(|name| is_other_price(name)) {
        imported.skip(model, format!("{name}: a price that Maestro has no use for"));
    }
}

/// Tells whether a member is the price of tokens beyond some size of the request. The life of a cached token is no size.
fn is_of_size(name: &str) -> bool {
    let size = name.split_once("_above_").map(|(_, rest)| rest);
    size.is_some_and(|size| size.split('_').next().is_some_and(|size| size.ends_with('k')))
}

/// Tells whether a member is a price besides the four that are kept.
fn is_other_price(name: &str) -> bool {
    let kept = [
        "input_cost_per_token",
        "output_cost_per_token",
        "output_cost_per_reasoning_token",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
    ];
    name.contains("cost") && !kept.contains(&name)
}

fn text(entry: &Entry<'_>, name: &str) -> Option<String> {
    serde_json::from_str(entry.get(name)?.get()).ok()
}
