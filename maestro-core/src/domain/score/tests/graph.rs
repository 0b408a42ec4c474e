//! Graphs, loops and names: what validation finds in scores that can be read.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{ProblemCode::*, *};
use crate::domain::{AgentId, OperationName, SkillName};

/// Returns a score of `delay` nodes with these edges, written `a>b`.
fn line(nodes: &[&str], edges: &[&str]) -> Value {
    let node = |id: &&str| json!({"id": id, "kind": "delay", "for_s": 1});
    let edge = |edge: &&str| {
        let (from, to) = edge.split_once('>').unwrap();
        json!({"from": from, "to": to})
    };
    json!({"name": "G", "nodes": nodes.iter().map(node).collect::<Vec<_>>(), "edges": edges.iter().map(edge).collect::<Vec<_>>()})
}

fn found(document: Value) -> Vec<(String, ProblemCode)> {
    problems(document)
}

fn one(document: Value) -> Problem {
    let problems = read(document).validate(&AnyCatalog).expect_err("there is a problem").into_vec();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems.into_iter().next().unwrap()
}

#[test]
fn edges_lead_somewhere_and_never_in_a_circle() {
    assert_eq!(found(line(&["a", "b", "c"], &["a>b", "b>c", "a>c"])), []);
    let circle = one(line(&["a", "b", "c", "d"], &["a>b", "b>c", "c>a", "a>d"]));
    assert!(circle.code == Cycle && circle.message.ends_with("a → b → c → a"), "{circle}");
    assert_eq!(circle.pointer, "/edges/2");
    assert_eq!(found(line(&["a"], &["a>a"])), [("/edges/0".to_owned(), SelfEdge)]);
    let dangling = one(line(&["fetch", "b"], &["fetsh>b"]));
    assert!(dangling.code == UnknownNode && dangling.fix == "did you mean `fetch`?", "{dangling}");
    assert_eq!(found(line(&["a", "b"], &["a>b", "a>b"])), [("/edges/1".to_owned(), DuplicateEdge)]);
    assert_eq!(found(json!({"name": "x", "nodes": []})), [("/nodes".to_owned(), NoNodes)]);
    let mut handled = line(&["a", "b"], &["a>b"]);
    handled["nodes"][0]["on_error"] = json!("continue");
    handled["edges"][0]["on"] = json!("failure");
    assert_eq!(one(handled).code, Conflict);
}

#[test]
fn loops_contain_each_other_like_boxes() {
    let nodes = |extra: Value| {
        let mut nodes = vec![
            json!({"id": "x", "kind": "delay", "for_s": 1}),
            json!({"id": "y", "kind": "delay", "for_s": 1}),
        ];
        nodes.extend(extra.as_array().unwrap().clone());
        json!({"name": "L", "nodes": nodes})
    };
    let each = |id: &str, body: Value| json!({"id": id, "kind": "map_over", "items": [], "body": body});
    let code = |document| found(document).into_iter().map(|(_, code)| code).collect::<Vec<_>>();
    assert_eq!(found(nodes(json!([each("a", json!(["x", "b"])), each("b", json!(["y"]))]))), []);
    assert_eq!(code(nodes(json!([each("a", json!([]))]))), [InvalidBody]);
    assert_eq!(code(nodes(json!([each("a", json!(["a"]))]))), [InvalidBody]);
    assert_eq!(code(nodes(json!([each("a", json!(["x", "x"]))]))), [InvalidBody]);
    assert_eq!(code(nodes(json!([each("a", json!(["z"]))]))), [UnknownNode]);
    assert_eq!(code(nodes(json!([each("a", json!(["x"])), each("b", json!(["x"]))]))), [InvalidBody]);
    assert_eq!(code(nodes(json!([each("a", json!(["b"])), each("b", json!(["a"]))]))), [LoopCycle]);
    let three =
        nodes(json!([each("a", json!(["b"])), each("b", json!(["c"])), each("c", json!(["a", "x"]))]));
    let circle = one(three);
    assert!(circle.code == LoopCycle && circle.message.matches(" in ").count() == 3, "{circle}");
    let nest = |depth: usize| {
        let mut nested = vec![];
        for at in 0..depth {
            let inner = if at + 1 == depth { "x".to_owned() } else { format!("l{}", at + 1) };
            nested.push(each(&format!("l{at}"), json!([inner])));
        }
        nodes(json!(nested))
    };
    assert_eq!(found(nest(8)), []);
    assert_eq!(code(nest(9)), [LoopTooDeep]);
    assert_eq!(code(nest(40)), [LoopTooDeep]);
    let mut crossing = nodes(json!([each("a", json!(["x"]))]));
    crossing["edges"] = json!([{"from": "x", "to": "y"}]);
    assert_eq!(code(crossing.clone()), [CrossesLoop]);
    crossing["edges"] = json!([{"from": "a", "to": "x"}]);
    assert_eq!(code(crossing), [CrossesLoop]);
}

