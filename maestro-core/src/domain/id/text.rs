//! Ids that people read and type: checked once when made, cheap to clone.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use super::InvalidId;

/// Defines a checked text id: `FromStr` and `Display` are inverse, JSON carries it as a string.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $allowed:expr, $rule:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text` and makes it an id.
            ///
            /// # Errors
            /// [`InvalidId`] names the rule that the text breaks.
            pub fn new(text: impl AsRef<str>) -> Result<Self, InvalidId> {
                let text = text.as_ref();
                let allowed: fn(u8) -> bool = $allowed;
                if text.is_empty() || text.len() > $max || !text.bytes().all(allowed) {
                    return Err(InvalidId::new($what, text, $rule));
                }
                Ok(Self(text.into()))
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

text_id!(
    /// Names a tenant. Every record belongs to exactly one workspace; a host that has no tenants uses
    /// [`WorkspaceId::default`], which is `default`.
    WorkspaceId, "workspace id", 128,
    |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':' | b'@'),
    "use 1 to 128 of the characters A-Z a-z 0-9 . _ - : @"
);
text_id!(
    /// Names an orchestra in its workspace. Made from the name at creation; never changed, never reused.
    OrchestraId, "orchestra id", 64, is_slug_byte, "use 1 to 64 of the characters a-z 0-9 _ -"
);
text_id!(
    /// Names a score in its workspace, whatever its version.
    ScoreId, "score id", 64, is_slug_byte, "use 1 to 64 of the characters a-z 0-9 _ -"
);
text_id!(
    /// Names an agent in its workspace, whatever its version.
    AgentId, "agent id", 64, is_slug_byte, "use 1 to 64 of the characters a-z 0-9 _ -"
);
text_id!(
    /// Names a node in its score.
    NodeId, "node id", 64, is_slug_byte, "use 1 to 64 of the characters a-z 0-9 _ -"
);
text_id!(
    /// Names a skill: a group of host functions.
    SkillName, "skill", 64, is_slug_byte, "use 1 to 64 of the characters a-z 0-9 _ -"
);
text_id!(
    /// Names an operation in its skill.
    OperationName, "operation", 64, is_slug_byte, "use 1 to 64 of the characters a-z 0-9 _ -"
);
text_id!(
    /// Names a secret in its workspace, whatever its version. Orchestras bind slots to it.
    SecretName, "secret name", 64, is_slug_byte, "use 1 to 64 of the characters a-z 0-9 _ -"
);

fn is_slug_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
}

impl Default for WorkspaceId {
    fn default() -> Self {
        Self("default".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_id_reads_back_and_refuses_what_is_no_id() {
        let id: NodeId = "each_lead-2".parse().unwrap();
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "A", "a.b", "a b", "ä", &"x".repeat(65)] {
            let error = NodeId::new(bad).unwrap_err();
            assert!(error.to_string().contains("a-z 0-9"), "{error}");
        }
        assert!(serde_json::from_str::<NodeId>("\"a/b\"").is_err());
    }
}
