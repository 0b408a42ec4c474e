//! Words and numbers as people read them.

mod amounts;
mod names;
mod times;

pub(crate) use self::amounts::{bytes, cents, count, dollars, many, many_of, percent, tokens};
pub(crate) use self::names::{Look, kind_of_node, of_outcome, of_run, of_status, of_step, of_trigger};
pub(crate) use self::times::{Times, ago, span};
