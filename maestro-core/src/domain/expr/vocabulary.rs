//! Vocabulary: the filters, tests and functions that templates have, every one of bounded cost.
//!
//! Left out on purpose: what makes HTML (`safe`, `escape`), what pads to any width (`indent`, `format`), what shows
//! more than was looked up (`debug`, `pprint`), what makes lists that are lists of lists only when walked over
//! (`chain`, `zip`), and `namespace`, which would let a loop build values of any depth and values that contain
//! themselves.

use std::sync::OnceLock;

use minijinja::{
    AutoEscape, Environment, Error, UndefinedBehavior, Value, filters as standard, syntax::SyntaxConfig,
    tests as standard_tests,
};

use super::{filters, guard, values};

/// Work of one render: about 400,000 simple instructions, or 25 MB of data made on the way.
pub(super) const FUEL: u64 = 400_000;

/// The functions.
pub(super) const FUNCTIONS: [&str; 2] = ["dict", "range"];

/// Returns the filters by name.
pub(super) fn filters() -> &'static [(&'static str, Value)] {
    static FILTERS: OnceLock<Vec<(&str, Value)>> = OnceLock::new();
    FILTERS.get_or_init(|| {
        vec![
            ("abs", Value::from_function(standard::abs)),
            ("attr", Value::from_function(standard::attr)),
            ("batch", Value::from_function(standard::batch)),
            ("bool", Value::from_function(standard::bool)),
            ("capitalize", Value::from_function(standard::capitalize)),
            ("count", Value::from_function(standard::length)),
            ("d", Value::from_function(standard::default)),
            ("default", Value::from_function(standard::default)),
            ("dictsort", Value::from_function(standard::dictsort)),
            ("first", Value::from_function(standard::first)),
            ("float", Value::from_function(standard::float)),
            ("fromjson", Value::from_function(filters::from_json)),
            ("groupby", Value::from_function(standard::groupby)),
            ("int", Value::from_function(standard::int)),
            ("items", Value::from_function(standard::items)),
            ("join", Value::from_function(filters::join)),
            ("last", Value::from_function(standard::last)),
            ("length", Value::from_function(standard::length)),
            ("lines", Value::from_function(standard::lines)),
            ("list", Value::from_function(standard::list)),
            ("lower", Value::from_function(standard::lower)),
            ("map", Value::from_function(standard::map)),
            ("max", Value::from_function(standard::max)),
            ("min", Value::from_function(standard::min)),
            ("reject", Value::from_function(standard::reject)),
            ("rejectattr", Value::from_function(standard::rejectattr)),
            ("replace", Value::from_function(filters::replace)),
            ("reverse", Value::from_function(standard::reverse)),
            ("round", Value::from_function(standard::round)),
            ("select", Value::from_function(standard::select)),
            ("selectattr", Value::from_function(standard::selectattr)),
            ("slice", Value::from_function(standard::slice)),
            ("sort", Value::from_function(standard::sort)),
            ("split", Value::from_function(standard::split)),
            ("string", Value::from_function(filters::string)),
            ("sum", Value::from_function(standard::sum)),
            ("title", Value::from_function(standard::title)),
            ("tojson", Value::from_function(filters::to_json)),
            ("trim", Value::from_function(filters::trim)),
            ("unique", Value::from_function(standard::unique)),
            ("upper", Value::from_function(standard::upper)),
        ]
    })
}

/// Returns the tests by name.
pub(super) fn tests() -> &'static [(&'static str, Value)] {
    static TESTS: OnceLock<Vec<(&str, Value)>> = OnceLock::new();
    TESTS.get_or_init(|| {
        vec![
            ("boolean", Value::from_function(standard_tests::is_boolean)),
            ("defined", Value::from_function(standard_tests::is_defined)),
            ("divisibleby", Value::from_function(standard_tests::is_divisibleby)),
            ("endingwith", Value::from_function(standard_tests::is_endingwith)),
            ("eq", Value::from_function(standard_tests::is_eq)),
            ("equalto", Value::from_function(standard_tests::is_eq)),
            ("even", Value::from_function(standard_tests::is_even)),
            ("false", Value::from_function(standard_tests::is_false)),
            ("float", Value::from_function(standard_tests::is_float)),
            ("ge", Value::from_function(standard_tests::is_ge)),
            ("gt", Value::from_function(standard_tests::is_gt)),
            ("in", Value::from_function(standard_tests::is_in)),
            ("integer", Value::from_function(standard_tests::is_integer)),
            ("iterable", Value::from_function(standard_tests::is_iterable)),
            ("le", Value::from_function(standard_tests::is_le)),
            ("lt", Value::from_function(standard_tests::is_lt)),
            ("mapping", Value::from_function(standard_tests::is_mapping)),
            ("ne", Value::from_function(standard_tests::is_ne)),
            ("none", Value::from_function(standard_tests::is_none)),
            ("number", Value::from_function(standard_tests::is_number)),
            ("odd", Value::from_function(standard_tests::is_odd)),
            ("sequence", Value::from_function(standard_tests::is_sequence)),
            ("startingwith", Value::from_function(standard_tests::is_startingwith)),
            ("string", Value::from_function(standard_tests::is_string)),
            ("true", Value::from_function(standard_tests::is_true)),
            ("undefined", Value::from_function(standard_tests::is_undefined)),
        ]
    })
}

/// Returns an environment with exactly this vocabulary and without templates. Cheap to clone.
pub(super) fn shared() -> &'static Environment<'static> {
    static SHARED: OnceLock<Environment<'static>> = OnceLock::new();
    SHARED.get_or_init(environment)
}

fn environment() -> Environment<'static> {
    let mut bounded = Environment::empty();
    bounded.set_undefined_behavior(UndefinedBehavior::Strict);
    bounded.set_auto_escape_callback(|_| AutoEscape::None);
    bounded.set_fuel(Some(FUEL));
    bounded.set_recursion_limit(100);
    bounded.set_debug(true); // errors then know what was undefined
    bounded.set_syntax(syntax());
    guard::add_guards(&mut bounded);
    for (name, filter) in filters() {
        guard::add_filter(&mut bounded, name, filter.clone());
    }
    for (name, test) in tests() {
        guard::add_test(&mut bounded, name, test.clone());
    }
    bounded.add_function("dict", minijinja::functions::dict);
    bounded.add_function("range", minijinja::functions::range);
    bounded.set_formatter(|out, state, value| {
        let text = values::to_text(state, value)?;
        out.write_str(&text).map_err(Error::from)
    });
    bounded
}

fn syntax() -> SyntaxConfig {
    let config = SyntaxConfig::builder().keep_trailing_newline(true).build();
    config.expect("the standard delimiters are valid")
}
