//! Tokens of templates, found exactly where minijinja finds them, so that limits hold before it parses anything.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text between the marked places.
    Data,
    /// `{{` and `}}`.
    EmitOpen,
    EmitClose,
    /// `{%` and `%}`.
    TagOpen,
    TagClose,
    Ident,
    Number,
    /// A string literal with its quotes.
    Text,
    /// An opening bracket of any kind, and a closing one.
    Open,
    Close,
    Operator,
}

/// A token and where it begins, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind,
    pub(super) text: &'s str,
    pub(super) at: usize,
}

impl Token<'_> {
    pub(super) fn is(&self, kind: Kind, text: &str) -> bool {
        self.kind == kind && self.text == text
    }
}

/// Why a source has no tokens.
#[derive(Debug)]
pub(super) struct LexError {
    pub(super) at: usize,
    pub(super) reason: String,
}

impl LexError {
    pub(super) fn new(at: usize, reason: impl Into<String>) -> Self {
        Self { at, reason: reason.into() }
    }
}

/// Tells whether `text` has anything that a template engine would look at.
pub(super) fn is_marked(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

/// Returns the tokens of a text with marked places.
pub(super) fn template(source: &str) -> Result<Vec<Token<'_>>, LexError> {
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new() };
    lexer.root()?;
    Ok(lexer.tokens)
}

/// Returns the tokens of a bare expression.
pub(super) fn expression(source: &str) -> Result<Vec<Token<'_>>, LexError> {
    let mut lexer = Lexer { source, at: 0, tokens: Vec::new() };
    lexer.code(None)?;
    Ok(lexer.tokens)
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
    tokens: Vec<Token<'s>>,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn push(&mut self, kind: Kind, len: usize) {
        self.tokens.push(Token { kind, text: &self.rest()[..len], at: self.at });
        self.at += len;
    }

    fn root(&mut self) -> Result<(), LexError> {
        while let Some(start) = next_mark(self.rest()) {
            if start > 0 {
                self.push(Kind::Data, start);
            }
            let start = self.at;
            let sign = usize::from(self.rest()[2..].starts_with(['-', '+']));
            match self.rest().as_bytes()[1] {
                b'#' => self.comment(2 + sign)?,
                b'{' => {
                    self.push(Kind::EmitOpen, 2 + sign);
                    self.code(Some("}}"))?;
                    self.push_end(Kind::EmitClose, start, "}}")?;
                }
                _ => match basic_tag(&self.rest()[2 + sign..], "raw") {
                    Some(len) => self.raw(2 + sign + len)?,
                    None => {
                        self.push(Kind::TagOpen, 2 + sign);
                        self.code(Some("%}"))?;
                        self.push_end(Kind::TagClose, start, "%}")?;
                    }
                },
            }
        }
        if !self.rest().is_empty() {
            self.push(Kind::Data, self.rest().len());
        }
        Ok(())
    }

    fn comment(&mut self, skip: usize) -> Result<(), LexError> {
        let end = self.rest()[skip..].find("#}");
        let end = end.ok_or_else(|| LexError::new(self.at, "the comment has no end `#}`"))?;
        self.at += skip + end + 2;
        Ok(())
    }

    fn raw(&mut self, skip: usize) -> Result<(), LexError> {
        let (open, from) = (self.at, self.at + skip);
        let mut at = from;
        while let Some(tag) = self.source[at..].find("{%") {
            at += tag + 2;
            let inner = self.source[at..].strip_prefix(['-', '+']).unwrap_or(&self.source[at..]);
            if let Some(len) = basic_tag(inner, "endraw") {
                self.tokens.push(Token { kind: Kind::Data, text: &self.source[from..at - 2], at: from });
                self.at = self.source.len() - inner.len() + len;
                return Ok(());
            }
        }
        Err(LexError::new(open, "`{% raw %}` has no end `{% endraw %}`"))
    }

    fn push_end(&mut self, kind: Kind, open: usize, end: &str) -> Result<(), LexError> {
        let sign = usize::from(self.rest().starts_with(['-', '+']));
        if !self.rest()[sign..].starts_with(end) {
            return Err(LexError::new(open, format!("this has no end `{end}`")));
        }
        self.push(kind, sign + end.len());
        Ok(())
    }

    /// Takes tokens until `end` outside of brackets, or to the end of the source.
    fn code(&mut self, end: Option<&str>) -> Result<(), LexError> {
        let mut brackets: Vec<(u8, usize)> = Vec::new();
        loop {
            self.at += self.rest().bytes().take_while(u8::is_ascii_whitespace).count();
            let rest = self.rest();
            let Some(&byte) = rest.as_bytes().first() else { break };
            if let (Some(end), true) = (end, brackets.is_empty())
                && rest.strip_prefix(['-', '+']).unwrap_or(rest).starts_with(end)
            {
                break;
            }
            match byte {
                b'"' | b'\'' => {
                    let len = literal_len(rest);
                    let len = len.ok_or_else(|| LexError::new(self.at, "the string has no closing quote"))?;
                    self.push(Kind::Text, len);
                }
                b'(' | b'[' | b'{' => {
                    brackets.push((byte, self.at));
                    self.push(Kind::Open, 1);
                }
                b')' | b']' | b'}' => {
                    let opened = brackets.pop().map(|(open, _)| open);
                    if opened.map(closing) != Some(byte) {
                        let reason = format!("`{}` closes nothing that is open here", byte as char);
                        return Err(LexError::new(self.at, reason));
                    }
                    self.push(Kind::Close, 1);
                }
                b'0'..=b'9' => self.push(Kind::Number, word_len(rest)),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.push(Kind::Ident, word_len(rest)),
                _ => self.operator(rest)?,
            }
        }
        match brackets.pop() {
            Some((open, at)) => {
                Err(LexError::new(at, format!("`{}` has no `{}`", open as char, closing(open) as char)))
            }
            None => Ok(()),
        }
    }

    fn operator(&mut self, rest: &str) -> Result<(), LexError> {
        if ["//", "**", "==", "!=", ">=", "<="].iter().any(|two| rest.starts_with(two)) {
            self.push(Kind::Operator, 2);
        } else if rest.starts_with(['+', '-', '*', '/', '%', '.', ',', ':', '~', '|', '=', '>', '<']) {
            self.push(Kind::Operator, 1);
        } else {
            let shown = rest.chars().next().unwrap_or_default();
            return Err(LexError::new(self.at, format!("{shown:?} has no meaning in an expression")));
        }
        Ok(())
    }
}

