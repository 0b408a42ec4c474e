//! What may not stand in a message: keys, and what was sent. Providers quote both.

use std::ops::Range;

use maestro_core::{domain::Message, ports::ModelCall};
use secrecy::{ExposeSecret, SecretString};

/// The longest message, in characters.
const LONGEST: usize = 500;

/// So many characters in a row of what was sent are a quotation.
const QUOTATION: usize = 24;

const REMOVED: &str = "[removed]";

/// Returns `message` without the key, anything that looks like one, and quotations of what was sent.
pub(super) fn clean(message: &str, key: Option<&SecretString>, call: &ModelCall) -> String {
    let mut message = message.to_owned();
    if let Some(key) = key {
        message = message.replace(key.expose_secret(), REMOVED);
    }
    let mut message: String = message.split_inclusive(is_border).map(without_key).collect();
    for text in sent(call) {
        message = without_quotation(&message, text);
    }
    message.chars().map(|char| if char.is_control() { ' ' } else { char }).take(LONGEST).collect()
}

/// Keys hold no such characters.
fn is_border(char: char) -> bool {
    !(char.is_alphanumeric() || matches!(char, '-' | '_' | '.' | '*' | '+' | '/' | '='))
}

fn without_key(word: &str) -> String {
    let bare = word.trim_end_matches(is_border);
    if looks_like_key(bare) { word.replacen(bare, REMOVED, 1) } else { word.to_owned() }
}

/// Tells whether a word begins as the keys of known providers do, or is as long and as mixed as only keys are.
fn looks_like_key(word: &str) -> bool {
    let begins =
        ["sk-", "sk_", "pk-", "gsk_", "xai-", "AIza", "AQ.", "ya29.", "nvapi-", "hf_", "r8_", "key-", "eyJ"];
    if word.len() >= 8 && begins.iter().any(|begin| word.starts_with(begin)) {
        return true;
    }
    let any = |is: fn(&u8) -> bool| word.as_bytes().iter().any(is);
    let (upper, lower, digit) =
        (any(u8::is_ascii_uppercase), any(u8::is_ascii_lowercase), any(u8::is_ascii_digit));
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (word.len() >= 20 && upper && lower && digit) || (word.len() >= 32 && is_plain && digit)
}

/// Returns the texts that went to the provider.
fn sent(call: &ModelCall) -> impl Iterator<Item = &str> {
    let said = call.messages.iter().map(|message| match message {
        Message::User { text } => text.as_str(),
        Message::Model(turn) => turn.text.as_str(),
        Message::ToolResult { output, .. } => output.as_str(),
    });
    said.chain([call.system.as_str()])
}

/// Removes every piece of `text` that is long enough to be known again.
fn without_quotation(message: &str, text: &str) -> String {
    let mut left = message;
    let mut clean = String::with_capacity(message.len());
    while let Some(quoted) = quotation(left, text) {
        clean.push_str(&left[..quoted.start]);
        clean.push_str(REMOVED);
        left = &left[quoted.end..];
    }
    clean + left
}

/// Finds the first quotation of `text` and how far it goes.
fn quotation(message: &str, text: &str) -> Option<Range<usize>> {
    let borders: Vec<usize> = message.char_indices().map(|(at, _)| at).chain([message.len()]).collect();
    let windows = borders.len().checked_sub(QUOTATION + 1)?;
    let is_quoted = |from: usize, to: usize| text.contains(&message[borders[from]..borders[to]]);
    let from = (0..=windows).find(|&from| is_quoted(from, from + QUOTATION))?;
    let mut to = from + QUOTATION;
    while to + 1 < borders.len() && is_quoted(from, to + 1) {
        to += 1;
    }
    Some(borders[from]..borders[to])
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use maestro_core::{domain::WorkspaceId, ports::Meter};
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn call(prompt: &str) -> ModelCall {
        ModelCall {
            workspace: WorkspaceId::default(),
            run_id: "01890000-0000-7000-8000-000000000000".parse().unwrap(),
            key: "draft.m1".parse().unwrap(),
            attempt: 1,
            idempotency_key: String::new(),
            model: String::new(),
            system: "You write short mails to founders.".into(),
            messages: vec![Message::User { text: prompt.into() }],
            tools: Vec::new(),
            output_schema: None,
            max_tokens: None,
            meter: Arc::new(Meter::default()),
            cancelled: CancellationToken::new(),
        }
    }

    fn cleaned(message: &str, prompt: &str) -> String {
        clean(message, Some(&SecretString::from("plain-and-short")), &call(prompt))
    }

    #[test]
    fn no_key_is_left_and_every_name_is() {
        let cases = [
            ("Incorrect API key provided: sk-abcd****wxyz. See", "Incorrect API key provided: [removed] See"),
            ("the key plain-and-short is bad", "the key [removed] is bad"),
            ("bad \"AIzaSyA1234567\"", "bad \"[removed]\""),
            ("token 4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a", "token [removed]"),
            ("Bearer aB3xY9kLmN0pQrStUvWx1", "Bearer [removed]"),
            ("no model claude-sonnet-4-5-20250929", "no model claude-sonnet-4-5-20250929"),
            ("see https://docs.example.com/errors", "see https://docs.example.com/errors"),
            ("sk-1", "sk-1"),
        ];
        for (message, expected) in cases {
            assert_eq!(cleaned(message, ""), expected);
        }
    }

    #[test]
    fn what_was_sent_is_not_quoted() {
        let prompt = "Write to Ada Lovelace, whose phone is 555-0100, about the engine.";
        let message = format!("invalid message: \"{prompt}\" is too long for \"short mails to founders.\"");
        let expected = "invalid message: \"[removed]\" is too long for \"[removed]\"";
        assert_eq!(cleaned(&message, prompt), expected);
        assert_eq!(cleaned("Ada Lovelace is fine", prompt), "Ada Lovelace is fine");
        assert_eq!(cleaned("ä".repeat(30).as_str(), &"ä".repeat(29)), "[removed]ä");
    }

    #[test]
    fn a_message_is_short_and_one_line() {
        let long = cleaned(&"word\n".repeat(1_000), "");
        assert_eq!((long.chars().count(), long.contains('\n')), (500, false));
    }
}
