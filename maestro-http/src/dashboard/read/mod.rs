//! What pages read that no route of the API shows.

mod duties;
mod kept;
mod steps;

pub(crate) use self::duties::{Duty, Need, duties, of_run as duties_of};
pub(crate) use self::kept::Kept;
pub(crate) use self::steps::{frame_steps, outlines};
