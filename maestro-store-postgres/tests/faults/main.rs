//! What goes wrong between a store and its server: the store goes on by itself, loses nothing, and says it once.

mod crash;
mod log;
mod refusals;
mod terminated;
mod writing;
