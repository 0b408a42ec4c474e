//! Roles: what one process does for the whole.

/// What one process does for the whole. Every process can enqueue and edit; any number may have each role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Plays runs.
    pub worker: bool,
    /// Fires schedules and keeps the store tidy.
    pub scheduler: bool,
}

impl Roles {
    /// Plays and fires: the default.
    pub const fn all() -> Self {
        Self { worker: true, scheduler: true }
    }

    /// Only enqueues and edits: for an API process, or a host that calls [`tick`](super::Maestro::tick) itself.
    pub const fn none() -> Self {
        Self { worker: false, scheduler: false }
    }

    /// Only plays.
    pub const fn worker() -> Self {
        Self { worker: true, scheduler: false }
    }

    /// Only fires.
    pub const fn scheduler() -> Self {
        Self { worker: false, scheduler: true }
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self::all()
    }
}
