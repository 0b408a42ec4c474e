//! Forms: what browsers send without a script.

use axum::{
    extract::{FromRequest, Request},
    http::header,
};

use super::markup::Markup;
use crate::{
    app::App,
    extract::read_body,
    problem::{Code, FieldProblem, Problem},
};

/// The fields of a form, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl FromRequest<App> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let media = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !media.is_some_and(|media| media.starts_with("application/x-www-form-urlencoded")) {
            return Err(Problem::new(Code::UnsupportedMediaType, "send a form"));
        }
        let bytes = read_body(&parts.headers, body, app).await?;
        Ok(Self(form_urlencoded::parse(&bytes).into_owned().collect()))
    }
}

impl Form {
    /// Returns the value of a field, without the blanks around it; empty where it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.text(name).trim()
    }

    /// Returns the value of a field as it was typed, with line breaks as they are stored.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// Returns every value of a field that may be sent several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the fields whose names begin with `prefix`, without it.
    pub(crate) fn within<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
    }
}

/// What is wrong with a form, field by field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors(Vec<FieldProblem>, Option<String>);

impl Errors {
    /// Keeps what a problem says of fields. One that is about no field stands at the top.
    pub(crate) fn of(problem: &Problem) -> Self {
        let of_fields: Vec<_> =
            problem.errors().iter().filter(|error| error.pointer.len() > 1).cloned().collect();
        let top = of_fields.is_empty().then(|| problem.detail().to_owned());
        Self(of_fields, top)
    }

    /// Adds what is wrong with one field.
    pub(crate) fn add(&mut self, field: &str, message: impl Into<String>) {
        let (pointer, code) = (format!("/{field}"), "invalid".to_owned());
        self.0.push(FieldProblem { pointer, code, message: message.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty() && self.1.is_none()
    }

    /// Returns what is wrong with the form as a whole.
    pub(crate) fn top(&self) -> Option<&str> {
        self.1.as_deref()
    }

    /// Returns the first field that is wrong.
    pub(crate) fn first(&self) -> Option<&str> {
        self.0.first().map(|error| field_of(&error.pointer))
    }

    /// Returns what is wrong with a field.
    pub(crate) fn at(&self, field: &str) -> Option<&str> {
        let found = self.0.iter().find(|error| field_of(&error.pointer) == field);
        found.map(|error| error.message.as_str())
    }

    /// Returns the attributes of a field: that it is wrong, and where it says why.
    pub(crate) fn mark(&self, field: &str) -> Markup {
        let mut out = Markup::new();
        if self.at(field).is_some() {
            out.raw(format_args!(r#" aria-invalid="true" aria-describedby="{field}-e""#));
        }
        out
    }

    /// Writes why a field is wrong, where it is.
    pub(crate) fn say(&self, field: &str) -> Markup {
        let mut out = Markup::new();
        if let Some(message) = self.at(field) {
            out.raw(format_args!(
                r#"<p class="error" id="{field}-e">{}<span>"#,
                super::draw::state_mark("failed")
            ));
            // The code of the field stands before the message already, as its label.
            out.text(capital(message)).raw("</span></p>");
        }
        out
    }
}

/// Returns the name of the field that a pointer begins with.
fn field_of(pointer: &str) -> &str {
    let inside = pointer.trim_start_matches('/');
    inside.split('/').next().unwrap_or(inside)
}

/// Returns a sentence with its first letter large and a full stop, as pages write them.
pub(crate) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let rest = characters.as_str();
    let stop = if text.ends_with(['.', '?', '`', '”', '"']) { "" } else { "." };
    format!("{}{rest}{stop}", first.to_uppercase())
}
