//! What the caller of `play` asks for.

use std::{
    ffi::{OsStr, OsString},
    path::PathBuf,
};

pub(crate) const USAGE: &str = "\
usage: play SCORE.json [--input INPUT.json] [--database-url URL] [--json]

  SCORE.json            the score to play
  --input INPUT.json    what its first nodes get; {} when absent
  --database-url URL    keep the record in a database, such as postgres://user:password@host:5432/name; in memory when
                        absent
  --json                print the run and its steps as one JSON object, and nothing else
  --help                print this";

/// What to do.
pub(crate) enum Asked {
    /// Play a score.
    Play(Args),
    /// Print how to call the program.
    Help,
}

/// What to play, and how to show it.
pub(crate) struct Args {
    pub(crate) score: PathBuf,
    pub(crate) input: Option<PathBuf>,
    pub(crate) database_url: Option<String>,
    pub(crate) json: bool,
}

/// Why the arguments make no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("no score is named")]
    NoScore,
    #[error("{0:?} is one score too many; name one")]
    TwoScores(OsString),
    #[error("{0} needs a file")]
    NoFile(&'static str),
    #[error("--input is given twice")]
    TwoInputs,
    #[error("--database-url needs a URL")]
    NoUrl,
    #[error("unknown option {0:?}")]
    Unknown(OsString),
}

/// Reads the arguments behind the program's name.
pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Asked, UsageError> {
    let (mut score, mut input, mut database_url, mut json) = (None, None, None, false);
    let mut args = args;
    while let Some(arg) = args.next() {
        match arg.to_str() {
            Some("--help" | "-h") => return Ok(Asked::Help),
            Some("--json") => json = true,
            Some("--input") => set_input(&mut input, args.next())?,
            Some(given) if given.starts_with("--input=") => {
                set_input(&mut input, given.strip_prefix("--input=").map(OsString::from))?;
            }
            Some("--database-url") => database_url = Some(url(args.next().as_deref())?),
            Some(given) if given.starts_with("--database-url=") => {
                database_url = Some(url(given.strip_prefix("--database-url=").map(OsStr::new))?);
            }
            Some("") => return Err(UsageError::NoScore),
            _ if arg.as_encoded_bytes().starts_with(b"-") => return Err(UsageError::Unknown(arg)),
            _ if score.is_some() => return Err(UsageError::TwoScores(arg)),
            _ => score = Some(PathBuf::from(arg)),
        }
    }
    Ok(Asked::Play(Args { score: score.ok_or(UsageError::NoScore)?, input, database_url, json }))
}

fn url(given: Option<&OsStr>) -> Result<String, UsageError> {
    given.and_then(OsStr::to_str).filter(|url| !url.is_empty()).map(str::to_owned).ok_or(UsageError::NoUrl)
}

fn set_input(input: &mut Option<PathBuf>, file: Option<OsString>) -> Result<(), UsageError> {
    let file = file.filter(|file| !file.is_empty()).ok_or(UsageError::NoFile("--input"))?;
    match input.replace(PathBuf::from(file)) {
        None => Ok(()),
        Some(_) => Err(UsageError::TwoInputs),
    }
}
