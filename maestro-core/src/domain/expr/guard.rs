//! Guards: what is compared, printed or handed to a filter is weighed first.

use minijinja::{
    Environment, Error, ErrorKind, State, Value,
    value::{Rest, StringInput, ValueKind, ValueOrKwargs},
};

use super::{ExprError, place::Place, values};
use crate::domain::MAX_DEPTH;

/// The guards that sources are rewritten with; names that no source can use.
pub(super) const OPERAND: &str = "__operand";
pub(super) const LIST: &str = "__list";
pub(super) const KEY: &str = "__key";
pub(super) const INDEXED: &str = "__indexed";

/// The heaviest value, in bytes with everything in it counted as often as it occurs.
const MAX_WEIGHT: usize = 4 * 1024 * 1024;
/// The longest key that an object can be given.
const MAX_KEY: usize = 1024;
/// What an item of a list weighs besides itself.
const ITEM: usize = 32;

/// Filters that look at the surface of a list or an object only.
const SHALLOW: [&str; 9] = ["attr", "bool", "count", "d", "default", "first", "items", "last", "length"];

/// Tests that look into what they are given.
const COMPARING: [&str; 8] = ["eq", "equalto", "ge", "gt", "in", "le", "lt", "ne"];

/// Adds the filters that stand around operands and keys.
pub(super) fn add_guards(environment: &mut Environment<'static>) {
    environment.add_filter(OPERAND, |state: &State<'_, '_>, value: &Value| {
        values::charge(state, weigh(value)?)?;
        Ok::<_, Error>(value.clone())
    });
    environment.add_filter(LIST, |state: &State<'_, '_>, value: &Value| {
        // the engine counts the items that it looks at, and a payload has none twice
        let weight = if is_payload(value) { 0 } else { weigh(value)? };
        values::charge(state, weight)?;
        Ok::<_, Error>(value.clone())
    });
    environment.add_filter(INDEXED, |state: &State<'_, '_>, value: &Value| {
        values::charge(state, value.as_str().map_or(0, str::len))?;
        Ok::<_, Error>(value.clone())
    });
    environment.add_filter(KEY, |value: &Value| {
        let reason = match value.kind() {
            ValueKind::String if value.as_str().is_some_and(|key| key.len() > MAX_KEY) => "key is too long",
            ValueKind::String | ValueKind::Number | ValueKind::Undefined => return Ok(value.clone()),
            _ => "key of an object must be a text or a number",
        };
        Err(Error::new(ErrorKind::InvalidOperation, reason))
    });
}

/// Adds a filter that weighs its arguments before it works on them.
pub(super) fn add_filter(environment: &mut Environment<'static>, name: &'static str, filter: Value) {
    let may_be_undefined = matches!(name, "default" | "d");
    let is_shallow = SHALLOW.contains(&name);
    environment.add_filter(name, move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
        let arguments = arguments.into_values();
        admit(state, &arguments, may_be_undefined, is_shallow)?;
        filter.call(state, &arguments)
    });
}

/// Adds a test that weighs its arguments before it compares them.
pub(super) fn add_test(environment: &mut Environment<'static>, name: &'static str, test: Value) {
    let may_be_undefined = matches!(name, "defined" | "undefined");
    let is_shallow = !COMPARING.contains(&name);
    environment.add_test(name, move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
        let arguments = arguments.into_values();
        admit(state, &arguments, may_be_undefined, is_shallow)?;
        Ok::<_, Error>(test.call(state, &arguments)?.is_true())
    });
}

fn admit(
    state: &State<'_, '_>,
    arguments: &[Value],
    may_be_undefined: bool,
    is_shallow: bool,
) -> Result<(), Error> {
    for argument in arguments {
        if argument.is_undefined() && !may_be_undefined {
            return Err(undefined(state, argument));
        }
        let weight = if is_shallow && is_payload(argument) { 0 } else { weigh(argument)? };
        values::charge(state, weight)?;
    }
    Ok(())
}

fn is_payload(value: &Value) -> bool {
    value.downcast_object_ref::<Place>().is_some()
}

/// Returns the error of looking up what is not there, with the name as far as it is known.
pub(super) fn undefined(state: &State<'_, '_>, value: &Value) -> Error {
    StringInput::new(state, value).err().unwrap_or_else(|| ErrorKind::UndefinedError.into())
}

/// Returns how many bytes a value has when everything in it counts as often as it occurs.
fn weigh(value: &Value) -> Result<usize, Error> {
    let mut left = MAX_WEIGHT;
    add(value, &mut left, 0)?;
    Ok(MAX_WEIGHT - left)
}

fn add(value: &Value, left: &mut usize, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        let error = ExprError::ResultTooLarge { what: "levels of nesting", limit: MAX_DEPTH };
        return Err(values::carried(error));
    }
    if let Some(place) = value.downcast_object_ref::<Place>() {
        return place.weigh(left).map_or_else(|| Err(too_heavy()), Ok);
    }
    match value.kind() {
        ValueKind::String => take(left, value.as_str().map_or(0, str::len)),
        ValueKind::Seq | ValueKind::Iterable => {
            for item in value.try_iter()?.checked() {
                take(left, ITEM)?;
                add(&item?, left, depth + 1)?;
            }
            Ok(())
        }
        ValueKind::Map => {
            for key in value.try_iter()?.checked() {
                let key = key?;
                take(left, 2 * ITEM + key.as_str().map_or(0, str::len))?;
                add(&value.get_item(&key)?, left, depth + 1)?;
            }
            Ok(())
        }
        ValueKind::Invalid => Err(values::carried(values::held_error(value))),
        _ => Ok(()),
    }
}

fn take(left: &mut usize, bytes: usize) -> Result<(), Error> {
    *left = left.checked_sub(bytes).ok_or_else(too_heavy)?;
    Ok(())
}

fn too_heavy() -> Error {
    values::carried(ExprError::ResultTooLarge { what: "bytes", limit: MAX_WEIGHT })
}
