//! Scores, agents, prices and orchestras of the house.

use std::{error::Error, time::Duration};

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{
        Agent, AgentId, Edge, EdgeOn, ModelPricing, Node, OnItemError, OnTimeout, Overlap, PipelineKind,
        Retry, Score, ScoreId, Span,
    },
    engine::{NewOrchestra, Workspace},
};
use serde_json::{Value, json};

type Made<T> = Result<T, Box<dyn Error>>;

fn agent(id: &str, name: &str, model: &str, tools: &[&str], now: DateTime<Utc>) -> Made<Agent> {
    Ok(Agent {
        id: AgentId::new(id)?,
        version: 0,
        name: name.to_owned(),
        description: String::new(),
        model: model.to_owned(),
        system_prompt:
            "Short sentences, one question at the end, no flattery. Use only facts from the notes.".to_owned(),
        allowed_tools: tools.iter().map(|tool| (*tool).to_owned()).collect(),
        max_tokens: Some(2_000),
        updated_at: now,
    })
}

fn cold_leads() -> Made<Score> {
    let items: Value = (0..24).map(|n| json!({"ms": 1_400, "gives": {"lead": 88_200 + n}})).collect();
    let score = Score::builder("cold-leads")
        .pipeline_kind(PipelineKind::Outreach)
        .description("Fetch leads, score each, draft mails, let a person approve, send.")
        .summary(
            "{{ from.fetch.given | length }} drafts sent · {{ run.id | string | length }} characters of id",
        )
        .budget_cents(50)
        .node(Node::operation("fetch", "leads.fetch").input(json!({"ms": 1_200, "gives": items})))
        .node(
            Node::map_over("qualify", "{{ from.fetch.given }}")
                .body(["score"])
                .max_concurrency(8)
                .on_item_error(OnItemError::Drop),
        )
        .node(Node::operation("score", "leads.history").input("{{ item }}"))
        .node(Node::operation("verify", "mail.verify").input(json!({"ms": 700, "fails": 1})).retry(Retry {
            max_attempts: 3,
            initial: Span::from_secs(4),
            ..Retry::default()
        }))
        .node(Node::llm("draft", "outreach-writer", "Write a first mail to lead {{ from.verify.given.ok }}."))
        .node(
            Node::approval("review", "Send 24 drafts to fintech leads?")
                .timeout(Duration::from_secs(86_400))
                .on_timeout(OnTimeout::Reject),
        )
        .node(Node::operation("send", "mail.send").input(json!({"ms": 2_300})))
        .node(Node::operation("notify", "crm.notes").input(json!({"ms": 300})))
        .then("fetch", "qualify")
        .then("qualify", "verify")
        .then("verify", "draft")
        .then("draft", "review")
        .then("review", "send")
        .on_failure("draft", "notify")
        .build()?;
    Ok(score)
}

fn brief() -> Made<Score> {
    let score = Score::builder("weekly-brief")
        .pipeline_kind(PipelineKind::Content)
        .description("Research this week’s topics, outline a brief, publish it.")
        .summary("Brief published")
        .node(
            Node::operation("topics", "pages.read")
                .input(json!({"ms": 900, "gives": [{"ms": 800}, {"ms": 1_100}, {"ms": 700}]})),
        )
        .node(Node::map_over("research", "{{ from.topics.given }}").body(["read", "sum"]).max_concurrency(3))
        .node(Node::operation("read", "pages.read").input("{{ item }}"))
        .node(Node::llm("sum", "page-reader", "Sum up {{ from.read.given }}."))
        .node(Node::llm("outline", "outreach-writer", "Write an outline."))
        .node(Node::operation("publish", "feed.publish").input(json!({"ms": 1_500})))
        .node(Node::operation("archive", "feed.publish").label("Keep a copy").input(json!({"ms": 400})))
        .node(Node::operation("notify", "crm.notes").input(json!({"ms": 300})))
        .then("topics", "research")
        .then("research", "outline")
        .then("read", "sum")
        .edge(Edge::new("outline", "publish").when("status == 'succeeded'"))
        .on_failure("outline", "notify")
        .edge(Edge::new("publish", "archive").on(EdgeOn::Always))
        .build()?;
    Ok(score)
}

