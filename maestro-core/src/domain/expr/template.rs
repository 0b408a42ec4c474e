//! Templates: JSON whose strings may look things up.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use super::{
    ExprError, Name, Scope, lex, place,
    program::{Compiler, Program},
    values, vocabulary,
};
use crate::domain::{MAX_DEPTH, Payload};

/// The largest template, in bytes of its strings and keys.
const MAX_TEMPLATE: usize = 512 * 1024;

/// Any JSON value in which every string may hold `{{ … }}` and `{% … %}`. Cheap to clone; compares by source.
///
/// The language is minijinja's (Jinja2). A string that is exactly one `{{ expression }}` becomes the value of the
/// expression with its type; any other string, were it only for a blank, becomes a text, in which values that are no
/// text stand as compact JSON (`~` and `join` write them so too). Keys of objects are taken as they are.
///
/// Looking up what is not there is an error, also within lists and objects; only `is defined` and `default(…)` may
/// ask, and an `if` without `else` gives nothing that could be used.
///
/// Work, memory and results are bounded, so some of Jinja is left out: `include`, `import`, `block`, `macro`, `call`
/// and `do`; methods of values (write `x | upper`, not `x.upper()`); `namespace`; the filters `indent`, `format`,
/// `chain` and `zip`; and all that is for HTML: nothing is escaped. `tojson` and `fromjson` write and read JSON.
///
/// Integers beyond 64 bits are refused rather than rounded, unless the string is nothing but a name such as
/// `{{ input }}` or `{{ from.fetch }}`, which passes the payload on as it is. An id with a hyphen is looked up as
/// `from["fetch-leads"]`.
///
/// ```
/// use maestro_core::domain::{Payload, Scope, Template};
/// use serde_json::json;
///
/// let template = Template::parse(&json!({"to": "{{ input.email }}", "text": "Hi {{ input.name | title }}!"}))?;
/// let input = Payload::from(json!({"email": "ada@example.com", "name": "ada"}));
/// let given = template.render(&Scope::new().with("input", &input))?;
/// assert_eq!(given, Payload::from(json!({"to": "ada@example.com", "text": "Hi Ada!"})));
/// # Ok::<(), maestro_core::domain::ExprError>(())
/// ```
#[derive(Clone)]
pub struct Template(Arc<Inner>);

struct Inner {
    source: Value,
    names: Vec<Name>,
    body: Body,
}

enum Body {
    Constant(Payload),
    /// The one string that is nothing but a name: its payload is passed on.
    Name,
    Marked(Box<Program>, Part),
}

/// A value of the source, with the marked strings replaced by their numbers in the program.
enum Part {
    Constant(Value),
    Marked(usize),
    List(Vec<Part>),
    Object(Vec<(String, Part)>),
}

impl Template {
    /// Parses a template: at most 512 KiB, 64 KiB a string, 1,000 marked strings.
    ///
    /// # Errors
    /// [`ExprError::Syntax`], also for unknown filters, tests and functions, and [`ExprError::SourceTooLarge`];
    /// within [`ExprError::At`] when the source is no single string. The first one found.
    pub fn parse(source: &Value) -> Result<Self, ExprError> {
        Self::parse_all(source).map_err(|mut errors| {
            let (pointer, error) = errors.swap_remove(0);
            error.at(&pointer)
        })
    }

    /// Parses a template and finds everything that is wrong with it, each with a pointer into the source.
    pub(in crate::domain) fn parse_all(source: &Value) -> Result<Self, Vec<(String, ExprError)>> {
        let mut parser = Parser { compiler: Compiler::new(), errors: Vec::new(), size: 0 };
        let part = parser.part(source, "", 0);
        if !parser.errors.is_empty() {
            return Err(parser.errors);
        }
        let (program, names) = parser.compiler.finish();
        let body = match part {
            Part::Constant(value) => Body::Constant(Payload::from(value)),
            Part::Marked(_) if is_name(source, &names) => Body::Name,
            part => Body::Marked(Box::new(program), part),
        };
        Ok(Self(Arc::new(Inner { source: source.clone(), names, body })))
    }

    /// Returns the JSON that it was parsed from.
    pub fn source(&self) -> &Value {
        &self.0.source
    }

    /// Returns what it looks up, in order, each once.
    pub fn names(&self) -> &[Name] {
        &self.0.names
    }

    /// Tells whether no string of it is marked, so that it gives the same value whatever the scope.
    pub fn is_constant(&self) -> bool {
        matches!(self.0.body, Body::Constant(_))
    }

    /// Returns its value, of at most 1 MiB.
    ///
    /// # Errors
    /// [`ExprError::Undefined`] and the other errors of evaluating; within [`ExprError::At`] when the source is no
    /// single string.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Payload, ExprError> {
        match &self.0.body {
            Body::Constant(payload) => Ok(payload.clone()),
            Body::Name => {
                let name = &self.0.names[0];
                match scope.payload(name) {
                    Some(payload) => Ok(payload.clone()),
                    None => scope.plain(name).ok_or_else(|| ExprError::Undefined { name: name.to_string() }),
                }
            }
            Body::Marked(program, part) => {
                let context = scope.bind_all(&self.0.names)?;
                let mut render =
                    Render { program, context, fuel: vocabulary::FUEL, left: values::MAX_RESULT };
                render.part(part, &mut String::new()).map(Payload::from)
            }
        }
    }
}

