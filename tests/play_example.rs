//! The example program `play`, called as a person calls it.

mod playing;

use std::{fs, path::PathBuf};

use playing::{Played, play, play_text, root};
use serde_json::{Value, json};

/// Plays a score of the examples and returns it as JSON.
fn json_of(score: &str, input: Option<&str>) -> (Option<i32>, Value) {
    let path = format!("examples/scores/{score}.json");
    let mut args = vec![path.as_str(), "--json"];
    args.extend(input.into_iter().flat_map(|input| ["--input", input]));
    let played = play(&args);
    assert_eq!(played.stderr, "");
    (played.code, serde_json::from_str(&played.stdout).expect("standard output is one JSON value"))
}

#[test]
fn the_audit_counts_the_packages_of_this_repository() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let mut names: Vec<_> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    let packages = names.len();
    let several = names.chunk_by(|one, two| one == two).filter(|same| same.len() > 1).count();
    names.dedup();
    let played = play(&["examples/scores/audit.json"]);
    assert_eq!((played.code, played.stderr.as_str()), (Some(0), ""));
    let line = format!("{packages} packages · {several} with several versions · ");
    assert!(played.stdout.contains(&line), "{line:?} is not in {}", played.stdout);
    assert_eq!(played.stdout.matches(".check, ").count(), packages);
}

#[test]
fn the_digest_knows_the_weather_of_seattle() {
    let (code, shown) = json_of("digest", None);
    assert_eq!((code, shown["run"]["status"].as_str()), (Some(0), Some("succeeded")));
    let line = "1461 days · rain, sun, fog, drizzle, snow · hottest 35.6 °C on 2014-08-11 \
                · wettest year 2014 with 1232.8 mm";
    assert_eq!(shown["run"]["output"], line);
    let years = shown["run"]["result"]["years"].as_array().unwrap();
    let days: Vec<_> =
        years.iter().map(|year| (year["year"].as_str().unwrap(), year["days"].clone())).collect();
    let expected = [("2012", json!(366)), ("2013", json!(365)), ("2014", json!(365)), ("2015", json!(365))];
    assert_eq!(days, expected);
}

#[test]
fn the_rescue_completes_with_every_failure_on_record() {
    let (code, shown) = json_of("rescue", Some("examples/scores/rescue.input.json"));
    assert_eq!((code, shown["run"]["status"].as_str()), (Some(0), Some("completed")));
    let steps = shown["steps"].as_array().unwrap();
    let of = |key: &str| -> Vec<&str> {
        let rows = steps.iter().filter(|step| step["key"] == key);
        rows.map(|step| step["status"].as_str().unwrap()).collect()
    };
    assert_eq!(of("pay"), ["failed", "failed", "failed", "succeeded"]);
    assert_eq!((of("label"), of("by_hand")), (vec!["failed"], vec!["succeeded"]));
    assert_eq!((of("survey"), of("clean_up")), (vec!["failed"], vec!["succeeded"]));
    assert_eq!(of("tell.2.send"), ["failed", "failed"]);
    assert_eq!(shown["run"]["result"], json!({"swept": true, "told": 2}));
}

