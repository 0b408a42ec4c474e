//! Programs: the marked strings of one template or expression, compiled once, run within one budget.

use std::{collections::BTreeSet, io};

use minijinja::{Environment, Error, ErrorKind, Value};

use super::{
    ExprError, Name,
    lex::{self, Kind, LexError, Token},
    rewrite::{self, Guarded},
    scan::{self, Refused},
    values, vocabulary,
};

/// The largest source of one string, in bytes.
pub(super) const MAX_SOURCE: usize = 64 * 1024;
/// How many strings of one template may be marked.
pub(super) const MAX_STRINGS: usize = 1_000;

const RESULT: &str = "value";
const PREFIX: &str = "{% set value = (";
const SUFFIX: &str = ") %}";

/// Compiled strings. Each keeps the environment that minijinja's templates borrow from.
pub(super) struct Program {
    environment: Environment<'static>,
    strings: Vec<Text>,
}

struct Text {
    name: String,
    source: String,
    /// A lone expression, which keeps its type; otherwise a text.
    is_expression: bool,
}

/// What is compiled so far.
pub(super) struct Compiler {
    program: Program,
    names: BTreeSet<Name>,
}

impl Compiler {
    pub(super) fn new() -> Self {
        let environment = vocabulary::shared().clone();
        Self { program: Program { environment, strings: Vec::new() }, names: BTreeSet::new() }
    }

    /// Compiles a marked string and returns its number in the program.
    pub(super) fn string(&mut self, source: &str) -> Result<usize, ExprError> {
        check_length(source)?;
        let tokens = lex::template(source).map_err(|error| syntax(source, &error))?;
        scan::scan(&tokens, &mut self.names).map_err(|refused| refusal(source, refused))?;
        match lone_expression(&tokens) {
            Some((from, to)) => {
                let inner: Vec<Token<'_>> =
                    tokens.iter().filter(|token| (from..to).contains(&token.at)).copied().collect();
                self.add(source, &source[from..to], true, &rewrite::expression(source, &inner, from, to))
            }
            None => self.add(source, source, false, &rewrite::template(source, &tokens)),
        }
    }

    /// Compiles a bare expression and returns its number in the program.
    pub(super) fn expression(&mut self, source: &str) -> Result<usize, ExprError> {
        check_length(source)?;
        let tokens = lex::expression(source).map_err(|error| syntax(source, &error))?;
        if tokens.is_empty() {
            return Err(syntax(source, &LexError::new(0, "there is no expression here")));
        }
        scan::scan(&tokens, &mut self.names).map_err(|refused| refusal(source, refused))?;
        self.add(source, source, true, &rewrite::expression(source, &tokens, 0, source.len()))
    }

    /// Returns the program and what it looks up, in order.
    pub(super) fn finish(self) -> (Program, Vec<Name>) {
        (self.program, self.names.into_iter().collect())
    }

    fn add(
        &mut self,
        whole: &str,
        code: &str,
        is_expression: bool,
        guarded: &Guarded,
    ) -> Result<usize, ExprError> {
        let number = self.program.strings.len();
        if number >= MAX_STRINGS {
            return Err(ExprError::SourceTooLarge { what: "strings with expressions", limit: MAX_STRINGS });
        }
        let name = number.to_string();
        let (source, shift) = match is_expression {
            true => (format!("{PREFIX}{}{SUFFIX}", guarded.source), PREFIX.len()),
            false => (guarded.source.clone(), 0),
        };
        let added = self.program.environment.add_template_owned(name.clone(), source);
        added.map_err(|error| {
            let at = error.range().map_or(0, |range| range.start).saturating_sub(shift);
            syntax(whole, &LexError::new(guarded.original(at), reason_of(&error)))
        })?;
        self.program.strings.push(Text { name, source: code.to_owned(), is_expression });
        Ok(number)
    }
}

impl Program {
    /// Runs one string; takes what it needs from `fuel`.
    pub(super) fn run(&self, number: usize, context: &Value, fuel: &mut u64) -> Result<Value, ExprError> {
        let text = &self.strings[number];
        let fail = |error: Error| error_of(&error, &text.source);
        let template = self.environment.get_template(&text.name).map_err(fail)?;
        let mut output = Bounded::default();
        let rendered = template.render_captured_to(context.clone(), &mut output);
        if output.is_full {
            return Err(ExprError::ResultTooLarge { what: "bytes", limit: values::MAX_RESULT });
        }
        let rendered = rendered.map_err(fail)?;
        let used = rendered.state().fuel_levels().map_or(0, |(used, _)| used);
        *fuel = fuel.checked_sub(used).ok_or(ExprError::OutOfFuel)?;
        if !text.is_expression {
            let written = String::from_utf8(output.written);
            let written = written.map_err(|error| ExprError::Invalid { reason: error.to_string() })?;
            return Ok(Value::from(written));
        }
        match rendered.state().lookup(RESULT) {
            Some(value) if !value.is_undefined() => Ok(value),
            _ => Err(ExprError::Undefined { name: shortened(&text.source) }),
        }
    }
}

/// Returns where the expression is when `tokens` are one `{{ … }}` and nothing else, not even blanks around it.
fn lone_expression(tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let [open, inner @ .., close] = tokens else { return None };
    let is_lone = open.kind == Kind::EmitOpen && inner.iter().all(|token| token.kind != Kind::EmitClose);
    (is_lone && close.kind == Kind::EmitClose).then(|| (open.at + open.text.len(), close.at))
}

fn check_length(source: &str) -> Result<(), ExprError> {
    if source.len() > MAX_SOURCE {
        return Err(ExprError::SourceTooLarge { what: "bytes", limit: MAX_SOURCE });
    }
    Ok(())
}

fn refusal(source: &str, refused: Refused) -> ExprError {
    match refused {
        Refused::Syntax(error) => syntax(source, &error),
        Refused::TooLarge(error) => error,
    }
}

fn syntax(source: &str, error: &LexError) -> ExprError {
    let before = source.get(..error.at).unwrap_or(source);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    ExprError::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        reason: error.reason.clone(),
    }
}

fn reason_of(error: &Error) -> String {
    shortened(error.detail().unwrap_or("it is no valid template"))
}

/// Returns what an error of minijinja means.
pub(super) fn error_of(error: &Error, source: &str) -> ExprError {
    let carried = std::error::Error::source(error).and_then(|source| source.downcast_ref::<ExprError>());
    if let Some(ours) = carried {
        return ours.clone();
    }
    let detail = error.detail().unwrap_or_default();
    let undefined = detail.split_once("` is undefined").and_then(|(before, _)| before.rsplit_once('`'));
    match (error.kind(), undefined) {
        (ErrorKind::OutOfFuel, _) => ExprError::OutOfFuel,
        (_, Some((_, name))) => ExprError::Undefined { name: shortened(name) },
        (ErrorKind::UndefinedError, None) => ExprError::Undefined { name: shortened(source) },
        (kind, None) => {
            let reason = error.detail().map_or_else(|| kind.to_string(), shortened);
            ExprError::Invalid { reason }
        }
    }
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Output that refuses to grow beyond the largest result.
#[derive(Default)]
struct Bounded {
    written: Vec<u8>,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written.len() + bytes.len() > values::MAX_RESULT {
            self.is_full = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