/// Returns where the next `{{`, `{%` or `{#` begins.
fn next_mark(text: &str) -> Option<usize> {
    text.as_bytes().windows(2).position(|pair| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
}

/// Returns the length of ` name %}` when `text` begins with it.
fn basic_tag(text: &str, name: &str) -> Option<usize> {
    let blank = |c: char| c.is_ascii_whitespace();
    let after = text.trim_start_matches(blank).strip_prefix(name)?.trim_start_matches(blank);
    let after = after.strip_prefix(['-', '+']).unwrap_or(after).strip_prefix("%}")?;
    Some(text.len() - after.len())
}

/// Returns the length of a string literal with its quotes.
fn literal_len(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if byte == bytes[0] => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

fn word_len(text: &str) -> usize {
    text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count()
}

const fn closing(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        template(source).unwrap().iter().map(|token| token.text).collect()
    }

    #[test]
    fn tokens_are_found_where_the_engine_finds_them() {
        assert_eq!(texts("a {{- b.c -}} d"), ["a ", "{{-", "b", ".", "c", "-}}", " d"]);
        assert_eq!(texts("{{ '}}' }}"), ["{{", "'}}'", "}}"]);
        assert_eq!(texts("{{ {'a': {}} }}"), ["{{", "{", "'a'", ":", "{", "}", "}", "}}"]);
        assert_eq!(texts("{# {{ #}x"), ["x"]);
        assert_eq!(texts("{% raw -%} {{ x }} {%- endraw %}y"), [" {{ x }} ", "y"]);
        assert_eq!(texts("{ { x }} %}"), ["{ { x }} %}"]);
        for bad in
            ["{{ a", "{% if", "{# x", "{{ ( }}", "{{ ) }}", "{{ (] }}", "{{ 'a }}", "{{ ä }}", "{% raw %}"]
        {
            assert!(template(bad).is_err(), "{bad}");
        }
        assert!(expression("a }}").is_err());
    }
}
