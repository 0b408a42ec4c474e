//! The ports: what the engine needs from the world, as traits that hosts and adapters implement.

mod clock;
mod entropy;
mod executor;
pub mod store;

pub use self::clock::{Clock, SystemClock, look_until};
pub use self::entropy::{Entropy, EntropyExt, SystemEntropy};
pub use self::executor::{Executor, Meter, Operation, StepCall, StepError};
pub use self::store::Store;
