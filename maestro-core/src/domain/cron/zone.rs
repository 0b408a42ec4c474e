//! Time zones by IANA name, and where their clocks change.

mod data;
mod spans;
mod suggest;
mod tail;

use std::{fmt, str::FromStr};

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};

pub(super) use self::spans::Span;

use self::data::ZoneData;

/// A time zone of the IANA database, by its name. Small and cheap to copy.
///
/// The database is compiled in, so a zone means the same on every host; see [`Zone::data_version`].
/// The rules of its last years go on for ever after.
///
/// ```
/// use maestro_core::domain::Zone;
///
/// assert_eq!(Zone::parse("America/New_York")?.name(), "America/New_York");
/// assert_eq!(Zone::default().name(), "UTC");
/// let error = Zone::parse("new york").unwrap_err();
/// assert_eq!(error.to_string(), "unknown time zone \"new york\": write `America/New_York`");
/// # Ok::<(), maestro_core::domain::ZoneError>(())
/// ```
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(&'static ZoneData);

impl Zone {
    /// Returns the zone with this name, in the database's own spelling.
    ///
    /// # Errors
    /// [`ZoneError`] names the text and, where one is close, the zone that was probably meant.
    pub fn parse(name: &str) -> Result<Self, ZoneError> {
        data::find(name).map(Self).ok_or_else(|| ZoneError::new(name))
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Returns the release of the IANA database that is compiled in, such as `2025b`.
    pub fn data_version() -> &'static str {
        data::VERSION
    }

    /// Returns `at` with the zone's offset at that instant.
    ///
    /// Offsets of past centuries have seconds, which RFC 3339 cannot write: the offset is then cut to minutes.
    /// The instant is exact in any case.
    pub fn local(self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        let offset = self.0.spans().at(at.timestamp()).offset;
        let minutes = i32::try_from(offset / 60).unwrap_or(0);
        let offset = FixedOffset::east_opt(minutes * 60).expect("an offset of the database is below a day");
        at.with_timezone(&offset)
    }

    /// Returns the span of constant offset around an instant in UTC seconds.
    pub(super) fn span_at(self, utc: i64) -> Span {
        self.0.spans().at(utc)
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(data::utc())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Zone {}

impl std::hash::Hash for Zone {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl FromStr for Zone {
    type Err = ZoneError;
    fn from_str(name: &str) -> Result<Self, ZoneError> {
        Self::parse(name)
    }
}

impl TryFrom<String> for Zone {
    type Error = ZoneError;
    fn try_from(name: String) -> Result<Self, ZoneError> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.name().to_owned()
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name())
    }
}

/// No zone of the database has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone {name:?}: write {}", self.advice())]
pub struct ZoneError {
    /// The name that was given, cut after 80 characters.
    pub name: String,
    /// The zones that were probably meant, the likeliest first; often none.
    pub suggestions: Vec<&'static str>,
}

impl ZoneError {
    fn new(name: &str) -> Self {
        Self { name: name.chars().take(80).collect(), suggestions: suggest::close_to(name) }
    }

    fn advice(&self) -> String {
        let advice = match self.suggestions[..] {
            [] => "an IANA name such as `Europe/Berlin` or `UTC`".to_owned(),
            [one] => format!("`{one}`"),
            [ref rest @ .., last] => format!("`{}` or `{last}`", rest.join("`, `")),
        };
        match self.name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("etc/gmt")) {
            // the signs are those of POSIX, and few expect that
            true => {
                format!("{advice}; there are `Etc/GMT-14`, 14 hours ahead of UTC, to `Etc/GMT+12`, 12 behind")
            }
            false => advice,
        }
    }
}
