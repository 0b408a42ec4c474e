//! The skills `file`, `lock` and `csv`: reading files, and what stands in them.

use std::{fs::File, io::Read};

use maestro::{Context, StepError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::refused;

const LARGEST_FILE: u64 = 200 * 1024; // bytes; a step may return 256 KiB of JSON

#[derive(Deserialize, JsonSchema)]
pub(super) struct Path {
    /// Relative to the directory that the program was started in.
    path: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
pub(super) struct Text {
    text: String,
}

/// `file.read`: returns the text of a file of at most 200 KiB.
///
/// It reads whatever this program may read: right for your own scores. A host that plays scores of others would keep
/// them to a directory.
pub(super) fn read(_ctx: Context, input: Path) -> Result<Text, StepError> {
    let mut text = String::new();
    let read = File::open(&input.path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_string(&mut text));
    read.map_err(|error| {
        StepError::with_code("unreadable_file", format!("{}: {error}", input.path)).permanent()
    })?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(refused(format!("{}: it has more than {LARGEST_FILE} bytes", input.path)));
    }
    Ok(Text { text })
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Packages {
    packages: Vec<Package>,
}

#[derive(Default, Deserialize, Serialize, JsonSchema)]
pub(super) struct Package {
    name: String,
    version: String,
    /// Where it comes from; none for the packages of the workspace itself.
    source: Option<String>,
    checksum: Option<String>,
}

/// `lock.packages`: lists the packages of a Cargo.lock.
pub(super) async fn lock_packages(_ctx: Context, input: Text) -> Result<Packages, StepError> {
    let mut packages: Vec<Package> = Vec::new();
    for line in input.text.lines() {
        if line == "[[package]]" {
            packages.push(Package::default());
        }
        let Some(package) = packages.last_mut() else { continue };
        let Some((key, value)) = line.split_once(" = ") else { continue };
        let value = value.trim_matches('"').to_owned();
        match key {
            "name" => package.name = value,
            "version" => package.version = value,
            "source" => package.source = Some(value),
            "checksum" => package.checksum = Some(value),
            _ => {}
        }
    }
    match packages.is_empty() {
        true => Err(refused("text: no package stands in it; is it a Cargo.lock?")),
        false => Ok(Packages { packages }),
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Checked {
    name: String,
    version: String,
    /// What somebody should look at.
    findings: Vec<&'static str>,
}

/// `lock.check`: says what is remarkable about one package of a lock file.
pub(super) async fn lock_check(_ctx: Context, package: Package) -> Result<Checked, StepError> {
    let source = package.source.as_deref().unwrap_or_default();
    let mut findings = Vec::new();
    if source.starts_with("git+") {
        findings.push("comes from a git repository");
    }
    if source.starts_with("registry+") && package.checksum.is_none() {
        findings.push("has no checksum");
    }
    // What follows a plus sign says how it was built, not how ripe it is.
    if package.version.split('+').next().is_some_and(|version| version.contains('-')) {
        findings.push("is a pre-release");
    }
    Ok(Checked { name: package.name, version: package.version, findings })
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Table {
    columns: Vec<String>,
    /// Objects by column; what is written as a number is one.
    rows: Vec<Map<String, Value>>,
}

/// `csv.parse`: reads comma-separated values (RFC 4180) whose first line names the columns.
pub(super) async fn csv_parse(_ctx: Context, input: Text) -> Result<Table, StepError> {
    let mut records = records(&input.text)?.into_iter();
    let columns =
        records.next().ok_or_else(|| refused("text: it is empty; the first line names the columns"))?;
    let mut rows = Vec::with_capacity(records.len());
    for (at, cells) in records.enumerate() {
        if cells.len() != columns.len() {
            let (has, wants) = (cells.len(), columns.len());
            return Err(refused(format!("text: row {} has {has} cells, the columns are {wants}", at + 1)));
        }
        rows.push(columns.iter().cloned().zip(cells.into_iter().map(value_of)).collect());
    }
    Ok(Table { columns, rows })
}

/// Splits a text into records of cells. Quoted cells may hold commas, line breaks and doubled quotes.
fn records(text: &str) -> Result<Vec<Vec<String>>, StepError> {
    let mut records = Vec::new();
    let (mut record, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(refused("text: a quote is opened and not closed"));
    }
    if !cell.is_empty() || !record.is_empty() {
        record.push(cell);
        records.push(record);
    }
    Ok(records)
}

fn value_of(cell: String) -> Value {
    match serde_json::from_str(&cell) {
        Ok(number @ Value::Number(_)) => number,
        _ => Value::String(cell),
    }
}