fn simple(name: &str, kind: PipelineKind, description: &str, ms: u64, fails: u32) -> Made<Score> {
    let score = Score::builder(name)
        .pipeline_kind(kind)
        .description(description)
        .summary("{{ run.trigger.kind }} run done")
        .node(Node::operation("read", "pages.read").input(json!({"ms": ms})))
        .node(
            Node::operation("merge", "crm.merge")
                .input(json!({"ms": ms / 2, "fails": fails}))
                .retry(Retry::never()),
        )
        .node(Node::operation("publish", "feed.publish").input(json!({"ms": ms / 3})))
        .then("read", "merge")
        .then("merge", "publish")
        .build()?;
    Ok(score)
}

/// Keeps what the house has; calling it again changes nothing.
pub(crate) async fn keep(workspace: &Workspace, now: DateTime<Utc>) -> Made<()> {
    workspace
        .ensure_agent(agent("outreach-writer", "Outreach writer", "pretend-large", &["crm.notes"], now)?)
        .await?;
    workspace.ensure_agent(agent("page-reader", "Page reader", "", &[], now)?).await?;
    if workspace.prices().await?.is_empty() {
        let price = |model: &str, input, output| ModelPricing {
            model: model.to_owned(),
            valid_from: DateTime::UNIX_EPOCH,
            input,
            output,
            cache_read: None,
            cache_write: None,
        };
        workspace
            .set_prices(&[
                price("pretend-large", 3_000_000, 15_000_000),
                price("pretend-small", 1_000_000, 5_000_000),
            ])
            .await?;
    }
    let mut scores = vec![cold_leads()?, brief()?];
    scores.push(simple(
        "reply-triage",
        PipelineKind::Other,
        "Read new replies, sort them, answer what is simple.",
        2_400,
        0,
    )?);
    scores.push(simple(
        "pricing-watch",
        PipelineKind::Seo,
        "Fetch price pages, say what changed, keep a table.",
        5_200,
        0,
    )?);
    scores.push(simple(
        "lock-file-audit",
        PipelineKind::Other,
        "Compare lock files with the advisory feed.",
        3_000,
        9,
    )?);
    let template = Score {
        template: true,
        ..simple("outreach-starter", PipelineKind::Outreach, "The smallest useful outreach.", 900, 0)?
    };
    scores.push(template);
    for score in scores {
        workspace.ensure_score(score).await?;
    }
    Ok(())
}

/// Makes the orchestras of the house.
pub(crate) fn orchestras() -> Made<Vec<(NewOrchestra, bool)>> {
    let new = |name: &str, score: &str, cron: &str| -> Made<NewOrchestra> {
        Ok(NewOrchestra::new(name, &ScoreId::new(score)?).cron(cron).timezone("Europe/Berlin"))
    };
    Ok(vec![
        (
            new("Cold leads – fintech", "cold-leads", "5 * * * *")?.description(
                "Finds fintech leads that changed jobs, scores them, drafts a first mail and sends what a person approved.",
            ),
            true,
        ),
        (new("Weekly content brief", "weekly-brief", "20 */3 * * *")?, true),
        (new("Reply triage", "reply-triage", "*/15 * * * *")?.overlap(Overlap::QueueOne), true),
        (new("Competitor pricing watch", "pricing-watch", "0 */2 * * *")?, true),
        (new("Lock-file audit", "lock-file-audit", "40 */4 * * *")?, true),
        (new("Newsletter digest", "pricing-watch", "0 10 * * *")?, false),
        (new("ICP experiments", "cold-leads", "")?, false),
    ])
}
