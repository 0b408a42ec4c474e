//! Prints when cron expressions fire: a line in, a line of JSON out.
//!
//! Each line of standard input is `EXPR<TAB>ZONE<TAB>FROM<TAB>COUNT`: a crontab expression, an IANA time zone,
//! a time in RFC 3339 and how many fires strictly after it are wanted. The answer is `{"fires": […]}` in the
//! zone's own time, or `{"error": "…"}`, which says what is wrong with which part and what to write instead.
//!
//! ```text
//! $ printf '30 2 * * *\tAmerica/New_York\t2026-03-07T12:00:00-05:00\t2\n' | cargo run -q --example cron_next
//! {"fires":["2026-03-08T03:00:00-04:00","2026-03-09T02:30:00-04:00"]}
//! ```

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use maestro::domain::{CronError, CronExpr, Zone, ZoneError};
use serde_json::json;

fn main() -> ExitCode {
    match answer_lines(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads on: that is how `head` says it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "cannot go on: {error}");
            ExitCode::FAILURE
        }
    }
}

const LONGEST_LINE: usize = 8 * 1024; // bytes
const MOST_FIRES: usize = 100_000;

/// Answers each line of `input` with a line of JSON.
pub(crate) fn answer_lines(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        input.by_ref().take(LONGEST_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return output.flush();
        }
        if line.len() > LONGEST_LINE && !line.ends_with(b"\n") {
            input.skip_until(b'\n')?;
        }
        let mut answer = match answer(&line) {
            Ok(fires) => json!({ "fires": fires }).to_string(),
            Err(error) => json!({ "error": error.to_string() }).to_string(),
        };
        answer.push('\n');
        output.write_all(answer.as_bytes())?; // at once: someone may wait for the answer before asking on
    }
}

/// Returns the fires that a line asks for.
fn answer(line: &[u8]) -> Result<Vec<String>, LineError> {
    if line.len() > LONGEST_LINE {
        return Err(LineError::TooLong);
    }
    let line = std::str::from_utf8(line).map_err(|_| LineError::NotUtf8)?;
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    // From the right: crontab allows tabs between the fields of an expression.
    let mut parts = line.rsplitn(4, '\t');
    let (Some(count), Some(from), Some(zone), Some(expr)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(LineError::Shape { parts: line.split('\t').count() });
    };
    let expr: CronExpr = expr.parse()?;
    let zone = Zone::parse(zone)?;
    let (from, count) = (read_from(from)?, read_count(count)?);
    let fires = expr.fires_after(from, &zone).take(count);
    Ok(fires.map(|at| zone.local(at).to_rfc3339_opts(SecondsFormat::Secs, false)).collect())
}

fn read_from(text: &str) -> Result<DateTime<Utc>, LineError> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(from) => Ok(from.to_utc()),
        Err(source) => Err(LineError::From { text: beginning(text), source }),
    }
}

fn read_count(text: &str) -> Result<usize, LineError> {
    let digits = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    let count = digits.and_then(|digits| digits.parse().ok()).filter(|count| *count <= MOST_FIRES);
    count.ok_or_else(|| LineError::Count { text: beginning(text) })
}

fn beginning(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Why a line has no answer.
#[derive(Debug, thiserror::Error)]
enum LineError {
    #[error("line: it is longer than {LONGEST_LINE} bytes; write {SHAPE}")]
    TooLong,
    #[error("line: it is not UTF-8; write {SHAPE} in ASCII")]
    NotUtf8,
    #[error("line: it has {parts} of four parts that tabs divide; write {SHAPE}")]
    Shape { parts: usize },
    #[error("expression: {0}")]
    Expr(#[from] CronError),
    #[error("zone: {0}")]
    Zone(#[from] ZoneError),
    #[error("from {text:?}: {source}; write RFC 3339 with an offset, such as `2026-03-08T00:00:00Z`")]
    From { text: String, source: chrono::ParseError },
    #[error("count {text:?}: it is no whole number up to {MOST_FIRES}; write one, such as `5`")]
    Count { text: String },
}

const SHAPE: &str = "`EXPR<TAB>ZONE<TAB>FROM<TAB>COUNT`";
