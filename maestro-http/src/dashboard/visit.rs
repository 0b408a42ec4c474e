//! A visit: who looks at a page, where it is mounted, and what their browser told of itself.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OriginalUri},
    http::{HeaderMap, header, request::Parts},
};
use maestro_core::{
    domain::{Actor, Zone},
    engine::Workspace,
};

use super::{assets, markup::Markup, read::Kept, words::Times};
use crate::{
    app::App,
    auth::{Caller, Role},
    extract::WORKSPACE,
    problem::Problem,
};

/// What every page knows of its visit.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) app: App,
    pub(crate) workspace: Workspace,
    pub(crate) actor: Actor,
    pub(crate) role: Role,
    pub(crate) times: Times,
    pub(crate) theme: Theme,
    /// What the last action asked to be said.
    pub(crate) said: Option<&'static str>,
    pub(crate) kept: Arc<Kept>,
    base: String,
    named_workspace: Option<String>,
    /// The path and query of the page, below the base.
    pub(crate) here: String,
}

/// Whether pages are light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Returns what its button says.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// What a page may say of the action before it. Cookies carry the name, so that nobody can make a page say something else.
const SAID: [(&str, &str); 14] = [
    ("enabled", "Enabled: it fires by its schedule."),
    ("disabled", "Disabled: nothing fires."),
    ("asked", "Run asked for."),
    ("cancelled", "Cancelled."),
    ("cancelling", "Cancel requested: its worker hears of it at once."),
    ("resolved", "Noted: the run goes on."),
    ("approved", "Approved."),
    ("rejected", "Rejected."),
    ("retried", "Retried."),
    ("created", "Created, disabled."),
    ("saved", "Saved."),
    ("unchanged", "Nothing had changed."),
    ("deleted", "Deleted. Its runs stay readable."),
    ("cloned", "Cloned."),
];

pub(super) const THEME: &str = "maestro_theme";
pub(super) const SAYS: &str = "maestro_said";
const ZONE: &str = "maestro_zone";

impl FromRequestParts<App> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Caller { actor, workspace, role } = Caller::from_request_parts(parts, app).await?;
        let inner = parts.uri.path();
        let full = parts.extensions.get::<OriginalUri>().map_or(inner, |uri| uri.path());
        let base = base_of(full, inner).to_owned();
        let query = parts.uri.query().unwrap_or_default();
        let named = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == WORKSPACE);
        let zone = cookie(&parts.headers, ZONE).and_then(|zone| Zone::parse(&zone).ok());
        let said = cookie(&parts.headers, SAYS);
        let says = |name: &str| SAID.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        Ok(Self {
            times: Times { now: app.now(), zone: zone.unwrap_or_default() },
            theme: cookie(&parts.headers, THEME).and_then(|name| Theme::parse(&name)).unwrap_or_default(),
            said: said.and_then(|name| says(&name)),
            named_workspace: named.map(|(_, value)| value.into_owned()),
            here: if query.is_empty() { inner.to_owned() } else { format!("{inner}?{query}") },
            kept: parts.extensions.get::<Arc<Kept>>().cloned().unwrap_or_default(),
            app: app.clone(),
            workspace,
            actor,
            role,
            base,
        })
    }
}

/// Returns where the dashboard is mounted, given the path that was asked for and what is left of it for the dashboard. Its own
/// root may be asked for without a slash behind.
pub(super) fn base_of<'a>(full: &'a str, inner: &str) -> &'a str {
    let base = if inner == "/" { full } else { full.strip_suffix(inner).unwrap_or_default() };
    base.trim_end_matches('/')
}

/// Returns the value of a cookie, with percent signs read.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name)?;
    // A plus sign is none of a form's blanks: cookies are written by `encodeURIComponent`.
    let value = value.replace('+', "%2B");
    form_urlencoded::parse(value.as_bytes()).next().map(|(value, _)| value.into_owned())
}

impl Visit {
    /// Returns the address of a page or an action of this dashboard, in the same workspace.
    pub(crate) fn to(&self, path: &str) -> String {
        let base = &self.base;
        let Some(workspace) = &self.named_workspace else { return format!("{base}{path}") };
        let (path, anchor) = path.split_once('#').map_or((path, None), |(path, anchor)| (path, Some(anchor)));
        let already = path.split_once('?').is_some_and(|(_, query)| {
            form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == WORKSPACE)
        });
        let anchor = anchor.map_or_else(String::new, |anchor| format!("#{anchor}"));
        if already {
            return format!("{base}{path}{anchor}");
        }
        let and = if path.contains('?') { '&' } else { '?' };
        let workspace: String = form_urlencoded::byte_serialize(workspace.as_bytes()).collect();
        format!("{base}{path}{and}{WORKSPACE}={workspace}{anchor}")
    }

    /// Returns the address of this page with some parameters changed: an empty value takes one away. Pages begin anew.
    pub(crate) fn with(&self, changes: &[(&str, &str)]) -> String {
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let is_changed = |name: &str| name == "cursor" || changes.iter().any(|(changed, _)| *changed == name);
        let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !is_changed(name));
        let mut next = form_urlencoded::Serializer::new(String::new());
        next.extend_pairs(kept);
        next.extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
        match next.finish().as_str() {
            "" => self.to(path),
            query => self.to(&format!("{path}?{query}")),
        }
    }

    /// Returns the address of this page with one parameter changed.
    pub(crate) fn with_one(&self, name: &str, value: &str) -> String {
        self.with(&[(name, value)])
    }

    /// Returns the address of an asset.
    pub(crate) fn asset(&self, name: &str) -> String {
        format!("{}{}", self.base, assets::path(name))
    }

    /// Returns what cookies are bound to.
    pub(crate) fn cookie_path(&self) -> &str {
        if self.base.is_empty() { "/" } else { &self.base }
    }

    /// Writes the field that keeps a form of the kind `get` in the workspace.
    pub(crate) fn workspace_field(&self) -> Markup {
        let mut out = Markup::new();
        if let Some(workspace) = &self.named_workspace {
            out.raw(r#"<input type="hidden" name="workspace" value=""#).text(workspace).raw(r#"">"#);
        }
        out
    }

    /// Tells whether whoever looks may ask for runs and end them.
    pub(crate) fn operates(&self) -> bool {
        self.role >= Role::Operator
    }

    /// Tells whether whoever looks may make and change records.
    pub(crate) fn administers(&self) -> bool {
        self.role >= Role::Admin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_deep_hosts_nest_it_links_stay_below() {
        assert_eq!(base_of("/", "/"), "");
        assert_eq!(base_of("/runs", "/runs"), "");
        assert_eq!(base_of("/tools/automation", "/"), "/tools/automation");
        assert_eq!(base_of("/tools/automation/", "/"), "/tools/automation");
        assert_eq!(base_of("/tools/automation/runs/7", "/runs/7"), "/tools/automation");
    }

    #[test]
    fn cookies_are_read_one_by_one() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; maestro_zone=Europe%2FBerlin".parse().unwrap());
        headers.append(header::COOKIE, "maestro_theme=dark".parse().unwrap());
        assert_eq!(cookie(&headers, ZONE).as_deref(), Some("Europe/Berlin"));
        assert_eq!(cookie(&headers, THEME).as_deref(), Some("dark"));
        assert_eq!(cookie(&headers, "b"), None);
    }
}
