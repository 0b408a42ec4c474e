//! Fields: one JSON object, read field by field; what is not asked for is unknown.

use serde_json::{Map, Value};

use super::types::wrong_type;
use crate::domain::{
    Expression, InvalidId, Template,
    score::{ProblemCode, Span, nearest, problem::Collector},
};

/// An object of the document that is being read.
pub(super) struct Fields<'d> {
    map: &'d Map<String, Value>,
    pointer: String,
    asked: Vec<&'static str>,
    /// Those of them that must be there.
    required: Vec<&'static str>,
}

impl<'d> Fields<'d> {
    /// Opens `value`, which must be an object.
    pub(super) fn open(value: &'d Value, pointer: String, problems: &mut Collector) -> Option<Self> {
        match value {
            Value::Object(map) => {
                Some(Self { map, pointer, asked: Vec::with_capacity(16), required: Vec::new() })
            }
            other => {
                wrong_type(problems, pointer, "an object", other);
                None
            }
        }
    }

    /// Returns the pointer to a field.
    pub(super) fn pointer(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }

    /// Returns the pointer to the object.
    pub(super) fn place(&self) -> &str {
        &self.pointer
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Returns a field whatever it holds.
    pub(super) fn any(&mut self, name: &'static str) -> Option<&'d Value> {
        self.asked.push(name);
        self.map.get(name)
    }

    /// Returns a field that must be there.
    pub(super) fn required(&mut self, name: &'static str, problems: &mut Collector) -> Option<&'d Value> {
        let value = self.any(name);
        self.required.push(name);
        if value.is_none() {
            let message = format!("the field `{name}` is missing");
            problems.add(&self.pointer, ProblemCode::MissingField, message, format!("add `{name}`"));
        }
        value
    }

    pub(super) fn text(&mut self, name: &'static str, problems: &mut Collector) -> Option<&'d str> {
        let value = self.any(name)?;
        self.as_text(name, value, problems)
    }

    fn as_text(&self, name: &str, value: &'d Value, problems: &mut Collector) -> Option<&'d str> {
        if let Value::String(text) = value {
            return Some(text);
        }
        self.wrong_type(name, "a text", value, problems);
        None
    }

    pub(super) fn truth(&mut self, name: &'static str, problems: &mut Collector) -> Option<bool> {
        match self.any(name)? {
            Value::Bool(truth) => Some(*truth),
            other => {
                self.wrong_type(name, "true or false", other, problems);
                None
            }
        }
    }

    pub(super) fn list(&mut self, name: &'static str, problems: &mut Collector) -> Option<&'d [Value]> {
        match self.any(name)? {
            Value::Array(list) => Some(list),
            other => {
                self.wrong_type(name, "a list", other, problems);
                None
            }
        }
    }

    /// Reads a number from `least` to `most`.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        (least, most): (f64, f64),
        problems: &mut Collector,
    ) -> Option<f64> {
        let value = self.any(name)?;
        let Some(number) = value.as_f64() else {
            self.wrong_type(name, "a number", value, problems);
            return None;
        };
        if (least..=most).contains(&number) {
            return Some(number);
        }
        let message = format!("{value} is out of range");
        problems.add(self.pointer(name), ProblemCode::OutOfRange, message, format!("use {least} to {most}"));
        None
    }

    /// Reads a whole number from `least` to `most`; `3.0` is whole.
    pub(super) fn whole(
        &mut self,
        name: &'static str,
        (least, most): (u64, u64),
        problems: &mut Collector,
    ) -> Option<u64> {
        let value = self.any(name)?;
        let float = value.as_f64();
        let whole = value.as_u64().or_else(|| {
            let float = float.filter(|float| float.fract() == 0.0 && (0.0..=9e15).contains(float));
            float.map(|float| float as u64)
        });
        match (whole, float) {
            (Some(whole), _) if (least..=most).contains(&whole) => return Some(whole),
            (_, None) => self.wrong_type(name, "a whole number", value, problems),
            _ => {
                let message = format!("{value} is no whole number in range");
                let fix = format!("use a whole number from {least} to {most}");
                problems.add(self.pointer(name), ProblemCode::OutOfRange, message, fix);
            }
        }
        None
    }

    /// Reads a whole number that fits 32 bits.
    pub(super) fn count(
        &mut self,
        name: &'static str,
        (least, most): (u32, u32),
        problems: &mut Collector,
    ) -> Option<u32> {
        let whole = self.whole(name, (least.into(), most.into()), problems)?;
        u32::try_from(whole).ok()
    }

    /// Reads a number of seconds, at least `least`.
    pub(super) fn span(&mut self, name: &'static str, least: Span, problems: &mut Collector) -> Option<Span> {
        let seconds = self.number(name, (least.as_secs_f64(), Span::MAX.as_secs_f64()), problems)?;
        Span::from_secs_f64(seconds).ok()
    }

    /// Reads one of the names of an enum.
    pub(super) fn name<T: Copy>(
        &mut self,
        name: &'static str,
        all: &[T],
        name_of: fn(T) -> &'static str,
        problems: &mut Collector,
    ) -> Option<T> {
        let text = self.text(name, problems)?;
        let found = all.iter().copied().find(|one| name_of(*one) == text);
        if found.is_none() {
            let names: Vec<&str> = all.iter().map(|one| name_of(*one)).collect();
            let message = format!("`{name}` cannot be {text:?}");
            let fix = match nearest::nearest(text, names.iter().copied()) {
                Some(near) => format!("did you mean {near:?}? Use {}", nearest::one_of(&names)),
                None => format!("use {}", nearest::one_of(&names)),
            };
            problems.add(self.pointer(name), ProblemCode::UnknownName, message, fix);
        }
        found
    }

    /// Reads an id that must be there.
    pub(super) fn id<T>(
        &mut self,
        name: &'static str,
        new: fn(&str) -> Result<T, InvalidId>,
        problems: &mut Collector,
    ) -> Option<T> {
        let value = self.required(name, problems)?;
        let text = self.as_text(name, value, problems)?;
        id(text, self.pointer(name), new, problems)
    }

    /// Reads a template of any JSON.
    pub(super) fn template(&mut self, name: &'static str, problems: &mut Collector) -> Option<Template> {
        let value = self.any(name)?;
        self.as_template(name, value, problems)
    }

    /// Reads a template that is one text.
    pub(super) fn text_template(&mut self, name: &'static str, problems: &mut Collector) -> Option<Template> {
        let value = self.any(name)?;
        self.as_text(name, value, problems)?;
        self.as_template(name, value, problems)
    }

    fn as_template(&self, name: &str, value: &Value, problems: &mut Collector) -> Option<Template> {
        match Template::parse_all(value) {
            Ok(template) => Some(template),
            Err(errors) => {
                for (inner, error) in errors {
                    let pointer = format!("{}{inner}", self.pointer(name));
                    let fix = "correct it there; text that is meant as it stands goes between \
                               {% raw %} and {% endraw %}";
                    problems.add(pointer, ProblemCode::InvalidTemplate, error.to_string(), fix);
                }
                None
            }
        }
    }

    pub(super) fn expression(&mut self, name: &'static str, problems: &mut Collector) -> Option<Expression> {
        let text = self.text(name, problems)?;
        match Expression::parse(text) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let fix = "write one expression, without {{ and }}, such as output.score > 3";
                problems.add(self.pointer(name), ProblemCode::InvalidTemplate, error.to_string(), fix);
                None
            }
        }
    }

    /// Reports a field of another JSON type.
    fn wrong_type(&self, name: &str, wanted: &str, value: &Value, problems: &mut Collector) {
        match value {
            Value::Null if self.required.contains(&name) => {
                let message = format!("this must be {wanted}, not null; `{name}` is required");
                problems.add(self.pointer(name), ProblemCode::WrongType, message, format!("write {wanted}"));
            }
            _ => wrong_type(problems, self.pointer(name), wanted, value),
        }
    }

    /// Returns what was asked for, each once: some fields are read in several ways.
    fn each_asked(&self) -> Vec<&'static str> {
        let mut each = Vec::new();
        for name in &self.asked {
            if !each.contains(name) {
                each.push(*name);
            }
        }
        each
    }

    /// Reports every field that nobody asked for. Tells whether there are none: an unknown field may be meant as one that
    /// is absent.
    pub(super) fn finish(self, what: &str, problems: &mut Collector) -> bool {
        let mut all_known = true;
        for name in self.map.keys().filter(|name| !self.asked.contains(&name.as_str())) {
            let shown: String = name.chars().take(80).collect();
            let fix = match nearest::nearest(name, self.asked.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("remove it; {what} has {}", self.each_asked().join(", ")),
            };
            let pointer = format!("{}/{}", self.pointer, shown.replace('~', "~0").replace('/', "~1"));
            problems.add(pointer, ProblemCode::UnknownField, format!("{what} has no field `{shown}`"), fix);
            all_known = false;
        }
        all_known
    }
}

/// Checks an id.
pub(super) fn id<T>(
    text: &str,
    pointer: String,
    new: fn(&str) -> Result<T, InvalidId>,
    problems: &mut Collector,
) -> Option<T> {
    match new(text) {
        Ok(id) => Some(id),
        Err(error) => {
            let message = format!("{} {:?} is not valid", error.what, error.value);
            problems.add(pointer, ProblemCode::InvalidId, message, error.rule);
            None
        }
    }
}
