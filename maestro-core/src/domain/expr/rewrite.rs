//! Rewriting: sources are compiled with guards around what minijinja does without counting.
//!
//! Its fuel pays for instructions and for what they make, not for comparing and printing what was made before; a
//! list that holds one large text a hundred thousand times costs little and would be compared or printed for
//! minutes. So `a ~ b` becomes a `join`, which counts, and operands of comparisons and sums, keys of objects and what
//! is indexed pass a filter that weighs them (see [`guard`](super::guard)).

use super::{
    guard,
    lex::{Kind, Token},
    operands::{closing, ends_operand, is_literal, operands, top_level},
};

/// A source with guards, and where in the original its tokens were.
pub(super) struct Guarded {
    pub(super) source: String,
    places: Vec<(usize, usize)>,
}

impl Guarded {
    /// Returns the place in the original source for a place in the guarded one.
    pub(super) fn original(&self, at: usize) -> usize {
        let after = self.places.partition_point(|(guarded, _)| *guarded <= at);
        after.checked_sub(1).map_or(0, |before| {
            let (guarded, original) = self.places[before];
            original + (at - guarded).min(1)
        })
    }
}

/// Guards a text with marked places.
pub(super) fn template(source: &str, tokens: &[Token<'_>]) -> Guarded {
    let mut writer = Writer::new(source, 0);
    let mut at = 0;
    while at < tokens.len() {
        let token = &tokens[at];
        writer.copy(token);
        at += 1;
        if !matches!(token.kind, Kind::EmitOpen | Kind::TagOpen) {
            continue;
        }
        let end =
            tokens[at..].iter().position(|token| matches!(token.kind, Kind::EmitClose | Kind::TagClose));
        let end = end.map_or(tokens.len(), |offset| at + offset);
        let code = &tokens[at..end];
        let verbatim = match (token.kind, code.first()) {
            // the `in` of a loop compares nothing
            (Kind::TagOpen, Some(name)) if name.text == "for" => {
                code.iter().position(|token| token.is(Kind::Ident, "in")).map_or(code.len(), |at| at + 1)
            }
            (Kind::TagOpen, Some(_)) => 1,
            _ => 0,
        };
        code[..verbatim].iter().for_each(|token| writer.copy(token));
        writer.code(&code[verbatim..], None);
        at = end;
    }
    writer.finish(source.len())
}

/// Guards a bare expression, which begins at `from` in `source` and ends at `to`.
pub(super) fn expression(source: &str, tokens: &[Token<'_>], from: usize, to: usize) -> Guarded {
    let mut writer = Writer::new(source, from);
    writer.code(tokens, None);
    writer.finish(to)
}

struct Writer<'s> {
    source: &'s str,
    at: usize,
    guarded: Guarded,
}

impl<'s> Writer<'s> {
    fn new(source: &'s str, at: usize) -> Self {
        Self { source, at, guarded: Guarded { source: String::new(), places: Vec::new() } }
    }

    fn copy(&mut self, token: &Token<'_>) {
        self.skip_to(token.at);
        self.guarded.places.push((self.guarded.source.len(), token.at));
        self.guarded.source.push_str(token.text);
        self.at = token.at + token.text.len();
    }

    fn skip_to(&mut self, at: usize) {
        self.guarded.source.push_str(&self.source[self.at..at]);
        self.at = at;
    }

    fn finish(mut self, end: usize) -> Guarded {
        self.skip_to(end);
        self.guarded
    }

    /// Writes an expression, or what stands between the brackets that `open` opens.
    fn code(&mut self, tokens: &[Token<'_>], open: Option<&str>) {
        let mut at = 0;
        for operand in operands(tokens, open) {
            tokens[at..operand.from].iter().for_each(|token| self.copy(token));
            at = operand.to;
            let inner = &tokens[operand.from..operand.to];
            match operand.guard {
                None => self.sum(inner),
                Some(guard) => self.guarded(guard, inner, Self::sum),
            }
        }
        tokens[at..].iter().for_each(|token| self.copy(token));
    }

    /// Writes an operand: terms with `+` and `-` between. What is added is guarded: it may be lists.
    fn sum(&mut self, tokens: &[Token<'_>]) {
        let is_sign = |at: &usize| {
            let is_sign = tokens[*at].kind == Kind::Operator && matches!(tokens[*at].text, "+" | "-");
            is_sign && *at > 0 && ends_operand(tokens, *at - 1)
        };
        let signs: Vec<usize> = top_level(tokens).filter(is_sign).collect();
        let is_guarded = signs.iter().any(|at| tokens[*at].text == "+");
        let mut from = 0;
        for to in signs.into_iter().chain([tokens.len()]) {
            let term = &tokens[from..to];
            if is_guarded && !is_literal(term) {
                self.guarded(guard::OPERAND, term, Self::concatenation);
            } else {
                self.concatenation(term);
            }
            tokens[to..].iter().take(1).for_each(|sign| self.copy(sign));
            from = to + 1;
        }
    }

    fn guarded(&mut self, guard: &str, tokens: &[Token<'_>], write: fn(&mut Self, &[Token<'_>])) {
        if let Some(first) = tokens.first() {
            self.skip_to(first.at);
        }
        self.guarded.source.push('(');
        write(self, tokens);
        self.guarded.source.push_str(")|");
        self.guarded.source.push_str(guard);
    }

    /// Writes a term; `a ~ b` becomes `[a, b]|join`.
    fn concatenation(&mut self, tokens: &[Token<'_>]) {
        let tildes: Vec<usize> = top_level(tokens).filter(|at| tokens[*at].text == "~").collect();
        if tildes.is_empty() {
            return self.groups(tokens);
        }
        self.skip_to(tokens[0].at);
        self.guarded.source.push('[');
        let mut from = 0;
        for at in tildes {
            self.groups(&tokens[from..at]);
            self.skip_to(tokens[at].at);
            self.guarded.source.push(',');
            self.at = tokens[at].at + 1;
            from = at + 1;
        }
        self.groups(&tokens[from..]);
        self.guarded.source.push_str("]|join");
    }

    /// Writes what has no operators to guard outside of brackets. What is indexed is guarded: in a text that means
    /// counting characters.
    fn groups(&mut self, tokens: &[Token<'_>]) {
        let (mut at, mut start) = (0, self.guarded.source.len()); // where the last value begins
        while at < tokens.len() {
            let token = &tokens[at];
            let follows = at > 0 && ends_operand(tokens, at - 1);
            if follows && is_index(tokens, at) {
                self.insert(start, "(");
                self.guarded.source.push('|');
                self.guarded.source.push_str(guard::INDEXED);
                self.guarded.source.push(')');
            } else if !follows && token.kind != Kind::Close && (at == 0 || tokens[at - 1].text != ".") {
                self.skip_to(token.at);
                start = self.guarded.source.len();
            }
            self.copy(token);
            at += 1;
            if token.kind == Kind::Open {
                let close = at + closing(&tokens[at..]);
                let is_call = token.text == "(";
                self.code(&tokens[at..close], if is_call { None } else { Some(token.text) });
                at = close;
            }
        }
    }

    /// Puts text before what was written from `at` on.
    fn insert(&mut self, at: usize, text: &str) {
        self.guarded.source.insert_str(at, text);
        let first = self.guarded.places.partition_point(|(guarded, _)| *guarded < at);
        self.guarded.places[first..].iter_mut().for_each(|(guarded, _)| *guarded += text.len());
    }
}

/// Tells whether an index by number or an expression begins here, such as `[0]`, `[a:b]` or `.0`.
fn is_index(tokens: &[Token<'_>], at: usize) -> bool {
    let next = |n: usize| tokens.get(at + n);
    match tokens[at].text {
        "[" => {
            let is_key = next(1).is_some_and(|key| key.kind == Kind::Text)
                && next(2).is_some_and(|close| close.text == "]");
            !is_key
        }
        "." => {
            let is_fraction = tokens[at - 1].kind == Kind::Number && (at < 2 || tokens[at - 2].text != ".");
            !is_fraction && next(1).is_some_and(|index| index.kind == Kind::Number)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::expr::{Expression, lex, vocabulary};

    fn guarded(source: &str) -> String {
        expression(source, &lex::expression(source).unwrap(), 0, source.len()).source
    }

    #[test]
    fn guards_stand_around_what_is_not_counted() {
        for (source, expected) in [
            ("a.b", "a.b"),
            ("a ~ b", "[a , b]|join"),
            ("1 + a ~ -b * 2 ~ c - d", "1 + ([a , -b * 2 , c]|join)|__operand - (d)|__operand"),
            ("a - b * -1", "a - b * -1"),
            ("a == 1", "(a)|__operand == 1"),
            (
                "a + 1.5 >= b | length and c",
                "((a)|__operand + 1.5)|__operand >= (b | length)|__operand and c",
            ),
            ("a not in b", "(a)|__operand not in (b)|__list"),
            ("not a in [1, b == c]", "not (a)|__operand in ([1, (b)|__operand == (c)|__operand])|__list"),
            ("a in b == c", "(a)|__operand in (b)|__operand == (c)|__operand"),
            ("x is in y", "x is in y"),
            ("x is not in y or z", "x is not in y or z"),
            ("{a: b, 'c': d ~ e}", "{(a)|__key: b, 'c': [d , e]|join}"),
            ("a[b:c ~ d]", "(a|__indexed)[b:[c , d]|join]"),
            ("-a.b['c'].d[0].e.1", "-((a.b['c'].d|__indexed)[0].e|__indexed).1"),
            (
                "[a][0] * (b)[c[1]] | f(d[2])",
                "([a]|__indexed)[0] * ((b)|__indexed)[(c|__indexed)[1]] | f((d|__indexed)[2])",
            ),
            ("1.5 * a.b", "1.5 * a.b"),
            ("a is eq [b] + 1", "(a is eq [b])|__operand + 1"),
            ("a is divisibleby -2 + a.is", "(a is divisibleby -2)|__operand + (a.is)|__operand"),
            ("dict(a=b == c)", "dict(a=(b)|__operand == (c)|__operand)"),
            (
                "a ~ b if c == 'x' else (d ~ e)[0]",
                "[a , b]|join if (c)|__operand == 'x' else (([d , e]|join)|__indexed)[0]",
            ),
        ] {
            assert_eq!(guarded(source), expected, "{source}");
        }
        let source = "x{# c #}{%- for a in b if a == c -%}{% raw %}{{{% endraw %}{{ a ~ b }}{% endfor %}";
        let tokens = lex::template(source).unwrap();
        assert_eq!(
            template(source, &tokens).source,
            "x{# c #}{%- for a in b if (a)|__operand == (c)|__operand -%}{% raw %}{{{% endraw %}{{ [a , b]|join }}{% endfor %}"
        );
    }

    /// Random expressions over values whose texts are the same for us and for minijinja.
    fn random() -> impl Strategy<Value = String> {
        let atom = prop::sample::select(vec![
            "i", "s", "l", "m.k", "m", "1", "2.5", "'x'", "true", "l[0]", "none", "m.no",
        ]);
        atom.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
            let operators = prop::sample::select(vec![
                "+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or",
            ]);
            prop_oneof![
                6 => (inner.clone(), operators, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
                1 => inner.clone().prop_map(|a| format!("({a})")),
                1 => inner.clone().prop_map(|a| format!("not {a}")),
                1 => inner.clone().prop_map(|a| format!("-{a}")),
                1 => inner.clone().prop_map(|a| format!("[{a}, 7]")),
                1 => inner.clone().prop_map(|a| format!("{{'k': {a}}}")),
                1 => inner.clone().prop_map(|a| format!("{a} | length")),
                1 => inner.clone().prop_map(|a| format!("{a} | default(3)")),
                1 => inner.clone().prop_map(|a| format!("({a} is not defined)")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("l[{a}:{b}]")),
                1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("{a} if {b} else {c}")),
                2 => prop::sample::select(vec![
                    "(s ~ i ~ 'y')", "(i ~ 1 + 2 ~ s)", "(s ~ i * 2)", "(-i ~ s)", "('abc3' == s ~ i)",
                    "(s ~ i if i ~ s else 1)", "[s ~ i, i ~ s]", "l[-1 ~ '' | int]",
                ]).prop_map(str::to_owned),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

        #[test]
        fn guards_make_nothing_right_that_is_wrong(words in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "1", "'x'", "(", ")", "[", "]", "{", "}", ",", ":", ".", "~", "+", "-", "*", "==", "<", "in", "not", "and", "if",
            "else", "is", "| length", "a.b", "[0]",
        ]), 1..9)) {
            let source = words.join(" ");
            if Expression::parse(&source).is_ok() {
                let plain = vocabulary::shared().compile_expression_owned(source.clone());
                let ours = expression(&source, &lex::expression(&source).unwrap(), 0, source.len()).source;
                prop_assert!(plain.is_ok(), "{}\n{}", source, ours);
            }
        }

        #[test]
        fn guards_change_no_meaning(source in random()) {
            let environment = vocabulary::shared();
            let tokens = lex::expression(&source).unwrap();
            let is_good = Expression::parse(&source).is_ok();
            let guarded = expression(&source, &tokens, 0, source.len()).source;
            let context = minijinja::context! { i => 3, s => "abc", l => vec![1, 2, 3], m => minijinja::context! { k => 5 } };
            let value = |source: &str| {
                let compiled = environment.compile_expression_owned(source.to_owned()).map_err(|error| error.kind());
                compiled.and_then(|compiled| compiled.eval(context.clone()).map_err(|error| error.kind()))
            };
            let (plain, ours) = (value(&source), value(&guarded));
            prop_assert!(is_good || plain.is_err(), "{}", source);
            prop_assume!(is_good);
            prop_assert_eq!(plain.is_ok(), ours.is_ok(), "{}\n{}\n{:?}\n{:?}", source, guarded, plain, ours);
            if let (Ok(plain), Ok(ours)) = (plain, ours) {
                prop_assert_eq!(plain.to_string(), ours.to_string(), "{}\n{}", source, guarded);
            }
        }
    }
}
