//! Templates and expressions from outside: what they mean, and what no source and no data can do.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::{NodeId, Payload};

fn render(source: Value, input: Value) -> Result<Value, ExprError> {
    let input = Payload::from(input);
    let from = [(NodeId::new("fetch-leads").unwrap(), Payload::from(json!({"items": [1, 2]})))];
    let scope = Scope::new().with("input", &input).with_index(3).with_from(&from);
    Ok(Template::parse(&source)?.render(&scope)?.value().unwrap().clone())
}

fn one(source: &str) -> Result<Value, ExprError> {
    render(
        json!(source),
        json!({"a": 1, "list": [3, 1, 2], "text": "Hi", "none": null, "yes": true, "f": 2.0}),
    )
}

#[test]
fn a_lone_expression_keeps_its_type_and_anything_else_is_text() {
    assert_eq!(one("{{ input.a }}"), Ok(json!(1)));
    assert_eq!(one("  {{ input.a + 1 }}\n"), Ok(json!(2)));
    assert_eq!(one("{{ input.list }}"), Ok(json!([3, 1, 2])));
    assert_eq!(one("{{ input.f }}"), Ok(json!(2.0)));
    assert_eq!(one("{{ input.none }}"), Ok(json!(null)));
    assert_eq!(one("{{ {'a': [input.a, 'x']} }}"), Ok(json!({"a": [1, "x"]})));
    assert_eq!(one("{{ input.a }}{{ input.a }}"), Ok(json!("11")));
    assert_eq!(
        one("n={{ input.list }} {{ input.yes }} {{ input.none }}\n"),
        Ok(json!("n=[3,1,2] true null\n"))
    );
    assert_eq!(one("plain } text {"), Ok(json!("plain } text {")));
    assert_eq!(one("{{ index }}"), Ok(json!(3)));
    assert_eq!(one("{{ from['fetch-leads']['items'] | length }}"), Ok(json!(2)));
    assert_eq!(one("{% for x in input.list | sort %}{{ x }},{% endfor %}"), Ok(json!("1,2,3,")));
    assert_eq!(one("{{ [1, 'a', true, none] | join('-') }}"), Ok(json!("1-a-true-null")));
    assert_eq!(one("{{ input.list | tojson }}"), Ok(json!("[3,1,2]")));
    assert_eq!(one("{{ '<b>' }}&"), Ok(json!("<b>&")));
    assert_eq!(one("{{ '{\"a\": 1}' | fromjson }}"), Ok(json!({"a": 1})));
    assert_eq!(one("{# note #}"), Ok(json!("")));
    assert_eq!(one("{{ input.list[1:] }}"), Ok(json!([1, 2])));
    let nested = render(json!({"k{{": [{"x": "{{ input }}"}, 5]}), json!([1]));
    assert_eq!(nested, Ok(json!({"k{{": [{"x": [1]}, 5]})));
}

#[test]
fn what_is_not_there_is_an_error_and_says_so() {
    for source in [
        "{{ input.no }}",
        "{{ nothing }}",
        "x{{ input.no }}",
        "{{ [input.no] }}",
        "{{ {'a': input.no} }}",
        "{{ input.no.deeper }}",
        "{{ input.no > 3 }}",
        "{{ input.no == none }}",
        "{{ not input.no }}",
        "{{ 'x' ~ input.no }}",
        "{{ input.no | upper }}",
        "{{ input.no | length }}",
        "x{{ [input.no] }}",
        "{{ input.no | join }}",
        "{{ [input.no] | join }}",
        "{{ [input.no] | tojson }}",
        "{{ input.list[9] }}",
        "{% if input.no %}{% endif %}",
        "{% for x in input.no %}{% endfor %}",
        "{{ 'x' if false }}",
        "{{ 'x' in input.no }}",
        "{{ 1 + input.no }}",
        "{{ from.other }}",
        "{{ from }}{{ from.other }}",
        "{{ input.list | map(attribute='no') | list }}",
        "{{ [[input.no]] }}",
        "{{ input.no or 1 }}",
        "{{ input.no and 1 }}",
        "{{ [1, 2] | first(input.no) if 0 else [] | first }}",
    ] {
        let error = one(source).expect_err(source);
        assert!(
            matches!(error, ExprError::Undefined { .. } | ExprError::Invalid { .. }),
            "{source}: {error}"
        );
    }
    let error = render(json!({"a": ["", "x {{ input.no.deeper }}"]}), json!({})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "at /a/1: input.no is undefined; check the spelling, or give a default: input.no | default(…)"
    );
    assert!(matches!(one("{{ input.no }}"), Err(ExprError::Undefined { name }) if name == "input.no"));
    assert_eq!(one("{{ input.no | default('d') }}"), Ok(json!("d")));
    assert_eq!(one("{{ input.no is defined }}"), Ok(json!(false)));
    assert_eq!(one("{{ 'y' if input.no is defined else 'n' }}"), Ok(json!("n")));
}

