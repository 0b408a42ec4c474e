//! Rules for documents.

use super::{demand_none, files, read, root};

#[test]
fn the_architecture_can_be_read_in_one_sitting() {
    let lines = read("ARCHITECTURE.md").lines().count();
    assert!(lines < 200, "ARCHITECTURE.md has {lines} lines; keep it under 200");
}

#[test]
fn no_file_knows_the_machine_that_it_was_written_on() {
    let here = root().to_string_lossy().into_owned();
    let homes =
        [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("C:\\", "Users")];
    let known = files().into_iter().flat_map(|file| {
        let words = homes.iter().copied().chain([here.as_str()]);
        let found = words.filter(|word| file.text.contains(word));
        found.map(|word| format!("{}: {word}", file.path)).collect::<Vec<_>>()
    });
    demand_none(known.collect(), "write paths from the root of the repository");
}

#[test]
fn the_documents_name_files_that_exist() {
    let documents = files().into_iter().filter(|file| file.path.ends_with(".md"));
    let broken = documents.flat_map(|file| {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let links = file.text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let links = links.filter(|link| !link.is_empty() && !link.contains("://"));
        let missing = links.filter(|link| !root().join(folder).join(link).exists());
        missing.map(|link| format!("{}: {link}", file.path)).collect::<Vec<_>>()
    });
    demand_none(broken.collect(), "these links lead nowhere");
}
