//! Rules for manifests: what a crate may depend on, and how its features are told.

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

use super::{File, demand_none, files, read, root};

/// What `maestro-core` may depend on. None of it does input or output; adding to it is a decision, made here.
const CORE: [&str; 16] = [
    "async-trait",
    "base64",
    "chacha20poly1305",
    "chrono",
    "chrono-tz",
    "jsonschema",
    "minijinja",
    "schemars",
    "secrecy",
    "serde",
    "serde_json",
    "thiserror",
    "tokio",
    "tokio-util",
    "tracing",
    "uuid",
];

/// Licences that ask for no more than to be named.
const LICENCES: [&str; 13] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Returns the keys of a section of a manifest, each with the rest of its line.
fn section<'a>(manifest: &'a str, name: &str) -> BTreeMap<&'a str, &'a str> {
    let begin = format!("[{name}]");
    let lines = manifest.lines().skip_while(|line| *line != begin).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')).map(trimmed).collect()
}

/// Cuts `name.workspace` to the name.
fn trimmed<'a>((key, value): (&'a str, &'a str)) -> (&'a str, &'a str) {
    let key = key.trim();
    (key.split_once('.').map_or(key, |(name, _)| name), value.trim())
}

fn manifests() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| file.path.ends_with("Cargo.toml"))
}

#[test]
fn core_depends_on_nothing_that_reaches_outside() {
    let manifest = read("maestro-core/Cargo.toml");
    let dependencies = section(&manifest, "dependencies");
    let new = dependencies.keys().filter(|name| !CORE.contains(name)).map(|name| (*name).to_owned());
    demand_none(new.collect(), "drivers, HTTP and files belong to adapters, not to the core");
    let workspace = read("Cargo.toml");
    let tokio = section(&workspace, "workspace.dependencies")["tokio"];
    for reaching in ["\"net\"", "\"fs\"", "\"process\"", "\"io-std\"", "\"full\""] {
        assert!(!tokio.contains(reaching), "the core's tokio has {reaching}");
    }
}

#[test]
fn every_crate_keeps_the_common_rules() {
    let lax = manifests().flat_map(|File { path, text }| {
        let lints = section(&text, "lints").contains_key("workspace");
        let package = section(&text, "package");
        let shared = ["version", "edition", "rust-version", "license", "publish"];
        let own = shared.iter().filter(|key| package.get(*key) != Some(&"true"));
        let mut lax: Vec<_> = own.map(|key| format!("{path}: write {key}.workspace = true")).collect();
        lax.extend((!lints).then(|| format!("{path}: write [lints] workspace = true")));
        lax
    });
    demand_none(lax.collect(), "what all crates share stands in the workspace");
}

#[test]
fn every_feature_stands_in_the_table_of_its_crate() {
    let untold = manifests().flat_map(|File { path, text }| {
        let lib = read(&path.replace("Cargo.toml", "src/lib.rs"));
        let features = section(&text, "features").into_keys().filter(|name| *name != "default");
        let untold = features.filter(|name| !lib.contains(&format!("//! | `{name}` |")));
        untold.map(|name| format!("{path}: {name}")).collect::<Vec<_>>()
    });
    demand_none(untold.collect(), "add these to the table in the crate's lib.rs");
}

#[test]
fn every_direct_dependency_has_a_reason() {
    let architecture = read("ARCHITECTURE.md");
    let unreasoned = manifests().flat_map(|File { path, text }| {
        let names = section(&text, "dependencies").into_keys().filter(|name| !name.starts_with("maestro"));
        let unreasoned = names.filter(|name| !architecture.contains(&format!("`{name}`")));
        unreasoned.map(|name| format!("{path}: {name}")).collect::<Vec<_>>()
    });
    demand_none(unreasoned.collect(), "say in ARCHITECTURE.md what these are for");
}

#[test]
fn no_dependency_has_a_licence_that_binds_those_who_link() {
    let version = Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 20);
    let binding = packages.iter().filter(|package| !is_free(package["license"].as_str().unwrap_or_default()));
    let binding = binding.map(|package| format!("{} {}", package["name"], package["license"]));
    demand_none(binding.collect(), "use something else, or add its licence after reading it");
}

/// Tells whether an SPDX expression without nested parentheses leaves a choice that we allow.
fn is_free(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let allowed = |licence: &str| LICENCES.contains(&licence.trim_matches(['(', ')', ' ']));
    let one_of = |group: &str| group.split(" OR ").any(allowed);
    expression.split(" AND ").all(one_of)
        || expression.split(" OR ").any(|choice| choice.split(" AND ").all(allowed))
}
