//! Payloads: JSON that the engine carries as text and parses only when somebody looks inside.

use std::{
    fmt, io,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::Error as _};
use serde_json::{Value, value::RawValue};

use super::unique::Unique;

/// Arrays and objects within each other that a payload may have. Deeper JSON is refused, never recursed into.
pub const MAX_DEPTH: usize = 100;

/// One JSON value: the input or output of a run or a step. Cheap to clone; compares by value.
///
/// It keeps the text that it was made from (order of keys, digits of numbers), so that what was recorded is
/// read back as it was.
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

struct Inner {
    text: Box<str>,
    value: OnceLock<Value>,
}

/// Why a text or a value cannot be a payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPayload {
    /// The text is no JSON (RFC 8259), or a number in it has no representation.
    #[error("not valid JSON: {reason}")]
    Malformed {
        /// What the parser found, with line and column.
        reason: String,
    },
    /// The value cannot be written as JSON, such as a map whose keys are no strings.
    #[error("cannot be written as JSON: {reason}")]
    NotSerializable {
        /// What the serializer said.
        reason: String,
    },
    /// An object has a key twice: readers would disagree about what it says.
    #[error("the key at {pointer} stands there twice; remove one of them")]
    RepeatedKey {
        /// Where, as a JSON pointer (RFC 6901).
        pointer: String,
    },
    /// The JSON is longer than it may be here.
    #[error("has more than {most} bytes, which is the limit; pass on a reference instead")]
    TooLarge {
        /// The limit, in bytes.
        most: usize,
    },
    /// Too many arrays and objects within each other.
    #[error("JSON is nested more than {MAX_DEPTH} levels deep; flatten it")]
    TooDeep,
}

impl Payload {
    /// Checks a text from outside and keeps it.
    ///
    /// RFC 8259 leaves open what an object means that has a key twice, and readers differ: such an object is refused, so
    /// that what a schema allowed is what an operation gets.
    ///
    /// # Errors
    /// [`InvalidPayload`] when the text is no JSON, is too deep, has a key twice in one object, or holds a number beyond
    /// what JSON numbers can mean here (±1.8e308).
    pub fn parse(text: &str) -> Result<Self, InvalidPayload> {
        let Unique { value, mut repeated } = parse_unique(text)?;
        if !repeated.is_empty() {
            return Err(InvalidPayload::RepeatedKey { pointer: repeated.swap_remove(0) });
        }
        Ok(Self(Arc::new(Inner { text: text.trim_ascii().into(), value: OnceLock::from(value) })))
    }

    /// Writes `value` as JSON.
    ///
    /// # Errors
    /// [`InvalidPayload`] when the value has no JSON form or is too deep.
    pub fn from_serialize(value: &impl Serialize) -> Result<Self, InvalidPayload> {
        let text = serde_json::to_string(value)
            .map_err(|error| InvalidPayload::NotSerializable { reason: error.to_string() })?;
        check_depth(&text)?;
        Ok(Self::from_stored(text))
    }

    /// Writes `value` as JSON, and gives up once that takes more than `most` bytes, so that a huge value costs no more than
    /// a large one.
    ///
    /// # Errors
    /// As [`from_serialize`](Self::from_serialize), and [`InvalidPayload::TooLarge`].
    pub fn from_serialize_within(value: &impl Serialize, most: usize) -> Result<Self, InvalidPayload> {
        let mut writer = Bounded { text: Vec::new(), most, is_full: false };
        match serde_json::to_writer(&mut writer, value) {
            Err(_) if writer.is_full => return Err(InvalidPayload::TooLarge { most }),
            Err(error) => return Err(InvalidPayload::NotSerializable { reason: error.to_string() }),
            Ok(()) => {}
        }
        let text = String::from_utf8(writer.text)
            .map_err(|error| InvalidPayload::NotSerializable { reason: error.to_string() })?;
        check_depth(&text)?;
        Ok(Self::from_stored(text))
    }

