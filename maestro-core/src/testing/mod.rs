//! What a test of automation needs: a clock that is told the time, randomness that repeats itself, a store that fails
//! when it is told to.

mod clock;
mod entropy;
mod fault;

pub use self::clock::ManualClock;
pub use self::entropy::SeededEntropy;
pub use self::fault::{Call, Fault, FaultPlan, FaultRates, FaultStore, Method};
