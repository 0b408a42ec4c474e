//! Answers of models: what a text gives, and what the model is told when it does not fit.

use serde_json::Value;

use super::super::{JsonSchema, Payload};

/// How much of what is wrong is told, in characters.
const LONGEST: usize = 2_000;

/// What an answer is worth.
pub(super) enum Verdict {
    Good(Payload),
    /// It does not fit; says why.
    Bad(String),
}

/// Judges an answer: the text itself, or the JSON in it where there is a schema.
pub(super) fn judge(text: &str, schema: Option<&JsonSchema>) -> Verdict {
    let Some(schema) = schema else { return Verdict::Good(Payload::from(Value::from(text))) };
    let value = match Payload::parse(unfenced(text)) {
        Ok(value) => value,
        Err(error) => return Verdict::Bad(format!("the answer is {error}")),
    };
    match schema.check(&value) {
        Ok(()) => Verdict::Good(value),
        Err(violations) => {
            let all: Vec<_> = violations
                .iter()
                .map(|violation| match violation.pointer.as_str() {
                    "" => violation.message.clone(),
                    pointer => format!("{pointer}: {}", violation.message),
                })
                .collect();
            Verdict::Bad(all.join("; ").chars().take(LONGEST).collect())
        }
    }
}

/// Says to the model what is wrong with its answer.
pub(super) fn mend(violations: &str) -> String {
    format!(
        "Your answer does not fit the schema: {violations}\nAnswer again, with nothing but the corrected JSON."
    )
}

/// Takes away the fence that models like to put around JSON: ``` or ```json.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```")) else { return text };
    match inner.split_once('\n') {
        Some((language, inner)) if language.trim().chars().all(|c| c.is_ascii_alphanumeric()) => inner.trim(),
        _ => inner.trim(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(text: &str) -> Result<String, String> {
        let schema = JsonSchema::compile(&json!({"type": "object", "required": ["name"]})).unwrap();
        match judge(text, Some(&schema)) {
            Verdict::Good(payload) => Ok(payload.as_str().to_owned()),
            Verdict::Bad(why) => Err(why),
        }
    }

    #[test]
    fn the_json_of_an_answer_is_found_in_its_fence() {
        for text in [
            "{\"name\":1}",
            " {\"name\":1}\n",
            "```json\n{\"name\":1}\n```",
            "```\n{\"name\":1}```",
            "```{\"name\":1}```",
        ] {
            assert_eq!(judged(text).unwrap(), "{\"name\":1}", "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        assert!(judged("Sure! {}").unwrap_err().contains("not valid JSON"));
        assert!(judged("{}").unwrap_err().contains("name"));
        assert!(judged("```").is_err());
        assert!(mend("/a: is no number").contains("/a: is no number"));
    }

    #[test]
    fn without_a_schema_the_text_is_the_answer() {
        let Verdict::Good(answer) = judge("```x```", None) else { panic!() };
        assert_eq!(answer.as_str(), "\"```x```\"");
    }
}
