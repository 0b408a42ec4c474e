//! Values that stores have been seen to spoil.

use std::sync::LazyLock;

use chrono::TimeDelta;

use super::at;
use crate::domain::{Failure, ModelPricing, Money, Payload, RunStep, StepKey, StepKind, StepStatus, Usage};

/// Texts of every script and length, with what quoting gets wrong. None has a NUL: a store may refuse that.
pub(in crate::conformance) const TEXTS: &[&str] = &[
    "",
    " ",
    "plain",
    "quotes ' \" ` \\ and; --comment /* %_ $1 {{ }}",
    "line\nbreak\r\nand\ttab",
    "Größe 名前 🎻 e\u{301}",
    "\u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd} \u{5e2}\u{5d5}\u{5dc}\u{5dd}\u{200f}",
    "null",
];

/// Returns JSON whose text a store must keep: order of keys, digits of numbers, escapes, white space.
pub(in crate::conformance) fn payloads() -> Vec<Payload> {
    // Parsed once: whoever copies one shares its text.
    static PAYLOADS: LazyLock<Vec<Payload>> = LazyLock::new(parse);
    PAYLOADS.clone()
}

fn parse() -> Vec<Payload> {
    let deep = "[".repeat(100) + &"]".repeat(100);
    let long = format!("\"{}\"", "long ".repeat(20_000));
    let texts = [
        "null",
        "false",
        "\"\"",
        "{}",
        "[]",
        "0",
        "-0.0",
        "1.50",
        "1E+2",
        "9007199254740993",
        "18446744073709551615",
        "123456789012345678901234567890.123456789012345678901234567890",
        "{\"zebra\": 1, \"ant\": 2,\"\":\"\", \"nested\": {\"b\":[ ],\"a\":{ }}}",
        "[1,\n  2]",
        "\"\\u0000\"",
        "{\"key\\u0000\": \"a\\u0000b\", \"escaped\\/slash\": \"\\ud83c\\udfbb\"}",
        "\"Größe 名前 🎻 \u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd}\"",
        "{\"$oid\": \"1\", \"__proto__\": null}",
        &deep,
        &long,
    ];
    texts.into_iter().map(|text| Payload::parse(text).expect("JSON")).collect()
}

/// Returns a row that says only where it stands, written by the record `seq`.
pub(in crate::conformance) fn step(key: &str, attempt: u32, status: StepStatus, seq: u32) -> RunStep {
    let key: StepKey = key.parse().expect("a good step key");
    RunStep { seq, ..RunStep::new(key, attempt, StepKind::Deterministic, status) }
}

/// Returns a row with every field set, that cost something.
pub(in crate::conformance) fn billed(key: &str, attempt: u32, status: StepStatus, seq: u32) -> RunStep {
    let number = i64::from(seq) * 100 + i64::from(attempt);
    let tokens = u64::from(seq) * 1_000 + u64::from(attempt);
    let usage = Usage {
        input: Some(tokens),
        output: Some(tokens + 1),
        cache_read: Some(0),
        cache_write: None,
        reasoning: Some(1),
        raw: payloads().into_iter().nth(15),
    };
    let price = ModelPricing {
        model: "model-1".to_owned(),
        valid_from: at(-86_400),
        input: 3_000_000,
        output: 15_000_000,
        cache_read: Some(0),
        cache_write: None,
    };
    RunStep {
        tool_name: Some(TEXTS[5].to_owned()),
        input: payloads().into_iter().nth(12),
        output: payloads().into_iter().nth(11),
        error: Some(Failure::new("odd_code", TEXTS[3])),
        started_at: Some(at(number)),
        finished_at: Some(at(number) + TimeDelta::microseconds(1)),
        resume_at: Some(at(number) + TimeDelta::microseconds(2)),
        generation: 3,
        cost: price.cost(&usage).map(|cost| cost.plus(Money::from_nanos(1))),
        usage: Some(usage),
        model: Some("model-1".to_owned()),
        price: Some(price),
        ..step(key, attempt, status, seq)
    }
}
