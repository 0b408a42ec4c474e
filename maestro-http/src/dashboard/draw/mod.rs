//! Drawings: SVG whose geometry stands in attributes, in per cent of whatever width there is. Paint is left to classes.

mod axis;
mod columns;
mod lane;
mod outline;
mod pill;
mod shapes;
mod sparks;
mod strip;
mod waterfall;

pub(crate) mod graph;

pub(crate) use self::axis::Axis;
pub(crate) use self::columns::columns;
pub(crate) use self::lane::{Lane, Played, Window};
pub(crate) use self::outline::{Outline, Part};
pub(crate) use self::pill::Scale;
pub(crate) use self::shapes::{kind_mark, state_mark};
pub(crate) use self::sparks::{bars, line, meter};
pub(crate) use self::strip::{Mark, Sign, strip};
pub(crate) use self::waterfall::{Row as WaterfallRow, Waterfall};
