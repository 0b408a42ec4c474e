//! Step keys: where in a run a step stands.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{InvalidId, NodeId};

const RULE: &str =
    "use node ids joined by dots, with the number of the iteration after each loop: each.3.draft";
const LONGEST: usize = 1024;

/// Names a step in its run: `draft`; in the fourth iteration of a loop `each.3.draft`; a model turn or a
/// tool call of an LLM node `draft.m2`, `draft.t2`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StepKey(Arc<str>);

/// A frame of a run: the run itself, or one iteration of a loop. Steps of one frame share their path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct StepPath(Arc<str>);

impl StepPath {
    /// Returns the path of the run itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Returns the path of iteration `index` of the loop `node` in this frame.
    pub fn iteration(&self, node: &NodeId, index: u32) -> Self {
        Self(format!("{}{node}.{index}.", self.0).into())
    }

    /// Returns the key of `node` in this frame.
    pub fn step(&self, node: &NodeId) -> StepKey {
        StepKey(format!("{}{node}", self.0).into())
    }

    /// Returns the text that every key of this frame begins with: empty, or ending in a dot.
    pub fn as_prefix(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for StepPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl StepKey {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text of the frame's path and the node's id, split where the last node begins.
    ///
    /// ```
    /// let key: maestro_core::domain::StepKey = "each.3.draft".parse()?;
    /// assert_eq!(key.split(), ("each.3.", "draft"));
    /// # Ok::<(), maestro_core::domain::InvalidId>(())
    /// ```
    pub fn split(&self) -> (&str, &str) {
        match self.0.rfind('.') {
            Some(dot) => self.0.split_at(dot + 1),
            None => ("", &self.0),
        }
    }

    /// Returns the key of a part of this step, such as the model turn `m2`.
    pub(crate) fn part(&self, part: &str) -> Self {
        Self(format!("{}.{part}", self.0).into())
    }
}

impl FromStr for StepKey {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let good = |segment: &str| NodeId::new(segment).is_ok();
        if text.len() > LONGEST || !text.split('.').all(good) {
            return Err(InvalidId::new("step key", text, RULE));
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for StepKey {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<StepKey> for String {
    fn from(key: StepKey) -> String {
        key.0.as_ref().to_owned()
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StepKey({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_nested_frame_splits_into_path_and_node() {
        let node = |id| NodeId::new(id).unwrap();
        let path = StepPath::root().iteration(&node("each"), 3).iteration(&node("again"), 0);
        let key = path.step(&node("draft"));
        assert_eq!(key.as_str(), "each.3.again.0.draft");
        assert_eq!(key.split(), (path.as_prefix(), "draft"));
        assert_eq!(key.as_str().parse(), Ok(key));
        for bad in ["", ".", "a.", ".a", "a..b", "a b"] {
            assert!(bad.parse::<StepKey>().is_err(), "{bad}");
        }
    }
}
