//! Tables of runs: filters in the address, pages by keys, a pill for each run.

use chrono::TimeDelta;
use maestro_core::{
    domain::{OrchestraId, Run},
    ports::store::RunFilter,
};
use serde::Deserialize;

use crate::{
    dashboard::{draw::Scale, markup::Markup, read, visit::Visit, words},
    problem::Problem,
    wire::{Key, page_of, read_cursor},
};

/// What the address of a page with a table of runs may say.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RunsAsked {
    pub(crate) status: Option<String>,
    pub(crate) trigger: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) orchestra: Option<String>,
    pub(crate) cursor: Option<String>,
}

/// A table of runs.
pub(crate) struct RunTable {
    pub(crate) rows: Vec<Row>,
    pub(crate) scale: String,
    pub(crate) next: Option<String>,
    pub(crate) action: String,
    pub(crate) status: String,
    pub(crate) trigger: String,
    pub(crate) since: String,
    pub(crate) names_orchestras: bool,
    /// What is said where there is no run at all.
    pub(crate) nothing: &'static str,
}

/// One run.
pub(crate) struct Row {
    pub(crate) run: Run,
    pub(crate) trigger: String,
    pub(crate) pill: Markup,
    pub(crate) delay: String,
    pub(crate) time: String,
    pub(crate) cost: String,
    pub(crate) output: String,
}

impl RunTable {
    pub(crate) const STATUSES: [(&'static str, &'static str); 8] = [
        ("queued,running,waiting", "Live"),
        ("queued", "Queued"),
        ("running", "Running"),
        ("waiting", "Waiting"),
        ("succeeded", "Succeeded"),
        ("completed", "Completed"),
        ("failed", "Failed"),
        ("cancelled", "Cancelled"),
    ];
    pub(crate) const TRIGGERS: [(&'static str, &'static str); 5] = [
        ("cron", "Cron"),
        ("manual", "By hand"),
        ("api", "API"),
        ("rerun", "Rerun"),
        ("finish", "After another run"),
    ];
    pub(crate) const SINCE: [(&'static str, &'static str); 4] =
        [("1h", "Last hour"), ("24h", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days")];

    /// Reads the runs that an address asks for, of one orchestra or of all.
    pub(crate) async fn load(
        visit: &Visit,
        asked: RunsAsked,
        orchestra: Option<&OrchestraId>,
        limit: u32,
    ) -> Result<Self, Problem> {
        let filter = asked.filter(visit, orchestra)?;
        let before =
            read_cursor(asked.cursor.as_deref().filter(|cursor| !cursor.is_empty()), |key| match key {
                Key::Run(id) => Some(id),
                _ => None,
            })?;
        let found = visit.workspace.runs(&filter, before, limit + 1).await?;
        let page = page_of(found, limit, |_| 0, |run| Key::Run(run.id), |run| run);
        let next = page.next_cursor.map(|cursor| {
            let next = visit.with(&[]);
            let and = if next.contains('?') { '&' } else { '?' };
            format!("{next}{and}cursor={cursor}")
        });
        let path = visit.here.split_once('?').map_or(visit.here.as_str(), |(path, _)| path);
        let mut table = Self::of(visit, page.items, orchestra.is_none()).await?;
        table.next = next;
        table.action = visit.to(path);
        table.status = asked.status.unwrap_or_default();
        table.trigger = asked.trigger.unwrap_or_default();
        table.since = asked.since.unwrap_or_default();
        Ok(table)
    }

    /// Makes the table of runs that were read already.
    pub(crate) async fn of(visit: &Visit, runs: Vec<Run>, names_orchestras: bool) -> Result<Self, Problem> {
        let outlines = read::outlines(visit, &runs).await?;
        let pairs = || runs.iter().zip(outlines.iter().map(AsRef::as_ref));
        let scale = Scale::of(pairs(), visit.times.now);
        let pills: Vec<_> = pairs().map(|(run, outline)| scale.pill(run, outline)).collect();
        let rows = runs.into_iter().zip(pills).map(|(run, pill)| Row::of(visit, run, pill)).collect();
        Ok(Self {
            rows,
            scale: words::span(scale.whole_ms),
            next: None,
            action: visit.to("/runs"),
            status: String::new(),
            trigger: String::new(),
            since: String::new(),
            names_orchestras,
            nothing: "Nothing has played yet. Enable an orchestra or run one now, and its runs stand here.",
        })
    }

    pub(crate) fn is_filtered(&self) -> bool {
        !(self.status.is_empty() && self.trigger.is_empty() && self.since.is_empty())
    }
}

impl RunsAsked {
    fn filter(&self, visit: &Visit, orchestra: Option<&OrchestraId>) -> Result<RunFilter, Problem> {
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let mut filter = RunFilter::default();
        filter.orchestra_id = orchestra.cloned();
        if let (None, Some(id)) = (orchestra, given(&self.orchestra)) {
            filter.orchestra_id = Some(id.parse()?);
        }
        for name in given(&self.status).iter().flat_map(|names| names.split(',')) {
            let status = name.parse();
            filter.statuses.push(status.map_err(|_| Problem::invalid("status", "there is no such state"))?);
        }
        filter.trigger =
            given(&self.trigger).filter(|name| RunTable::TRIGGERS.iter().any(|(known, _)| known == name));
        filter.since = given(&self.since).and_then(|since| {
            let hours = match since.as_str() {
                "1h" => 1,
                "24h" => 24,
                "7d" => 7 * 24,
                "30d" => 30 * 24,
                exact => return exact.parse().ok(),
            };
            Some(visit.times.now - TimeDelta::hours(hours))
        });
        Ok(filter)
    }
}

impl Row {
    fn of(visit: &Visit, run: Run, pill: Markup) -> Self {
        let now = visit.times.now;
        let ms = |from: chrono::DateTime<chrono::Utc>, until: Option<_>| {
            words::span((until.unwrap_or(now) - from).num_milliseconds())
        };
        let error = run.error.as_ref().map(|error| error.message.clone());
        let output = error.or_else(|| run.output.clone()).unwrap_or_default();
        Self {
            trigger: words::of_trigger(&run.trigger, &visit.times),
            pill,
            delay: ms(run.queued_at, run.started_at.or(run.finished_at)),
            time: run.started_at.map_or_else(|| "–".to_owned(), |started| ms(started, run.finished_at)),
            cost: match run.totals.tokens() > 0 || run.totals.has_unknown {
                true => words::dollars(&run.totals),
                false => "–".to_owned(),
            },
            output: cut(&output, 160),
            run,
        }
    }
}

/// Returns the beginning of a text.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
