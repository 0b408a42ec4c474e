//! JSON to look at: levels that fold, long texts cut, so that a large value does no harm.

use maestro_core::domain::Payload;
use serde_json::Value;

use super::{markup::Markup, words};

/// So many levels are open.
const OPEN: usize = 2;
/// So many entries of one level are shown.
const ENTRIES: usize = 200;
/// So many entries are shown in all.
const MOST: usize = 4_000;
/// Longer texts are folded, in bytes.
const LONG: usize = 2_000;
/// Longer texts are cut, in bytes.
const LONGEST: usize = 100_000;
/// Short values stand on one line, in characters.
const LINE: usize = 60;

/// Draws a value as it is stored.
pub(crate) fn of_payload(payload: &Payload) -> Markup {
    match payload.value() {
        Ok(value) => of_value(value),
        Err(_) => {
            let mut out = Markup::new();
            out.raw("<div>").text(words::bytes(payload.size())).raw(" that cannot be read as JSON</div>");
            out
        }
    }
}

/// Draws a value.
pub(crate) fn of_value(value: &Value) -> Markup {
    let mut view = View { out: Markup::new(), left: MOST };
    view.entry(None, value, 0);
    view.out
}

struct View {
    out: Markup,
    left: usize,
}

impl View {
    fn entry(&mut self, key: Option<&str>, value: &Value, level: usize) {
        self.left = self.left.saturating_sub(1);
        let small = small(value);
        let (open, close, count) = match value {
            Value::Object(map) if small.is_none() => ("{", "}", map.len()),
            Value::Array(items) if small.is_none() => ("[", "]", items.len()),
            Value::String(text) if text.len() > LONG => return self.long(key, text),
            scalar => {
                self.out.raw("<div>");
                self.key(key);
                match small {
                    Some(line) => self.out.text(line),
                    None => self.scalar(scalar),
                };
                self.out.raw("</div>");
                return;
            }
        };
        let opened = if level < OPEN && count <= ENTRIES { " open" } else { "" };
        self.out.raw(format_args!("<details{opened}><summary>"));
        self.key(key);
        let noun = if open == "{" { "key" } else { "item" };
        self.out.raw(format_args!("{open} {} {close}</summary>", words::many(count as u64, noun)));
        let shown = count.min(ENTRIES).min(self.left);
        match value {
            Value::Object(map) => {
                map.iter().take(shown).for_each(|(key, value)| self.entry(Some(key), value, level + 1))
            }
            Value::Array(items) => {
                items.iter().take(shown).for_each(|value| self.entry(None, value, level + 1))
            }
            _ => {}
        }
        if count > shown {
            self.out.raw(format_args!("<div>… {} more</div>", words::count((count - shown) as u64)));
        }
        self.out.raw("</details>");
    }

    fn key(&mut self, key: Option<&str>) {
        if let Some(key) = key {
            let key: String = key.chars().take(200).collect();
            self.out.raw("<b>").text(key).raw("</b>: ");
        }
    }

    fn scalar(&mut self, value: &Value) -> &mut Markup {
        match value {
            Value::String(text) => self.out.raw("<i dir=\"auto\">").text(text).raw("</i>"),
            other => self.out.raw("<u>").text(other).raw("</u>"),
        }
    }

    fn long(&mut self, key: Option<&str>, text: &str) {
        let cut = |most: usize| {
            let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            &text[..end.unwrap_or(0)]
        };
        self.out.raw("<details><summary>");
        self.key(key);
        self.out.text(format!("“{}…”, {}", cut(80), words::bytes(text.len())));
        self.out.raw("</summary><div><i dir=\"auto\">").text(cut(LONGEST)).raw("</i>");
        if text.len() > LONGEST {
            self.out.text(format!(" … {} more", words::bytes(text.len() - LONGEST)));
        }
        self.out.raw("</div></details>");
    }
}

/// Returns a value on one line, where it is no text and short enough.
fn small(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) if map.len() > 4 => None,
        Value::Array(items) if items.len() > 12 => None,
        Value::Object(map) if map.values().any(|value| value.is_object() || value.is_array()) => None,
        Value::Array(items) if items.iter().any(|value| value.is_object() || value.is_array()) => None,
        Value::Object(_) | Value::Array(_) => {
            Some(value.to_string()).filter(|text| text.chars().count() <= LINE)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn large_values_are_folded_and_cut() {
        let long = "é".repeat(LONGEST);
        let html = of_value(&json!({"text": long, "list": (0..50_000).collect::<Vec<_>>()})).to_string();
        assert!(html.len() < 200_000, "{}", html.len());
        assert!(html.contains("… 49,800 more"));
        assert!(html.contains("200.0 kB"));
    }

    #[test]
    fn keys_and_texts_are_escaped() {
        let html = of_value(&json!({"<b>": "<script>", "more": {"a": [{}]}})).to_string();
        assert!(html.contains("&lt;b&gt;") && html.contains("&lt;script&gt;"), "{html}");
        assert!(!html.contains("<script>"));
    }

    #[test]
    fn what_is_deep_ends_somewhere() {
        let deep = (0..100).fold(json!([1, 2]), |inner, _| json!([inner, inner.is_array()]));
        assert!(of_value(&deep).to_string().len() < 20_000);
    }
}
