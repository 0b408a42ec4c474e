//! Every promise of the store port has its test, and every test its promise.

use std::{collections::BTreeMap, fs, path::Path};

use maestro_core::conformance::{CLAUSES, clauses};

/// Returns the bold clauses of the port's documentation, each with the file that it stands in.
fn promises() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ports/store");
    let mut promises = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the port is a folder") {
        let path = entry.expect("a file of the port").path();
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let source = fs::read_to_string(&path).expect("a source file is text");
        let docs: Vec<_> = source.lines().filter_map(|line| line.trim().strip_prefix("///")).collect();
        for bold in docs.join("\n").split("**").skip(1).step_by(2) {
            let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
            let is_clause = bold.contains('_') && bold.bytes().all(is_name);
            assert!(is_clause, "{file}: {bold:?} is bold, so it must be the name of a clause");
            let other = promises.insert(bold.to_owned(), file.clone());
            assert_eq!(other, None, "{bold} is promised twice");
        }
    }
    promises
}

#[test]
fn every_bold_clause_has_its_test_and_every_test_its_clause() {
    let promises = promises();
    let mut tests = BTreeMap::new();
    for (tier, clause) in CLAUSES {
        assert_eq!(tests.insert((*clause).to_owned(), *tier), None, "{clause} is tested twice");
    }
    let untested: Vec<_> = promises.iter().filter(|(clause, _)| !tests.contains_key(*clause)).collect();
    assert!(untested.is_empty(), "promises without a test: {untested:?}");
    let unpromised: Vec<_> = tests.iter().filter(|(clause, _)| !promises.contains_key(*clause)).collect();
    assert!(unpromised.is_empty(), "tests without a promise: {unpromised:?}");
}

#[test]
fn names_and_functions_come_from_one_list() {
    let named: Vec<_> = clauses().iter().map(|clause| (clause.tier, clause.name)).collect();
    assert_eq!(named, CLAUSES);
    let mut by_tier: BTreeMap<&str, usize> = BTreeMap::new();
    for (tier, _) in CLAUSES {
        *by_tier.entry(tier).or_default() += 1;
    }
    println!("{} clauses: {by_tier:?}", CLAUSES.len());
}