#[test]
fn a_run_that_fails_is_cleaned_up_and_exits_with_1() {
    let input = playing::scratch("never_paid.json", r#"{"payment_fails": 9}"#);
    let (code, shown) = json_of("rescue", Some(input.to_str().unwrap()));
    assert_eq!((code, shown["run"]["status"].as_str()), (Some(1), Some("failed")));
    assert_eq!(shown["run"]["error"]["code"], "flaky");
    let last = shown["steps"].as_array().unwrap().iter().find(|step| step["key"] == "clean_up").unwrap();
    assert_eq!(last["status"], "succeeded");
    let told = play(&["examples/scores/rescue.json", "--input", input.to_str().unwrap()]);
    assert_eq!(told.code, Some(1));
    assert!(told.stdout.contains("✗ run failed in ") && told.stdout.contains("try 4 of 9 that fail"));
}

#[test]
fn json_has_every_field_of_a_run_and_of_a_step() {
    let (_, shown) = json_of("rescue", None);
    let keys = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(keys(&shown), ["run", "steps"]);
    let run = keys(&shown["run"]);
    for field in [
        "id",
        "orchestra_id",
        "score_id",
        "score_version",
        "trigger",
        "status",
        "input",
        "output",
        "result",
        "error",
        "class",
        "idempotency_key",
        "queued_at",
        "started_at",
        "finished_at",
        "duration_ms",
        "input_tokens",
        "output_tokens",
        "cost_cents",
        "cost_known_cents",
        "revision",
    ] {
        assert!(run.iter().any(|key| key == field), "a run has no {field}");
    }
    assert_eq!(shown["run"]["trigger"], json!({"kind": "manual"}));
    assert_eq!(shown["run"]["cost_cents"], 0);
    for step in shown["steps"].as_array().unwrap() {
        let step_keys = keys(step);
        for field in [
            "run_id",
            "key",
            "try",
            "kind",
            "tool_name",
            "status",
            "input",
            "output",
            "error",
            "started_at",
            "finished_at",
            "duration_ms",
            "usage",
            "model",
            "price",
            "cost_cents",
        ] {
            assert!(step_keys.iter().any(|key| key == field), "{} has no {field}", step["key"]);
        }
        assert_eq!(step["run_id"], shown["run"]["id"]);
        assert!(!step["input"].is_null(), "the input of {} is shown, recorded or derived", step["key"]);
        assert!(step["duration_ms"].is_i64(), "{step}");
    }
}

#[test]
fn what_cannot_begin_says_why_and_exits_with_2() {
    let score = "examples/scores/rescue.json";
    let refused = |args: &[&str], parts: &[&str]| {
        let Played { code, stdout, stderr } = play(args);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(parts.iter().all(|part| stderr.contains(part)), "{args:?}: {stderr}");
    };
    refused(&[], &["no score is named", "usage: play SCORE.json"]);
    refused(&[""], &["no score is named", "usage: play SCORE.json"]);
    refused(&[score, "--input="], &["--input needs a file"]);
    refused(&[score, "--input=clippy.toml"], &["clippy.toml is no input"]);
    refused(&[score, "--input=a", "--input", "b"], &["--input is given twice"]);
    refused(&[score, score], &["one score too many"]);
    refused(&[score, "--nope"], &["unknown option \"--nope\""]);
    refused(&[score, "--input"], &["--input needs a file"]);
    refused(&[score, "--input", score, "--input", score], &["--input is given twice"]);
    refused(&[score, "--database-url"], &["--database-url needs a URL"]);
    refused(&[score, "--database-url", "postgres://a:s3cret@localhost:1/b"], &["localhost:1", "refused"]);
    refused(&["no/such.json"], &["cannot read no/such.json"]);
    refused(&["examples"], &["cannot read examples"]);
    refused(&["clippy.toml"], &["clippy.toml is no score", "malformed_json", "fix: "]);
    refused(&[score, "--input", "clippy.toml"], &["clippy.toml is no input"]);
    refused(&["/dev/zero"], &["cannot read /dev/zero: it is longer than 4194304 bytes; "]);
    refused(
        &["examples/scores/audit.json", "--input", score],
        &["input: Additional properties", "; send what the score's input_schema allows"],
    );
}

#[test]
fn every_problem_of_a_score_is_told_with_place_reason_and_fix() {
    let played = play_text(
        "problems.json",
        r#"{"name": "Bad", "nodes": [
            {"id": "a", "kind": "deterministic", "skill": "nope", "operation": "nothing"},
            {"id": "b", "kind": "deterministic", "skill": "util", "operation": "echo", "input": "{{ from.a }}"}],
            "edges": [{"from": "a", "to": "zz"}]}"#,
        &[],
    );
    assert_eq!((played.code, played.stdout.as_str()), (Some(2), ""));
    for part in [
        "/nodes/0/operation",
        "unknown_operation",
        "/nodes/1/input",
        "unseen_name",
        "/edges/0/to",
        "unknown_node",
    ] {
        assert!(played.stderr.contains(part), "{part}: {}", played.stderr);
    }
    assert_eq!(played.stderr.matches("fix: ").count(), 3);
}

