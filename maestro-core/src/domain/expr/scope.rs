//! Scope: the values that a template or an expression may look up.

use minijinja::{Error, Value};

use super::{ExprError, Name, place::Place};
use crate::domain::{NodeId, Payload};

/// What an expression sees. Borrowed, and cheap to make: only what is looked up is ever converted.
#[derive(Clone, Debug, Default)]
pub struct Scope<'a> {
    values: Vec<(&'static str, Bound<'a>)>,
    from: &'a [(NodeId, Payload)],
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Bound<'a> {
    Payload(&'a Payload),
    Number(u64),
    Text(&'a str),
}

impl<'a> Scope<'a> {
    /// Returns a scope with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value. A name given twice stands for the later value.
    pub fn with(self, name: &'static str, value: &'a Payload) -> Self {
        self.bind(name, Bound::Payload(value))
    }

    /// Adds a number.
    pub fn with_number(self, name: &'static str, number: u64) -> Self {
        self.bind(name, Bound::Number(number))
    }

    /// Adds a text.
    pub fn with_text(self, name: &'static str, text: &'a str) -> Self {
        self.bind(name, Bound::Text(text))
    }

    /// Adds `index`: the number of the iteration, from 0.
    pub fn with_index(self, index: u32) -> Self {
        self.with_number("index", index.into())
    }

    /// Adds `from`: the outputs of other nodes by their ids.
    pub fn with_from(mut self, from: &'a [(NodeId, Payload)]) -> Self {
        self.from = from;
        self
    }

    /// Returns the payload that `name` stands for, if it is one.
    pub(super) fn payload(&self, name: &Name) -> Option<&'a Payload> {
        match name {
            Name::Plain(name) => match self.values.iter().rev().find(|(bound, _)| bound == name)? {
                (_, Bound::Payload(payload)) => Some(payload),
                _ => None,
            },
            Name::From(id) => {
                self.from.iter().find(|(node, _)| node.as_str() == id).map(|(_, output)| output)
            }
            Name::AnyFrom => None,
        }
    }

    /// Returns the number or the text that `name` stands for, as a payload.
    pub(super) fn plain(&self, name: &Name) -> Option<Payload> {
        let Name::Plain(name) = name else { return None };
        match self.values.iter().rev().find(|(bound, _)| bound == name)? {
            (_, Bound::Payload(payload)) => Some((*payload).clone()),
            (_, Bound::Number(number)) => Some(Payload::from(serde_json::Value::from(*number))),
            (_, Bound::Text(text)) => Some(Payload::from(serde_json::Value::from(*text))),
        }
    }

    /// Returns what `names` stand for, as minijinja wants it; nothing else is converted.
    pub(super) fn bind_all(&self, names: &[Name]) -> Result<Value, ExprError> {
        let mut context: Vec<(&str, Value)> = Vec::new();
        let mut from: Vec<(&str, Value)> = Vec::new();
        let has_from = names.iter().any(|name| !matches!(name, Name::Plain(_)));
        let sees_all = names.contains(&Name::AnyFrom);
        for (name, bound) in &self.values {
            if names.iter().any(|wanted| matches!(wanted, Name::Plain(wanted) if wanted == name)) {
                context.push((name, bound.value().map_err(|error| unreadable(name, &error))?));
            }
        }
        for (node, output) in self.from.iter().filter(|_| has_from) {
            let id = node.as_str();
            if sees_all || names.iter().any(|wanted| matches!(wanted, Name::From(wanted) if wanted == id)) {
                let value = Place::value_of(output);
                from.push((id, value.map_err(|error| unreadable(&format!("from.{id}"), &error))?));
            }
        }
        if has_from {
            context.push(("from", Value::from_pairs(from)));
        }
        Ok(Value::from_pairs(context))
    }

    fn bind(mut self, name: &'static str, value: Bound<'a>) -> Self {
        self.values.push((name, value));
        self
    }
}

impl Bound<'_> {
    fn value(&self) -> Result<Value, Error> {
        match self {
            Self::Payload(payload) => Place::value_of(payload),
            Self::Number(number) => Ok(Value::from(*number)),
            Self::Text(text) => Ok(Value::from(*text)),
        }
    }
}

fn unreadable(name: &str, error: &Error) -> ExprError {
    let reason = error.detail().unwrap_or("it is no JSON").to_owned();
    ExprError::UnreadableScope { name: name.to_owned(), reason }
}
