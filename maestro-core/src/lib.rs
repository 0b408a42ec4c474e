//! The domain, the ports and the engine of Maestro: everything that needs no driver.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod domain;
pub mod ports;
#[cfg(feature = "testing")]
pub mod testing;
