//! Talks: in which order the turns and tool calls of an LLM node followed from each other.

use super::super::super::ModelTurn;
use super::Record;

impl<'a> Record<'a> {
    /// Returns the turns and tool calls of an LLM node that followed from one of them.
    pub(super) fn later_parts(&self, node: &str, part: &str) -> Vec<&'a str> {
        let (mut later, mut tools, mut is_later) = (Vec::new(), 0, false);
        for turn in 1_u32.. {
            let Some((key, row)) = self.last.get_key_value(format!("{node}.m{turn}").as_str()) else { break };
            let taken =
                row.output.as_ref().and_then(|turn| serde_json::from_str::<ModelTurn>(turn.as_str()).ok());
            let calls = taken.map_or(0, |turn| turn.tool_calls.len());
            let called = (tools + 1..=tools + calls).filter_map(|tool| {
                self.last.get_key_value(format!("{node}.t{tool}").as_str()).map(|(key, _)| *key)
            });
            let called: Vec<_> = called.collect();
            tools += calls;
            if is_later {
                later.push(*key);
            }
            match is_later || *key == part {
                true => later.extend(&called),
                false if called.contains(&part) => {}
                false => continue,
            }
            is_later = true; // the next turn follows from this one
        }
        later
    }
}
