//! Scope: the values that a template or an expression may look up.

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

    fn bind(mut self, name: &'static str, value: Bound<'a>) -> Self {
        self.values.push((name, value));
        self
    }
}
