//! Unique keys: JSON in which no object has a key twice, so that everybody who reads it reads the same.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How many keys are reported, so that a hostile document cannot make a huge answer.
const MOST: usize = 200;

/// A JSON value, and where its text has a key again that the same object had before. The last one counts.
pub(super) struct Unique {
    pub(super) value: Value,
    /// JSON pointers (RFC 6901).
    pub(super) repeated: Vec<String>,
}

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (mut pointer, mut repeated) = (String::new(), Vec::new());
        let reader = Reader { pointer: &mut pointer, repeated: &mut repeated };
        let value = reader.deserialize(deserializer)?;
        Ok(Self { value, repeated })
    }
}

/// Reads one value, which stands at `pointer`.
struct Reader<'r> {
    pointer: &'r mut String,
    repeated: &'r mut Vec<String>,
}

impl Reader<'_> {
    /// Returns the reader of a value within this one, and how long the pointer is without it.
    fn within(&mut self, step: &str) -> (Reader<'_>, usize) {
        let length = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(step);
        (Reader { pointer: self.pointer, repeated: self.repeated }, length)
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let (reader, length) = self.within(&items.len().to_string());
            let item = list.next_element_seed(reader)?;
            self.pointer.truncate(length);
            match item {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let (reader, length) = self.within(&key.replace('~', "~0").replace('/', "~1"));
            if fields.contains_key(&key) && reader.repeated.len() < MOST {
                reader.repeated.push(reader.pointer.clone());
            }
            let field = map.next_value_seed(reader)?;
            self.pointer.truncate(length);
            fields.insert(key, field);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_found_wherever_it_is() {
        let read = |text: &str| serde_json::from_str::<Unique>(text).unwrap();
        let found = read(
            r#"{"a": 1, "b": [{"x/y": {"~": 1, "~": 2}}, {"x": 1}], "a": [true, null, -1, 1.5, "s"], "a": {"a": 1}}"#,
        );
        assert_eq!(found.repeated, ["/b/0/x~1y/~0", "/a", "/a"]);
        assert_eq!(found.value, json!({"a": {"a": 1}, "b": [{"x/y": {"~": 2}}, {"x": 1}]}));
        assert_eq!(read(r#"{"a": 1, "\u0061": 2}"#).repeated, ["/a"]);
        let hostile = format!("{{{}\"a\": 1}}", "\"a\": 1, ".repeat(5_000));
        assert_eq!(read(&hostile).repeated.len(), MOST);
    }

    proptest! {
        #[test]
        fn a_value_is_read_as_serde_json_reads_it(numbers: Vec<i64>, floats: Vec<f64>, texts: Vec<String>, big: u64) {
            let value = json!({"n": numbers, "f": floats, "t": [{"t": texts}], "big": big});
            let text = value.to_string();
            let read: Unique = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&read.value, &serde_json::from_str::<Value>(&text).unwrap());
            prop_assert!(read.repeated.is_empty());
        }
    }
}
