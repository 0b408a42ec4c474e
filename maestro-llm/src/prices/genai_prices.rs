//! Reading the list of genai-prices: providers with their models, prices in USD per million tokens.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::import::{ImportError, Imported, Written};

/// A million tokens in USD is a million tokens in millionths of micro-USD.
const POWER: i64 = 6;
/// What is billed for each call, whatever its tokens.
const BY_CALL: &str = "requests_kcount";

#[derive(Deserialize)]
struct Provider<'a> {
    id: String,
    #[serde(borrow)]
    models: Vec<Model<'a>>,
}

#[derive(Deserialize)]
struct Model<'a> {
    id: String,
    #[serde(default, rename = "match")]
    matches: Value,
    /// One price, or several with the condition under which each holds.
    #[serde(borrow)]
    prices: &'a RawValue,
}

#[derive(Deserialize)]
struct Conditional<'a> {
    constraint: Option<Value>,
    #[serde(borrow)]
    prices: Amounts<'a>,
}

type Amounts<'a> = BTreeMap<String, &'a RawValue>;

/// Reads prices from a list in the format of genai-prices' `prices/data.json`: those of one provider (`anthropic`, `openai`,
/// `google` …), because the same model costs different amounts elsewhere. A price that has a day holds from that day on, the
/// one before it since ever, and a price that was never another from `valid_from` on.
///
/// A model has the price under its id and every name that the list says in full. Left out, and told so: patterns of names;
/// prices that depend on the size of a request or on the time of day; models that are billed by call; prices finer than a
/// micro-USD per million tokens; of the other models the prices of sound and images.
///
/// ```
/// use maestro_llm::prices::from_genai_prices;
///
/// let list = r#"[{"id": "openai", "models": [
///     {"id": "m-1", "match": {"equals": "m-1-2026"}, "prices": {"input_mtok": 2.5, "output_mtok": 10}}]}]"#;
/// let imported = from_genai_prices(list, "openai", "2026-11-22T00:00:00Z".parse()?)?;
///
/// let models: Vec<_> = imported.prices.iter().map(|price| (price.model.as_str(), price.input)).collect();
/// assert_eq!(models, [("m-1", 2_500_000), ("m-1-2026", 2_500_000)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ImportError`] when the text is no such list, or has nothing of this provider.
pub fn from_genai_prices(
    json: &str,
    provider: &str,
    valid_from: DateTime<Utc>,
) -> Result<Imported, ImportError> {
    let providers: Vec<Provider<'_>> = serde_json::from_str(json).map_err(format)?;
    let Some(found) = providers.iter().find(|one| one.id == provider) else {
        let present = providers.into_iter().map(|one| one.id).collect::<Vec<_>>().join(", ");
        return Err(ImportError::NoProvider { provider: provider.to_owned(), present });
    };
    let mut imported = Imported::default();
    for model in &found.models {
        let names = names(model, &mut imported);
        for (amounts, valid_from) in dated(model, valid_from, &mut imported)? {
            read(&model.id, &names, &amounts, valid_from, &mut imported);
        }
    }
    Ok(imported.sorted())
}

fn format(source: serde_json::Error) -> ImportError {
    ImportError::Format { format: "genai-prices", source }
}

/// Returns every name that the model has in full.
fn names(model: &Model<'_>, imported: &mut Imported) -> Vec<String> {
    let mut names = vec![model.id.clone()];
    let alternatives = match model.matches.get("or").and_then(Value::as_array) {
        Some(alternatives) => alternatives.iter().collect(),
        None => vec![&model.matches],
    };
    for alternative in alternatives.into_iter().filter(|alternative| !alternative.is_null()) {
        match alternative.get("equals").and_then(Value::as_str) {
            Some(name) if names.iter().any(|known| known == name) => {}
            Some(name) => names.push(name.to_owned()),
            None => imported.skip(&model.id, format!("{alternative}: only names in full are kept")),
        }
    }
    names
}

/// Returns the prices of a model, each with the moment from which it holds.
fn dated<'a>(
    model: &Model<'a>,
    valid_from: DateTime<Utc>,
    imported: &mut Imported,
) -> Result<Vec<(Amounts<'a>, DateTime<Utc>)>, ImportError> {
    if !model.prices.get().starts_with('[') {
        return Ok(vec![(serde_json::from_str(model.prices.get()).map_err(format)?, valid_from)]);
    }
    let several: Vec<Conditional<'a>> = serde_json::from_str(model.prices.get()).map_err(format)?;
    let mut dated = Vec::new();
    for Conditional { constraint, prices } in several {
        match constraint.as_ref().map(start) {
            None => dated.push((prices, DateTime::UNIX_EPOCH)),
            Some(Some(start)) => dated.push((prices, start)),
            Some(None) => {
                let constraint = constraint.unwrap_or_default();
                imported.skip(&model.id, format!("{constraint}: the price does not hold at all times"));
            }
        }
    }
    Ok(dated)
}

/// Returns from when on a price holds; `None` when there is another condition.
fn start(constraint: &Value) -> Option<DateTime<Utc>> {
    let constraint = constraint.as_object().filter(|constraint| constraint.len() == 1)?;
    let day: NaiveDate = constraint.get("start_date")?.as_str()?.parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

fn read(
    id: &str,
    names: &[String],
    amounts: &Amounts<'_>,
    valid_from: DateTime<Utc>,
    imported: &mut Imported,
) {
    if let Some((name, _)) = amounts.iter().find(|(_, amount)| amount.get().starts_with('{')) {
        return imported.skip(id, format!("{name}: the price depends on the size of the request"));
    }
    if amounts.contains_key(BY_CALL) {
        return imported.skip(id, format!("{BY_CALL}: it is not billed by tokens alone"));
    }
    let kept = ["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"];
    let [input, output, cache_read, cache_write] =
        kept.map(|name| amounts.get(name).map(|amount| (name, *amount)));
    let written = Written { input, output, cache_read, cache_write };
    for name in names {
        match written.price(name, valid_from, POWER) {
            Ok(price) => imported.prices.push(price),
            Err(reason) => return imported.skip(id, reason),
        }
    }
    for name in amounts.keys().filter(|name| !kept.contains(&name.as_str())) {
        imported.skip(id, format!("{name}: a price that Maestro has no use for"));
    }
}
