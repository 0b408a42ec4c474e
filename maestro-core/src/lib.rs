//! The domain, the ports and the engine of Maestro: everything that needs no driver.
//!
//! | feature | adds |
//! | --- | --- |
//! | `testing` | manual clock, seeded randomness and fault injection, for hosts that test their automation |
//! | `conformance` | the clauses of the store contract, for those who write a store |

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod domain;
pub mod engine;
pub mod ports;
#[cfg(feature = "testing")]
pub mod testing;
