//! Needles: the forms of a value that texts are searched for as they are.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use secrecy::zeroize::Zeroizing;

use super::SHORTEST_STUMP;

/// A form of a value. Wiped from memory when it is dropped.
pub(super) struct Needle {
    pub(super) slot: String,
    pub(super) text: Zeroizing<String>,
}

impl Needle {
    /// Returns where in `text` its end begins that is the beginning of this one.
    pub(super) fn stump_at_end_of(&self, text: &str) -> Option<usize> {
        let longest = self.text.len().saturating_sub(1);
        let lengths = (SHORTEST_STUMP..=longest).rev().filter(|length| self.text.is_char_boundary(*length));
        lengths
            .map(|length| &self.text[..length])
            .find(|stump| text.ends_with(stump))
            .map(|s| text.len() - s.len())
    }
}

/// Returns every form of the value of a slot, each once.
pub(super) fn of(slot: &str, value: &str) -> Vec<Needle> {
    let mut forms = vec![
        value.to_owned(),
        value.escape_debug().to_string(),
        in_json(value),
        percent(value),
        hex(value, "0123456789abcdef"),
        hex(value, "0123456789ABCDEF"),
        bytes(value, ","),
        bytes(value, ", "),
    ];
    for before in 0..3 {
        forms.push(base64(&STANDARD_NO_PAD, value, before));
        forms.push(base64(&URL_SAFE_NO_PAD, value, before));
    }
    forms.sort();
    forms.dedup();
    let needle = |text| Needle { slot: slot.to_owned(), text: Zeroizing::new(text) };
    forms.into_iter().map(needle).collect()
}

/// Returns the digits of base64 that depend on the value alone, where `before` bytes modulo 3 stand in front of it.
fn base64(engine: &impl Engine, value: &str, before: usize) -> String {
    let mut bytes = Zeroizing::new(vec![0; before]);
    bytes.extend_from_slice(value.as_bytes());
    let (first, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    let digits = Zeroizing::new(engine.encode(&*bytes));
    digits[first..end].to_owned()
}

fn in_json(value: &str) -> String {
    let quoted = serde_json::Value::from(value).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Escapes all but what no encoder of URLs escapes.
fn percent(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    let escaped =
        |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(escaped).collect()
}

fn hex(value: &str, digits: &str) -> String {
    let digit = |number: u8| char::from(digits.as_bytes()[usize::from(number)]);
    value.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// As bytes look in JSON, and in what a program shows of them.
fn bytes(value: &str, between: &str) -> String {
    value.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(between)
}
