//! Vocabulary: the filters, tests and functions that templates have, every one bounded by fuel.
//!
//! Left out on purpose: what makes HTML (`safe`, `escape`), what shows more than was looked up (`debug`,
//! `pprint`), and `namespace`, which would let a loop build values of any depth and values that contain
//! themselves.

use std::sync::OnceLock;

use minijinja::{Environment, Error, ErrorKind, State, Value, value::Kwargs};

use super::values;

/// The filters, our own included.
pub(super) const FILTERS: [&str; 44] = [
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "first",
    "float",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "zip",
    "fromjson",
];

/// The tests, those with a name.
pub(super) const TESTS: [&str; 26] = [
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "iterable",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// The functions.
pub(super) const FUNCTIONS: [&str; 2] = ["dict", "range"];

pub(super) fn has_filter(name: &str) -> bool {
    FILTERS.contains(&name)
}

pub(super) fn has_test(name: &str) -> bool {
    TESTS.contains(&name)
}

/// Work of one render: about 400,000 simple instructions, or 25 MB of data made on the way.
pub(super) const FUEL: u64 = 400_000;

/// Returns an environment with exactly this vocabulary and without templates. Cheap to clone.
pub(super) fn shared() -> &'static Environment<'static> {
    static SHARED: OnceLock<Environment<'static>> = OnceLock::new();
    SHARED.get_or_init(environment)
}

fn environment() -> Environment<'static> {
    let mut bounded = Environment::new();
    bounded.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    bounded.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    bounded.set_fuel(Some(FUEL));
    bounded.set_recursion_limit(100);
    bounded.set_debug(true); // errors then know what was undefined
    bounded.set_syntax(syntax());
    for left_out in ["safe", "escape", "e", "pprint", "format"] {
        bounded.remove_filter(left_out);
    }
    for left_out in ["debug", "namespace"] {
        bounded.remove_global(left_out);
    }
    bounded.add_filter("join", join);
    bounded.add_filter("string", string);
    bounded.add_filter("tojson", to_json);
    bounded.add_filter("fromjson", from_json);
    bounded.set_formatter(|out, state, value| {
        let text = values::to_text(state, value)?;
        out.write_str(&text).map_err(Error::from)
    });
    bounded
}

fn syntax() -> minijinja::syntax::SyntaxConfig {
    let config = minijinja::syntax::SyntaxConfig::builder().keep_trailing_newline(true).build();
    config.expect("the standard delimiters are valid")
}

/// Joins texts; what is no text is joined as its JSON.
fn join(
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
    let mut joined = String::new();
    if list.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    for (at, item) in list.try_iter()?.checked().enumerate() {
        let item = item?;
        let item = match &attribute {
            Some(name) => item.get_attr(name)?,
            None => item,
        };
        let text = values::to_text(state, &item)?;
        if at > 0 {
            joined.push_str(&separator);
        }
        joined.push_str(&text);
        values::charge(state, separator.len())?;
    }
    Ok(joined)
}

fn string(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    values::to_text(state, value)
}

/// Writes a value as JSON: compact, or with line breaks when `indent` says by how many spaces.
fn to_json(
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
fn from_json(state: &State<'_, '_>, text: String) -> Result<Value, Error> {
    values::charge(state, text.len().saturating_mul(8))?;
    values::from_json_text(&text)
}
