//! Data that flows: merging outputs into inputs and results.

use std::{collections::HashMap, fmt};

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::super::{InvalidPayload, NodeId, Payload};

/// Merges outputs shallowly, in order: of two that have the same key the later wins. An output that is no object lands
/// under its node's id. Nothing gives `{}`. May be one level deeper than what it was made from.
pub(super) fn merge(outputs: &[(NodeId, Payload)]) -> Result<Payload, InvalidPayload> {
    if let [(_, only)] = outputs
        && only.is_object()
    {
        return Ok(only.clone());
    }
    let mut merged = Merged::default();
    for (node, output) in outputs {
        if output.is_object() {
            let RawObject(entries) = parse(output.as_str())?;
            entries.into_iter().for_each(|(key, value)| merged.put(key, value));
        } else {
            merged.put(node.as_str().to_owned(), parse(output.as_str())?);
        }
    }
    let text = serde_json::to_string(&merged)
        .map_err(|error| InvalidPayload::NotSerializable { reason: error.to_string() })?;
    Ok(Payload::from_stored(text))
}

/// Returns what a scope gives, from the outputs of its last nodes that succeeded.
pub(super) fn result_of(outputs: &[(NodeId, Payload)]) -> Result<Payload, InvalidPayload> {
    match outputs {
        [] => Ok(Payload::null()),
        [(_, only)] => Ok(only.clone()),
        several => merge(several),
    }
}

/// Writes a list of payloads as one.
pub(super) fn list_of<'a>(items: impl Iterator<Item = &'a Payload>) -> Payload {
    let mut text = String::from("[");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(item.as_str());
    }
    text.push(']');
    Payload::from_stored(text)
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, InvalidPayload> {
    serde_json::from_str(text).map_err(|error| InvalidPayload::Malformed { reason: error.to_string() })
}

/// An object under construction: keys in the order of their first coming, values uninterpreted.
#[derive(Default)]
struct Merged<'a> {
    entries: Vec<(String, &'a RawValue)>,
    places: HashMap<String, usize>,
}

impl<'a> Merged<'a> {
    fn put(&mut self, key: String, value: &'a RawValue) {
        match self.places.get(&key) {
            Some(place) => self.entries[*place].1 = value,
            None => {
                self.places.insert(key.clone(), self.entries.len());
                self.entries.push((key, value));
            }
        }
    }
}

impl serde::Serialize for Merged<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.entries.iter().map(|(key, value)| (key, *value)))
    }
}

/// The entries of an object in their order, values uninterpreted.
struct RawObject<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = RawObject<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawObject(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(all: &[(&str, &str)]) -> Vec<(NodeId, Payload)> {
        all.iter().map(|(id, text)| (NodeId::new(id).unwrap(), Payload::parse(text).unwrap())).collect()
    }

    #[test]
    fn a_merge_is_shallow_and_the_later_wins() {
        let merged = |all: &[(&str, &str)]| merge(&outputs(all)).unwrap().as_str().to_owned();
        assert_eq!(merged(&[]), "{}");
        assert_eq!(merged(&[("a", "{\"x\": 1}")]), "{\"x\": 1}");
        assert_eq!(merged(&[("a", "[1]")]), "{\"a\":[1]}");
        assert_eq!(
            merged(&[("a", "{\"z\":{\"deep\":1},\"y\":1.00}"), ("b", "7"), ("c", "{\"z\":{},\"b\":null}")]),
            "{\"z\":{},\"y\":1.00,\"b\":null}"
        );
    }

    #[test]
    fn a_result_is_the_only_output_as_it_is_or_the_merge() {
        let result = |all: &[(&str, &str)]| result_of(&outputs(all)).unwrap().as_str().to_owned();
        assert_eq!(result(&[]), "null");
        assert_eq!(result(&[("a", "[1]")]), "[1]");
        assert_eq!(result(&[("a", "1"), ("b", "2")]), "{\"a\":1,\"b\":2}");
        let items = outputs(&[("a", "1"), ("b", "null"), ("c", "{}")]);
        assert_eq!(list_of(items.iter().map(|(_, output)| output)).as_str(), "[1,null,{}]");
        assert_eq!(list_of([].into_iter()).as_str(), "[]");
    }
}