#[test]
fn what_cannot_be_parsed_says_where_and_why() {
    let error = Template::parse(&json!("ab\nä{{ input. }}")).unwrap_err();
    assert!(matches!(error, ExprError::Syntax { line: 2, column: 12, .. }), "{error:?}");
    let error = Template::parse(&json!("{{ input.x | upercase }}")).unwrap_err().to_string();
    assert!(error.contains("no filter `upercase`") && error.contains("column 14"), "{error}");
    for bad in [
        "{{ }}",
        "{{ a, b }}",
        "{{ a",
        "{% if x %}",
        "{% endif %}",
        "{% for x in y %}{% endif %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% macro f() %}{% endmacro %}",
        "{% extends 'x' %}",
        "{% block x %}{% endblock %}",
        "{{ debug() }}",
        "{{ namespace() }}",
        "{{ x is odder }}",
        "{{ x | safe }}",
        "{{ a) + (b }}",
        "{{ a = 1 }}",
        "{% set %}",
        "{% %}",
        "{{ a b }}",
        "{% else %}",
        "{% elif x %}",
        "{% filter nope %}{% endfilter %}",
        "{% set loop = 1 %}",
        "{% if x %}{% else %}{% else %}{% endif %}",
        "{% do x() %}",
        "{% call x() %}{% endcall %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% raw %}",
        "{# x",
        "{{ 'x }}",
        "{{ x | }}",
        "{{ 1.. }}",
        "{{ 99999999999999999999999999999999999999999999 }}",
        "{{ x %}",
    ] {
        let error = Template::parse(&json!(bad)).expect_err(bad);
        assert!(matches!(error, ExprError::Syntax { .. }), "{bad}: {error}");
    }
    for bad in ["", "  ", "a }}", "{{ a }}", "a;", "(", "a, b", "a = 1", "x |", "not"] {
        assert!(matches!(Expression::parse(bad), Err(ExprError::Syntax { .. })), "{bad}");
    }
}

#[test]
fn names_are_known_before_rendering() {
    let names = |source: &str| {
        let names = Template::parse(&json!(source))
            .expect(source)
            .names()
            .iter()
            .map(Name::to_string)
            .collect::<Vec<_>>();
        names.join(" ")
    };
    assert_eq!(names("{{ input.a.b }} {{ item }} {{ input.c }}"), "input item");
    assert_eq!(names("{{ from.x.input }}{{ from['y-z'].a }}{{ from['a'][0] }}"), "from.a from.x from.y-z");
    assert_eq!(names("{{ from[index] }}"), "index from");
    assert_eq!(names("{{ from | length }}"), "from");
    assert_eq!(names("{{ input[1:] }}{{ run[item:previous] }}"), "input item previous run");
    assert_eq!(names("{% for x in input %}{{ x }}{{ loop.index }}{% endfor %}{{ x }}"), "input x");
    assert_eq!(names("{% for item in item %}{{ item }}{% endfor %}"), "item");
    assert_eq!(names("{% set x = input %}{{ x }}"), "input");
    assert_eq!(names("{% set input = input.a %}{{ input }}"), "input");
    assert_eq!(names("{% set x %}{{ run }}{% endset %}{{ x }}"), "run");
    assert_eq!(names("{% with a = input, b = run %}{{ a ~ b }}{% endwith %}{{ a }}"), "a input run");
    assert_eq!(names("{% filter replace('a', run) %}x{% endfilter %}"), "run");
    assert_eq!(
        names("{{ dict(a=input) }}{{ range(index) }}{{ [1] | map(attribute=item) }}"),
        "index input item"
    );
    assert_eq!(names("{{ input if run else item is divisibleby index }}"), "index input item run");
    assert_eq!(names("{{ x is not defined and not y }}"), "x y");
    assert_eq!(names("{{ {'a': input, run: 1} }}"), "input run");
    assert_eq!(names("{{ from.fetch-leads }}"), "leads from.fetch");
    assert_eq!(names("plain"), "");
    let when = Expression::parse("output.score > 3 and from.x is defined").unwrap();
    assert_eq!(when.names(), [Name::Plain("output".into()), Name::From("x".into())]);
}

