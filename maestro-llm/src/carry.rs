//! Carrying: what a provider wants to see again as it was, such as thoughts that it signed, kept in the record of a turn.
//!
//! The form is ours: that of `genai` is its own business and does not read back everything that it writes.

use genai::chat::{ContentPart, CustomPart, ToolCall};
use maestro_core::domain::{InvalidPayload, Payload};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::provider::Provider;

/// A whole turn, with everything in its place.
#[derive(Serialize, Deserialize)]
struct Carry {
    /// Nobody but the provider that signed it understands it.
    provider: String,
    parts: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Part {
    Text { text: String },
    Call { id: String, name: String, arguments: Value },
    Thought { text: String },
    Signature { signature: String },
    Block { data: Value },
}

/// Returns what has to be carried of a turn: all of it when something in it is signed, or of a kind that we do not know,
/// and nothing otherwise.
pub(crate) fn keep(provider: &Provider, parts: &[ContentPart]) -> Result<Option<Payload>, InvalidPayload> {
    let parts: Vec<Part> = parts.iter().filter_map(Part::of).collect();
    if parts.iter().all(|part| matches!(part, Part::Text { .. } | Part::Call { .. })) {
        return Ok(None);
    }
    Payload::from_serialize(&Carry { provider: provider.name.clone(), parts }).map(Some)
}

/// Returns the parts of a turn that were carried for `provider`. `None` for what others signed, and for what cannot be
/// read: the turn's own words and calls say the same without the thoughts.
pub(crate) fn given(provider: &Provider, carry: &Payload) -> Option<Vec<ContentPart>> {
    let carry: Carry = serde_json::from_str(carry.as_str()).ok()?;
    (carry.provider == provider.name).then(|| carry.parts.into_iter().map(Part::written).collect())
}

impl Part {
    fn of(part: &ContentPart) -> Option<Self> {
        Some(match part {
            ContentPart::Text(text) => Self::Text { text: text.clone() },
            ContentPart::ToolCall(call) => Self::Call {
                id: call.call_id.clone(),
                name: call.fn_name.clone(),
                arguments: call.fn_arguments.clone(),
            },
            ContentPart::ReasoningContent(text) => Self::Thought { text: text.clone() },
            ContentPart::ThoughtSignature(signature) => Self::Signature { signature: signature.clone() },
            ContentPart::Custom(custom) => Self::Block { data: custom.data.clone() },
            ContentPart::Binary(_) | ContentPart::ToolResponse(_) => return None, // never sent again
        })
    }

    fn written(self) -> ContentPart {
        match self {
            Self::Text { text } => ContentPart::Text(text),
            Self::Call { id, name, arguments } => ContentPart::ToolCall(ToolCall {
                call_id: id,
                fn_name: name,
                fn_arguments: arguments,
                thought_signatures: None, // it stands before the call, where it came
            }),
            Self::Thought { text } => ContentPart::ReasoningContent(text),
            Self::Signature { signature } => ContentPart::ThoughtSignature(signature),
            Self::Block { data } => ContentPart::Custom(CustomPart { model_iden: None, data }),
        }
    }
}
