//! What a new orchestra is made from.

use std::collections::BTreeMap;

use super::{
    super::{Error, Workspace},
    checks,
};
use crate::domain::{
    DEFAULT_CATCHUP_WINDOW_S, Misfire, OnFinish, Orchestra, OrchestraId, Overlap, ScoreId, slug_of,
};

/// An orchestra to make. Everything but the name and the score has a default; texts are read when it is made.
///
/// ```
/// use maestro_core::domain::{Overlap, ScoreId};
/// use maestro_core::engine::NewOrchestra;
///
/// let score: ScoreId = "cold-leads".parse()?;
/// let new = NewOrchestra::new("Cold leads, DACH", &score)
///     .cron("0 9 * * 1-5")
///     .timezone("Europe/Berlin")
///     .overlap(Overlap::QueueOne)
///     .secret("crm_key", "crm-production");
/// # Ok::<(), maestro_core::domain::InvalidId>(())
/// ```
#[derive(Clone, Debug)]
pub struct NewOrchestra {
    pub(super) name: String,
    score_id: ScoreId,
    tag: String,
    description: String,
    cron: String,
    timezone: String,
    overlap: Overlap,
    misfire: Misfire,
    catchup_window_s: u32,
    secret_bindings: BTreeMap<String, String>,
    max_concurrent_runs: Option<u32>,
    budget_cents: Option<u64>,
    on_finish: Option<OrchestraId>,
}

impl NewOrchestra {
    /// Begins an orchestra that plays `score_id` when it is asked to.
    pub fn new(name: impl Into<String>, score_id: &ScoreId) -> Self {
        Self {
            name: name.into(),
            score_id: score_id.clone(),
            tag: String::new(),
            description: String::new(),
            cron: String::new(),
            timezone: "UTC".to_owned(),
            overlap: Overlap::Skip,
            misfire: Misfire::FireOnce,
            catchup_window_s: DEFAULT_CATCHUP_WINDOW_S,
            secret_bindings: BTreeMap::new(),
            max_concurrent_runs: None,
            budget_cents: None,
            on_finish: None,
        }
    }

    /// Sets the word for its kind of work. Default: Auto, which takes it from what the score is for.
    #[must_use]
    pub fn tag(self, tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), ..self }
    }

    /// Says what it is for. Default: nothing.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }

    /// Sets when it plays once it is enabled: five fields, or a nickname such as `@daily`. Default: never by itself, which
    /// is the empty text.
    #[must_use]
    pub fn cron(self, cron: impl Into<String>) -> Self {
        Self { cron: cron.into(), ..self }
    }

    /// Sets the zone, by IANA name, in which the cron expression is read. Default `UTC`.
    #[must_use]
    pub fn timezone(self, timezone: impl Into<String>) -> Self {
        Self { timezone: timezone.into(), ..self }
    }

    /// Sets what becomes of a slot while a run is live. Default [`Overlap::Skip`].
    #[must_use]
    pub fn overlap(self, overlap: Overlap) -> Self {
        Self { overlap, ..self }
    }

    /// Sets what becomes of slots that are late. Default [`Misfire::FireOnce`].
    #[must_use]
    pub fn misfire(self, misfire: Misfire) -> Self {
        Self { misfire, ..self }
    }

    /// Sets how old a missed slot may be to be caught up, in seconds. Default 86,400, a day; at most a year.
    #[must_use]
    pub fn catchup_window_s(self, catchup_window_s: u32) -> Self {
        Self { catchup_window_s, ..self }
    }

    /// Binds a secret slot of the score's operations to a secret of the workspace.
    #[must_use]
    pub fn secret(mut self, slot: impl Into<String>, secret: impl Into<String>) -> Self {
        self.secret_bindings.insert(slot.into(), secret.into());
        self
    }

    /// Sets all bindings of secret slots.
    #[must_use]
    pub fn secret_bindings(self, secret_bindings: BTreeMap<String, String>) -> Self {
        Self { secret_bindings, ..self }
    }

    /// Sets how many runs may play at once, at least 1. Default `None`: any number.
    #[must_use]
    pub fn max_concurrent_runs(self, max_concurrent_runs: impl Into<Option<u32>>) -> Self {
        Self { max_concurrent_runs: max_concurrent_runs.into(), ..self }
    }

    /// Sets what a run may cost at most, in cents; the score's own budget holds too. Default `None`: no more than that.
    #[must_use]
    pub fn budget_cents(self, budget_cents: impl Into<Option<u64>>) -> Self {
        Self { budget_cents: budget_cents.into(), ..self }
    }

    /// Sets the orchestra that plays when a run of this one has ended well. Default `None`.
    #[must_use]
    pub fn on_finish(self, on_finish: impl Into<Option<OrchestraId>>) -> Self {
        Self { on_finish: on_finish.into(), ..self }
    }
}

impl Workspace {
    /// Reads and checks a new orchestra; it is named by its slug, and its watermark is the next slot.
    pub(super) async fn build(&self, new: NewOrchestra) -> Result<Orchestra, Error> {
        let now = self.shared.now();
        let name = checks::name(&new.name)?;
        let mut orchestra = Orchestra {
            workspace: self.id.clone(),
            id: OrchestraId::new(slug_of(&name, "orchestra"))?,
            name,
            tag: checks::tag(&new.tag)?,
            description: checks::description(new.description)?,
            cron: checks::cron(&new.cron)?,
            timezone: new.timezone.trim().parse()?,
            score_id: new.score_id,
            enabled: false,
            secret_bindings: new.secret_bindings,
            overlap: new.overlap,
            misfire: new.misfire,
            catchup_window_s: new.catchup_window_s,
            max_concurrent_runs: new.max_concurrent_runs,
            budget_cents: new.budget_cents,
            on_finish: new.on_finish.map(|orchestra_id| OnFinish { orchestra_id }),
            revision: 1,
            schedule_rev: 1,
            next_fire_at: None,
            created_at: now,
            updated_at: now,
        };
        checks::policies(&orchestra)?;
        self.resolve_tag(&mut orchestra).await?;
        self.check_on_finish(orchestra.on_finish.as_ref(), None).await?;
        orchestra.next_fire_at = orchestra.next_slot(now);
        Ok(orchestra)
    }
}
