//! The demo: the shipped templates in a workspace, each with an orchestra that plays a copy of it.

use maestro::{Error, NewOrchestra, Score, Workspace, domain::Overlap, templates};

/// When the demo's orchestras would play, were they enabled.
const SCHEDULES: [(&str, &str); 3] =
    [("cold-leads", "0 9 * * 1-5"), ("reply-triage", "*/15 8-18 * * 1-5"), ("content-brief", "30 7 * * 1")];

/// Puts the templates into a workspace, a score made from each, and an orchestra that plays it once somebody enables it.
/// What is there already is left as people have made it.
pub(crate) async fn furnish(workspace: &Workspace) -> Result<(), Error> {
    for template in templates::all() {
        let score = workspace.ensure_template(&template).await?;
        let name = format!("{} (demo)", score.name);
        let id = format!("{}-demo", score.id).parse()?;
        let cron = SCHEDULES.iter().find(|(id, _)| *id == score.id.as_str()).map_or("", |(_, cron)| *cron);
        let own = Score { id, name: name.clone(), template: false, ..score };
        let own = workspace.ensure_score(own).await?;
        let orchestra = NewOrchestra::new(name, &own.id).description(&own.description).cron(cron);
        workspace.ensure_orchestra(orchestra.overlap(Overlap::QueueOne)).await?;
    }
    Ok(())
}
