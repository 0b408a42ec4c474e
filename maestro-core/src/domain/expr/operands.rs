//! Operands: the parts of an expression, by what binds how strongly.

use super::{
    guard,
    lex::{Kind, Token},
};

/// A part of an expression between words and signs that bind less than its operators.
pub(super) struct Operand {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) guard: Option<&'static str>,
}

/// Returns the operands of an expression, in order, with the guards that they need.
pub(super) fn operands(tokens: &[Token<'_>], open: Option<&str>) -> Vec<Operand> {
    let mut operands = Vec::new();
    let (mut from, mut left) = (0, Border::None);
    let mut borders = top_level(tokens).filter_map(|at| Some((at, border(tokens, at, open)?)));
    loop {
        let (to, right) = borders.next().unwrap_or((tokens.len(), Border::None));
        if to > from {
            let guard = match (left, right) {
                (_, Border::Key) if is_literal(&tokens[from..to]) => None,
                (_, Border::Key) => Some(guard::KEY),
                (Border::In, Border::Compare | Border::In) | (Border::Compare, _) => Some(guard::OPERAND),
                (Border::In, _) => Some(guard::LIST),
                (_, Border::Compare | Border::In) => Some(guard::OPERAND),
                _ => None,
            };
            let guard = guard.filter(|_| !is_literal(&tokens[from..to]));
            operands.push(Operand { from, to, guard });
        }
        if to == tokens.len() {
            return operands;
        }
        // in `not in` the second word decides
        left = if right == Border::In && tokens[to].text == "not" { Border::None } else { right };
        from = to + 1;
    }
}

/// What ends an operand.
#[derive(Clone, Copy, PartialEq)]
enum Border {
    None,
    Compare,
    In,
    Key,
}

fn border(tokens: &[Token<'_>], at: usize, open: Option<&str>) -> Option<Border> {
    let token = &tokens[at];
    let before = at.checked_sub(1).map(|at| &tokens[at]);
    let is_after = |text: &str| before.is_some_and(|before| before.text == text);
    match (token.kind, token.text) {
        (Kind::Operator, "==" | "!=" | "<" | "<=" | ">" | ">=") => Some(Border::Compare),
        (Kind::Operator, ":") if open == Some("{") => Some(Border::Key),
        (Kind::Operator, "," | ":" | "=") => Some(Border::None),
        (Kind::Ident, _) if is_after(".") || is_after("|") || is_after("is") => None,
        (Kind::Ident, "in") if is_after("not") && at >= 2 && tokens[at - 2].text == "is" => None,
        (Kind::Ident, "in") => Some(Border::In),
        (Kind::Ident, "not") if tokens.get(at + 1).is_some_and(|next| next.is(Kind::Ident, "in")) => {
            Some(Border::In)
        }
        (Kind::Ident, "and" | "or" | "not" | "if" | "else") => Some(Border::None),
        (Kind::Ident, "recursive") if at + 1 == tokens.len() && at > 0 => Some(Border::None),
        _ => None,
    }
}

/// Returns the places outside of brackets.
pub(super) fn top_level<'t>(tokens: &'t [Token<'_>]) -> impl Iterator<Item = usize> + 't {
    let mut depth = 0_usize;
    (0..tokens.len()).filter(move |at| match tokens[*at].kind {
        Kind::Open => {
            depth += 1;
            false
        }
        Kind::Close => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    })
}

/// Returns the place of the bracket that closes what was opened just before.
pub(super) fn closing(tokens: &[Token<'_>]) -> usize {
    let mut depth = 1_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len()
}

/// Tells whether a value ends with the token at `at`: an operand, or the name of a test.
pub(super) fn ends_value(tokens: &[Token<'_>], at: usize) -> bool {
    ends_operand(tokens, at) || is_test(tokens, at)
}

fn is_test(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).map_or("", |at| tokens[at].text);
    let is_after_is = before(1) == "is" || before(1) == "not" && before(2) == "is";
    tokens[at].kind == Kind::Ident && is_after_is && tokens[at].text != "not"
}

/// Tells whether an operand may end with the token at `at`. The name of a test does not: a sign or a bracket behind
/// it belongs to its argument.
pub(super) fn ends_operand(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |n: usize| at.checked_sub(n).map_or("", |at| tokens[at].text);
    match tokens[at].kind {
        Kind::Number | Kind::Text | Kind::Close => true,
        Kind::Ident if before(1) == "." => true,
        Kind::Ident if is_test(tokens, at) => false,
        Kind::Ident => !matches!(tokens[at].text, "and" | "or" | "not" | "in" | "is" | "if" | "else"),
        _ => false,
    }
}

pub(super) fn is_literal(tokens: &[Token<'_>]) -> bool {
    let is_word = |token: &Token<'_>| {
        matches!(token.kind, Kind::Number | Kind::Text)
            || matches!(token.text, "true" | "false" | "none" | "True" | "False" | "None")
    };
    tokens.iter().all(|token| is_word(token) || token.text == "." && tokens.len() == 3)
}
