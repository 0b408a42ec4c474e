//! Bombs: sources that are as deep, and renderings that are as large, as somebody can make them.

use serde_json::{Value, json};

use super::super::*;
use crate::domain::Payload;

/// Runs on the smallest stack that a worker thread may have.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(test).unwrap();
    thread.join().unwrap();
}

/// A start, a middle and an end; a bomb is many starts, the middle, and as many ends.
const EXPRESSIONS: [(&str, &str, &str); 32] = [
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("[", "", "]"),
    ("{'a':", "1", "}"),
    ("{", "1", ":1}"),
    ("not ", "a", ""),
    ("-", "1", ""),
    ("a.", "a", ""),
    ("1+", "1", ""),
    ("1 if 1 else ", "1", ""),
    ("a~", "a", ""),
    ("", "a", "|upper"),
    ("", "a", "()"),
    ("", "a", "[0]"),
    ("", "a", ".0"),
    ("", "a", " is defined"),
    ("a and ", "a", ""),
    ("1 < ", "1", ""),
    ("1 in ", "[]", ""),
    ("range(", "1", ")"),
    ("a|map(", "1", ")"),
    ("[1,", "1", "]"),
    ("1**", "1", ""),
    ("(", "", ""),
    ("[", "", ""),
    ("a[", "0", "]"),
    ("a[b:", "0", "]"),
    ("", "'a'", "'b'"),
    ("1or ", "1", ""),
    ("(1,", "1", ")"),
    ("dict(a=", "1", ")"),
    ("a is eq ", "1", ""),
];

const TAGS: [(&str, &str); 15] = [
    ("{% if 1 %}", "{% endif %}"),
    ("{% if 0 %}{% elif 1 %}", "{% endif %}"),
    ("{% if 0 %}x{% else %}", "{% endif %}"),
    ("{% if 0 %}{% endif %}{% if 0 %}", "{% elif 0 %}{% endif %}"),
    ("{% for x in [1] %}", "{% endfor %}"),
    ("{% for x in [1] recursive %}", "{% endfor %}"),
    ("{% with a=1 %}", "{% endwith %}"),
    ("{% set x %}", "{% endset %}"),
    ("{% filter upper %}", "{% endfilter %}"),
    ("{{ '", "' }}"),
    ("{% raw %}", "{% endraw %}"),
    ("{% set x = [x] %}", "{{ x }}"),
    ("{% set x = dict(a=x) %}", ""),
    ("{% set x = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] %}", ""),
    ("{% set x = {'a':{'a':{'a':{'a':{'a':{'a':{'a':x}}}}}}} %}", "{{ x | length }}"),
];

#[test]
fn no_source_overflows_the_stack() {
    on_small_stack(|| {
        let scope = Scope::new();
        for (start, middle, end) in EXPRESSIONS {
            for n in [10, 31, 60, 126, 250, 1_000, 10_000, 100_000] {
                let bomb = format!("{}{middle}{}", start.repeat(n), end.repeat(n));
                if let Ok(expression) = Expression::parse(&bomb) {
                    let _ = expression.eval(&scope);
                }
                assert!(n < 1_000 || start == "[1," || end == "'b'" || Expression::parse(&bomb).is_err());
                if let Ok(template) = Template::parse(&json!(format!("{{{{ {bomb} }}}}"))) {
                    let _ = template.render(&scope);
                }
            }
        }
        for (start, end) in TAGS {
            for n in [20, 42, 62, 126, 1_000, 10_000] {
                let bomb = format!("{{% set x = 1 %}}{}x{}", start.repeat(n), end.repeat(n));
                if let Ok(template) = Template::parse(&json!(bomb)) {
                    let _ = template.render(&scope);
                }
            }
        }
        let elifs = |n| json!(format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}x".repeat(n)));
        assert_eq!(Template::parse(&elifs(120)).unwrap().render(&scope).unwrap().as_str(), "\"\"");
        assert!(Template::parse(&elifs(130)).is_err());
        let deep = (0..10_000).fold(json!("{{ x }}"), |inner, _| Value::Array(vec![inner]));
        assert!(matches!(Template::parse(&deep).unwrap_err().root(), ExprError::SourceTooLarge { .. }));
        std::mem::forget(deep); // dropping it is recursion of another crate
    });
}

