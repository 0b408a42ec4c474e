//! A store that fails when it is told to: lost answers, refused calls, delays, partitions, dropped futures.

mod costs;
mod events;
mod method;
mod plan;
mod roles;
mod secrets;
mod store;
mod values;

pub use self::method::Method;
pub use self::plan::{Call, Fault, FaultPlan, FaultRates};
pub use self::store::FaultStore;
use self::values::values;
