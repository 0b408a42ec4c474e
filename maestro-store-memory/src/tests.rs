//! Tests of what the conformance suite does not see: the indexes, the lock, the edges of the contract.

mod changes;
mod edges;
mod fixtures;
mod indexes;
