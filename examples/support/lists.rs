//! The skill `list`: making lists, and saying what is in them.

use std::collections::BTreeMap;

use maestro::{Context, Skill, StepError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refused;

pub(super) fn skill() -> Skill {
    Skill::new("list")
        .operation("range", range)
        .operation("group", group)
        .operation("count", count)
        .operation("describe", describe)
}

const LONGEST_RANGE: u32 = 100_000; // as many items as a loop can have

#[derive(Deserialize, JsonSchema)]
struct Range {
    /// How many numbers, at most 100,000.
    n: u32,
}

#[derive(Serialize, JsonSchema)]
struct Numbers {
    items: Vec<u32>,
}

/// `list.range`: returns the numbers from 0 up to, not including, `n`.
async fn range(_ctx: Context, input: Range) -> Result<Numbers, StepError> {
    match input.n {
        n if n > LONGEST_RANGE => Err(refused(format!("n: {n} is too many; use {LONGEST_RANGE} at most"))),
        n => Ok(Numbers { items: (0..n).collect() }),
    }
}

#[derive(Deserialize, JsonSchema)]
struct Group {
    /// Objects.
    items: Vec<Value>,
    /// The field by whose value they are grouped.
    by: String,
    /// Looks only at so many of its first characters.
    first_chars: Option<usize>,
    /// Leaves out groups with fewer items. Default 1.
    at_least: Option<usize>,
}

#[derive(Serialize, JsonSchema)]
struct Groups {
    /// In the order of their keys.
    groups: Vec<GroupOf>,
}

#[derive(Serialize, JsonSchema)]
struct GroupOf {
    key: String,
    count: usize,
    items: Vec<Value>,
}

/// `list.group`: puts items together that have the same value in a field.
async fn group(_ctx: Context, input: Group) -> Result<Groups, StepError> {
    let mut groups: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for item in input.items {
        let mut key = key_of(&item, &input.by)?;
        if let Some(chars) = input.first_chars {
            key = key.chars().take(chars).collect();
        }
        groups.entry(key).or_default().push(item);
    }
    let at_least = input.at_least.unwrap_or(1);
    let groups = groups.into_iter().filter(|(_, items)| items.len() >= at_least);
    Ok(Groups { groups: groups.map(|(key, items)| GroupOf { key, count: items.len(), items }).collect() })
}

#[derive(Deserialize, JsonSchema)]
struct Count {
    /// Objects.
    items: Vec<Value>,
    /// The field whose values are counted.
    by: String,
}

#[derive(Serialize, JsonSchema)]
struct Counts {
    /// The most frequent value first.
    counts: Vec<CountOf>,
}

#[derive(Serialize, JsonSchema)]
struct CountOf {
    key: String,
    count: usize,
}

/// `list.count`: counts how often each value of a field occurs.
async fn count(_ctx: Context, input: Count) -> Result<Counts, StepError> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for item in &input.items {
        *counts.entry(key_of(item, &input.by)?).or_default() += 1;
    }
    let mut counts: Vec<CountOf> = counts.into_iter().map(|(key, count)| CountOf { key, count }).collect();
    counts.sort_by_key(|of| std::cmp::Reverse(of.count)); // stable: equal counts stay in the order of keys
    Ok(Counts { counts })
}

#[derive(Deserialize, JsonSchema)]
struct Describe {
    /// Objects, at least one.
    items: Vec<Value>,
    /// A field of theirs that holds a number.
    field: String,
}

#[derive(Serialize, JsonSchema)]
struct Described {
    count: usize,
    sum: f64,
    mean: f64,
    min: f64,
    max: f64,
    /// The first item with the least value.
    lowest: Value,
    /// The first item with the greatest value.
    highest: Value,
}

/// `list.describe`: returns sum, mean and extremes of a field that holds numbers.
async fn describe(_ctx: Context, input: Describe) -> Result<Described, StepError> {
    let field = &input.field;
    let mut numbers = Vec::with_capacity(input.items.len());
    for item in &input.items {
        let number = item.get(field).and_then(Value::as_f64);
        numbers.push(number.ok_or_else(|| refused(format!("items: {item} has no number {field:?}")))?);
    }
    let (Some(lowest), Some(highest)) = (
        (0..numbers.len()).min_by(|one, two| numbers[*one].total_cmp(&numbers[*two])),
        (0..numbers.len()).rev().max_by(|one, two| numbers[*one].total_cmp(&numbers[*two])),
    ) else {
        return Err(refused("items: the list is empty"));
    };
    let sum: f64 = numbers.iter().sum();
    Ok(Described {
        count: numbers.len(),
        sum,
        mean: sum / numbers.len() as f64,
        min: numbers[lowest],
        max: numbers[highest],
        lowest: input.items[lowest].clone(),
        highest: input.items[highest].clone(),
    })
}

/// Returns the value of a field as text.
fn key_of(item: &Value, field: &str) -> Result<String, StepError> {
    match item.get(field) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(value.to_string()),
        _ => Err(refused(format!("items: {item} has no text or number {field:?}"))),
    }
}
