//! The skills of the example programs, operation by operation, played by `play`.

mod playing;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread::JoinHandle,
};

use playing::play_text;
use serde_json::{Value, json};

/// How a score of one node ended.
struct Ended {
    run: Value,
    tries: Vec<Value>,
}

impl Ended {
    /// Returns code and message of what the last try ended with.
    fn error(&self) -> (&str, &str) {
        let last = self.tries.last().expect("there is a try");
        let text = |field: &str| last["error"][field].as_str().unwrap_or_default();
        (text("code"), text("message"))
    }
}

/// Plays one operation with one input, without waits between tries.
fn perform(test: &str, operation: &str, input: &Value) -> Ended {
    let (skill, operation) = operation.split_once('.').expect("it is skill.operation");
    let node = json!({
        "id": "only", "kind": "deterministic", "skill": skill, "operation": operation, "input": input,
        "retry": {"max_attempts": 3, "initial_s": 0},
    });
    let score = json!({"name": test, "nodes": [node]}).to_string();
    let played = play_text(&format!("{test}.json"), &score, &["--json"]);
    let mut shown: Value = serde_json::from_str(&played.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", played.stdout, played.stderr));
    let Value::Array(tries) = shown["steps"].take() else { panic!("steps are a list") };
    let run = shown["run"].take();
    assert_eq!(played.code, Some(i32::from(run["status"] != "succeeded")), "{run}");
    Ended { run, tries }
}

fn result(test: &str, operation: &str, input: Value) -> Value {
    let mut ended = perform(test, operation, &input);
    assert_eq!(ended.run["status"], "succeeded", "{}", ended.run);
    ended.run["result"].take()
}

/// Demands that an input is refused for good, with a message that has `part`.
fn refused(test: &str, operation: &str, input: Value, part: &str) {
    let ended = perform(test, operation, &input);
    assert_eq!(ended.error().0, "invalid_input", "{}", ended.run);
    assert!(ended.error().1.contains(part), "{}", ended.run);
    assert_eq!(ended.tries.len(), 1, "trying again cannot help");
}

#[test]
fn util_returns_waits_fails_and_draws() {
    let input = json!({"a": [1, null, "ü"]});
    assert_eq!(result("echo", "util.echo", input.clone()), input);
    assert_eq!(result("sleep", "util.sleep", json!({"ms": 1, "x": 2})), json!({"ms": 1, "x": 2}));
    assert_eq!(
        result("flaky", "util.flaky", json!({"fail_times": 2, "x": 2})),
        json!({"fail_times": 2, "x": 2})
    );
    assert_eq!(result("random", "util.random", json!({"n": 1})), json!({"value": 0}));
    refused("random0", "util.random", json!({"n": 0}), "use 1 or more");
    refused("sleep_text", "util.sleep", json!({"ms": "long"}), "does not fit util.sleep");

    let failed = perform("fail", "util.fail", &json!({"message": "no luck"}));
    assert_eq!((failed.error(), failed.tries.len()), (("failed", "no luck"), 3));
    let failed = perform("fail_for_good", "util.fail", &json!({"permanent": true}));
    assert_eq!((failed.error(), failed.tries.len()), (("failed", "failed on purpose"), 1));
}

#[test]
fn lists_and_texts() {
    assert_eq!(result("upper", "text.upper", json!({"text": "straße"})), json!({"text": "STRASSE"}));
    assert_eq!(result("range", "list.range", json!({"n": 3})), json!({"items": [0, 1, 2]}));
    assert_eq!(result("range0", "list.range", json!({"n": 0})), json!({"items": []}));
    refused("range_long", "list.range", json!({"n": 100_001}), "use 100000 at most");
    let items = json!([{"k": "b", "n": 2}, {"k": "a", "n": 5}, {"k": "b", "n": -1}]);
    assert_eq!(
        result("group", "list.group", json!({"items": items, "by": "k"})),
        json!({"groups": [
            {"key": "a", "count": 1, "items": [{"k": "a", "n": 5}]},
            {"key": "b", "count": 2, "items": [{"k": "b", "n": 2}, {"k": "b", "n": -1}]},
        ]})
    );
    let several = result("group_2", "list.group", json!({"items": items, "by": "k", "at_least": 2}));
    assert_eq!(several["groups"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        result("count", "list.count", json!({"items": items, "by": "k"})),
        json!({"counts": [{"key": "b", "count": 2}, {"key": "a", "count": 1}]})
    );
    assert_eq!(
        result("describe", "list.describe", json!({"items": items, "field": "n"})),
        json!({"count": 3, "sum": 6.0, "mean": 2.0, "min": -1.0, "max": 5.0,
            "lowest": {"k": "b", "n": -1}, "highest": {"k": "a", "n": 5}})
    );
    refused("describe0", "list.describe", json!({"items": [], "field": "n"}), "the list is empty");
    refused("describe_k", "list.describe", json!({"items": items, "field": "k"}), "has no number \"k\"");
    refused("group_x", "list.group", json!({"items": items, "by": "x"}), "has no text or number \"x\"");
}

#[test]
fn files_and_what_stands_in_them() {
    let text = "name,born,note\r\nAda,1815,\"a \"\"first\"\", truly\"\nGrace,1906,\"two\nlines\"\n";
    assert_eq!(
        result("csv", "csv.parse", json!({"text": text})),
        json!({"columns": ["name", "born", "note"], "rows": [
            {"name": "Ada", "born": 1815, "note": "a \"first\", truly"},
            {"name": "Grace", "born": 1906, "note": "two\nlines"},
        ]})
    );
    refused("csv_empty", "csv.parse", json!({"text": ""}), "it is empty");
    refused("csv_ragged", "csv.parse", json!({"text": "a,b\n1\n"}), "row 1 has 1 cells, the columns are 2");
    refused("csv_open", "csv.parse", json!({"text": "a\n\"1"}), "not closed");

    let lock = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0-rc.1\"\n\
                source = \"registry+https://example.org/index\"\n\n[[package]]\nname = \"b\"\nversion = \"0.1.0+x-y\"\n";
    let packages = result("lock", "lock.packages", json!({"text": lock}));
    assert_eq!(
        packages["packages"][1],
        json!({"name": "b", "version": "0.1.0+x-y", "source": null, "checksum": null})
    );
    let check = |test: &str, at: usize| {
        result(test, "lock.check", packages["packages"][at].clone())["findings"].clone()
    };
    assert_eq!(check("check_a", 0), json!(["has no checksum", "is a pre-release"]));
    assert_eq!(check("check_b", 1), json!([]));
    refused("lock_none", "lock.packages", json!({"text": "hello"}), "is it a Cargo.lock?");

    let text = result("read", "file.read", json!({"path": "examples/scores/rescue.input.json"}));
    assert!(text["text"].as_str().is_some_and(|text| text.contains("Grace")));
    let missing = perform("read_none", "file.read", &json!({"path": "no/such/file"}));
    assert_eq!((missing.error().0, missing.tries.len()), ("unreadable_file", 1));
    let large = playing::scratch("large.txt", &"x".repeat(200 * 1024 + 1));
    refused("read_large", "file.read", json!({"path": large}), "more than 204800 bytes");
}

/// Serves one canned answer for each request, in order; returns where, and what was asked.
fn serve(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/path?q=1", listener.local_addr().expect("it is bound"));
    let served = move || {
        let serve_one = |answer: String| {
            let (stream, _) = listener.accept().expect("somebody asks");
            read_and_answer(&stream, &answer)
        };
        answers.into_iter().map(serve_one).collect()
    };
    (url, std::thread::spawn(served))
}

fn read_and_answer(stream: &TcpStream, answer: &str) -> String {
    let (mut reader, mut asked) = (BufReader::new(stream), String::new());
    while !asked.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut asked).expect("the request is text"), 0);
    }
    let length = asked
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body).expect("the body is as long as it says");
    (&*stream).write_all(answer.as_bytes()).expect("somebody listens");
    asked + &String::from_utf8_lossy(&body)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn http_returns_what_the_server_answers() {
    let (url, server) = serve(vec![answer("200 OK", "X-Kind: Test\r\n", "hello")]);
    let given = result("http_get", "http.request", json!({"url": url, "headers": {"Accept": "text/plain"}}));
    assert_eq!(
        (&given["status"], &given["body"], &given["headers"]["x-kind"]),
        (&json!(200), &json!("hello"), &json!("Test"))
    );
    let asked = server.join().unwrap().remove(0);
    assert!(
        asked.starts_with("GET /path?q=1 HTTP/1.1\r\n") && asked.contains("Accept: text/plain\r\n"),
        "{asked}"
    );
    assert!(!asked.contains("Idempotency-Key"));
}