#[test]
fn a_template_sees_what_edges_and_loops_bring() {
    let check = |nodes: Value, edges: Value, summary: &str| {
        let document = json!({"name": "N", "nodes": nodes, "edges": edges, "summary": summary});
        let found = read(document).validate(&AnyCatalog).err().map(Problems::into_vec).unwrap_or_default();
        assert!(found.iter().all(|problem| problem.code == UnseenName), "{found:?}");
        found
            .into_iter()
            .map(|problem| format!("{} {}", problem.pointer, problem.message))
            .collect::<Vec<_>>()
    };
    let ask = |id: &str, title: &str| json!({"id": id, "kind": "approval", "title": title});
    let edge = |when: &str| json!([{"from": "a", "to": "b", "when": when}]);
    assert_eq!(
        check(
            json!([ask("a", "{{ input.x }} {{ run.id }}"), ask("b", "{{ from.a.x }}")]),
            edge("output and status and error and run"),
            "{{ result }}{{ from.a }}"
        ),
        [""; 0]
    );
    assert_eq!(
        check(
            json!([
                ask("a", "{{ from.b }} {{ item }}{{ index }}{{ previous }}"),
                ask("b", "{{ from.c }}{{ nope }}")
            ]),
            edge("input or from.a or index"),
            "{{ input }}{{ from.z }}"
        ),
        [
            "/nodes/0/title `index` is seen only in the body of a loop",
            "/nodes/0/title `item` is seen only in the body of a map_over",
            "/nodes/0/title `previous` is seen only in the body of a repeat",
            "/nodes/0/title `from.b` is not there: no edge leads from `b` to `a`",
            "/nodes/1/title `nope` is not seen here",
            "/nodes/1/title `from.c` is not there: there is no node `c`",
            "/edges/0/when `index` is seen only in the body of a loop",
            "/edges/0/when `input` is not seen here",
            "/edges/0/when `from` is not seen here",
            "/summary `input` is not seen here",
            "/summary `from.z` is not there: there is no node `z`",
        ]
    );
    let loops = json!([
        {"id": "each", "kind": "map_over", "items": "{{ input.items }}", "body": ["a", "b", "again"]},
        {"id": "again", "kind": "repeat", "until": "result and index > 1 and run", "max_iterations": 2, "body": ["c"]},
        ask("a", "{{ item }} {{ index }} {{ input }}"), ask("b", "{{ from.a }}"), ask("c", "{{ previous }} {{ index }}"),
    ]);
    assert_eq!(check(loops, edge("item and index and output"), ""), [""; 0]);
    let wrong = json!([
        {"id": "each", "kind": "map_over", "items": "{{ item }}", "body": ["again"]},
        {"id": "again", "kind": "repeat", "until": "previous or item", "max_iterations": 2, "body": ["c"]},
        ask("c", "{{ item }} {{ previous }}"),
    ]);
    let pointers: Vec<String> = check(wrong, json!([]), "")
        .into_iter()
        .map(|problem| problem.split(' ').next().unwrap().to_owned())
        .collect();
    assert_eq!(pointers, ["/nodes/0/items", "/nodes/1/until", "/nodes/1/until"]);
    let hyphen = check(json!([ask("fetch-leads", "x"), ask("b", "{{ from.fetch-leads }}")]), json!([]), "");
    assert_eq!(hyphen.len(), 2);
}

