//! Usage: the tokens that a provider says it bills, read from its own words.
//!
//! `genai` reads them too, but counts what is absent as zero here and zero as absent there. A sum that does not work out
//! is unknown as well: a wrong number would become a wrong bill.

use maestro_core::domain::{Payload, Usage};
use serde_json::Value;

use crate::provider::Format;

/// Reads the usage in the body of an answer; `None` when it says nothing about it.
pub(crate) fn usage(format: Format, body: &Value) -> Option<Usage> {
    of(format, body.get(field(format))?)
}

/// Looks for the usage in an answer that is no JSON as a whole.
pub(crate) fn salvage(format: Format, body: &str) -> Option<Usage> {
    let name = format!("\"{}\"", field(format));
    let (_, rest) = body.rsplit_once(name.as_str())?;
    let rest = rest.trim_start().strip_prefix(':')?;
    of(format, &serde_json::Deserializer::from_str(rest).into_iter::<Value>().next()?.ok()?)
}

fn field(format: Format) -> &'static str {
    match format {
        Format::Anthropic | Format::OpenAi | Format::Ollama => "usage",
        Format::Gemini => "usageMetadata",
    }
}

fn of(format: Format, raw: &Value) -> Option<Usage> {
    let counts = raw.as_object().filter(|counts| !counts.is_empty()).map(|_| Counts(raw))?;
    let usage = match format {
        Format::Anthropic => anthropic(&counts),
        Format::OpenAi | Format::Ollama => open_ai(&counts),
        Format::Gemini => gemini(&counts),
    };
    Some(Usage { raw: Some(Payload::from(raw.clone())), ..usage })
}

struct Counts<'a>(&'a Value);

impl Counts<'_> {
    fn at(&self, pointer: &str) -> Option<u64> {
        self.0.pointer(pointer)?.as_u64()
    }
}

/// Its input leaves out what came from or went to the cache.
fn anthropic(counts: &Counts<'_>) -> Usage {
    Usage {
        input: counts.at("/input_tokens"),
        output: counts.at("/output_tokens"),
        cache_read: counts.at("/cache_read_input_tokens"),
        cache_write: counts.at("/cache_creation_input_tokens"),
        reasoning: counts.at("/output_tokens_details/thinking_tokens"),
        raw: None,
    }
}

/// Its prompt holds what came from the cache, and its completion the reasoning.
fn open_ai(counts: &Counts<'_>) -> Usage {
    let prompt = counts.at("/prompt_tokens");
    let completion = counts.at("/completion_tokens");
    let cache_read =
        counts.at("/prompt_tokens_details/cached_tokens").or_else(|| counts.at("/prompt_cache_hit_tokens")); // DeepSeek's name
    let cache_write = counts.at("/prompt_tokens_details/cache_write_tokens");
    let reasoning = counts.at("/completion_tokens_details/reasoning_tokens");
    // Some leave the reasoning out of the completion; the total gives it away.
    let is_apart =
        sum(&[prompt, completion, reasoning]).is_some_and(|sum| counts.at("/total_tokens") == Some(sum));
    let output = if is_apart { sum(&[completion, reasoning]) } else { completion };
    Usage {
        input: without(prompt, &[cache_read, cache_write]),
        output,
        cache_read,
        cache_write,
        reasoning,
        raw: None,
    }
}

/// Its prompt holds what came from the cache; tools of its own and thoughts are counted beside.
fn gemini(counts: &Counts<'_>) -> Usage {
    let prompt = counts.at("/promptTokenCount");
    let own_tools = counts.at("/toolUsePromptTokenCount");
    let cache_read = counts.at("/cachedContentTokenCount");
    let reasoning = counts.at("/thoughtsTokenCount");
    // It leaves out counts of zero, so that the total must say how much was answered when nothing was said.
    let answered = counts.at("/candidatesTokenCount").or_else(|| {
        let known = sum(&[prompt, own_tools.or(Some(0)), reasoning.or(Some(0))])?;
        counts.at("/totalTokenCount")?.checked_sub(known)
    });
    Usage {
        input: without(sum(&[prompt, own_tools.or(Some(0))]), &[cache_read]),
        output: sum(&[answered, reasoning.or(Some(0))]),
        cache_read,
        cache_write: None,
        reasoning,
        raw: None,
    }
}

