//! Agents: who there is, who uses them, and one of them to change.

use askama::Template;
use axum::response::{IntoResponse, Response};
use maestro_core::{
    domain::{Agent, AgentId, slug_of, with_suffix},
    engine::AgentUse,
};

use crate::{
    dashboard::{
        form::{Errors, Form},
        frame::{Frame, Place},
        page::{Page, redirect},
        visit::Visit,
        words,
    },
    extract::Path,
    problem::{Code, Problem},
};

/// So many agents are shown.
const AGENTS: u32 = 500;
/// How many slugs are tried for a new one.
const SLUGS: u32 = 20;

#[derive(Template)]
#[template(path = "agents.html")]
struct Agents {
    f: Frame,
    rows: Vec<(Agent, String)>,
    default_model: String,
    editing: Option<Editing>,
    errors: Errors,
}

/// The agent whose panel is open.
struct Editing {
    /// Empty for a new one.
    id: String,
    version: u32,
    typed: Typed,
    uses: Vec<AgentUse>,
    tools: Vec<Tool>,
}

struct Typed {
    name: String,
    description: String,
    model: String,
    system_prompt: String,
    max_tokens: String,
    tools: Vec<String>,
}

struct Tool {
    name: String,
    description: String,
    is_allowed: bool,
}

impl Typed {
    fn read(form: &Form) -> Self {
        Self {
            name: form.get("name").to_owned(),
            description: form.get("description").to_owned(),
            model: form.get("model").to_owned(),
            system_prompt: form.text("system_prompt").replace("\r\n", "\n"),
            max_tokens: form.get("max_tokens").to_owned(),
            tools: form.all("tool").map(str::to_owned).collect(),
        }
    }

    fn of(agent: &Agent) -> Self {
        Self {
            name: agent.name.clone(),
            description: agent.description.clone(),
            model: agent.model.clone(),
            system_prompt: agent.system_prompt.clone(),
            max_tokens: agent.max_tokens.map_or_else(String::new, |most| most.to_string()),
            tools: agent.allowed_tools.clone(),
        }
    }

    fn agent(&self, id: AgentId, visit: &Visit) -> Result<Agent, Problem> {
        let max_tokens = match self.max_tokens.as_str() {
            "" => None,
            most => Some(
                most.parse()
                    .map_err(|_| Problem::invalid("/max_tokens", "write a whole number, or nothing"))?,
            ),
        };
        Ok(Agent {
            id,
            version: 0,
            name: self.name.clone(),
            description: self.description.clone(),
            model: self.model.clone(),
            system_prompt: self.system_prompt.clone(),
            allowed_tools: self.tools.clone(),
            max_tokens,
            updated_at: visit.times.now,
        })
    }
}

/// Lists the agents.
pub(crate) async fn list(visit: Visit) -> Result<Page, Problem> {
    Ok(Page::new(&load(&visit, None, Errors::default()).await?, &visit))
}

/// Shows an agent.
pub(crate) async fn show(visit: Visit, Path(id): Path<AgentId>) -> Result<Page, Problem> {
    let agent = visit.workspace.agent(&id, None).await?;
    let editing = Some((id.to_string(), agent.version, Typed::of(&agent)));
    Ok(Page::new(&load(&visit, editing, Errors::default()).await?, &visit))
}

/// Shows the fields of a new agent.
pub(crate) async fn begin(visit: Visit) -> Result<Page, Problem> {
    let typed = Typed::read(&Form::default());
    Ok(Page::new(&load(&visit, Some((String::new(), 0, typed)), Errors::default()).await?, &visit))
}

/// Makes an agent, named by its slug.
pub(crate) async fn create(visit: Visit, form: Form) -> Result<Response, Problem> {
    let typed = Typed::read(&form);
    let slug = slug_of(&typed.name, "agent");
    let mut refusal = None;
    for n in 1..=SLUGS {
        let id = AgentId::new(with_suffix(&slug, n))?;
        let saved = match typed.agent(id, &visit) {
            Ok(agent) => visit.workspace.save_agent_over(agent, 0).await.map_err(Problem::from),
            Err(problem) => Err(problem),
        };
        match saved {
            Ok(made) => return Ok(redirect(&visit, &format!("/agents/{}", made.id), Some("saved"))),
            Err(problem) if matches!(problem.code(), Code::RevisionMismatch | Code::Taken) => {
                refusal = Some(problem)
            }
            Err(problem) => {
                refusal = Some(problem);
                break;
            }
        }
    }
    again(&visit, (String::new(), 0, typed), refusal.unwrap_or_else(Problem::internal)).await
}

/// Saves the next version of an agent.
pub(crate) async fn save(visit: Visit, Path(id): Path<AgentId>, form: Form) -> Result<Response, Problem> {
    let typed = Typed::read(&form);
    let version = form.get("version").parse().unwrap_or(0);
    let saved = match typed.agent(id.clone(), &visit) {
        Ok(agent) => visit.workspace.save_agent_over(agent, version).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match saved {
        Ok(saved) => {
            tracing::info!(actor = %visit.actor, agent = %id, version = saved.version, "agent saved");
            Ok(redirect(&visit, &format!("/agents/{id}"), Some("saved")))
        }
        Err(problem) => again(&visit, (id.to_string(), version, typed), problem).await,
    }
}

/// Shows the fields again with what needs another look.
async fn again(visit: &Visit, editing: (String, u32, Typed), problem: Problem) -> Result<Response, Problem> {
    if matches!(problem.code(), Code::NotFound | Code::Internal | Code::Unavailable) {
        return Err(problem);
    }
    let page = load(visit, Some(editing), Errors::of(&problem)).await?;
    Ok(Page::new(&page, visit).status(problem.status()).into_response())
}

async fn load(
    visit: &Visit,
    editing: Option<(String, u32, Typed)>,
    errors: Errors,
) -> Result<Agents, Problem> {
    let (f, agents, settings) = futures_util::try_join!(
        Frame::load(visit.clone(), Place::Agents, None),
        async { Ok::<_, Problem>(visit.workspace.agents(None, AGENTS).await?) },
        async { Ok(visit.workspace.settings().await?) },
    )?;
    let mut rows = Vec::with_capacity(agents.len());
    for agent in agents {
        let uses = visit.workspace.agent_usage(&agent.id).await?;
        rows.push((agent, in_words(&uses)));
    }
    let editing = match editing {
        None => None,
        Some((id, version, typed)) => {
            let uses = match AgentId::new(&id) {
                Ok(id) => visit.workspace.agent_usage(&id).await?,
                Err(_) => Vec::new(),
            };
            let tools = visit.app.maestro().operations().into_iter().map(|info| {
                let name = info.operation.to_string();
                Tool { is_allowed: typed.tools.contains(&name), description: info.description, name }
            });
            Some(Editing { id, version, uses, tools: tools.collect(), typed })
        }
    };
    Ok(Agents { f, rows, default_model: settings.default_model, editing, errors })
}

fn in_words(uses: &[AgentUse]) -> String {
    let nodes: usize = uses.iter().map(|used| used.nodes.len()).sum();
    match uses.len() {
        0 => "nothing yet".to_owned(),
        1 => words::many_of(nodes, "node"),
        scores => format!("{} in {}", words::many_of(nodes, "node"), words::many_of(scores, "score")),
    }
}
