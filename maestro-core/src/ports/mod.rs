//! The ports: what the engine needs from the world, as traits that hosts and adapters implement.

mod clock;
mod entropy;
mod executor;
mod model;
mod secrets;
pub mod store;

pub use self::clock::{Clock, SystemClock, look_until};
pub use self::entropy::{Entropy, EntropyExt, SystemEntropy};
pub use self::executor::{Executor, Meter, Operation, StepCall, StepError};
pub use self::model::{ModelCall, ModelClient, Tool};
pub use self::secrets::{SecretError, SecretSource};
pub use self::store::Store;