#[test]
fn a_condition_follows_truthiness() {
    let scope = Scope::new();
    for (source, truth) in [
        ("true", true),
        ("false", false),
        ("none", false),
        ("0", false),
        ("0.0", false),
        ("1", true),
        ("''", false),
        ("'a'", true),
        ("[]", false),
        ("[0]", true),
        ("{}", false),
        ("1 > 2 or 2 > 1", true),
        ("'false'", true),
    ] {
        assert_eq!(Expression::parse(source).unwrap().is_true(&scope), Ok(truth), "{source}");
    }
    assert!(Expression::parse("output.x").unwrap().is_true(&scope).is_err());
    assert_eq!(Expression::parse("1 + 1").unwrap().eval(&scope), Ok(Payload::from(json!(2))));
}

#[test]
fn integers_are_never_changed_silently() {
    let passed = |text: &str, source: &str| {
        let input = Payload::parse(text).unwrap();
        let given = Template::parse(&json!(source)).unwrap().render(&Scope::new().with("input", &input));
        given.map(|payload| payload.as_str().to_owned())
    };
    let huge = "{\"n\":123456789012345678901234567890,\"f\":1e300,\"m\":18446744073709551615,\"i\":-9223372036854775808}";
    assert_eq!(passed(huge, "{{ input }}").as_deref(), Ok(huge));
    assert_eq!(passed(huge, "{{ input.m }}").as_deref(), Ok("18446744073709551615"));
    assert_eq!(passed(huge, "{{ input.i }}").as_deref(), Ok("-9223372036854775808"));
    for source in
        ["{{ input.n }}", "{{ input.n + 1 }}", "{{ [input] }}", "x{{ input }}", "{{ input | items | list }}"]
    {
        let error = passed(huge, source).expect_err(source);
        assert!(error.to_string().contains("carry it as a string"), "{source}: {error}");
    }
    assert_eq!(passed("{\"f\":1e300}", "{{ input.f }}").as_deref(), Ok("1e+300"));
    assert!(Template::parse(&json!([1e20])).is_err());
    assert!(one("{{ 18446744073709551615 + 1 }}").is_err());
    assert!(one("{{ 10 ** 400 }}").is_err());
    assert!(one("{{ 1 / 0 }}").is_err());
}

#[test]
fn a_constant_is_known_as_one() {
    assert!(Template::parse(&json!({"a": ["b", 1]})).unwrap().is_constant());
    assert!(!Template::parse(&json!({"a": ["b", "{{ 1 }}"]})).unwrap().is_constant());
    let template = Template::parse(&json!("{{ input }}")).unwrap();
    assert_eq!(serde_json::to_value(&template).unwrap(), json!("{{ input }}"));
    assert_eq!(template, serde_json::from_value(json!("{{ input }}")).unwrap());
}

/// Runs on the smallest stack that a worker thread may have.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(test).unwrap();
    thread.join().unwrap();
}

