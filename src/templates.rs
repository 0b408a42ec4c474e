//! The templates that Maestro ships: scores with their agents, to begin from.
//!
//! Each names operations that the host must have; the examples have invented ones. [`Workspace::ensure_template`] puts one
//! into a workspace, where people may change it.
//!
//! | template | operations | what it shows |
//! | --- | --- | --- |
//! | [`cold_leads`] | `leads.find`, `leads.enrich`, `crm.save`, `mail.send` | agents in a loop, an approval, an effect once |
//! | [`reply_triage`] | `inbox.fetch`, `inbox.label`, `crm.lookup` | an agent that looks things up before it answers |
//! | [`content_brief`] | `web.search`, `docs.save` | work that is judged and repeated until it is good |
//!
//! ```
//! let template = maestro::templates::cold_leads();
//! assert_eq!(template.score.id.as_str(), "cold-leads");
//! assert_eq!(template.agents.len(), 2);
//! ```
//!
//! [`Workspace::ensure_template`]: crate::Workspace::ensure_template

use maestro_core::engine::ScoreTemplate;

/// Returns all of them.
pub fn all() -> [ScoreTemplate; 3] {
    [cold_leads(), reply_triage(), content_brief()]
}

/// Finds companies, chooses the most promising, drafts a mail to each, asks a person, and sends what was approved once.
pub fn cold_leads() -> ScoreTemplate {
    shipped(include_str!("../templates/cold-leads.json"))
}

/// Reads replies, finds out what each wants, and labels them with a draft of an answer.
pub fn reply_triage() -> ScoreTemplate {
    shipped(include_str!("../templates/reply-triage.json"))
}

/// Searches for what people ask about a topic, and has a brief written and rewritten until it is judged good.
pub fn content_brief() -> ScoreTemplate {
    shipped(include_str!("../templates/content-brief.json"))
}

fn shipped(text: &str) -> ScoreTemplate {
    ScoreTemplate::parse(text).expect("a test reads every template that is shipped")
}
