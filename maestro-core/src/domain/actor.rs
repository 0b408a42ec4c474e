//! Actors: who did what a person, a program or the engine itself did to a record.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of who acted, as the host knows them. Stored with every operator action.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Actor(String);

impl Actor {
    /// Names an actor; texts over 200 characters are cut.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().chars().take(200).collect())
    }

    /// The engine acting by its own rules.
    pub fn engine() -> Self {
        Self("engine".to_owned())
    }

    /// The host program, where it names nobody else.
    pub fn host() -> Self {
        Self("host".to_owned())
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
