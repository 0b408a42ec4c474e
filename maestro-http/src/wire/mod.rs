//! What goes over the wire: the API's own shapes, so that the domain may change without breaking programs that call it.

mod agent;
mod costs;
mod cron;
mod firing;
mod moment;
mod names;
mod orchestra;
mod page;
mod pricing;
mod run;
mod score;
mod step;
mod workspace;

use serde::{Deserialize, Deserializer};

pub(crate) use self::agent::*;
pub(crate) use self::costs::*;
pub(crate) use self::cron::*;
pub(crate) use self::firing::*;
pub(crate) use self::moment::Moment;
pub(crate) use self::names::*;
pub(crate) use self::orchestra::*;
pub(crate) use self::page::*;
pub(crate) use self::pricing::*;
pub(crate) use self::run::*;
pub(crate) use self::score::*;
pub(crate) use self::step::*;
pub(crate) use self::workspace::*;

/// Reads a field that may be absent, `null` or a value, which are three different wishes.
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
