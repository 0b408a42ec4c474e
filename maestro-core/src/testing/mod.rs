//! What a test of automation needs: a clock that is told the time, randomness that repeats itself, a store that fails when
//! it is told to, a way to play everything to its end, and a record of what was executed.
//!
//! A test plays by hand: no role runs in the background, and time moves as far as something waits for it. The facade's
//! `testing` shows how.

mod clock;
mod drain;
mod entropy;
mod executions;
mod fault;
mod model;

pub use self::clock::ManualClock;
pub use self::drain::drain;
pub use self::entropy::SeededEntropy;
pub use self::executions::{Execution, Executions};
pub use self::fault::{Call, Fault, FaultPlan, FaultRates, FaultStore, Method};
pub use self::model::ScriptedModel;
