//! Rules of the repository that no compiler knows. Each says in its message what to do.

mod documents;
mod examples;
mod manifests;
mod readme;
mod sources;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A file of the project: its path from the root, with `/` between names, and its text.
struct File {
    path: String,
    text: String,
}

/// Returns the text of a file, by its path from the root.
fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns every file that is text and ours, sorted by path.
fn files() -> Vec<File> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder was just listed") {
            let path = entry.expect("its folder can be read").path();
            let name = path.file_name().expect("an entry has a name").to_string_lossy().into_owned();
            let built = ["target", "node_modules", "test-results"].contains(&name.as_str())
                || path.join("CACHEDIR.TAG").exists();
            let hidden = name.starts_with('.') && !matches!(name.as_str(), ".ci" | ".gitignore");
            if path.is_dir() && !built && !hidden {
                walk(&path, found);
            } else if path.is_file() && !hidden {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(root(), &mut found);
    found.sort();
    let file = |path: PathBuf| {
        let text = fs::read_to_string(&path).ok()?; // what is not UTF-8 is no text
        let path = path
            .strip_prefix(root())
            .expect("it was found below the root")
            .to_string_lossy()
            .replace('\\', "/");
        Some(File { path, text })
    };
    found.into_iter().filter_map(file).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails with every line at once, so that one run shows all there is to do.
fn demand_none(broken: Vec<String>, rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n{}", broken.join("\n"));
}
