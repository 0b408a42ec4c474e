//! What differs between two versions of a score: which nodes and edges, and every line.

use std::collections::BTreeMap;

use maestro_core::domain::Score;
use serde_json::Value;

use crate::dashboard::markup::Markup;

/// Lines of documents that are longer are compared by node only.
const MOST_LINES: usize = 3_000;
/// So many lines around a change are shown.
const AROUND: usize = 3;

/// The difference of two versions.
pub(crate) struct Difference {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// In words: what was added, taken away, changed.
    pub(crate) words: Vec<String>,
    pub(crate) lines: Markup,
}

impl Difference {
    /// Compares two versions.
    pub(super) fn between(before: &Score, after: &Score) -> Self {
        let (old, new) = (document(before), document(after));
        let lines = |document: &Value| -> Vec<String> {
            let text = serde_json::to_string_pretty(document).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        let mut words = parts(&old, &new, "nodes", |node| node["id"].as_str().unwrap_or_default().to_owned());
        words.extend(parts(&old, &new, "edges", |edge| {
            format!(
                "{} to {}",
                edge["from"].as_str().unwrap_or_default(),
                edge["to"].as_str().unwrap_or_default()
            )
        }));
        let rest = [
            "name",
            "description",
            "input_schema",
            "summary",
            "budget_cents",
            "timeout_s",
            "fail_fast",
            "pipeline_kind",
            "template",
        ];
        words.extend(
            rest.iter()
                .filter(|field| old.get(**field) != new.get(**field))
                .map(|field| format!("{field} changed")),
        );
        let (old, new) = (lines(&old), lines(&new));
        let drawn = match old.len().max(new.len()) > MOST_LINES {
            true => Markup::new(),
            false => draw(&old, &new),
        };
        Self { from: before.version, to: after.version, words, lines: drawn }
    }
}

/// Returns a score without its number.
fn document(score: &Score) -> Value {
    let mut value = serde_json::to_value(score).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("version");
    }
    value
}

fn parts(old: &Value, new: &Value, list: &str, name: impl Fn(&Value) -> String) -> Vec<String> {
    let by_name = |document: &Value| -> BTreeMap<String, Value> {
        let items = document[list].as_array().cloned().unwrap_or_default();
        items.into_iter().map(|item| (name(&item), item)).collect()
    };
    let (old, new) = (by_name(old), by_name(new));
    let noun = list.trim_end_matches('s');
    let added = new.keys().filter(|key| !old.contains_key(*key)).map(|key| format!("{noun} {key} added"));
    let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| format!("{noun} {key} taken away"));
    let changed = new.iter().filter(|(key, value)| old.get(*key).is_some_and(|before| before != *value));
    added.chain(gone).chain(changed.map(|(key, _)| format!("{noun} {key} changed"))).collect()
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line {
    Same(usize),
    Gone(usize),
    Added(usize),
}

fn draw(old: &[String], new: &[String]) -> Markup {
    let lines = compare(old, new);
    let is_near = |at: usize| {
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(lines.len());
        lines[near].iter().any(|line| !matches!(line, Line::Same(_)))
    };
    let mut out = Markup::new();
    let mut skipped = false;
    for (at, line) in lines.iter().enumerate() {
        if !is_near(at) {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.raw(r#"<span class="gap-line">…</span>"#);
        }
        match line {
            Line::Same(at) => out.raw("<span>  ").text(&old[*at]).raw("</span>"),
            Line::Gone(at) => out.raw(r#"<span class="del">- "#).text(&old[*at]).raw("</span>"),
            Line::Added(at) => out.raw(r#"<span class="add">+ "#).text(&new[*at]).raw("</span>"),
        };
    }
    out
}

/// Finds the shortest way from one list of lines to the other, by the longest common sequence of what lies between the
/// common beginning and the common end.
fn compare(old: &[String], new: &[String]) -> Vec<Line> {
    let begin = old.iter().zip(new).take_while(|(one, two)| one == two).count();
    let end =
        old[begin..].iter().rev().zip(new[begin..].iter().rev()).take_while(|(one, two)| one == two).count();
    let (middle_old, middle_new) = (&old[begin..old.len() - end], &new[begin..new.len() - end]);
    let width = middle_new.len() + 1;
    let mut common = vec![0_u16; (middle_old.len() + 1) * width];
    for i in (0..middle_old.len()).rev() {
        for j in (0..middle_new.len()).rev() {
            common[i * width + j] = match middle_old[i] == middle_new[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let mut lines: Vec<Line> = (0..begin).map(Line::Same).collect();
    let (mut i, mut j) = (0, 0);
    while i < middle_old.len() || j < middle_new.len() {
        if i < middle_old.len() && j < middle_new.len() && middle_old[i] == middle_new[j] {
            lines.push(Line::Same(begin + i));
            (i, j) = (i + 1, j + 1);
        } else if j == middle_new.len()
            || i < middle_old.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]
        {
            lines.push(Line::Gone(begin + i));
            i += 1;
        } else {
            lines.push(Line::Added(begin + j));
            j += 1;
        }
    }
    lines.extend((old.len() - end..old.len()).map(Line::Same));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn lines_that_stay_are_found_again() {
        let (old, new) = (lines("a b c d e"), lines("a x c e f"));
        let found = compare(&old, &new);
        let same = found.iter().filter(|line| matches!(line, Line::Same(_))).count();
        assert_eq!((same, found.len()), (3, 7));
        let back: Vec<String> = found
            .iter()
            .filter_map(|line| match line {
                Line::Same(at) => Some(old[*at].clone()),
                Line::Added(at) => Some(new[*at].clone()),
                Line::Gone(_) => None,
            })
            .collect();
        assert_eq!(back, new);
        assert_eq!(compare(&old, &old).len(), 5);
        assert_eq!(compare(&[], &new).len(), 5);
    }
}
