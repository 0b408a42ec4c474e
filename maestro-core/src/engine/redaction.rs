//! Redaction: the one place where values of secrets are kept out of what a try writes.
//!
//! A value in an output fails the step, because an output flows on: whoever got a changed one would go on with it. In an
//! error, an input or a bill, which people only read, the value is replaced.

use std::borrow::Cow;

use crate::domain::{Failure, Payload, StepSecrets, play::Billed, play::StepOutcome};

/// Returns what came of a try as it may be written.
pub(crate) fn outcome(secrets: &StepSecrets, outcome: StepOutcome) -> StepOutcome {
    match outcome {
        StepOutcome::Succeeded(output) => match secrets.find(output.as_str()) {
            None => StepOutcome::Succeeded(output),
            Some(slot) => StepOutcome::Failed {
                failure: Failure::new(
                    "secret_in_output",
                    format!("the output holds the value of the secret slot {slot}; return something else"),
                ),
                permanent: true,
                // Its effect has happened for certain: nobody has to be asked.
                not_applied: true,
                after: None,
            },
        },
        StepOutcome::Failed { failure, permanent, not_applied, after } => {
            StepOutcome::Failed { failure: clean(secrets, failure), permanent, not_applied, after }
        }
        aborted @ StepOutcome::Aborted { .. } => aborted,
    }
}

/// Returns an input as it may be written.
pub(crate) fn input(secrets: &StepSecrets, input: Payload) -> Payload {
    match secrets.redact(input.as_str()) {
        Cow::Borrowed(_) => input,
        // What was replaced in the text may have been part of a number or of an escape.
        Cow::Owned(text) => {
            Payload::parse(&text).unwrap_or_else(|_| Payload::from(serde_json::Value::from(text)))
        }
    }
}

/// Returns a bill as it may be written.
pub(crate) fn bill(secrets: &StepSecrets, mut billed: Billed) -> Billed {
    if let Cow::Owned(model) = secrets.redact(&billed.model) {
        billed.model = model;
    }
    billed.usage.raw = billed.usage.raw.map(|raw| input(secrets, raw));
    billed
}

fn clean(secrets: &StepSecrets, failure: Failure) -> Failure {
    if secrets.is_empty() {
        return failure;
    }
    let Failure { code, message } = &failure;
    Failure::new(
        secrets.redact_cut(code, Failure::LONGEST_CODE),
        secrets.redact_cut(message, Failure::LONGEST_MESSAGE),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Secret;

    fn secrets() -> StepSecrets {
        StepSecrets::new([("key".to_owned(), Secret::new("1234567890").unwrap())].into())
    }

    #[test]
    fn an_output_with_a_value_fails_and_nobody_is_asked() {
        for output in [json!({"a": ["x1234567890"]}), json!({"1234567890": 1}), json!(1_234_567_890_u64)] {
            let ended = outcome(&secrets(), StepOutcome::Succeeded(Payload::from(output)));
            let StepOutcome::Failed { failure, permanent: true, not_applied: true, .. } = ended else {
                panic!("{ended:?}");
            };
            assert_eq!(failure.code, "secret_in_output");
            assert!(!failure.message.contains("1234567890"));
        }
        let good = StepOutcome::Succeeded(Payload::from(json!("good")));
        assert!(matches!(outcome(&secrets(), good), StepOutcome::Succeeded(_)));
    }

    #[test]
    fn an_input_stays_json() {
        assert_eq!(
            input(&secrets(), Payload::from(json!({"a": "1234567890"}))),
            json!({"a": "[secret key]"}).into()
        );
        assert_eq!(input(&secrets(), Payload::from(json!(1_234_567_890_u64))), json!("[secret key]").into());
        let plain = Payload::parse("{ \"a\" : 1.0 }").unwrap();
        assert_eq!(input(&secrets(), plain.clone()).as_str(), plain.as_str());
    }

    #[test]
    fn an_error_that_was_cut_within_a_value_shows_nothing_of_it() {
        let failure = Failure::new("1234567890", "x".repeat(Failure::LONGEST_MESSAGE - 5) + "1234567890");
        let StepOutcome::Failed { failure, .. } = outcome(
            &secrets(),
            StepOutcome::Failed { failure, permanent: false, not_applied: false, after: None },
        ) else {
            panic!("it failed");
        };
        assert_eq!(failure.code, "[secret key]");
        assert!(failure.message.contains("x[sec"), "{}", &failure.message[4_080..]);
        assert!(!failure.message.contains("1234"));
    }
}
