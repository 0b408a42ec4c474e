//! Templates and expressions from outside: what they mean, and what no source and no data can do.

mod bombs;

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
    assert_eq!(one("{{- input.a + 1 -}}"), Ok(json!(2)));
    assert_eq!(one("  {{ input.a + 1 }}\n"), Ok(json!("  2\n")));
    assert_eq!(one(" {{ input }}").map(|value| value.is_string()), Ok(true));
    assert_eq!(one("{{ input.list }} "), Ok(json!("[3,1,2] ")));
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
fn what_is_no_number_is_an_error_wherever_it_goes() {
    for number in ["1e308 * 10", "-1e308 * 10", "'inf' | float", "'nan' | float", "1e308 * 10 - 1e308 * 10"] {
        for source in [
            format!("{{{{ {number} }}}}"),
            format!("x {{{{ {number} }}}}"),
            format!("{{{{ [{{'a': {number}}}] }}}}"),
            format!("{{{{ [{number}] | tojson }}}}"),
            format!("{{{{ [{number}] | join }}}}"),
            format!("{{{{ {{({number}): 1}} }}}}"),
        ] {
            let given = one(&source);
            assert!(matches!(given, Err(ExprError::Invalid { .. })), "{source}: {given:?}");
        }
        let condition = Expression::parse(number).unwrap();
        assert!(matches!(condition.eval(&Scope::new()), Err(ExprError::Invalid { .. })), "{number}");
        assert!(matches!(condition.is_true(&Scope::new()), Err(ExprError::Invalid { .. })), "{number}");
    }
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
    for bad in [
        "",
        "  ",
        "a }}",
        "{{ a }}",
        "a;",
        "(",
        "a, b",
        "a = 1",
        "x |",
        "not",
        "1 == not x",
        "(and)",
        "a + if",
        "[is]",
        "a ~",
        "~ a",
        "a ~ ~ b",
        "a[",
        "a[]",
        "a.",
        "-",
        "a +",
    ] {
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
    assert_eq!(names("{{ loop.index }}{{ self }}"), "loop self");
    assert_eq!(names("plain"), "");
    let when = Expression::parse("output.score > 3 and from.x is defined").unwrap();
    assert_eq!(when.names(), [Name::Plain("output".into()), Name::From("x".into())]);
}

#[test]
fn programs_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<Template>();
    is_shared::<Expression>();
    is_shared::<ExprError>();
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