/// Sources that are as deep or as large as they can be; whatever comes of them, it comes soon.
fn source_bombs() -> Vec<String> {
    let mut bombs = Vec::new();
    for n in [40, 60, 100, 120, 126, 200, 250, 1_000, 5_000, 30_000, 100_000] {
        for (start, middle, end) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("[", "", "]"),
            ("{'a':", "1", "}"),
            ("not ", "a", ""),
            ("-", "1", ""),
            ("a.", "a", ""),
            ("1+", "1", ""),
            ("1 if 1 else ", "1", ""),
            ("a~", "a", ""),
            ("", "a", "|upper"),
            ("", "a", "()"),
            ("", "a", "[0]"),
            ("", "a", " is defined"),
            ("a and ", "a", ""),
            ("1 < ", "1", ""),
            ("a(", "1", ")"),
            ("a|map(", "1", ")"),
            ("[1,", "1", "]"),
            ("1**", "1", ""),
            ("(", "", ""),
            ("[", "", ""),
            ("{", "", ""),
            ("a[", "0", "]"),
            ("", "'a'", "'b'"),
            ("1or ", "1", ""),
            ("(1,", "1", ")"),
            ("not(", "1", ")"),
            ("a[b:", "0", "]"),
            ("dict(a=", "1", ")"),
            ("a is eq ", "1", ""),
        ] {
            bombs.push(format!("{}{middle}{}", start.repeat(n), end.repeat(n)));
        }
    }
    bombs
}

#[test]
fn no_source_overflows_the_stack() {
    on_small_stack(|| {
        let scope = Scope::new();
        for bomb in source_bombs() {
            eprintln!("B {} {}", bomb.len(), bomb.chars().take(40).collect::<String>());
            if let Ok(expression) = Expression::parse(&bomb) {
                let _ = expression.eval(&scope);
            }
            let _ = Template::parse(&json!(format!("{{{{ {bomb} }}}}")));
        }
        for n in [30, 60, 100, 127, 128, 1_000, 10_000] {
            for (start, end) in [
                ("{% if 1 %}", "{% endif %}"),
                ("{% if 0 %}{% elif 1 %}", "{% endif %}"),
                ("{% for x in [1] %}", "{% endfor %}"),
                ("{% with a=1 %}", "{% endwith %}"),
                ("{% set x %}", "{% endset %}"),
                ("{% filter upper %}", "{% endfilter %}"),
                ("{% if 0 %}x{% else %}", "{% endif %}"),
                ("{{ '", "' }}"),
                ("{% set x = [x] %}", ""),
                ("{% set x = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] %}", "{{ x }}"),
                (
                    "{% set x = {'a':{'a':{'a':{'a':{'a':{'a':{'a':{'a':{'a':{'a':x}}}}}}}}}} %}",
                    "{{ x | length }}",
                ),
                ("{% set x = dict(a=x) %}", ""),
                ("{% raw %}", "{% endraw %}"),
                ("{% for x in [1] recursive %}", "{{ loop([1]) }}{% endfor %}"),
            ] {
                let bomb = format!("{{% set x = 1 %}}{}x{}", start.repeat(n), end.repeat(n));
                eprintln!("T {n} {start}");
                if let Ok(template) = Template::parse(&json!(bomb)) {
                    let _ = template.render(&scope);
                }
            }
            let elifs = format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}x".repeat(n));
            if let Ok(template) = Template::parse(&json!(elifs)) {
                assert_eq!(template.render(&scope).unwrap().as_str(), "\"\"");
            }
        }
        let deep = (0..10_000).fold(json!("{{ x }}"), |inner, _| Value::Array(vec![inner]));
        assert!(matches!(
            Template::parse(&deep),
            Err(ExprError::SourceTooLarge { .. } | ExprError::At { .. })
        ));
        std::mem::forget(deep); // dropping it is serde_json's recursion, not ours
    });
}

