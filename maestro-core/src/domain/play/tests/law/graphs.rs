//! Random scores of every shape that can be played.

use serde_json::{Value, json};

use super::dice::Dice;
use crate::domain::{AnyCatalog, Score};

/// What there is in a random world, in percent of what could be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taste {
    pub(super) failures: u64,
    pub(super) waits: u64,
    pub(super) stops: bool,
    pub(super) once: bool,
    pub(super) fast: bool,
    /// Conditions and templates, some of which make no sense.
    pub(super) conditions: bool,
    /// After how many events the run is cancelled (`true`) or has been active for too long.
    pub(super) ends: Option<(usize, bool)>,
}

struct Maker {
    dice: Dice,
    taste: Taste,
    nodes: Vec<Value>,
    edges: Vec<Value>,
}

/// Which names a loop gives to its body.
#[derive(Clone, Copy)]
enum Within {
    Nothing,
    Map,
    Repeat,
}

pub(super) fn random_score(seed: u64, size: usize, taste: Taste) -> Score {
    let mut maker = Maker { dice: Dice::new(seed, "score"), taste, nodes: Vec::new(), edges: Vec::new() };
    maker.scope(size, 0, Within::Nothing);
    let score = json!({
        "id": "random", "nodes": maker.nodes, "edges": maker.edges, "fail_fast": taste.fast,
        "summary": "{{ result }}",
    });
    let score = Score::from_json(&score).unwrap();
    score.validate(&AnyCatalog).unwrap();
    score
}

impl Maker {
    /// Makes `size` nodes, those in loops counted, and returns the names of the outer ones.
    fn scope(&mut self, mut size: usize, depth: usize, within: Within) -> Vec<Value> {
        let mut names = Vec::new();
        while size > 0 {
            let name = format!("n{}", self.nodes.len());
            let at = self.nodes.len();
            self.nodes.push(Value::Null);
            size -= 1;
            let mut inside = 0;
            if size > 0 && depth < 3 && self.dice.chance(25) {
                inside = 1 + self.dice.below(size.min(8));
                size -= inside;
            }
            let sources = self.edges_to(&name, &names, within);
            let mut node = self.node(inside, depth, &sources, within);
            node["id"] = json!(name);
            self.nodes[at] = node;
            names.push(json!(name));
        }
        names
    }

    /// Draws edges from earlier nodes, and returns the names of those that certainly bring something.
    fn edges_to(&mut self, name: &str, earlier: &[Value], within: Within) -> Vec<String> {
        let mut sources = Vec::new();
        for _ in 0..self.dice.below(4) {
            let Some(last) = earlier.len().checked_sub(1) else { break };
            let from = &earlier[last - self.dice.below(earlier.len().min(5))];
            let node = self.nodes.iter().find(|node| node["id"] == *from).unwrap();
            let continued = node["on_error"] == "continue";
            let on = match self.dice.below(10) {
                0 | 1 if !continued => "failure",
                2 | 3 => "always",
                _ => "success",
            };
            let mut edge = json!({"from": from, "to": name, "on": on});
            if self.taste.conditions && self.dice.chance(25) {
                edge["when"] = self.condition(within);
            }
            sources.push(from.as_str().unwrap().to_owned());
            let same = |other: &Value| ["from", "to", "on"].iter().all(|field| other[field] == edge[field]);
            if !self.edges.iter().any(same) {
                self.edges.push(edge);
            }
        }
        sources
    }

    fn condition(&mut self, within: Within) -> Value {
        let plain = [
            "true",
            "false",
            "status == 'succeeded'",
            "status in ['failed', 'skipped']",
            "output.n > 3", // an error for outputs without it
            "output.n is defined and output.n > 3",
            "error.code == 'broke'",
            "run.input.x == 1",
        ];
        match within {
            Within::Map if self.dice.chance(30) => json!(self.dice.pick(&["index == 1", "item == 2"])),
            Within::Repeat if self.dice.chance(30) => json!("index == 1"),
            _ => json!(self.dice.pick(&plain)),
        }
    }

