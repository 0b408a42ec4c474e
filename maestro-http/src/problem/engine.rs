//! What the engine refuses, as problems. The one place that decides which of its words may leave the process.

use axum::http::{HeaderValue, header};
use maestro_core::{
    domain::{CronError, CronField, InvalidId, InvalidPayload, Problems, ZoneError},
    engine::Error,
    ports::store::{ConflictReason, StoreError},
};

use super::{Code, Problem};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => error.into(),
            Error::Id(error) => error.into(),
            Error::Payload(error) => error.into(),
            Error::Cron(error) => error.into(),
            Error::Zone(error) => error.into(),
            Error::Score(problems) => problems.into(),
            Error::Invalid { field, reason } => Self::new(Code::Invalid, format!("{field}: {reason}")).error(
                format!("/{field}"),
                "invalid",
                reason,
            ),
            Error::NotReady { ref missing, .. } => {
                let problem = Self::new(Code::NotReady, error.to_string());
                missing.iter().fold(problem, |problem, missing| problem.error("", "missing", missing))
            }
            Error::KeyReused { .. } => Self::new(Code::KeyReused, error.to_string()),
            Error::Conflict { .. } => Self::new(Code::Conflict, error.to_string()),
            Error::Revision { .. } => Self::new(Code::RevisionMismatch, error.to_string()),
            Error::ShuttingDown => unavailable("the process is about to end; ask again"),
            // An error that a later engine has: its words were not written for strangers.
            other => {
                tracing::error!(error = &other as &dyn std::error::Error, "an error without a problem");
                Self::internal()
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::NotFound { what, id } => Self::not_found(what, id),
            StoreError::Conflict { reason, .. } => {
                let code = match reason {
                    ConflictReason::Taken => Code::Taken,
                    ConflictReason::Changed => Code::RevisionMismatch,
                    ConflictReason::Enabled => Code::Enabled,
                    ConflictReason::LiveRuns => Code::LiveRuns,
                    ConflictReason::InUse => Code::InUse,
                    ConflictReason::Ended => Code::Ended,
                    ConflictReason::Live => Code::Conflict,
                };
                Self::new(code, error.to_string())
            }
            StoreError::NotStorable { .. } => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the store refuses a value");
                Self::new(Code::Invalid, "a value of the request cannot be stored")
            }
            StoreError::Unavailable { .. } => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the store does not answer");
                unavailable("the store does not answer; what was asked for may have been done")
            }
            _ => {
                tracing::error!(error = &error as &dyn std::error::Error, "the store has a corrupt record");
                Self::internal()
            }
        }
    }
}

impl From<InvalidId> for Problem {
    fn from(error: InvalidId) -> Self {
        Self::invalid("", error.to_string())
    }
}

impl From<InvalidPayload> for Problem {
    fn from(error: InvalidPayload) -> Self {
        let message = error.to_string();
        match error {
            InvalidPayload::Malformed { .. } => Self::new(Code::Malformed, message),
            InvalidPayload::RepeatedKey { pointer } => {
                Self::new(Code::Malformed, message.clone()).error(pointer, "repeated_key", message)
            }
            InvalidPayload::TooDeep => {
                Self::new(Code::Malformed, message.clone()).error("", "too_deep", message)
            }
            InvalidPayload::NotSerializable { .. } | InvalidPayload::TooLarge { .. } => {
                Self::invalid("", message)
            }
        }
    }
}

impl From<CronError> for Problem {
    fn from(error: CronError) -> Self {
        let code = match error.field {
            Some(CronField::Minute) => "invalid_minute",
            Some(CronField::Hour) => "invalid_hour",
            Some(CronField::DayOfMonth) => "invalid_day_of_month",
            Some(CronField::Month) => "invalid_month",
            Some(CronField::DayOfWeek) => "invalid_day_of_week",
            None => "invalid_cron",
        };
        let message = error.to_string();
        Self::new(Code::Invalid, message.clone()).error("/cron", code, message)
    }
}

impl From<ZoneError> for Problem {
    fn from(error: ZoneError) -> Self {
        Self::invalid("/timezone", error.to_string())
    }
}

impl From<Problems> for Problem {
    fn from(problems: Problems) -> Self {
        let count = problems.as_slice().len();
        let detail = match count {
            1 => "the score has a problem".to_owned(),
            _ => format!("the score has {count} problems"),
        };
        problems.into_iter().fold(Self::new(Code::InvalidScore, detail), |problem, found| {
            let message = format!("{}; {}", found.message, found.fix);
            problem.error(found.pointer, found.code.name(), message)
        })
    }
}

fn unavailable(detail: &'static str) -> Problem {
    Problem::new(Code::Unavailable, detail).header(header::RETRY_AFTER, HeaderValue::from_static("1"))
}