#[test]
fn no_rendering_takes_more_than_its_share() {
    on_small_stack(|| {
        let big = Payload::from(json!({"s": "x".repeat(250_000), "l": vec![1; 50_000]}));
        let scope = Scope::new().with("input", &big);
        for bomb in [
            "{{ '%1000000000d' % 5 }}",
            "{{ '{:1000000000}' % [5] }}",
            "{{ input.s | trim(input.s ~ 'y') }}",
            "{{ ('y' * 250000) | trim(input.s ~ 'y') }}",
            "{{ ((([1] * 1000) * 1000) * 1000) | length }}",
            "{{ ((([1] * 1000) * 1000) * 1000) == [] }}",
            "{{ ([1] * 100000)[::1] | length }}",
            "{{ range(100000) | unique | list | length }}",
            "{{ range(50000) | map('string') | unique | list | length }}",
            "{{ range(50000) | groupby('x', default=1) | length }}",
            "{{ range(100000) | sort(reverse=true) | first }}",
            "{{ ('Σ' * 500000) | title | length }}",
            "{{ ('aΣ' * 500000) | lower | length }}",
            "{{ ('1' * 1000000) | int }}",
            "{{ ('1' * 1000000) | float }}",
            "{{ ('1' * 1000000 ~ 'e5') | float }}",
            "{{ ('0.' ~ '1' * 1000000) | float }}",
            "{{ ('1' * 1000000) | int(0, 2) }}",
            "{{ (['xxxxxxxxxx'] * 90000) | sum('') | length }}",
            "{{ ([[1]] * 90000) | sum([]) | length }}",
            "{{ range(9999) | map(attribute='a.' * 100000) | list | length }}",
            "{{ ([{'a': {'a': 1}}] * 9999) | map(attribute='a' ~ '.a' * 100000, default=1) | list | length }}",
            "{{ ([input] * 9) | sort(attribute='s.' * 100000) | length }}",
            "{{ 'a b' | split(none, 10 ** 9) }}",
            "{{ input.s | replace('x', '', 10 ** 9) }}",
            "{{ range(90000) | batch(1) | map('batch', 1) | list | length }}",
            "{{ range(90000) | zip(range(90000), range(90000), range(90000)) | list | length }}",
            "{{ range(90000) | map('string') | join(',') | split(',') | map('int') | sum }}",
            "{% for a in range(90000) %}{{ input.l | length }}{% endfor %}",
            "{% for a in range(90000) %}{% if input == input %}{% endif %}{% endfor %}",
            "{% for a in range(90000) %}{% if input.s == 'x' %}{% endif %}{% endfor %}",
            "{% for a in range(90000) %}{% if a in input.l %}{% endif %}{% endfor %}",
            "{% for a in range(90000) %}{% if 'y' in input.s %}{% endif %}{% endfor %}",
            "{% for a in range(90000) %}{% if input.l | last %}{% endif %}{% endfor %}",
            "{% for a in range(90000) %}{% if input.l | first %}{% endif %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input | items | list %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l | reverse %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l[1:] %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l is eq [] %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l[49999] %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.s[-1] %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.s | length %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.s ~ 1 %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l or 1 %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l is iterable %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.s is string %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l is defined %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = [input.l, input.s] | first %}{% endfor %}",
            "{% for a in range(90000) %}{% set b = input.l | default(1) %}{% endfor %}",
            "{% for a in input.l %}{% for b in input.l %}{% endfor %}{% endfor %}",
            "{% for a in range(90000) %}{% set b, c = [input.s, input.l] %}{% endfor %}",
            "{{ range(10 ** 9) }}",
            "{{ range(10 ** 9) | list }}",
            "{{ range(1000000000) | sum }}",
            "{{ 'x' * 10 ** 9 }}",
            "{{ [1] * 10 ** 9 }}",
            "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
            "{{ '%1000000000d' | replace('%', 'x' * 1000000) }}",
            "{{ input.s | replace('x', input.s) }}",
            "{{ input.s | indent(1000000000) }}",
            "{{ input.s | replace('', input.s) }}",
            "{{ ([input.s] * 100000) | join }}",
            "{{ ([input.s] * 100000) | join(input.s) }}",
            "{{ ([input.s] * 100000) | tojson }}",
            "{{ [input.s] * 100000 }}",
            "x{{ [input.s] * 100000 }}",
            "{{ ([input.s] * 100000) | map('upper') | list }}",
            "{{ '' ~ ([input.s] * 100000) }}",
            "{{ ([input.s] * 100000) | upper }}",
            "{{ ([input.s] * 100000) | string }}",
            "{{ ([input.s] * 100000) | sum('') }}",
            "{{ ([input.s] * 100000) | map('string') | list }}",
            "{{ ([input.l] * 100000) | sum([]) | length }}",
            "{{ ([input.l] * 10000) | map('list') | list }}",
            "{{ ([input.s] * 10000) | unique | length }}",
            "{{ ([input.s] * 10000) | sort | length }}",
            "{{ ([input.s] * 10000) | groupby('x') | length }}",
            "{{ ([input.s] * 10000) == ([input.s ~ 'x'] * 10000) }}",
            "{{ ([input.l] * 10000) | batch(1) | list }}",
            "{{ input.s | batch(1) | list }}",
            "{{ input.s | list }}",
            "{{ input.s | split('') | list }}",
            "{{ ([input.s] * 100000) | map('replace', 'x', 'yyyy') | list }}",
            "{{ ([input.s] * 9999) | map('list') | list }}",
            "{{ 'x' | indent(10 ** 9, first=true) }}",
            "{{ 1 | tojson(indent=10 ** 9) }}",
            "{{ 1.5 | round(10 ** 9) }}",
            "{{ 'x' | batch(10 ** 9, 1) | list }}",
            "{{ [1] | batch(10 ** 9, 1) | list }}",
            "{{ [1] | slice(10 ** 9) | list }}",
            "{{ [1] | slice(10 ** 9, 1) | list }}",
            "{{ input.l | slice(10 ** 9) | list }}",
            "{{ 2 ** 10 ** 9 }}",
            "{{ range(0, 10 ** 9, 1) | reverse | first }}",
            "{{ range(10 ** 9) | last }}",
            "{{ range(10 ** 9) | sort | first }}",
            "{{ (10 ** 9) in range(10 ** 9) }}",
            "{{ range(10 ** 9) == range(10 ** 9) }}",
            "{{ range(10 ** 9)[::2] }}",
            "{{ range(10 ** 9) | zip(range(10 ** 9)) | list }}",
            "{{ range(10 ** 9) | chain(range(10 ** 9)) | list }}",
            "{{ (input.s * 100) | title }}",
            "{{ 'ß' * 1000000 | upper }}",
            "{{ ('x ' * 500000) | split | list }}",
            "{% for a in range(100000) %}{{ input.s }}{% endfor %}",
            "{% for a in range(100000) %}{% set b = input.s ~ a %}{% endfor %}",
            "{% for a in range(100000) %}{% set b = input.l + [a] %}{% endfor %}",
            "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% filter replace('x', input.s) %}{{ input.s }}{% endfilter %}",
            "{% set a = input.s * 40 %}{% set b = a * 40 %}{{ b }}",
            "{{ ([input] * 100000) | map(attribute='l') | list }}",
            "{{ dict(a=input.s) | tojson | tojson | tojson * 100 }}",
            "{{ ([input.s] * 1000) | max }}",
            "{{ ([input.s, input.s ~ 'x'] * 5000) | max | length }}",
            "{{ input.s | lines | list * 100000 }}",
            "{{ ('x\n' * 100000) | lines | map('indent', 100000) | list }}",
            "{{ (['a'] * 100000) | map('replace', 'a', input.s) | list }}",
            "{{ ([input.s] * 100000) | map('default', 1) | list }}",
            "{{ ([input.s] * 10000) | select('in', [input.s ~ 'y']) | list }}",
            "{{ (input.s ~ 'y') in (input.s * 50) }}",
            "{{ ([input.s] * 10000) | map('tojson') | list }}",
            "{{ ([input.s] * 10000) | map('fromjson') | list }}",
            "{{ ([input.l] * 10000) | map('join', ',') | list }}",
            "{{ ([input.l] * 10000) | map('sort') | map('length') | list | length }}",
            "{{ ([input.l] * 10000) | map('tojson') | map('length') | sum }}",
            "{{ ([input.l] * 10000) | map('sum') | sum }}",
            "{{ ([input.l] * 10000) | map('unique') | map('list') | map('length') | sum }}",
            "{{ ([input.l] * 10000) | tojson | length }}",
            "{{ ([input.l] * 1000) | unique | list | length }}",
            "{{ ([input.s] * 10000) | map('title') | map('length') | sum }}",
            "{{ ([input.s] * 10000) | map('trim') | map('length') | sum }}",
            "{{ ([input.s] * 10000) | map('split', 'x') | map('length') | sum }}",
            "{{ ([input.s] * 10000) | map('length') | sum }}",
            "{{ ([input.s] * 10000) | map('int', 1) | sum }}",
            "{{ ([input.s] * 10000) | map('list') | map('length') | sum }}",
        ] {
            let template = match Template::parse(&json!(bomb)) {
                Ok(t) => t,
                Err(e) => {
                    eprintln!("UNPARSED {bomb}: {}", e.to_string().chars().take(80).collect::<String>());
                    continue;
                }
            };
            let started = std::time::Instant::now();
            let given = template.render(&scope);
            let shown = match &given {
                Ok(p) => format!("OK {}", &p.as_str()[..p.size().min(60)]),
                Err(e) => e.to_string().chars().take(100).collect(),
            };
            eprintln!("{:>6} ms {bomb}: {shown}", started.elapsed().as_millis());
        }
        let mut doubling = "{% set x = input.s %}".to_owned();
        doubling.push_str(&"{% set x = x ~ x %}".repeat(100));
        let template = Template::parse(&json!(doubling + "{{ x }}")).unwrap();
        assert!(template.render(&scope).is_err());
        for (op, end) in [
            ("x + x", "{{ x | length }}"),
            ("x + x", "{{ x }}"),
            ("x + x", "{{ x == x + [1] }}"),
            ("[x, x]", "{{ x }}"),
            ("[x, x]", "{{ x == [x] }}"),
            ("[x, x]", "{{ x | tojson }}"),
            ("[x, x]", "a{{ x ~ '' }}"),
            ("[x, x]", "a{{ x | upper }}"),
            ("[x, x]", "{{ [x] | unique | list | length }}"),
            ("[x, x]", "{{ [x, x] | sort | length }}"),
            ("{'a': x, 'b': x}", "{{ x == {'a': x, 'b': x} }}"),
            ("dict(a=x, b=x)", "{{ x ~ '' }}"),
            ("[x, x]", "{{ {x: 1} | length }}"),
            ("[x, x]", "{{ [x] | map('string') | list }}"),
            ("[x, x]", "{{ x in [x] }}"),
            ("[x, x]", "{{ x < x }}"),
            ("[x, x]", "{% set y = 1 %}{{ [[1],[1]] | sum(x) | length }}"),
            ("[x, x]", "{{ [x,x] | min | length }}"),
            ("[x, x]", "{{ [x,x] | groupby(0) | length }}"),
        ] {
            let source = format!("{{% set x = [1] %}}{}{end}", format!("{{% set x = {op} %}}").repeat(90));
            let template = Template::parse(&json!(source)).unwrap();
            eprintln!("start {op} {end}");
            let started = std::time::Instant::now();
            let given = template.render(&scope);
            let shown = match &given {
                Ok(p) => format!("OK {}", &p.as_str()[..p.size().min(60)]),
                Err(e) => e.to_string().chars().take(100).collect(),
            };
            eprintln!("{:>6} ms {op} {end}: {shown}", started.elapsed().as_millis());
        }
    });
}

proptest! {
    #[test]
    fn any_text_gives_a_value_or_a_typed_error(text in "[-a-z0-9(){}\\[\\]%#|.,:'\" ~+*/<>=_\\\\\n]{0,60}", plain: String) {
        let scope = Scope::new();
        for source in [text.clone(), plain, format!("{{{{ {text} }}}}"), format!("{{% if {text} %}}{{{{ {text} }}}}{{% endif %}}")] {
            if let Ok(template) = Template::parse(&json!(source)) {
                let _ = template.render(&scope);
            }
            if let Ok(expression) = Expression::parse(&source) {
                let _ = expression.eval(&scope);
            }
        }
    }
}
