//! Playing a script: which reply a call gets, and what becomes of its templates.

use maestro_core::domain::{ExprError, Payload, Scope, Template, TurnEnd};
use serde_json::Value;

use super::{Asked, Fault, Reply, Said, Script, ScriptedTokens, Tokens};
use crate::request::wire_name;

/// Bytes that count as one token.
const BYTES_A_TOKEN: usize = 4;

/// A script, and how often each of its replies was given.
#[derive(Debug)]
pub(super) struct Playing {
    pub(super) script: Script,
    given: Vec<u32>,
}

/// What a model answers, in no format yet.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) text: String,
    /// Id, name on the wire, and arguments.
    pub(super) calls: Vec<(String, String, Value)>,
    pub(super) stop: TurnEnd,
    pub(super) tokens: Tokens,
}

/// Why a call gets no reply of the script.
pub(super) enum NoReply {
    /// The key is not the one.
    Key,
    /// The model is not known.
    Model,
    /// The script says nothing about such a call.
    Unscripted,
}

impl Playing {
    pub(super) fn new(script: Script) -> Self {
        let given = vec![0; script.replies.len()];
        Self { script, given }
    }

    /// Takes the reply to a call.
    pub(super) fn take(&mut self, asked: &Asked, key: Option<&str>) -> Result<Reply, NoReply> {
        if self.script.key.as_deref().is_some_and(|known| key != Some(known)) {
            return Err(NoReply::Key);
        }
        if !self.script.models.is_empty() && !self.script.models.contains_key(&asked.model) {
            return Err(NoReply::Model);
        }
        let mut replies = self.script.replies.iter().zip(&mut self.given);
        let fits = |(reply, given): &(&Reply, &mut u32)| {
            reply.times.is_none_or(|times| **given < times) && is_for(reply, asked)
        };
        let (reply, given) = replies.find(fits).ok_or(NoReply::Unscripted)?;
        *given += 1;
        Ok(reply.clone())
    }
}

fn is_for(reply: &Reply, asked: &Asked) -> bool {
    let when = &reply.when;
    let holds =
        |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|part| text.contains(part));
    when.model.as_deref().is_none_or(|model| model == asked.model)
        && holds(&when.system, &asked.system)
        && holds(&when.prompt, asked.prompt())
        && holds(&when.last, asked.last())
        && when.turn.is_none_or(|turn| turn == asked.turn())
        && when.has_tools.is_none_or(|has_tools| has_tools != asked.tools.is_empty())
}

impl Answer {
    /// Renders a reply.
    pub(super) fn render(reply: &Reply, asked: &Asked) -> Result<Self, ExprError> {
        let seen = Seen::of(asked);
        let scope = seen.scope(asked);
        let text = match (&reply.text, &reply.json) {
            (Some(text), _) => in_words(&text.render(&scope)?),
            (None, Some(json)) => json.render(&scope)?.as_str().to_owned(),
            (None, None) => String::new(),
        };
        let id = format!("{}_{}", asked.conversation(), asked.turn());
        let calls = reply.tool_calls.iter().enumerate().map(|(at, call)| {
            let arguments = render(&call.arguments, &scope)?;
            Ok((format!("call_{id}_{}", at + 1), wire_name(&call.name), arguments))
        });
        let calls: Vec<_> = calls.collect::<Result<_, ExprError>>()?;
        let stop = reply.stop.unwrap_or(if calls.is_empty() { TurnEnd::Done } else { TurnEnd::Tools });
        let called: usize =
            calls.iter().map(|(_, name, arguments)| name.len() + arguments.to_string().len()).sum();
        let tokens = tokens(reply.usage, asked.size(), text.len() + called);
        Ok(Self { id, text, calls, stop, tokens })
    }
}

fn render(template: &Template, scope: &Scope<'_>) -> Result<Value, ExprError> {
    let rendered = template.render(scope)?;
    Ok(rendered.value().cloned().unwrap_or_default())
}

/// Returns a text without quotes, and everything else as compact JSON.
fn in_words(payload: &Payload) -> String {
    match payload.value() {
        Ok(Value::String(text)) => text.clone(),
        _ => payload.as_str().to_owned(),
    }
}

fn tokens(scripted: ScriptedTokens, asked: usize, answered: usize) -> Tokens {
    let by_length = |bytes: usize| bytes.div_ceil(BYTES_A_TOKEN) as u64;
    Tokens {
        input: scripted.input.unwrap_or_else(|| by_length(asked)),
        output: scripted.output.unwrap_or_else(|| by_length(answered)),
        cache_read: scripted.cache_read,
        cache_write: scripted.cache_write,
        reasoning: scripted.reasoning,
    }
}

/// What templates see that has to be made first.
struct Seen {
    data: Option<Payload>,
    results: Payload,
}

impl Seen {
    fn of(asked: &Asked) -> Self {
        let results = asked.messages.iter().filter_map(|said| match said {
            Said::Tool { text, .. } => {
                Some(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())))
            }
            Said::User { .. } | Said::Model { .. } => None,
        });
        Self {
            data: data(asked.prompt()).map(Payload::from),
            results: Payload::from(results.collect::<Value>()),
        }
    }

    fn scope<'a>(&'a self, asked: &'a Asked) -> Scope<'a> {
        let scope = Scope::new()
            .with_text("model", &asked.model)
            .with_text("system", &asked.system)
            .with_text("prompt", asked.prompt())
            .with_text("last", asked.last())
            .with_number("turn", asked.turn().into())
            .with("results", &self.results);
        match &self.data {
            Some(data) => scope.with("data", data),
            None => scope,
        }
    }
}

/// Finds the first JSON object or list in a text.
fn data(text: &str) -> Option<Value> {
    let begins = text.char_indices().filter(|(_, char)| matches!(char, '{' | '['));
    // A text full of brackets is no data; nobody needs a fake that looks through all of them.
    begins
        .take(100)
        .find_map(|(at, _)| serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>().next()?.ok())
}

/// Returns the words that a provider has for an error.
pub(super) fn words(status: u16) -> &'static str {
    match status {
        401 | 403 => "the key is not valid",
        404 => "there is no such model",
        429 => "too many requests",
        503 | 529 => "overloaded",
        500..=599 => "internal error",
        _ => "the request is not valid",
    }
}

/// Tells whether a reply is billed.
pub(super) fn is_billed(fault: Option<&Fault>) -> bool {
    !matches!(fault, Some(Fault::Status { .. }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_is_found_behind_words_and_brackets_that_are_none() {
        assert_eq!(data("Draft [a mail] for {\"name\": \"ann\"}, please"), Some(json!({"name": "ann"})));
        assert_eq!(data("leads: [1, 2] and {}"), Some(json!([1, 2])));
        assert_eq!(data("no data { here"), None);
    }
}
