//! Filters of our own: those that make texts, which here are JSON where they are no texts, and never too long.

use minijinja::{Error, ErrorKind, State, Value, value::Kwargs};

use super::{guard, values};

/// How many characters a text can be trimmed of.
const MAX_TRIMMED: usize = 64;

/// Joins texts; what is no text is joined as its JSON.
pub(super) fn join(
    state: &State<'_, '_>,
    list: &Value,
    separator: Option<String>,
    rest: Kwargs,
) -> Result<String, Error> {
    let separator = match separator {
        Some(separator) => separator,
        None => rest.get::<Option<String>>("d")?.unwrap_or_default(),
    };
    let attribute = rest.get::<Option<String>>("attribute")?;
    rest.assert_all_used()?;
    if list.is_undefined() {
        return Err(guard::undefined(state, list));
    }
    let mut joined = String::new();
    for (at, item) in list.try_iter()?.checked().enumerate() {
        let item = match &attribute {
            Some(name) => item?.get_attr(name)?,
            None => item?,
        };
        if at > 0 {
            values::charge(state, separator.len())?;
            joined.push_str(&separator);
        }
        joined.push_str(&values::to_text(state, &item)?);
    }
    Ok(joined)
}

/// Returns a value as it would stand in a text.
pub(super) fn string(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    values::to_text(state, value)
}

/// Writes a value as JSON: compact, or with line breaks when `indent` says by how many spaces.
pub(super) fn to_json(
    state: &State<'_, '_>,
    value: &Value,
    indent: Option<usize>,
    rest: Kwargs,
) -> Result<String, Error> {
    let indent = match indent {
        Some(indent) => Some(indent),
        None => rest.get::<Option<usize>>("indent")?,
    };
    rest.assert_all_used()?;
    values::to_json_text(state, value, indent.map(|indent| indent.min(8)))
}

/// Reads a value from JSON text.
pub(super) fn from_json(state: &State<'_, '_>, text: &str) -> Result<Value, Error> {
    values::charge(state, text.len().saturating_mul(4))?;
    values::from_json_text(text)
}

/// Cuts blanks, or the given characters, off both ends.
pub(super) fn trim(text: &str, characters: Option<&str>) -> Result<String, Error> {
    let Some(characters) = characters else { return Ok(text.trim().to_owned()) };
    let set: Vec<char> = characters.chars().take(MAX_TRIMMED + 1).collect();
    if set.len() > MAX_TRIMMED {
        return Err(Error::new(ErrorKind::InvalidOperation, "trim takes at most 64 characters"));
    }
    Ok(text.trim_matches(set.as_slice()).to_owned())
}

/// Replaces every occurrence of a text, or the first `count`.
pub(super) fn replace(
    state: &State<'_, '_>,
    text: String,
    old: String,
    new: String,
    count: Option<usize>,
) -> Result<String, Error> {
    let count = count.unwrap_or(usize::MAX);
    let found = text.matches(old.as_str()).take(count).count();
    let longest = found.saturating_mul(new.len()).saturating_add(text.len());
    values::charge(state, longest)?;
    if longest > values::MAX_TEXT {
        return Err(Error::new(ErrorKind::InvalidOperation, "the text becomes too long"));
    }
    Ok(text.replacen(old.as_str(), &new, count))
}
