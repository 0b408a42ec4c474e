//! Guards: what is compared, printed or handed to a filter is weighed first.

use minijinja::{
    Environment, Error, ErrorKind, State, Value,
    value::{Rest, StringInput, ValueKind, ValueOrKwargs},
};

use super::{
    ExprError,
    values::{self, Place},
};
use crate::domain::MAX_DEPTH;

/// The guards that sources are rewritten with; names that no source can use.
pub(super) const OPERAND: &str = "__operand";
pub(super) const LIST: &str = "__list";
pub(super) const KEY: &str = "__key";

/// The heaviest value, in bytes with everything in it counted as often as it occurs.
const MAX_WEIGHT: usize = 4 * 1024 * 1024;
/// The longest key that an object can be given.
const MAX_KEY: usize = 1024;
/// What an item of a list weighs besides itself.
const ITEM: usize = 16;

/// Adds the filters that stand around operands and keys.
pub(super) fn add_guards(environment: &mut Environment<'static>) {
    environment.add_filter(OPERAND, |state: &State<'_, '_>, value: &Value| {
        let weight = weigh(value)?;
        values::charge(state, weight.inner + weight.outer)?;
        Ok::<_, Error>(value.clone())
    });
    environment.add_filter(LIST, |state: &State<'_, '_>, value: &Value| {
        values::charge(state, weigh(value)?.inner)?; // the engine counts what it looks at
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
    environment.add_filter(name, move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
        let arguments = arguments.into_values();
        admit(state, &arguments, may_be_undefined)?;
        filter.call(state, &arguments)
    });
}

/// Adds a test that weighs its arguments before it compares them.
pub(super) fn add_test(environment: &mut Environment<'static>, name: &'static str, test: Value) {
    let may_be_undefined = matches!(name, "defined" | "undefined");
    environment.add_test(name, move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
        let arguments = arguments.into_values();
        admit(state, &arguments, may_be_undefined)?;
        Ok::<_, Error>(test.call(state, &arguments)?.is_true())
    });
}

fn admit(state: &State<'_, '_>, arguments: &[Value], may_be_undefined: bool) -> Result<(), Error> {
    for argument in arguments {
        if argument.is_undefined() && !may_be_undefined {
            return Err(undefined(state, argument));
        }
        values::charge(state, weigh(argument)?.inner)?;
    }
    Ok(())
}

/// Returns the error of looking up what is not there, with the name as far as it is known.
pub(super) fn undefined(state: &State<'_, '_>, value: &Value) -> Error {
    StringInput::new(state, value).err().unwrap_or_else(|| ErrorKind::UndefinedError.into())
}

/// What a value weighs.
#[derive(Default)]
struct Weight {
    /// What was made while rendering.
    inner: usize,
    /// What is part of a payload, at most the size of the payload each time.
    outer: usize,
}

fn weigh(value: &Value) -> Result<Weight, Error> {
    let mut weight = Weight::default();
    add(value, &mut weight, 0)?;
    Ok(weight)
}

fn add(value: &Value, weight: &mut Weight, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        let error = ExprError::ResultTooLarge { what: "levels of nesting", limit: MAX_DEPTH };
        return Err(values::carried(error));
    }
    match value.downcast_object_ref::<Place>() {
        Some(place) => weight.outer += place.size(),
        None => match value.kind() {
            ValueKind::String => weight.inner += value.as_str().map_or(0, str::len),
            ValueKind::Seq | ValueKind::Iterable => {
                for item in value.try_iter()?.checked() {
                    weight.inner += ITEM;
                    add(&item?, weight, depth + 1)?;
                }
            }
            ValueKind::Map => {
                for key in value.try_iter()?.checked() {
                    let key = key?;
                    weight.inner += 2 * ITEM + key.as_str().map_or(0, str::len);
                    add(&value.get_item(&key)?, weight, depth + 1)?;
                }
            }
            ValueKind::Invalid => return Err(values::carried(values::held_error(value))),
            _ => {}
        },
    }
    if weight.inner + weight.outer > MAX_WEIGHT {
        let error = ExprError::ResultTooLarge { what: "bytes on the way", limit: MAX_WEIGHT };
        return Err(values::carried(error));
    }
    Ok(())
}
