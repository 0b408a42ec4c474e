//! Scanning: what a source looks up, and whether it stays within the limits, before minijinja parses it.
//!
//! minijinja bounds brackets and nested blocks, but not chains such as `a.a.a…`, `not not…` or `elif`s: their
//! trees are walked by recursion and would overflow the stack.

use std::collections::BTreeSet;

use super::{
    ExprError, Name,
    lex::{Kind, LexError, Token},
    vocabulary,
};

/// Tokens that may stand between two commas, brackets around them included.
pub(super) const MAX_CHAIN: usize = 256;
/// Tags `{% … %}` in one string.
pub(super) const MAX_TAGS: usize = 128;
/// Brackets within each other.
pub(super) const MAX_BRACKETS: usize = 32;

const KEYWORDS: [&str; 15] = [
    "and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None", "loop",
    "self",
];

/// Why a source is refused.
pub(super) enum Refused {
    Syntax(LexError),
    TooLarge(ExprError),
}

impl From<LexError> for Refused {
    fn from(error: LexError) -> Self {
        Self::Syntax(error)
    }
}

/// Checks the tokens of a template or an expression and adds to `names` what they look up.
pub(super) fn scan(tokens: &[Token<'_>], names: &mut BTreeSet<Name>) -> Result<(), Refused> {
    let mut scanner = Scanner { names, blocks: Vec::new(), locals: vec![Vec::new()], tags: 0 };
    let mut at = 0;
    while at < tokens.len() {
        at = match tokens[at].kind {
            Kind::Data => at + 1,
            Kind::EmitOpen => {
                let end = end_of(tokens, at, Kind::EmitClose);
                scanner.expression(&tokens[at + 1..end], tokens[at].at)?;
                end + 1
            }
            Kind::TagOpen => {
                let end = end_of(tokens, at, Kind::TagClose);
                scanner.tag(&tokens[at + 1..end], tokens[at].at)?;
                end + 1
            }
            _ => {
                scanner.expression(&tokens[at..], tokens[at].at)?;
                tokens.len()
            }
        };
    }
    match scanner.blocks.pop() {
        Some(block) => {
            let reason = format!("`{}` has no end `end{}`", block.tag, block.tag);
            Err(LexError::new(block.at, reason).into())
        }
        None => Ok(()),
    }
}

fn end_of(tokens: &[Token<'_>], from: usize, kind: Kind) -> usize {
    let found = tokens[from..].iter().position(|token| token.kind == kind);
    found.map_or(tokens.len(), |offset| from + offset)
}

struct Scanner<'s, 'n> {
    names: &'n mut BTreeSet<Name>,
    blocks: Vec<Block<'s>>,
    /// The names that the template itself has set, by scope.
    locals: Vec<Vec<&'s str>>,
    tags: usize,
}

struct Block<'s> {
    tag: &'s str,
    at: usize,
    /// What a `{% set x %}…{% endset %}` sets when it ends.
    sets: Vec<&'s str>,
}

impl<'s> Scanner<'s, '_> {
    fn expression(&mut self, tokens: &[Token<'s>], at: usize) -> Result<(), Refused> {
        if tokens.is_empty() {
            return Err(LexError::new(at, "there is no expression here").into());
        }
        check_size(tokens)?;
        let mut depth = 0_usize;
        for token in tokens {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                Kind::Operator if depth == 0 && token.text == "," => {
                    return Err(LexError::new(token.at, "`,` has no meaning outside of brackets").into());
                }
                _ => {}
            }
        }
        self.lookups(tokens)
    }

    fn tag(&mut self, tokens: &[Token<'s>], at: usize) -> Result<(), Refused> {
        self.tags += 1;
        if self.tags > MAX_TAGS {
            return Err(Refused::TooLarge(ExprError::SourceTooLarge { what: "tags", limit: MAX_TAGS }));
        }
        check_size(tokens)?;
        let Some((name, rest)) = tokens.split_first() else {
            return Err(LexError::new(at, "there is no tag here").into());
        };
        let open = |tag| Block { tag, at, sets: Vec::new() };
        match name.text {
            "if" => {
                self.lookups(rest)?;
                self.blocks.push(open("if"));
            }
            "elif" => {
                self.expect_in(name, &["if"])?;
                self.lookups(rest)?;
            }
            "else" => self.expect_in(name, &["if", "for"])?,
            "filter" => {
                // the first filter of the chain has no `|` in front
                self.filter(rest.first())?;
                self.lookups(rest.get(1..).unwrap_or_default())?;
                self.blocks.push(open("filter"));
            }
            "for" => {
                let split = rest.iter().position(|token| token.is(Kind::Ident, "in")).unwrap_or(rest.len());
                self.locals.push(targets(&rest[..split]));
                // the list is evaluated outside of the loop, the condition inside; both see more by this
                let inside = self.locals.pop().unwrap_or_default();
                let body = rest.get(split + 1..).unwrap_or_default();
                let filter = body.iter().position(|token| token.is(Kind::Ident, "if")).unwrap_or(body.len());
                self.lookups(&body[..filter])?;
                self.locals.push(inside);
                self.lookups(&body[filter..])?;
                self.blocks.push(open("for"));
            }
            "with" => {
                self.lookups_of_assignments(rest)?;
                self.locals.push(assigned(rest));
                self.blocks.push(open("with"));
            }
            "set" => match rest.iter().position(|token| token.is(Kind::Operator, "=")) {
                Some(split) => {
                    self.lookups(&rest[split + 1..])?;
                    self.assign(targets(&rest[..split]));
                }
                None => {
                    let split = rest.iter().position(|token| token.text == "|").unwrap_or(rest.len());
                    self.lookups(&rest[split..])?;
                    self.blocks.push(Block { sets: targets(&rest[..split]), ..open("set") });
                }
            },
            "endif" | "endfor" | "endwith" | "endset" | "endfilter" => self.close(name)?,
            other => {
                let reason =
                    format!("there is no tag `{other}`; there are if, for, set, with, filter and raw");
                return Err(LexError::new(name.at, reason).into());
            }
        }
        Ok(())
    }

    fn close(&mut self, name: &Token<'s>) -> Result<(), Refused> {
        self.expect_in(name, &[name.text.trim_start_matches("end")])?;
        let block = self.blocks.pop();
        if matches!(name.text, "endfor" | "endwith") {
            self.locals.pop();
        }
        self.assign(block.map(|block| block.sets).unwrap_or_default());
        Ok(())
    }

    fn expect_in(&self, name: &Token<'_>, tags: &[&str]) -> Result<(), Refused> {
        match self.blocks.last() {
            Some(block) if tags.contains(&block.tag) => Ok(()),
            _ => Err(LexError::new(name.at, format!("`{}` does not belong here", name.text)).into()),
        }
    }

    fn assign(&mut self, names: Vec<&'s str>) {
        if let Some(scope) = self.locals.last_mut() {
            scope.extend(names);
        }
    }

    /// Finds what the values of `a = 1, b = a` look up; the targets are no lookups.
    fn lookups_of_assignments(&mut self, tokens: &[Token<'s>]) -> Result<(), Refused> {
        let is_target = |at: usize| tokens.get(at + 1).is_some_and(|next| next.is(Kind::Operator, "="));
        let mut from = 0;
        for at in (0..tokens.len()).filter(|at| tokens[*at].kind == Kind::Ident && is_target(*at)) {
            self.lookups(&tokens[from..at])?;
            from = at + 1;
        }
        self.lookups(&tokens[from..])
    }

    fn lookups(&mut self, tokens: &[Token<'s>]) -> Result<(), Refused> {
        let mut brackets = 0_usize;
        for (at, token) in tokens.iter().enumerate() {
            match token.kind {
                Kind::Open => {
                    brackets += 1;
                    refuse_call(tokens, at)?;
                }
                Kind::Close => brackets = brackets.saturating_sub(1),
                Kind::Ident => self.ident(tokens, at, brackets > 0)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn ident(&mut self, tokens: &[Token<'s>], at: usize, in_brackets: bool) -> Result<(), Refused> {
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
        let is_keyword = KEYWORDS.contains(&token.text) || token.text == "recursive" && next.is_none();
        let is_argument = in_brackets && is(next, Kind::Operator, "=");
        let is_local = self.locals.iter().any(|scope| scope.contains(&token.text));
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

    fn filter(&self, token: Option<&Token<'_>>) -> Result<(), Refused> {
        token.map_or(Ok(()), |token| {
            known("filter", token, vocabulary::filters().iter().map(|(name, _)| *name))
        })
    }
}

/// Refuses a call of anything but a function, a filter or a test: JSON has no methods.
fn refuse_call(tokens: &[Token<'_>], at: usize) -> Result<(), Refused> {
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
        return Err(LexError::new(tokens[at].at, reason).into());
    }
    Ok(())
}

/// Bounds how deep a tree the tokens can make.
fn check_size(tokens: &[Token<'_>]) -> Result<(), Refused> {
    let mut open: Vec<usize> = vec![0];
    let mut total = 0;
    for token in tokens {
        let last = open.len() - 1;
        match token.kind {
            Kind::Operator if token.text == "," => {
                total -= open[last];
                open[last] = 0;
            }
            Kind::Close if last > 0 => total -= open.pop().unwrap_or_default(),
            kind => {
                open[last] += 1;
                total += 1;
                if kind == Kind::Open {
                    open.push(0);
                }
            }
        }
        let too_large = |what, limit| Err(Refused::TooLarge(ExprError::SourceTooLarge { what, limit }));
        if total > MAX_CHAIN {
            return too_large("operators and names in one expression", MAX_CHAIN);
        }
        if open.len() > MAX_BRACKETS + 1 {
            return too_large("brackets within each other", MAX_BRACKETS);
        }
    }
    Ok(())
}

/// Returns the names that a list of assignment targets sets.
fn targets<'s>(tokens: &[Token<'s>]) -> Vec<&'s str> {
    tokens.iter().filter(|token| token.kind == Kind::Ident).map(|token| token.text).collect()
}

/// Returns the names that `a = 1, b = 2` sets.
fn assigned<'s>(tokens: &[Token<'s>]) -> Vec<&'s str> {
    let pairs = tokens.windows(2);
    let targets = pairs.filter(|pair| pair[0].kind == Kind::Ident && pair[1].is(Kind::Operator, "="));
    targets.map(|pair| pair[0].text).collect()
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
) -> Result<(), Refused> {
    if all.clone().into_iter().any(|known| known == token.text) {
        return Ok(());
    }
    let all: Vec<&str> = all.into_iter().collect();
    let reason = format!("there is no {what} `{}`; there are {}", token.text, all.join(", "));
    Err(LexError::new(token.at, reason).into())
}