    fn node(&mut self, inside: usize, depth: usize, sources: &[String], within: Within) -> Value {
        let mut node = match inside {
            0 if self.dice.chance(self.taste.waits) => self.wait(),
            0 if self.taste.stops && self.dice.chance(4) => {
                json!({"kind": "stop", "status": self.dice.pick(&["succeeded", "completed", "failed", "cancelled"])})
            }
            0 => self.operation(),
            inside if self.dice.chance(60) => {
                let body = self.scope(inside, depth + 1, Within::Map);
                let items = [
                    json!([1]),
                    json!([1, 2]),
                    json!([1, 2, 3, 4]),
                    json!([]),
                    json!("{{ run.input.list }}"),
                ];
                let items = match self.taste.conditions && self.dice.chance(15) {
                    true => json!("{{ input.list }}"), // which may be no list, or not there
                    false => self.dice.pick(&items).clone(),
                };
                json!({
                    "kind": "map_over", "items": items, "body": body, "max_concurrency": 1 + self.dice.below(4),
                    "on_item_error": self.dice.pick(&["fail", "null", "drop"]),
                })
            }
            inside => {
                let body = self.scope(inside, depth + 1, Within::Repeat);
                let until = [
                    "true",
                    "false",
                    "index == 1",
                    "result.n is defined and result.n > 4",
                    "index >= run.input.x",
                ];
                let until = match self.taste.conditions && self.dice.chance(10) {
                    true => "result.n > 4", // an error for results without it
                    false => self.dice.pick(&until),
                };
                json!({
                    "kind": "repeat", "until": until, "body": body, "max_iterations": 1 + self.dice.below(4),
                    "on_max": self.dice.pick(&["fail", "accept", "accept"]),
                })
            }
        };
        if self.dice.chance(15) {
            node["on_error"] = json!("continue");
        }
        if self.dice.chance(20) {
            node["input"] = self.input(sources, within);
        }
        node
    }

    fn wait(&mut self) -> Value {
        match self.dice.below(6) {
            0 => json!({
                "kind": "approval", "title": "{{ input }}?", "timeout_s": 1 + self.dice.below(30),
                "on_timeout": self.dice.pick(&["approve", "reject", "fail"]),
            }),
            1 => json!({"kind": "approval", "title": "Go on?"}),
            2 => json!({"kind": "delay", "until": "2027-01-15T08:00:30Z"}),
            3 => {
                json!({"kind": "delay", "until": if self.taste.conditions { "{{ run.input.n }}" } else { "1999-01-01T00:00:00Z" }})
            }
            _ => json!({"kind": "delay", "for_s": self.dice.below(20)}),
        }
    }

    fn operation(&mut self) -> Value {
        let mut node = match self.dice.chance(15) {
            true => json!({"kind": "llm", "agent": "writer", "prompt": "{{ input }}", "max_tool_rounds": 2}),
            false => json!({"kind": "deterministic", "skill": "s", "operation": "o"}),
        };
        if node["kind"] == "llm" && self.dice.chance(30) {
            node["output_schema"] = json!({"type": "object", "required": ["n"]});
        }
        if self.dice.chance(60) {
            node["retry"] = json!({"max_attempts": 1 + self.dice.below(3), "initial_s": self.dice.below(3)});
        }
        if self.taste.once && self.dice.chance(25) {
            node["effect"] = json!("once");
        }
        node
    }

    fn input(&mut self, sources: &[String], within: Within) -> Value {
        let given = match within {
            Within::Nothing => json!("{{ run.input.x }}"),
            Within::Map => json!(["{{ item }}", "{{ index }}"]),
            Within::Repeat => json!(["{{ previous }}", "{{ index }}"]),
        };
        match (sources, self.dice.below(3)) {
            // an error where the edge was not taken
            ([source, ..], 0) if self.taste.conditions => json!({"v": format!("{{{{ from.{source} }}}}")}),
            (_, 1) => given,
            _ => json!({"all": "{{ input }}", "x": "{{ run.input.x }}"}),
        }
    }
}