#[test]
fn help_is_no_error() {
    let played = play(&["--help"]);
    assert_eq!((played.code, played.stderr.as_str()), (Some(0), ""));
    assert!(played.stdout.starts_with("usage: play SCORE.json"));
}

#[test]
fn texts_of_a_score_cannot_steer_the_terminal() {
    let played = play_text(
        "escape.json",
        r#"{"name": "Escape", "summary": "\u001b[31mred\u0007",
            "nodes": [{"id": "a", "kind": "deterministic", "skill": "util", "operation": "fail",
                "input": {"message": "\u001b[2J", "permanent": true}, "on_error": "continue"}]}"#,
        &[],
    );
    assert_eq!(played.code, Some(0));
    assert!(played.stdout.contains("[31mred") && played.stdout.contains("[2J"));
    assert!(!played.stdout.chars().any(|c| c.is_control() && c != '\n'), "{:?}", played.stdout);
}

/// In a terminal the timeline is redrawn in place, one line for each node, and the terminal is left as it was.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_sees_the_timeline_live() {
    use std::process::Command;
    let command = format!("{} examples/scores/rescue.json", playing::binary().display());
    let in_a_terminal = |colours: bool| {
        let mut script = Command::new("script"); // gives the program a terminal
        script.args(["-qec", &command, "/dev/null"]).current_dir(root());
        match colours {
            true => script.env_remove("NO_COLOR"),
            false => script.env("NO_COLOR", "1"),
        };
        let output = script.output().expect("script is installed: it comes with util-linux or bsdutils");
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("it draws in UTF-8")
    };
    let drawn = in_a_terminal(true);
    for part in [
        "Take the payment",
        "━━",
        "· try 3",
        "3 iterations, 1 with failures",
        "\x1b[8A",
        "\x1b[32m✓ succeeded",
    ] {
        assert!(drawn.contains(part), "{part:?} is not in {drawn:?}");
    }
    assert!(drawn.matches("Hand it to the courier").count() > 5, "it is drawn again and again");
    assert!(drawn.contains("· pending  ") && drawn.contains("↻ retrying "));
    assert!(drawn.contains("✓ run completed in ") && drawn.trim_end().ends_with("\x1b[?25h"), "{drawn:?}");
    let plain = in_a_terminal(false);
    assert!(plain.contains("✓ succeeded Take the payment") && !plain.contains("\x1b[3"), "{plain:?}");
}

/// Ctrl-C, what service managers send and a closed terminal end the run, and the program says so.
#[cfg(unix)]
#[test]
fn a_signal_cancels_the_run() {
    use std::{
        io::{BufRead, BufReader},
        process::{Command, Stdio},
    };
    let score: PathBuf = playing::scratch(
        "long.json",
        r#"{"name": "Long", "nodes": [
            {"id": "begin", "kind": "deterministic", "skill": "util", "operation": "echo"},
            {"id": "long", "kind": "deterministic", "skill": "util", "operation": "sleep", "input": {"ms": 600000}}],
            "edges": [{"from": "begin", "to": "long"}]}"#,
    );
    for signal in ["INT", "TERM", "HUP"] {
        let mut child =
            Command::new(playing::binary()).arg(&score).stdout(Stdio::piped()).spawn().expect("play starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        assert!(lines.any(|line| line.contains("running    long")), "the step is shown while it runs");
        let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let rest: Vec<String> = lines.collect();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{rest:?}");
        assert!(rest.iter().any(|line| line.contains("■ run cancelled")), "{rest:?}");
    }
}

/// A full disk is told; a reader who has seen enough is no error.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_told_and_exits_with_1() {
    use std::process::{Command, Stdio};

    let run = |args: &[&str], stdout: Stdio| {
        let mut command = Command::new(playing::binary());
        command.current_dir(root()).args(args).stdout(stdout).stderr(Stdio::piped());
        let output = command.output().expect("play starts");
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let score = "examples/scores/rescue.json";
    for args in [&[score, "--json"][..], &[score], &["--help"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, stderr) = run(args, full.into());
        assert_eq!(code, Some(1), "{args:?}: {stderr}");
        assert!(stderr.starts_with("cannot write to standard output: "), "{stderr}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(run(&[score], writer.into()), (Some(0), String::new()));
}
