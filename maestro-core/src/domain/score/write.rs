//! Writing: the flat JSON form of a score.

use serde::{Serialize, Serializer};

use super::Score;

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}
