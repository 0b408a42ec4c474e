//! Rules for Rust files.

use super::{File, demand_none, files};

const MOST_SOURCE_LINES: usize = 300;
const MOST_TEST_LINES: usize = 400;

fn sources() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| file.path.ends_with(".rs"))
}

/// Where time may be read, by the beginning of the path, each for a reason.
const CLOCKS: [&str; 7] = [
    "benches/",                               // time is what they measure
    "maestro-core/src/conformance/events.rs", // gives up on a change that a store never tells
    "maestro-core/src/ports/clock.rs",        // real time becomes a port
    "tests/engine/house.rs",                  // its time is virtual
    "tests/processes/fast_clock.rs",          // real time becomes a fast port
    "tests/simulation/",                      // its time is virtual
    "tests/virtual_time/",                    // virtual time becomes a port
];

/// Tells whether a file is nothing but tests. The conformance suite is, though it lives in a library.
fn is_test(path: &str) -> bool {
    let mut names = path.split('/');
    names.any(|name| matches!(name, "tests" | "benches" | "tests.rs" | "conformance"))
}

/// Returns the lines before the tests that stand at the end of a source file.
fn without_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let tests = lines.windows(2).position(|two| two[0] == "#[cfg(test)]" && two[1].ends_with('{'));
    tests.unwrap_or(lines.len())
}

#[test]
fn every_file_says_first_why_it_exists() {
    let silent = sources().filter(|file| !file.text.starts_with("//! ")).map(|file| file.path);
    demand_none(silent.collect(), "begin these with a `//!` line");
}

#[test]
fn files_stay_short() {
    let long = sources().filter_map(|File { path, text }| {
        let (lines, most) = match is_test(&path) {
            true => (text.lines().count(), MOST_TEST_LINES),
            false => (without_tests(&text), MOST_SOURCE_LINES),
        };
        (lines >= most).then(|| format!("{path}: {lines} lines, fewer than {most} are allowed"))
    });
    demand_none(long.collect(), "split these by idea");
}

#[test]
fn nothing_is_left_undone() {
    // Written in two parts, or this file would break its own rule.
    let marks =
        [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!("), concat!("FIX", "ME")];
    let left = sources().flat_map(|File { path, text }| {
        let found = marks.iter().filter(|mark| text.contains(**mark));
        found.map(|mark| format!("{path}: {mark}")).collect::<Vec<_>>()
    });
    demand_none(left.collect(), "finish these");
}

#[test]
fn only_the_clock_reads_time() {
    let banned = [
        concat!("allow(clippy::disallowed", "_methods"),
        concat!("expect(clippy::disallowed", "_methods"),
        concat!("Utc::", "now("),
        concat!("SystemTime::", "now("),
        concat!("Instant::", "now("),
        concat!("time::", "sleep("),
        concat!("time::", "timeout("),
        concat!("time::", "interval("),
        concat!("thread::", "sleep("),
    ];
    let others = sources().filter(|file| !CLOCKS.iter().any(|clock| file.path.starts_with(clock)));
    let reads = others.flat_map(|file| {
        let found = banned.iter().filter(|call| file.text.contains(**call));
        found.map(|call| format!("{}: {call}", file.path)).collect::<Vec<_>>()
    });
    demand_none(reads.collect(), "time comes from the `Clock` port");
}

#[test]
fn core_does_no_input_or_output() {
    let doors = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "tokio::net",
        "tokio::fs",
        "println!",
        "eprintln!",
    ];
    let core = sources().filter(|file| file.path.starts_with("maestro-core/src/") && !is_test(&file.path));
    let opened = core.flat_map(|File { path, text }| {
        let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let found = doors.iter().filter(|door| code.iter().any(|line| line.contains(**door)));
        found.map(|door| format!("{path}: {door}")).collect::<Vec<_>>()
    });
    demand_none(opened.collect(), "the core stays pure; put these behind a port");
}

#[test]
fn lib_files_only_declare_and_re_export() {
    let items =
        ["fn ", "struct ", "enum ", "trait ", "impl ", "pub fn ", "pub struct ", "pub enum ", "pub trait "];
    let libs = sources().filter(|file| file.path.ends_with("src/lib.rs"));
    let defined = libs.flat_map(|File { path, text }| {
        let found = text.lines().filter(|line| items.iter().any(|item| line.starts_with(item)));
        found.map(|line| format!("{path}: {line}")).collect::<Vec<_>>()
    });
    demand_none(defined.collect(), "move these to a module of their own");
}
