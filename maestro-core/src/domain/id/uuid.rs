//! Ids that machines make: 128 bits, text in JSON because a browser would round the number.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use super::InvalidId;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(u128);

        impl $name {
            /// Makes the id from its number.
            pub const fn from_u128(number: u128) -> Self {
                Self(number)
            }

            /// Returns the number.
            pub const fn as_u128(self) -> u128 {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let refuse = |_| InvalidId::new($what, text, "use the hyphenated form of a UUID");
                // One spelling only, so that `Display` and `FromStr` are inverse.
                match Uuid::try_parse(text).map_err(refuse)? {
                    id if text.len() == 36 => Ok(Self(id.as_u128())),
                    _ => Err(InvalidId::new($what, text, "use the hyphenated form of a UUID")),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_u128(self.0).hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

uuid_id!(
    /// Names one run. A UUIDv7 (RFC 9562), so that ids sort by the time of their making. Never reused.
    RunId, "run id"
);
uuid_id!(
    /// Names one life of one worker. A worker that was taken for dead comes back under a new one.
    WorkerId, "worker id"
);
uuid_id!(
    /// Names one call of claim, so that a worker whose answer was lost can ask what it owns.
    ClaimId, "claim id"
);
uuid_id!(
    /// Names one signal, so that repeating the call does not signal twice.
    SignalId, "signal id"
);

impl RunId {
    /// Makes the id of a run enqueued at `at`; `random` makes it unique.
    pub fn at(at: DateTime<Utc>, random: u128) -> Self {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&random.to_be_bytes()[..10]);
        Self(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().as_u128())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_id_is_a_v7_that_sorts_by_time_and_reads_back() {
        let at = |s| DateTime::from_timestamp(s, 0).unwrap();
        let early = RunId::at(at(1_700_000_000), u128::MAX);
        let late = RunId::at(at(1_700_000_001), 0);
        assert!(early < late);
        assert_eq!(early.to_string().as_bytes()[14], b'7');
        assert_eq!(early.to_string().parse(), Ok(early));
        for bad in ["", "1", "{00000000-0000-0000-0000-000000000000}", "00000000000000000000000000000000"] {
            assert!(bad.parse::<RunId>().is_err(), "{bad}");
        }
    }
}
