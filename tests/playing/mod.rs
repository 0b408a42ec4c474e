//! Calling the example program `play` from tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// How a call of the program ended, and what it printed.
pub(crate) struct Played {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Calls the program from the root of the repository.
pub(crate) fn play(args: &[&str]) -> Played {
    let called = Command::new(binary()).args(args).current_dir(root()).output();
    let output = called.expect("the program can be called");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    Played { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Plays a score that is given as text.
pub(crate) fn play_text(name: &str, score: &str, args: &[&str]) -> Played {
    let path = scratch(name, score);
    play(&[&[path.to_str().expect("the path is UTF-8")], args].concat())
}

/// Writes a file for one test and returns its path.
pub(crate) fn scratch(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the folder for tests can be written");
    path
}

/// Returns the program, which cargo builds before it runs tests: it stands beside the folder of this test.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it is");
    let built =
        test.parent().and_then(Path::parent).expect("it stands in target/*/deps").join("examples/play");
    let built = built.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(built.exists(), "build it first: cargo build --example play");
    built
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
