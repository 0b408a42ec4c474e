//! Processes that are asked to end, and processes that cannot begin.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    fleet::{Process, example},
    house::House,
};

#[tokio::test]
async fn a_worker_that_is_asked_to_end_hands_its_runs_over() {
    let house = House::new().await;
    let orchestra = house.deploy(4, 200).await;
    let first = Process::start(house.database.url(), &[]);
    let run = house.enqueue(&orchestra).await;
    house.effects_reach(1).await;
    // Another that would wait half a minute for a worker that is dead.
    let _second = Process::start(house.database.url(), &[]);
    let ended = tokio::task::spawn_blocking(|| first.ask_to_end()).await.unwrap();
    assert_eq!(ended.code(), Some(0));
    house.finished(run).await;
    assert_eq!(house.check(run, &house.effects().await).await, 0, "what was executed is on record");
    house.close().await;
}

#[tokio::test]
async fn a_score_plays_on_a_database_as_it_does_in_memory() {
    let house = House::new().await;
    let play = |more: &[&str]| {
        let root = env!("CARGO_MANIFEST_DIR");
        let args = ["examples/scores/rescue.json", "--input", "examples/scores/rescue.input.json", "--json"];
        let output = Command::new(example("play")).args(args).args(more).current_dir(root).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        let steps = shown["steps"].as_array().unwrap().iter();
        let steps: Vec<_> =
            steps.map(|step| (step["key"].clone(), step["try"].clone(), step["status"].clone())).collect();
        (shown["run"]["status"].clone(), shown["run"]["result"].clone(), steps)
    };
    let in_memory = play(&[]);
    for _ in 0..2 {
        assert_eq!(play(&["--database-url", house.database.url()]), in_memory);
    }
    house.close().await;
}

#[test]
fn a_worker_says_why_it_cannot_begin() {
    let call = |args: &[&str]| {
        let output = Command::new(example("worker")).args(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = call(&["--database-url", "postgres://anna:s3cret@localhost:1/music"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("localhost:1") && said.contains("refused") && !said.contains("s3cret"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for args in [&[][..], &["--database-url"], &["--concurrency", "0"], &["--nonsense"]] {
        let (code, said) = call(args);
        assert!(code == Some(2) && said.contains("usage: worker"), "{args:?}: {said}");
    }
}

#[tokio::test]
async fn everybody_plays_the_score_of_their_own_whatever_others_save_under_its_name() {
    let house = House::new().await;
    let players: Vec<_> = (0..6)
        .map(|n| {
            let node = json!({"id": "a", "kind": "deterministic", "skill": "util", "operation": "echo", "input": {"n": n}});
            // Half of them are versions of one score; the others have ids of their own.
            let mut score = json!({"name": "Same", "nodes": [node]});
            if n % 2 == 0 {
                score["id"] = json!(format!("own-{n}"));
            }
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("same-{n}.json"));
            std::fs::write(&path, score.to_string()).unwrap();
            let mut play = Command::new(example("play"));
            play.arg(path).args(["--json", "--database-url", house.database.url()]);
            play.stdout(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for (n, player) in players.into_iter().enumerate() {
        let output = player.wait_with_output().unwrap();
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(shown["run"]["result"], json!({"n": n}), "{shown}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_database_that_refuses_is_quoted() {
    let house = House::new().await;
    let mut admin = house.database.connection().await;
    sqlx::raw_sql("alter table maestro.scores rename to gone").execute(&mut admin).await.unwrap();
    let call = Command::new(example("play"))
        .args(["examples/scores/rescue.json", "--database-url", house.database.url()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8(call.stderr).unwrap();
    assert!(call.status.code() == Some(2) && said.contains("\"maestro.scores\" does not exist"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    house.close().await;
}