/// Adds counts; unknown when one of them is.
fn sum(counts: &[Option<u64>]) -> Option<u64> {
    counts.iter().copied().try_fold(0_u64, |sum, count| sum.checked_add(count?))
}

/// Takes parts off a count; unknown when they are more than the whole.
fn without(whole: Option<u64>, parts: &[Option<u64>]) -> Option<u64> {
    parts.iter().flatten().try_fold(whole?, |left, part| left.checked_sub(*part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Input, output, cache read, cache write, reasoning.
    type Numbers = [Option<u64>; 5];

    fn numbers(format: Format, raw: Value) -> Numbers {
        let body = json!({ field(format): raw });
        let usage = usage(format, &body).unwrap();
        assert_eq!(usage.raw, Some(Payload::from(body[field(format)].clone())));
        [usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning]
    }

    #[test]
    fn no_token_is_counted_twice_and_none_that_was_not_told() {
        let cases: [(Format, Value, Numbers); 9] = [
            (
                Format::Anthropic,
                json!({"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 80,
                       "cache_creation_input_tokens": 7, "output_tokens_details": {"thinking_tokens": 3}}),
                [Some(10), Some(5), Some(80), Some(7), Some(3)],
            ),
            (
                Format::Anthropic,
                json!({"input_tokens": 10, "output_tokens": 0}),
                [Some(10), Some(0), None, None, None],
            ),
            (
                Format::OpenAi,
                json!({"prompt_tokens": 97, "completion_tokens": 5, "total_tokens": 102,
                       "prompt_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 7},
                       "completion_tokens_details": {"reasoning_tokens": 3}}),
                [Some(10), Some(5), Some(80), Some(7), Some(3)],
            ),
            (
                Format::OpenAi, // as Grok counts
                json!({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 115,
                       "completion_tokens_details": {"reasoning_tokens": 100}}),
                [Some(10), Some(105), None, None, Some(100)],
            ),
            (
                Format::OpenAi, // as DeepSeek counts
                json!({"prompt_tokens": 100, "completion_tokens": 5, "prompt_cache_hit_tokens": 64}),
                [Some(36), Some(5), Some(64), None, None],
            ),
            (
                Format::OpenAi, // more from the cache than there was
                json!({"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 11}}),
                [None, None, Some(11), None, None],
            ),
            (
                Format::Gemini,
                json!({"promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 7,
                       "thoughtsTokenCount": 20, "toolUsePromptTokenCount": 5, "totalTokenCount": 132}),
                [Some(45), Some(27), Some(60), None, Some(20)],
            ),
            (
                Format::Gemini, // it thought until its tokens ran out
                json!({"promptTokenCount": 100, "thoughtsTokenCount": 20, "totalTokenCount": 120}),
                [Some(100), Some(20), None, None, Some(20)],
            ),
            (Format::Gemini, json!({"promptTokenCount": 100}), [Some(100), None, None, None, None]),
        ];
        for (format, raw, expected) in cases {
            assert_eq!(numbers(format, raw.clone()), expected, "{format:?} {raw}");
        }
    }

    #[test]
    fn nothing_said_is_nothing_known() {
        for body in [json!({}), json!({"usage": null}), json!({"usage": {}}), json!([1])] {
            assert_eq!(usage(Format::OpenAi, &body), None, "{body}");
        }
        for counts in
            [json!({"input_tokens": -1}), json!({"input_tokens": 1.5}), json!({"input_tokens": "1"})]
        {
            assert_eq!(numbers(Format::Anthropic, counts), [None; 5]);
        }
    }

    #[test]
    fn usage_is_found_in_an_answer_that_is_broken_elsewhere() {
        let body = r#"{"content": [{"type": "te"xt"}], "usage": {"input_tokens": 3, "output_tokens": 4}, "#;
        let found = salvage(Format::Anthropic, body).unwrap();
        assert_eq!((found.input, found.output), (Some(3), Some(4)));
        for body in ["", "usage", r#"{"usage": {"input_tokens": 3"#, r#"{"usage""#, r#"{"usage": 7}"#] {
            assert_eq!(salvage(Format::Anthropic, body), None, "{body}");
        }
    }
}
