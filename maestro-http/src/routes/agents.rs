//! Routes of agents.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
};
use maestro_core::{
    domain::{self, AgentId, slug_of, with_suffix},
    engine::Error,
};

use crate::{
    answer::{Answer, done},
    app::App,
    auth::Caller,
    extract::{IfMatch, Json, Path, Query},
    problem::{Code, Problem},
    read,
    wire::{Agent, AgentUsage, CreateAgent, EditAgent, Page, PageQuery},
};

/// How often an edit is tried that others get ahead of, and how many slugs.
const TRIES: u32 = 20;

/// Lists the latest versions of agents, in the order of ids.
#[utoipa::path(get, path = "/api/agents", tag = "agents", params(PageQuery),
    responses((status = 200, body = Page<Agent>)))]
pub(crate) async fn list_agents(
    caller: Caller,
    Query(asked): Query<PageQuery>,
    RawQuery(query): RawQuery,
) -> Result<Answer<Page<Agent>>, Problem> {
    Ok(Answer::page(read::agents(&caller.workspace, &asked).await?, query.as_deref()))
}

/// Makes an agent.
#[utoipa::path(post, path = "/api/agents", tag = "agents", request_body = CreateAgent,
    responses((status = 201, body = Agent)))]
pub(crate) async fn create_agent(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<CreateAgent>,
) -> Result<Answer<Agent>, Problem> {
    let slug = slug_of(body.name.trim(), "agent");
    let (slugs, named) = match &body.slug {
        Some(slug) => (vec![slug.clone()], true),
        None => {
            let slugs: Result<_, _> = (1..=TRIES).map(|n| AgentId::new(with_suffix(&slug, n))).collect();
            (slugs?, false)
        }
    };
    let agent = body.into_agent(AgentId::new(&slug)?, app.now());
    for id in slugs {
        match caller.workspace.save_agent_over(domain::Agent { id, ..agent.clone() }, 0).await {
            Ok(made) => {
                tracing::info!(actor = %caller.actor, agent = %made.id, "agent made");
                let version = made.version;
                return Ok(Answer::created(&format!("agents/{}", made.id), made.into()).tagged(version));
            }
            Err(error) if is_taken(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let detail = match named {
        true => "the slug is taken, or was once; use another one",
        false => "too many agents have names like this one; use another name, or a slug",
    };
    Err(Problem::new(Code::Taken, detail))
}

/// Returns the latest version of an agent.
#[utoipa::path(get, path = "/api/agents/{id}", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = Agent)))]
pub(crate) async fn get_agent(caller: Caller, Path(id): Path<AgentId>) -> Result<Answer<Agent>, Problem> {
    let agent = caller.workspace.agent(&id, None).await?;
    let version = agent.version;
    Ok(Answer::ok(agent.into()).tagged(version))
}

/// Edits an agent, which makes its next version. Live runs go on with the version that they have.
#[utoipa::path(patch, path = "/api/agents/{id}", tag = "agents", params(("id" = String, Path)),
    request_body = EditAgent, responses((status = 200, body = Agent)))]
pub(crate) async fn edit_agent(
    caller: Caller,
    Path(id): Path<AgentId>,
    if_match: IfMatch,
    Json(body): Json<EditAgent>,
) -> Result<Answer<Agent>, Problem> {
    for _ in 0..TRIES {
        let before = caller.workspace.agent(&id, None).await?;
        let version = before.version;
        if_match.expected(version)?;
        match caller.workspace.save_agent_over(body.applied_to(before), version).await {
            Ok(saved) => {
                tracing::info!(actor = %caller.actor, agent = %id, version = saved.version, "agent saved");
                let version = saved.version;
                return Ok(Answer::ok(saved.into()).tagged(version));
            }
            // Somebody else was faster: the next look tells whether that version was meant.
            Err(Error::Revision { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict, "others edit it all the time; try again"))
}

/// Deletes an agent that the latest version of no score names. Its versions stay readable for the runs that used them.
#[utoipa::path(delete, path = "/api/agents/{id}", tag = "agents", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn delete_agent(
    caller: Caller,
    Path(id): Path<AgentId>,
    if_match: IfMatch,
) -> Result<StatusCode, Problem> {
    if_match.expected(caller.workspace.agent(&id, None).await?.version)?;
    caller.workspace.delete_agent(&id).await?;
    tracing::info!(actor = %caller.actor, agent = %id, "agent deleted");
    Ok(done())
}

/// Returns where an agent is used.
#[utoipa::path(get, path = "/api/agents/{id}/usage", tag = "agents", params(("id" = String, Path)),
    responses((status = 200, body = AgentUsage)))]
pub(crate) async fn get_agent_usage(
    caller: Caller,
    Path(id): Path<AgentId>,
) -> Result<Answer<AgentUsage>, Problem> {
    Ok(Answer::ok(read::agent_usage(&caller.workspace, &id).await?))
}

/// Tells whether an id is taken, or was once.
fn is_taken(error: &Error) -> bool {
    match error {
        Error::Revision { .. } => true,
        Error::Store(error) => error.conflict_reason().is_some(),
        _ => false,
    }
}