#[test]
fn no_source_is_larger_than_allowed() {
    let too_large = |source: Value| {
        let error = Template::parse(&source).expect_err("too large");
        assert!(matches!(error.root(), ExprError::SourceTooLarge { .. }), "{error}");
    };
    too_large(json!(format!("{{{{ 1 }}}}{}", " ".repeat(70_000))));
    too_large(json!(vec!["{{ 1 }}"; 1_001]));
    too_large(json!(vec!["x".repeat(60_000); 10]));
    too_large(json!("{% if 1 %}{% endif %}".repeat(65)));
    assert!(Expression::parse(&format!("1{}", " ".repeat(70_000))).is_err());
    assert!(Expression::parse(&format!("[{}]", "1,".repeat(5_000))).is_ok());
    assert!(Expression::parse(&vec!["a == 1"; 50].join(" or ")).is_ok());
}

/// Renders one bomb; whatever comes of it, it comes soon and is small.
fn explode(source: &str, scope: &Scope<'_>) -> Option<ExprError> {
    let template = match Template::parse(&json!(source)) {
        Ok(template) => template,
        Err(error) => return Some(error),
    };
    match template.render(scope) {
        Ok(payload) => {
            assert!(payload.size() <= 2 * values::MAX_RESULT, "{source}");
            None
        }
        Err(error) => Some(error),
    }
}

#[test]
fn no_rendering_takes_more_than_its_share() {
    on_small_stack(|| {
        let big =
            Payload::from(json!({"s": "x".repeat(250_000), "l": vec![1; 50_000], "f": vec![1e300; 10_000]}));
        let scope = Scope::new().with("input", &big);
        for bomb in include_str!("bombs.txt").lines() {
            explode(bomb, &scope);
        }
        let doubling = format!("{{% set x = input.s %}}{}{{{{ x }}}}", "{% set x = x ~ x %}".repeat(100));
        assert!(explode(&doubling, &scope).is_some());
    });
}

#[test]
fn no_shared_value_is_walked_over_for_ever() {
    on_small_stack(|| {
        for (made, used) in [
            ("x + x", "{{ x | length }}"),
            ("[x, x]", "{{ x }}"),
            ("[x, x]", "a{{ x }}"),
            ("[x, x]", "{{ x == [x] }}"),
            ("[x, x]", "{{ x < x }}"),
            ("[x, x]", "{{ x in [x] }}"),
            ("[x, x]", "{{ x is eq [x] }}"),
            ("[x, x]", "{{ x ~ '' }}"),
            ("[x, x]", "{{ x + [1] }}"),
            ("[x, x]", "{{ x | tojson }}"),
            ("[x, x]", "{{ x | upper }}"),
            ("[x, x]", "{{ [x, x] | sort | length }}"),
            ("[x, x]", "{{ [x] | unique | list | length }}"),
            ("[x, x]", "{{ [x] | map('string') | list }}"),
            ("[x, x]", "{{ [x, x] | groupby(0) | length }}"),
            ("[x, x]", "{{ [[1], [1]] | sum(x) | length }}"),
            ("[x, x]", "{{ {x: 1} }}"),
            ("{'a': x, 'b': x}", "{{ x == {'a': x, 'b': x} }}"),
            ("dict(a=x, b=x)", "{{ x ~ '' }}"),
            ("(x, x)", "{{ x ~ x }}"),
            ("[x, x] | map('list') | list", "{{ x | length }}"),
        ] {
            let source = format!("{{% set x = [1] %}}{}{used}", format!("{{% set x = {made} %}}").repeat(90));
            assert!(explode(&source, &Scope::new()).is_some(), "{made} {used}");
        }
    });
}
