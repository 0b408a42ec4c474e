//! The description of the API, as it was committed: whoever changes it sees in the diff what callers will see.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;

use crate::house::House;

/// Writes the description anew instead of comparing it, when this is set.
const UPDATE: &str = "UPDATE_SNAPSHOTS";

#[tokio::test]
async fn the_description_is_the_one_that_was_committed() {
    let house = House::new().await;
    let mut description = house.get("/api/openapi.json").await.json();
    description["info"]["version"] = "any".into();
    sort(&mut description);
    let now = serde_json::to_string_pretty(&description).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/openapi.json");
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, &now).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = now.lines().zip(committed.lines()).position(|(now, then)| now != then);
    assert!(
        now == committed,
        "line {:?} differs; look at it with {UPDATE}=1 and git diff, and commit what is meant",
        differs.map(|line| line + 1)
    );
    house.close().await;
}

/// Sorts the keys of objects: whether they are kept in order depends on features of others.
fn sort(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = std::mem::take(object).into_iter().collect();
            entries.sort_by(|one, two| one.0.cmp(&two.0));
            entries.iter_mut().for_each(|(_, value)| sort(value));
            object.extend(entries);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_operation_says_what_it_is() {
    let house = House::new().await;
    let description = house.get("/api/openapi.json").await.json();
    let mut references = BTreeSet::new();
    collect(&description, &mut references);
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference}"));
        assert!(description.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    assert!(references.iter().any(|reference| reference.ends_with("/ScoreDocument_node")));
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|summary| summary.ends_with('.')), "{place}");
            assert!(operation["responses"].as_object().unwrap().len() > 3, "{place}");
            for name in path.split(['{', '}']).skip(1).step_by(2) {
                let mut parameters = operation["parameters"].as_array().unwrap().iter();
                assert!(parameters.any(|parameter| parameter["name"] == name), "{place}: {name}");
            }
        }
    }
    house.close().await;
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            references.extend(object.get("$ref").and_then(Value::as_str).map(str::to_owned));
            object.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