/// Tells whether `source` is `{{ name }}` or `{{ from.id }}` and nothing more.
fn is_name(source: &Value, names: &[Name]) -> bool {
    let (Value::String(text), [name]) = (source, names) else { return false };
    let inner = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
    *name != Name::AnyFrom && inner.is_some_and(|inner| inner.trim() == name.to_string())
}

struct Parser {
    compiler: Compiler,
    errors: Vec<(String, ExprError)>,
    size: usize,
}

impl Parser {
    fn part(&mut self, source: &Value, pointer: &str, depth: usize) -> Part {
        if depth > MAX_DEPTH {
            self.refuse(pointer, ExprError::SourceTooLarge { what: "levels of nesting", limit: MAX_DEPTH });
            return Part::Constant(Value::Null);
        }
        match source {
            Value::String(text) => self.string(text, pointer),
            Value::Array(list) => {
                let parts = list.iter().enumerate();
                let parts: Vec<Part> =
                    parts.map(|(at, item)| self.part(item, &format!("{pointer}/{at}"), depth + 1)).collect();
                if parts.iter().all(Part::is_constant) {
                    return self.constant(source);
                }
                Part::List(parts)
            }
            Value::Object(map) => {
                let mut parts = Vec::with_capacity(map.len());
                for (key, item) in map {
                    self.grow(key.len(), pointer);
                    let place = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                    parts.push((key.clone(), self.part(item, &place, depth + 1)));
                }
                if parts.iter().all(|(_, part)| part.is_constant()) {
                    return self.constant(source);
                }
                Part::Object(parts)
            }
            Value::Number(number) if place::is_huge(number) => {
                let reason = "a number beyond 64 bits would lose digits; write it as a string".to_owned();
                self.refuse(pointer, ExprError::Invalid { reason });
                Part::Constant(Value::Null)
            }
            constant => Part::Constant(constant.clone()),
        }
    }

    /// Keeps a value without marks. One that is refused is not kept: it may be too deep to be copied.
    fn constant(&self, source: &Value) -> Part {
        Part::Constant(if self.errors.is_empty() { source.clone() } else { Value::Null })
    }

    fn string(&mut self, text: &str, pointer: &str) -> Part {
        self.grow(text.len(), pointer);
        if !lex::is_marked(text) {
            return Part::Constant(Value::String(text.to_owned()));
        }
        match self.compiler.string(text) {
            Ok(number) => Part::Marked(number),
            Err(error) => {
                self.refuse(pointer, error);
                Part::Constant(Value::Null)
            }
        }
    }

    fn grow(&mut self, bytes: usize, pointer: &str) {
        let before = self.size;
        self.size += bytes;
        if before <= MAX_TEMPLATE && self.size > MAX_TEMPLATE {
            self.refuse(pointer, ExprError::SourceTooLarge { what: "bytes", limit: MAX_TEMPLATE });
        }
    }

    fn refuse(&mut self, pointer: &str, error: ExprError) {
        if self.errors.len() < 100 {
            self.errors.push((pointer.to_owned(), error));
        }
    }
}

impl Part {
    fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }
}

/// One rendering: all strings of a template share the work and the size that one result may have.
struct Render<'t> {
    program: &'t Program,
    context: minijinja::Value,
    fuel: u64,
    left: usize,
}

impl Render<'_> {
    fn part(&mut self, part: &Part, pointer: &mut String) -> Result<Value, ExprError> {
        match part {
            Part::Constant(value) => Ok(value.clone()),
            Part::Marked(number) => {
                let value = self.program.run(*number, &self.context, &mut self.fuel);
                let depth = pointer.matches('/').count();
                let json = value.and_then(|value| values::write(&value, &mut self.left, depth));
                json.map_err(|error| error.at(pointer))
            }
            Part::List(parts) => {
                let mut list = Vec::with_capacity(parts.len());
                for (at, part) in parts.iter().enumerate() {
                    list.push(self.within(part, pointer, &at.to_string())?);
                }
                Ok(Value::Array(list))
            }
            Part::Object(parts) => {
                let mut map = Map::new();
                for (key, part) in parts {
                    let step = key.replace('~', "~0").replace('/', "~1");
                    map.insert(key.clone(), self.within(part, pointer, &step)?);
                }
                Ok(Value::Object(map))
            }
        }
    }

    fn within(&mut self, part: &Part, pointer: &mut String, step: &str) -> Result<Value, ExprError> {
        let len = pointer.len();
        pointer.push('/');
        pointer.push_str(step);
        let value = self.part(part, pointer);
        pointer.truncate(len);
        value
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.0.source == other.0.source
    }
}

impl Eq for Template {}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", self.source())
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
