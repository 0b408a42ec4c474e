//! The domain, the ports and the engine of Maestro: everything that needs no driver.

pub mod domain;
pub mod ports;
#[cfg(feature = "testing")]
pub mod testing;
