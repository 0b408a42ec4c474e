//! Lookups: which names of an expression stand for something in its scope.

use std::collections::{BTreeSet, HashSet};

use super::{
    Name,
    lex::{Kind, LexError, Token},
    operands::{ends_operand, ends_value},
    vocabulary,
};

const KEYWORDS: [&str; 13] =
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"];

/// Collects what is looked up, apart from what the template itself has set.
pub(super) struct Lookups<'s, 'n> {
    names: &'n mut BTreeSet<Name>,
    /// The names that the template has set, by scope.
    locals: Vec<HashSet<&'s str>>,
}

impl<'s, 'n> Lookups<'s, 'n> {
    pub(super) fn new(names: &'n mut BTreeSet<Name>) -> Self {
        Self { names, locals: vec![HashSet::new()] }
    }

    /// Opens a scope in which these names are set.
    pub(super) fn enter(&mut self, names: impl IntoIterator<Item = &'s str>) {
        self.locals.push(names.into_iter().collect());
    }

    pub(super) fn leave(&mut self) {
        self.locals.pop();
    }

    /// Notes that the template sets these names.
    pub(super) fn assign(&mut self, names: impl IntoIterator<Item = &'s str>) {
        if let Some(scope) = self.locals.last_mut() {
            scope.extend(names);
        }
    }

    /// Finds what the values of `a = 1, b = a` look up; the targets are no lookups.
    pub(super) fn in_assignments(&mut self, tokens: &[Token<'s>]) -> Result<(), LexError> {
        let is_target = |at: usize| tokens.get(at + 1).is_some_and(|next| next.is(Kind::Operator, "="));
        let mut from = 0;
        for at in (0..tokens.len()).filter(|at| tokens[*at].kind == Kind::Ident && is_target(*at)) {
            self.find(&tokens[from..at])?;
            from = at + 1;
        }
        self.find(&tokens[from..])
    }

    pub(super) fn find(&mut self, tokens: &[Token<'s>]) -> Result<(), LexError> {
        let mut brackets = 0_usize;
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => {
                    brackets += 1;
                    refuse_call(tokens, at)?;
                }
                Kind::Close => brackets = brackets.saturating_sub(1),
                Kind::Operator if token.text == "~" => refuse_half(tokens, at)?,
                Kind::Ident => self.ident(tokens, at, brackets > 0)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn ident(&mut self, tokens: &[Token<'s>], at: usize, in_brackets: bool) -> Result<(), LexError> {
        let token = &tokens[at];
        let before = |n: usize| at.checked_sub(n).map(|at| &tokens[at]);
        let next = tokens.get(at + 1);
        let is = |token: Option<&Token<'_>>, kind, text| token.is_some_and(|token| token.is(kind, text));
        if is(before(1), Kind::Operator, ".") {
            return Ok(());
        }
        if is(before(1), Kind::Operator, "|") {
            return self.filter(Some(token));
        }
        let negated = is(before(1), Kind::Ident, "not") && is(before(2), Kind::Ident, "is");
        if is(before(1), Kind::Ident, "is") && token.text != "not" || negated {
            return known("test", token, vocabulary::tests().iter().map(|(name, _)| *name));
        }
        refuse_misplaced(tokens, at)?;
        let is_keyword = KEYWORDS.contains(&token.text) || token.text == "recursive" && next.is_none();
        let is_argument = in_brackets && is(next, Kind::Operator, "=");
        let is_local = self.locals.iter().any(|scope| scope.contains(token.text));
        if is_keyword || is_argument || is_local {
            return Ok(());
        }
        if is(next, Kind::Open, "(") {
            return known("function", token, vocabulary::FUNCTIONS);
        }
        self.names.insert(if token.text == "from" {
            from_name(&tokens[at + 1..])
        } else {
            Name::Plain(token.text.to_owned())
        });
        Ok(())
    }

    pub(super) fn filter(&self, token: Option<&Token<'_>>) -> Result<(), LexError> {
        token.map_or(Ok(()), |token| {
            known("filter", token, vocabulary::filters().iter().map(|(name, _)| *name))
        })
    }
}

/// Refuses a word where a value must stand. minijinja would take some of them for names.
fn refuse_misplaced(tokens: &[Token<'_>], at: usize) -> Result<(), LexError> {
    let token = &tokens[at];
    let before = at.checked_sub(1).map_or("", |at| tokens[at].text);
    let has_value = at > 0 && ends_value(tokens, at - 1);
    let is_negated_in = token.text == "in" && before == "not" && at > 1 && ends_value(tokens, at - 2);
    let may_negate = ["", ",", ":", "=", "(", "[", "{", "and", "or", "not", "if", "else"].contains(&before);
    let is_misplaced = match token.text {
        "and" | "or" | "in" | "is" | "if" | "else" => !has_value && !is_negated_in && before != "is",
        "not" => !has_value && !may_negate && before != "is",
        _ => false,
    };
    if is_misplaced {
        let reason = format!("`{}` stands where a value must be", token.text);
        return Err(LexError::new(token.at, reason));
    }
    Ok(())
}

/// Refuses a `~` with nothing on one side.
fn refuse_half(tokens: &[Token<'_>], at: usize) -> Result<(), LexError> {
    let begins = |token: &Token<'_>| !matches!(token.kind, Kind::Close | Kind::Operator) || token.text == "-";
    if ends_operand(tokens, at.saturating_sub(1)) && tokens.get(at + 1).is_some_and(begins) {
        return Ok(());
    }
    Err(LexError::new(tokens[at].at, "`~` needs a value on both sides"))
}

/// Refuses a call of anything but a function, a filter or a test: JSON has no methods.
fn refuse_call(tokens: &[Token<'_>], at: usize) -> Result<(), LexError> {
    let before = |n: usize| at.checked_sub(n).map(|at| &tokens[at]);
    let is_called = match before(1) {
        Some(last) => match last.kind {
            Kind::Close | Kind::Text | Kind::Number => true,
            Kind::Ident => before(2).is_some_and(|dot| dot.text == ".") || last.text == "loop",
            _ => false,
        },
        None => false,
    };
    if tokens[at].text == "(" && is_called {
        let reason = "nothing but filters, tests, range and dict can be called; values have no methods";
        return Err(LexError::new(tokens[at].at, reason));
    }
    Ok(())
}

/// Returns which node's output `from…` looks up, by the tokens behind it.
fn from_name(after: &[Token<'_>]) -> Name {
    match after {
        [dot, id, ..] if dot.text == "." && matches!(id.kind, Kind::Ident | Kind::Number) => {
            Name::From(id.text.to_owned())
        }
        [open, id, close, ..]
            if open.text == "[" && id.kind == Kind::Text && close.text == "]" && !id.text.contains('\\') =>
        {
            Name::From(id.text[1..id.text.len() - 1].to_owned())
        }
        _ => Name::AnyFrom,
    }
}

fn known<'v>(
    what: &str,
    token: &Token<'_>,
    all: impl IntoIterator<Item = &'v str> + Clone,
) -> Result<(), LexError> {
    if all.clone().into_iter().any(|known| known == token.text) {
        return Ok(());
    }
    let all: Vec<&str> = all.into_iter().collect();
    let reason = format!("there is no {what} `{}`; there are {}", token.text, all.join(", "));
    Err(LexError::new(token.at, reason))
}
