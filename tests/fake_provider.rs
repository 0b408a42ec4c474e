//! The example program `fake_provider`, as a process of its own.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use maestro::llm::fake::{Billed, FakeCall};
use serde_json::{Value, json};

/// Ends the process with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill().and_then(|()| self.0.wait())); // it may have ended by itself
    }
}

fn program() -> Command {
    let test = std::env::current_exe().expect("a test knows where it is");
    let target = test.parent().and_then(Path::parent).expect("it stands in target/*/deps");
    let built = target.join("examples/fake_provider").with_extension(std::env::consts::EXE_EXTENSION);
    assert!(built.exists(), "build it first: cargo build --example fake_provider");
    Command::new(built)
}

fn script(name: &str, text: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the folder for tests can be written");
    path.to_str().expect("the path is UTF-8").to_owned()
}

#[test]
fn it_answers_and_tells_what_it_was_asked() {
    let text =
        r#"{"models": {"small": {"input": 1000000, "output": 2000000}}, "replies": [{"text": "Hello"}]}"#;
    let script = script("fake_provider.json", text);
    let mut running = Running(program().args(["--script", &script]).stdout(Stdio::piped()).spawn().unwrap());
    let mut endpoint = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut endpoint).unwrap();
    let endpoint = endpoint.trim();

    let body = json!({"model": "small", "messages": [{"role": "user", "content": "Hi"}]}).to_string();
    let request = minreq::post(format!("{endpoint}chat/completions")).with_body(body);
    let answer: Value = serde_json::from_str(request.send().unwrap().as_str().unwrap()).unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "Hello");

    let calls = minreq::get(endpoint.replace("/v1/", "/calls")).send().unwrap();
    let calls: Vec<FakeCall> = serde_json::from_str(calls.as_str().unwrap()).unwrap();
    assert_eq!((calls.len(), calls[0].asked.prompt(), calls[0].turn), (1, "Hi", 1));
    let billed = Billed::of(&calls);
    assert_eq!((billed.tokens, billed.cost.nanos()), (3, 1_000 + 2 * 2_000));
}

#[test]
fn it_says_why_it_cannot_begin() {
    let broken = script("fake_provider_broken.json", r#"{"replies": [{"txt": "Hello"}]}"#);
    let cases: [(&[&str], &str); 5] = [
        (&[], "--script is missing"),
        (&["--script"], "--script needs a value"),
        (&["--script", &broken, "--port", "70000"], "is not a whole number from 0 to 65535"),
        (&["--script", "no/such/file.json"], "cannot read no/such/file.json"),
        (&["--script", &broken], "unknown field `txt`"),
    ];
    for (args, words) in cases {
        let Output { status, stderr, .. } = program().args(args).output().unwrap();
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(status.code() == Some(2) && stderr.contains(words), "{args:?}: {stderr}");
    }
}