    /// Takes back a text that [`as_str`](Self::as_str) gave, without looking at it. For stores.
    pub fn from_stored(text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Inner { text: text.into(), value: OnceLock::new() }))
    }

    /// Returns the payload `null`.
    pub fn null() -> Self {
        Self::from_stored("null")
    }

    /// Returns the payload `{}`.
    pub fn empty_object() -> Self {
        Self::from_stored("{}")
    }

    /// Returns the JSON text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Returns the size of the text in bytes.
    pub fn size(&self) -> usize {
        self.0.text.len()
    }

    /// Tells without parsing whether this is an object.
    pub fn is_object(&self) -> bool {
        self.0.text.trim_start().starts_with('{')
    }

    /// Tells without parsing whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.0.text.trim() == "null"
    }

    /// Tells without parsing whether arrays and objects are nested in it more than [`MAX_DEPTH`] levels deep, as only a
    /// payload can be that was made from a [`Value`] or put together from others.
    pub fn is_too_deep(&self) -> bool {
        check_depth(&self.0.text).is_err()
    }

    /// Returns the parsed value; parses on the first call.
    ///
    /// # Errors
    /// [`InvalidPayload::Malformed`] when a store brought back what is no JSON.
    pub fn value(&self) -> Result<&Value, InvalidPayload> {
        if let Some(value) = self.0.value.get() {
            return Ok(value);
        }
        let value = serde_json::from_str(&self.0.text).map_err(malformed)?;
        Ok(self.0.value.get_or_init(|| value))
    }
}

/// Reads a text from outside, whatever it is.
pub(super) fn parse_unique(text: &str) -> Result<Unique, InvalidPayload> {
    check_depth(text)?;
    serde_json::from_str(text).map_err(malformed)
}

fn malformed(error: serde_json::Error) -> InvalidPayload {
    InvalidPayload::Malformed { reason: error.to_string() }
}

/// A text that refuses to grow beyond a limit.
struct Bounded {
    text: Vec<u8>,
    most: usize,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.most {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Walks over the text without recursion, so that no depth can overflow the stack.
fn check_depth(text: &str) -> Result<(), InvalidPayload> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(InvalidPayload::TooDeep);
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        Self(Arc::new(Inner { text: value.to_string().into(), value: OnceLock::from(value) }))
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::null()
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            || self.0.text == other.0.text
            || matches!((self.value(), other.value()), (Ok(one), Ok(two)) if one == two)
    }
}

impl Eq for Payload {}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0.text).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Unique { value, mut repeated } = Unique::deserialize(deserializer)?;
        if !repeated.is_empty() {
            let pointer = repeated.swap_remove(0);
            return Err(D::Error::custom(InvalidPayload::RepeatedKey { pointer }));
        }
        Payload::from_serialize(&value).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payload_keeps_its_text_and_compares_by_value() {
        let one = Payload::parse("{\"b\": 1.0, \"a\": \"\\u0000\"}").unwrap();
        assert_eq!(one.as_str(), "{\"b\": 1.0, \"a\": \"\\u0000\"}");
        assert_eq!(one, Payload::from(json!({"a": "\0", "b": 1.0})));
        assert_ne!(one, Payload::null());
        assert!(one.is_object() && !one.is_null());
        let carried: Payload = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        assert_eq!(carried, one);
    }

    #[test]
    fn a_value_is_written_no_further_than_the_limit() {
        struct Endless<'c>(&'c std::cell::Cell<usize>);
        impl Serialize for Endless<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let counted = (0..1_000_000).inspect(|_| self.0.set(self.0.get() + 1));
                serializer.collect_seq(counted.map(|_| "12345678"))
            }
        }
        let written = std::cell::Cell::new(0);
        let refused = Payload::from_serialize_within(&Endless(&written), 1_000);
        assert_eq!(refused, Err(InvalidPayload::TooLarge { most: 1_000 }));
        assert!(written.get() < 200, "{} items were looked at", written.get());
        assert_eq!(Payload::from_serialize_within(&"abc", 5), Ok(Payload::from(json!("abc"))));
        assert_eq!(Payload::from_serialize_within(&"abc", 4), Err(InvalidPayload::TooLarge { most: 4 }));
    }

    #[test]
    fn an_object_with_a_key_twice_is_refused() {
        let twice = "{\"a\": [{\"b\": 1, \"b\": 1}]}";
        let error = InvalidPayload::RepeatedKey { pointer: "/a/0/b".to_owned() };
        assert_eq!(Payload::parse(twice), Err(error.clone()));
        let read: Result<Payload, _> = serde_json::from_str(twice);
        assert!(read.is_err_and(|found| found.to_string().contains(&error.to_string())));
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        for bad in ["", "{", "nul", "{\"a\":}", "\"\\ud800\"", "1e999", "[1] 2"] {
            assert!(matches!(Payload::parse(bad), Err(InvalidPayload::Malformed { .. })), "{bad}");
        }
        let deep = |n| "[".repeat(n) + &"]".repeat(n);
        assert!(Payload::parse(&deep(MAX_DEPTH)).is_ok());
        assert_eq!(Payload::parse(&deep(MAX_DEPTH + 1)), Err(InvalidPayload::TooDeep));
        assert_eq!(Payload::parse(&deep(1_000_000)), Err(InvalidPayload::TooDeep));
        assert!(Payload::parse(&format!("{:?}", "[".repeat(500))).is_ok());
    }
}
