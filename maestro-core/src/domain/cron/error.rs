//! Why a text is no cron expression, told so that its writer can mend it.

use std::borrow::Cow;

use super::CronField;

const QUOTED: usize = 80; // characters of the text that an error repeats

/// Why a text is no cron expression: the field, what stood there, the reason and what to write instead.
///
/// ```
/// use maestro_core::domain::{CronExpr, CronField};
///
/// let error = "5/15 * * * *".parse::<CronExpr>().unwrap_err();
/// assert_eq!(error.field, Some(CronField::Minute));
/// assert_eq!(error.to_string(), "minute \"5/15\": a step needs a range; write `5-59/15`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {found:?}: {reason}; {fix}", self.place())]
pub struct CronError {
    /// The field that is wrong; `None` when it is the expression as a whole.
    pub field: Option<CronField>,
    /// What stood there, cut after 80 characters.
    pub found: String,
    /// Why that is refused.
    pub reason: Cow<'static, str>,
    /// What to write instead.
    pub fix: Cow<'static, str>,
}

impl CronError {
    pub(super) fn new(
        field: impl Into<Option<CronField>>,
        found: &str,
        reason: impl Into<Cow<'static, str>>,
        fix: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { field: field.into(), found: cut(found).into_owned(), reason: reason.into(), fix: fix.into() }
    }

    fn place(&self) -> &'static str {
        self.field.map_or("cron expression", CronField::name)
    }
}

/// Returns the beginning of a text, so that no error repeats a page of input.
pub(super) fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
