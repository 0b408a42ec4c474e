//! The secrets that a try of a step was given, and the search for them in what it writes.

mod decode;
mod needles;

use std::{borrow::Cow, collections::BTreeMap, fmt};

use self::{decode::Decoder, needles::Needle};
use super::Secret;

/// How deep a text is decoded while it is searched, such as JSON in a string of JSON that was URL-encoded.
const DEEPEST: usize = 3;
/// The shortest beginning of a value that is taken for one where a text was cut.
const SHORTEST_STUMP: usize = 4;

/// The secrets that a try of a step was given, by slot. Costs nothing where there are none.
///
/// The search finds a value as it is and in base64 (both alphabets, wherever in a longer text it begins), hex, a list of
/// bytes, and whatever backslashes, percent signs and plus signs escape, also one within another. It does not find a
/// value that an operation has cut, encrypted or disguised otherwise.
#[derive(Default)]
pub struct StepSecrets {
    values: BTreeMap<String, Secret>,
    /// The longest first, so that what is replaced leaves no rest.
    needles: Vec<Needle>,
    has_spaces: bool,
}

impl StepSecrets {
    /// Makes it of values by slot.
    pub fn new(values: BTreeMap<String, Secret>) -> Self {
        let mut needles: Vec<_> =
            values.iter().flat_map(|(slot, secret)| needles::of(slot, secret.expose().trim())).collect();
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.text.len()));
        let has_spaces = values.values().any(|secret| secret.expose().trim().contains(' '));
        Self { values, needles, has_spaces }
    }

    /// Returns the value of a slot.
    pub fn get(&self, slot: &str) -> Option<&Secret> {
        self.values.get(slot)
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the slot of a value that stands in `text`, in whatever form.
    pub fn find(&self, text: &str) -> Option<&str> {
        if self.is_empty() { None } else { self.find_within(text, DEEPEST) }
    }

    /// Returns `text` with `[secret slot]` in place of every value. Where a value can be read only after decoding, nothing
    /// of the text is left.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(slot) = self.find(text) else { return Cow::Borrowed(text) };
        let mut clean = text.to_owned();
        for needle in &self.needles {
            if clean.contains(&*needle.text) {
                clean = clean.replace(&*needle.text, &mark(&needle.slot));
            }
        }
        match self.find(&clean) {
            None => Cow::Owned(clean),
            Some(_) => Cow::Owned(mark(slot)),
        }
    }

    /// Returns `text` like [`redact`](Self::redact), where it may have been cut after `most` characters: the beginning of a
    /// value at its end goes too.
    pub fn redact_cut<'t>(&self, text: &'t str, most: usize) -> Cow<'t, str> {
        let clean = self.redact(text);
        if self.is_empty() || text.chars().count() < most {
            return clean;
        }
        let stump = self.needles.iter().filter_map(|needle| Some((needle.stump_at_end_of(&clean)?, needle)));
        match stump.min_by_key(|(start, _)| *start) {
            Some((start, needle)) => Cow::Owned(format!("{}{}", &clean[..start], mark(&needle.slot))),
            None => clean,
        }
    }

    fn find_within(&self, text: &str, depth: usize) -> Option<&str> {
        if let Some(needle) = self.needles.iter().find(|needle| text.contains(&*needle.text)) {
            return Some(&needle.slot);
        }
        if depth == 0 {
            return None;
        }
        let decoders = Decoder::ALL.iter().filter(|decoder| self.has_spaces || **decoder != Decoder::Plus);
        decoders
            .filter_map(|decoder| decoder.decode(text))
            .find_map(|text| self.find_within(&text, depth - 1))
    }
}

impl fmt::Debug for StepSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

fn mark(slot: &str) -> String {
    format!("[secret {slot}]")
}

#[cfg(test)]
mod tests;
