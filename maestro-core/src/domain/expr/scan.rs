//! Scanning: what a source looks up, and whether it stays within the limits, before minijinja parses it.
//!
//! minijinja bounds brackets and nested blocks, but not chains such as `a.a.a…`, `not not…` or `elif`s: their
//! trees are walked by recursion and would overflow the stack.

use std::collections::BTreeSet;

use super::{
    ExprError, Name,
    lex::{Kind, LexError, Token},
    lookups::Lookups,
};

/// Tokens that may stand between two commas, brackets around them included.
pub(super) const MAX_CHAIN: usize = 256;
/// Tags `{% … %}` in one string.
pub(super) const MAX_TAGS: usize = 128;
/// Brackets within each other.
pub(super) const MAX_BRACKETS: usize = 32;

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
    let mut scanner = Scanner { lookups: Lookups::new(names), blocks: Vec::new(), tags: 0 };
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
    lookups: Lookups<'s, 'n>,
    blocks: Vec<Block<'s>>,
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
        Ok(self.lookups.find(tokens)?)
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
                self.lookups.find(rest)?;
                self.blocks.push(open("if"));
            }
            "elif" => {
                self.expect_in(name, &["if"])?;
                self.lookups.find(rest)?;
            }
            "else" => self.expect_in(name, &["if", "for"])?,
            "filter" => {
                // the first filter of the chain has no `|` in front
                self.lookups.filter(rest.first())?;
                self.lookups.find(rest.get(1..).unwrap_or_default())?;
                self.blocks.push(open("filter"));
            }
            "for" => {
                self.begin_for(rest)?;
                self.blocks.push(open("for"));
            }
            "with" => {
                self.lookups.in_assignments(rest)?;
                self.lookups.enter(assigned(rest));
                self.blocks.push(open("with"));
            }
            "set" => {
                let sets = self.set(rest)?;
                self.blocks.extend(sets.map(|sets| Block { sets, ..open("set") }));
            }
            "endif" | "endfor" | "endwith" | "endset" | "endfilter" => self.close(name)?,
            other => {
                let reason =
                    format!("there is no tag `{other}`; there are if, for, set, with, filter and raw");
                return Err(LexError::new(name.at, reason).into());
            }
        }
        Ok(())
    }

    /// Finds what a loop looks up: its list outside of it, its filter within.
    fn begin_for(&mut self, rest: &[Token<'s>]) -> Result<(), Refused> {
        let split = rest.iter().position(|token| token.is(Kind::Ident, "in")).unwrap_or(rest.len());
        let body = rest.get(split + 1..).unwrap_or_default();
        let filter = body.iter().position(|token| token.is(Kind::Ident, "if")).unwrap_or(body.len());
        self.lookups.find(&body[..filter])?;
        self.lookups.enter(targets(&rest[..split]).into_iter().chain(["loop"]));
        Ok(self.lookups.find(body.get(filter + 1..).unwrap_or_default())?)
    }

    /// Takes `{% set x = … %}`; of `{% set x %}`, which has an end, returns what it sets there.
    fn set(&mut self, rest: &[Token<'s>]) -> Result<Option<Vec<&'s str>>, Refused> {
        if let Some(split) = rest.iter().position(|token| token.is(Kind::Operator, "=")) {
            self.lookups.find(&rest[split + 1..])?;
            self.lookups.assign(targets(&rest[..split]));
            return Ok(None);
        }
        let split = rest.iter().position(|token| token.text == "|").unwrap_or(rest.len());
        self.lookups.find(&rest[split..])?;
        Ok(Some(targets(&rest[..split])))
    }

    fn close(&mut self, name: &Token<'s>) -> Result<(), Refused> {
        self.expect_in(name, &[name.text.trim_start_matches("end")])?;
        let block = self.blocks.pop();
        if matches!(name.text, "endfor" | "endwith") {
            self.lookups.leave();
        }
        self.lookups.assign(block.map(|block| block.sets).unwrap_or_default());
        Ok(())
    }

    fn expect_in(&self, name: &Token<'_>, tags: &[&str]) -> Result<(), Refused> {
        match self.blocks.last() {
            Some(block) if tags.contains(&block.tag) => Ok(()),
            _ => Err(LexError::new(name.at, format!("`{}` does not belong here", name.text)).into()),
        }
    }
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