#[test]
fn moments_schemas_operations_and_agents_are_checked() {
    struct Nothing;
    impl Catalog for Nothing {
        fn has_operation(&self, _: &SkillName, _: &OperationName) -> bool {
            false
        }
        fn has_agent(&self, _: &AgentId) -> bool {
            false
        }
    }
    let score = read(json!({
        "name": "x", "input_schema": {"type": "objekt"},
        "nodes": [
            {"id": "a", "kind": "deterministic", "skill": "s", "operation": "o"},
            {"id": "b", "kind": "llm", "agent": "w", "prompt": "", "output_schema": {"$ref": "http://x/y"}},
            {"id": "c", "kind": "delay", "until": "tomorrow"},
            {"id": "d", "kind": "delay", "until": "2026-11-22T09:00:00+01:00"},
        ],
    }));
    let found: Vec<_> = score
        .validate(&Nothing)
        .unwrap_err()
        .into_iter()
        .map(|problem| (problem.pointer, problem.code))
        .collect();
    let expected = [
        ("/input_schema/type", InvalidSchema),
        ("/nodes/0/operation", UnknownOperation),
        ("/nodes/1/agent", UnknownAgent),
        ("/nodes/1/output_schema", InvalidSchema),
        ("/nodes/2/until", InvalidTime),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    let mut score = read(json!({"name": "x", "nodes": [{"id": "a", "kind": "approval", "title": "t"}]}));
    score.nodes[0].timeout = Some(Span::from_secs(1));
    score.timeout = Span::ZERO;
    score.nodes[0].retry = Some(Retry { factor: f64::NAN, ..Retry::default() });
    let codes: Vec<_> =
        score.validate(&AnyCatalog).unwrap_err().into_iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [OutOfRange, OutOfRange, Conflict, Conflict]);
}

#[test]
fn a_long_chain_is_checked_in_linear_time_and_without_recursion() {
    let chain = |count: usize| {
        let node = |at: usize| json!({"id": format!("n{at}"), "kind": "stop", "reason": "done"});
        let edge = |at: usize| json!({"from": format!("n{at}"), "to": format!("n{}", at + 1)});
        json!({"name": "C", "nodes": (0..count).map(node).collect::<Vec<_>>(), "edges": (0..count - 1).map(edge).collect::<Vec<_>>()})
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(move || {
        let score = read(chain(20_000));
        assert!(score.validate(&AnyCatalog).is_ok());
        let mut circle = chain(20_000);
        circle["edges"].as_array_mut().unwrap().push(json!({"from": "n19999", "to": "n0"}));
        let problem = one(circle);
        assert!(problem.code == Cycle && problem.message.len() < 500, "{problem}");
        let loops: Vec<Value> = (0..20_000)
            .map(|at| json!({"id": format!("n{at}"), "kind": "map_over", "items": [], "body": [format!("n{}", (at + 1) % 20_000)]}))
            .collect();
        assert!(read(json!({"name": "x", "nodes": loops})).validate(&AnyCatalog).is_err());
    });
    thread.unwrap().join().unwrap();
}

proptest! {
    #[test]
    fn circles_are_found_where_petgraph_finds_them(edges in prop::collection::btree_set((0..12_usize, 0..12_usize), 0..24)) {
        let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from != to).collect();
        let ids: Vec<String> = (0..12).map(|at| format!("n{at}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let written: Vec<String> = edges.iter().map(|(from, to)| format!("n{from}>n{to}")).collect();
        let score = read(line(&ids, &written.iter().map(String::as_str).collect::<Vec<_>>()));
        let graph = petgraph::graph::DiGraph::<(), ()>::from_edges(edges.iter().map(|(from, to)| (*from as u32, *to as u32)));
        let found = score.validate(&AnyCatalog).err().map(Problems::into_vec).unwrap_or_default();
        prop_assert_eq!(!found.is_empty(), petgraph::algo::is_cyclic_directed(&graph));
        for problem in found {
            prop_assert_eq!(problem.code, Cycle);
            let path: Vec<&str> = problem.message.split(": ").nth(1).unwrap().split(" → ").collect();
            prop_assert_eq!(path.first(), path.last());
            for pair in path.windows(2) {
                prop_assert!(written.contains(&format!("{}>{}", pair[0], pair[1])), "{}", problem);
            }
        }
    }
}