#[test]
fn http_tries_again_with_the_same_key_when_the_server_has_trouble() {
    let trouble = |status: &str| answer(status, "Retry-After: 0\r\n", "");
    let (url, server) = serve(vec![
        trouble("503 Service Unavailable"),
        trouble("429 Too Many Requests"),
        answer("201 Created", "", "{}"),
    ]);
    let ended =
        perform("http_post", "http.request", &json!({"method": "post", "url": url, "body": {"n": 1}}));
    assert_eq!((&ended.run["status"], &ended.run["result"]["status"]), (&json!("succeeded"), &json!(201)));
    let codes: Vec<_> = ended.tries.iter().map(|step| step["error"]["code"].clone()).collect();
    assert_eq!(codes, [json!("http_503"), json!("http_429"), json!(null)]);
    let asked = server.join().unwrap();
    let key = |asked: &str| {
        asked.lines().find_map(|line| line.strip_prefix("Idempotency-Key: ").map(str::to_owned))
    };
    assert!(key(&asked[0]).is_some_and(|key| key.contains("/only/")), "{}", asked[0]);
    assert!(asked.iter().all(|one| key(one) == key(&asked[0]) && one.ends_with("{\"n\":1}")));
    assert!(asked[0].contains("Content-Type: application/json\r\n"));
}

