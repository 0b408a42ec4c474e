//! Templates: a score with the agents in it and an input to try it with, as one document.

use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::{Error, Workspace};
use crate::domain::{Agent, Payload, Score};

/// A score to begin from, with its agents and an input to try it with.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreTemplate {
    /// The score.
    pub score: Score,
    /// The agents that its LLM nodes name.
    pub agents: Vec<Agent>,
    /// An input that it can be played with.
    pub input: Payload,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    score: Value,
    #[serde(default)]
    agents: Vec<Value>,
    #[serde(default = "nothing")]
    input: Value,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

impl ScoreTemplate {
    /// Reads a template: `{"score": …, "agents": [ … ], "input": … }`. Agents have neither a version nor a time yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] says what is wrong with the document or an agent, [`Error::Score`] what is wrong with the score.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = Payload::parse(text)?;
        let document: Document = serde_json::from_str(text.as_str())
            .map_err(|error| Error::invalid("template", format!("{error}; use score, agents and input")))?;
        Ok(Self {
            score: Score::from_json(&document.score).map_err(Error::Score)?,
            agents: document.agents.into_iter().map(agent).collect::<Result<_, _>>()?,
            input: Payload::from(document.input),
        })
    }
}

impl Workspace {
    /// Saves what a template brings: each agent and the score, unless there is one with its id, which is left as people have
    /// made it. Returns the score as it is stored.
    ///
    /// # Errors
    /// As [`ensure_agent`](Self::ensure_agent) and [`ensure_score`](Self::ensure_score).
    pub async fn ensure_template(&self, template: &ScoreTemplate) -> Result<Score, Error> {
        for agent in &template.agents {
            self.ensure_agent(agent.clone()).await?;
        }
        self.ensure_score(template.score.clone()).await
    }
}

fn agent(mut value: Value) -> Result<Agent, Error> {
    if let Some(agent) = value.as_object_mut() {
        agent.insert("version".to_owned(), Value::from(0));
        agent.insert("updated_at".to_owned(), Value::from(DateTime::UNIX_EPOCH.to_rfc3339()));
    }
    serde_json::from_value(value).map_err(|error| Error::invalid("agents", error.to_string()))
}
