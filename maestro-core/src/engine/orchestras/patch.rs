//! What an edit of an orchestra changes.

use std::collections::BTreeMap;

use super::{super::Error, checks};
use crate::domain::{Misfire, OnFinish, Orchestra, OrchestraId, Overlap};

/// Changes of an orchestra; a field that is `None` stays as it is. Texts are read when the patch is applied.
///
/// ```
/// use maestro_core::engine::OrchestraPatch;
/// let patch = OrchestraPatch::default().with_cron("30 8 * * 1-5").with_max_concurrent_runs(None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OrchestraPatch {
    /// The name that people read; the id stays.
    pub name: Option<String>,
    /// The word for its kind of work; `Auto` or nothing takes it from the score.
    pub tag: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// When it plays; empty means never by itself.
    pub cron: Option<String>,
    /// The zone in which the cron expression is read, by IANA name.
    pub timezone: Option<String>,
    /// Whether the schedule is on. Turning it on needs all that [`readiness`](super::Workspace::readiness) asks for.
    pub enabled: Option<bool>,
    /// What becomes of slots while a run is live.
    pub overlap: Option<Overlap>,
    /// What becomes of slots that are late.
    pub misfire: Option<Misfire>,
    /// How old a missed slot may be to be caught up, in seconds.
    pub catchup_window_s: Option<u32>,
    /// All bindings of secret slots.
    pub secret_bindings: Option<BTreeMap<String, String>>,
    /// How many runs may play at once; `Some(None)` means any number.
    pub max_concurrent_runs: Option<Option<u32>>,
    /// What a run may cost at most, in cents, beside the budget of the score; `Some(None)` leaves it to that.
    pub budget_cents: Option<Option<u64>>,
    /// What plays next when a run has ended well; `Some(None)` means nothing.
    pub on_finish: Option<Option<OrchestraId>>,
}

macro_rules! setters {
    ($($setter:ident $field:ident: $type:ty),+ $(,)?) => {
        impl OrchestraPatch {
            $(
                #[doc = concat!("Changes [`", stringify!($field), "`](Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $setter(self, $field: $type) -> Self {
                    Self { $field: Some($field.into()), ..self }
                }
            )+
        }
    };
}
setters!(
    with_name name: impl Into<String>,
    with_tag tag: impl Into<String>,
    with_description description: impl Into<String>,
    with_cron cron: impl Into<String>,
    with_timezone timezone: impl Into<String>,
    with_enabled enabled: bool,
    with_overlap overlap: Overlap,
    with_misfire misfire: Misfire,
    with_catchup_window_s catchup_window_s: u32,
    with_secret_bindings secret_bindings: BTreeMap<String, String>,
    with_max_concurrent_runs max_concurrent_runs: impl Into<Option<u32>>,
    with_budget_cents budget_cents: impl Into<Option<u64>>,
    with_on_finish on_finish: impl Into<Option<OrchestraId>>,
);

impl OrchestraPatch {
    /// Returns the orchestra as the patch wants it, numbers and times as before.
    pub(super) fn applied_to(self, before: &Orchestra) -> Result<Orchestra, Error> {
        let mut after = before.clone();
        if let Some(name) = self.name {
            after.name = checks::name(&name)?;
        }
        if let Some(tag) = self.tag {
            after.tag = checks::tag(&tag)?;
        }
        if let Some(description) = self.description {
            after.description = checks::description(description)?;
        }
        if let Some(cron) = self.cron {
            after.cron = checks::cron(&cron)?;
        }
        if let Some(timezone) = self.timezone {
            after.timezone = timezone.trim().parse()?;
        }
        set(&mut after.enabled, self.enabled);
        set(&mut after.overlap, self.overlap);
        set(&mut after.misfire, self.misfire);
        set(&mut after.catchup_window_s, self.catchup_window_s);
        set(&mut after.secret_bindings, self.secret_bindings);
        set(&mut after.max_concurrent_runs, self.max_concurrent_runs);
        set(&mut after.budget_cents, self.budget_cents);
        let on_finish = |id: Option<OrchestraId>| id.map(|orchestra_id| OnFinish { orchestra_id });
        set(&mut after.on_finish, self.on_finish.map(on_finish));
        checks::policies(&after)?;
        Ok(after)
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