#[test]
fn http_waits_as_long_as_the_server_asks() {
    let (url, server) =
        serve(vec![answer("503 Service Unavailable", "Retry-After: 1\r\n", ""), answer("200 OK", "", "")]);
    let ended = perform("http_wait", "http.request", &json!({"url": url}));
    assert_eq!((&ended.run["status"], ended.tries.len()), (&json!("succeeded"), 2));
    assert!(ended.run["duration_ms"].as_i64().is_some_and(|ms| ms >= 1_000), "{}", ended.run);
    server.join().unwrap();
}

#[test]
fn http_gives_up_at_once_when_another_try_cannot_help() {
    let (url, server) = serve(vec![answer("404 Not Found", "", "nothing here")]);
    let ended = perform("http_404", "http.request", &json!({"url": url}));
    assert_eq!((ended.error(), ended.tries.len()), (("http_404", "the server answered 404 Not Found"), 1));
    server.join().unwrap();
    let (url, server) = serve(vec![answer("200 OK", "", &"x".repeat(200 * 1024 + 1))]);
    let ended = perform("http_large", "http.request", &json!({"url": url}));
    assert_eq!((ended.error().0, ended.tries.len()), ("answer_too_large", 1));
    server.join().ok(); // the client may leave before it has heard everything
    refused("http_tls", "http.request", json!({"url": "https://localhost/"}), "built without TLS");
    refused(
        "http_split",
        "http.request",
        json!({"url": "http://localhost/ HTTP/1.1\r\nX: y"}),
        "a space or a line break",
    );
    refused(
        "http_method",
        "http.request",
        json!({"url": "http://localhost", "method": "G E T"}),
        "use GET, HEAD",
    );
    let header = json!({"url": "http://localhost", "headers": {"a": "b\r\nc: d"}});
    refused("http_header", "http.request", header, "is no header");
}

#[test]
fn http_tries_again_when_there_is_no_answer() {
    let (url, server) = serve(vec![
        String::new(),
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhalf".to_owned(),
        answer("200 OK", "", "whole"),
    ]);
    let ended = perform("http_cut", "http.request", &json!({"url": url}));
    assert_eq!(ended.run["result"]["body"], "whole", "{}", ended.run);
    assert_eq!(ended.tries.len(), 3);
    server.join().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = perform("http_nobody", "http.request", &json!({"url": format!("http://{free}/")}));
    assert_eq!((ended.error().0, ended.tries.len()), ("http_no_answer", 3));
}
