//! Codes of problems: one table from which status, name and title come.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $status:ident, $name:literal, $title:literal;)+) => {
        /// What kind of problem. Names never change once released.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $code),+ }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// Returns the name that documents have.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// Returns the HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$code => StatusCode::$status),+ }
            }

            /// Returns a few words for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$code => $title),+ }
            }
        }
    };
}

codes! {
    /// The body is no JSON, or a header or the query cannot be read.
    Malformed = BAD_REQUEST, "malformed", "the request cannot be read";
    /// Nobody is known to ask.
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "log in first";
    /// Whoever asks may not do that.
    Forbidden = FORBIDDEN, "forbidden", "not allowed";
    /// A browser sends it for another site.
    CrossSite = FORBIDDEN, "cross_site", "refused from another site";
    /// There is no such record, or it belongs to somebody else.
    NotFound = NOT_FOUND, "not_found", "not found";
    /// There is no such route.
    NoRoute = NOT_FOUND, "no_route", "no such route";
    /// The route has other methods.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "no such method here";
    /// The body came too slowly.
    SlowBody = REQUEST_TIMEOUT, "slow_body", "the body came too slowly";
    /// The record is not in a state in which this can be done.
    Conflict = CONFLICT, "conflict", "not possible now";
    /// The id is taken, or was once.
    Taken = CONFLICT, "taken", "the id is taken";
    /// It is enabled.
    Enabled = CONFLICT, "enabled", "it is enabled";
    /// Runs of it are live.
    LiveRuns = CONFLICT, "live_runs", "runs of it are live";
    /// Something refers to it.
    InUse = CONFLICT, "in_use", "it is in use";
    /// The run has ended.
    Ended = CONFLICT, "ended", "it has ended";
    /// The orchestra cannot play yet.
    NotReady = CONFLICT, "not_ready", "not ready to play";
    /// Another request with the same idempotency key is being answered.
    InFlight = CONFLICT, "in_flight", "the same request is under way";
    /// Somebody else edited it since it was read.
    RevisionMismatch = PRECONDITION_FAILED, "revision_mismatch", "it was edited meanwhile";
    /// The body is too large.
    TooLarge = PAYLOAD_TOO_LARGE, "too_large", "too large";
    /// The body is of another type than JSON.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "send JSON";
    /// Something in the request makes no sense.
    Invalid = UNPROCESSABLE_ENTITY, "invalid", "something makes no sense";
    /// The score has problems.
    InvalidScore = UNPROCESSABLE_ENTITY, "invalid_score", "the score is not valid";
    /// The idempotency key was used for another request.
    KeyReused = UNPROCESSABLE_ENTITY, "key_reused", "the key belongs to another request";
    /// The headers are too large.
    HeadersTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "the headers are too large";
    /// A bug, or a record that makes no sense.
    Internal = INTERNAL_SERVER_ERROR, "internal", "internal error";
    /// The store does not answer, or the process is about to end.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "try again later";
    /// The answer took too long; what was asked for may have been done.
    Timeout = SERVICE_UNAVAILABLE, "timeout", "it took too long";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_name_of_its_own_and_an_error_status() {
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| code.status().as_u16() >= 400));
    }
}
