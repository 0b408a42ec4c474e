//! The frame of every page: where one can go, which orchestras there are, what needs a person.

use maestro_core::{
    domain::{OrchestraId, OrchestraStatus},
    ports::store::OrchestraState,
};

use super::{
    draw::state_mark,
    markup::Markup,
    read::{self, Duty},
    visit::{Theme, Visit},
    words::{self, Look},
};
use crate::problem::Problem;

/// So many orchestras stand in the sidebar.
const LISTED: u32 = 200;

/// Which part of the dashboard a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Runs,
    Composer,
    Agents,
    Costs,
    Orchestra,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub(crate) visit: Visit,
    pub(crate) place: Place,
    /// The stream that tells when to look again; empty where nothing on the page changes by itself.
    pub(crate) events: String,
    /// The id that changes are about which are to be seen at once; empty where all are.
    pub(crate) about: String,
    pub(crate) orchestras: Vec<OrchestraState>,
    pub(crate) has_more_orchestras: bool,
    pub(crate) duties: Vec<Duty>,
    pub(crate) live_runs: u64,
    pub(crate) paused_by: Option<String>,
    /// The orchestra that the page is about.
    pub(crate) orchestra: Option<OrchestraId>,
}

impl Frame {
    /// Reads what the frame shows.
    pub(crate) async fn load(
        visit: Visit,
        place: Place,
        orchestra: Option<OrchestraId>,
    ) -> Result<Self, Problem> {
        let workspace = &visit.workspace;
        let (orchestras, duties, state) = futures_util::try_join!(
            async { Ok::<_, Problem>(workspace.orchestras(None, LISTED + 1).await?) },
            read::duties(&visit),
            async { Ok(workspace.state().await?) },
        )?;
        let mut orchestras = orchestras;
        let has_more_orchestras = orchestras.len() > LISTED as usize;
        orchestras.truncate(LISTED as usize);
        let live_runs = orchestras.iter().map(|state| state.live.total()).sum();
        orchestras
            .sort_by_cached_key(|state| (state.orchestra.name.to_lowercase(), state.orchestra.id.clone()));
        Ok(Self {
            events: visit.to("/api/events"),
            about: String::new(),
            paused_by: state.paused.map(|(actor, _)| actor.to_string()),
            visit,
            place,
            orchestras,
            has_more_orchestras,
            duties,
            live_runs,
            orchestra,
        })
    }

    pub(crate) fn to(&self, path: &str) -> String {
        self.visit.to(path)
    }

    pub(crate) fn asset(&self, name: &str) -> String {
        self.visit.asset(name)
    }

    pub(crate) fn theme(&self) -> &'static str {
        self.visit.theme.name()
    }

    pub(crate) fn themes(&self) -> [Theme; 3] {
        Theme::ALL
    }

    /// Marks the link of the part that the page belongs to.
    pub(crate) fn current(&self, place: Place) -> Markup {
        let mut out = Markup::new();
        if self.place == place && self.orchestra.is_none() {
            out.raw(r#" aria-current="page""#);
        }
        out
    }

    pub(crate) fn is_here(&self, id: &OrchestraId) -> bool {
        self.orchestra.as_ref() == Some(id)
    }

    /// Returns the glyph of an orchestra: what it is doing, or that it waits for a person.
    pub(crate) fn sign_of(&self, state: &OrchestraState) -> (&'static str, &'static str) {
        let status = state.orchestra.status(state.live.total());
        let waits = self.duties.iter().any(|duty| duty.is_open() && duty.orchestra_id == state.orchestra.id);
        match status {
            OrchestraStatus::Running if waits => ("waiting", "running, waits for a person"),
            OrchestraStatus::Running => ("running", "running"),
            OrchestraStatus::Paused => ("paused", "paused"),
            OrchestraStatus::Scheduled => ("scheduled", "scheduled"),
            OrchestraStatus::Idle => ("idle", "idle"),
        }
    }

    /// Returns the name of an orchestra, or its id where it is gone.
    pub(crate) fn name_of<'a>(&'a self, id: &'a OrchestraId) -> &'a str {
        let known = self.orchestras.iter().find(|state| state.orchestra.id == *id);
        known.map_or(id.as_str(), |state| state.orchestra.name.as_str())
    }

    pub(crate) fn st(&self, name: &str) -> Markup {
        state_mark(name)
    }

    pub(crate) fn icon(&self, name: &str) -> Markup {
        let mut out = Markup::new();
        out.raw(format_args!(r##"<svg class="i" aria-hidden="true"><use href="#i-{name}"/></svg>"##));
        out
    }

    pub(crate) fn kind(&self, look: Look) -> Markup {
        super::draw::kind_mark(look)
    }

    /// Says how many things need a person.
    pub(crate) fn duties_in_words(&self) -> String {
        match self.duties.len() {
            0 => "Nothing needs a person".to_owned(),
            1 => "1 thing needs a person".to_owned(),
            many => format!("{} things need a person", words::count(many as u64)),
        }
    }
}
