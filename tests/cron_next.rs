//! The example program `cron_next`, line by line.

use std::io::{self, BufReader, Write};

use serde_json::{Value, json};

#[path = "../examples/cron_next.rs"]
#[allow(dead_code, unreachable_pub)]
mod cron_next;

/// Returns the answers to what stands on standard input.
fn answers(input: &[u8]) -> Vec<Value> {
    let mut output = Vec::new();
    cron_next::answer_lines(&mut BufReader::with_capacity(16, input), &mut output)
        .expect("memory takes every answer");
    let output = String::from_utf8(output).expect("answers are UTF-8");
    output.lines().map(|line| serde_json::from_str(line).expect("answers are JSON")).collect()
}

fn answer(line: &str) -> Value {
    let mut answers = answers(line.as_bytes());
    assert_eq!(answers.len(), 1, "{line:?}");
    answers.remove(0)
}

#[test]
fn fires_are_written_in_the_time_of_the_zone() {
    let spring = answer("30 2 * * *\tAmerica/New_York\t2026-03-07T12:00:00-05:00\t2\n");
    assert_eq!(spring, json!({"fires": ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"]}));
    let utc = answer("@hourly\tUTC\t2026-01-01T00:00:00Z\t2");
    assert_eq!(utc, json!({"fires": ["2026-01-01T01:00:00+00:00", "2026-01-01T02:00:00+00:00"]}));
    let later = answer("0 0 * * *\tAsia/Kathmandu\t2026-01-01T00:00:00+05:45\t1\r\n");
    assert_eq!(later, json!({"fires": ["2026-01-02T00:00:00+05:45"]}));
    let tabs = answer("0\t9  *\t*\t1\tUTC\t2026-11-22t00:00:00.5z\t1");
    assert_eq!(tabs, json!({"fires": ["2026-11-23T09:00:00+00:00"]}));
    assert_eq!(answer("* * * * *\tUTC\t2026-01-01T00:00:00Z\t0"), json!({"fires": []}));
    assert_eq!(
        answer("* * * * *\tUTC\t9999-12-31T23:58:00Z\t5"),
        json!({"fires": ["9999-12-31T23:59:00+00:00"]})
    );
    let many = answer("* * * * *\tEurope/Berlin\t2026-01-01T00:00:00Z\t100000");
    assert_eq!(many["fires"].as_array().unwrap().len(), 100_000);
}

#[test]
fn a_bad_part_is_named_with_reason_and_fix() {
    for (line, parts) in [
        ("", ["line", "1 of four parts", "write `EXPR<TAB>"]),
        ("* * * * * UTC 2026-01-01T00:00:00Z 5", ["line", "1 of four parts", "write `EXPR<TAB>"]),
        ("* * * * *\tUTC\t2026-01-01T00:00:00Z", ["line", "3 of four parts", "write `EXPR<TAB>"]),
        (
            "5/15 * * * *\tUTC\t2026-01-01T00:00:00Z\t5",
            ["expression: minute \"5/15\"", "needs a range", "`5-59/15`"],
        ),
        ("\tUTC\t2026-01-01T00:00:00Z\t5", ["expression", "it is empty", "five fields"]),
        ("* * * * *\tutc\t2026-01-01T00:00:00Z\t5", ["zone", "unknown time zone \"utc\"", "write `UTC`"]),
        (
            "* * * * *\t\t2026-01-01T00:00:00Z\t5",
            ["zone", "unknown time zone \"\"", "`Europe/Berlin` or `UTC`"],
        ),
        ("* * * * *\tUTC\t2026-01-01\t5", ["from \"2026-01-01\"", "premature end", "`2026-03-08T00:00:00Z`"]),
        ("* * * * *\tUTC\t2026-01-01T00:00:00\t5", ["from", "premature end", "with an offset"]),
        ("* * * * *\tUTC\t2026-02-30T00:00:00Z\t5", ["from", "out of range", "RFC 3339"]),
        ("* * * * *\tUTC\t2026-01-01T00:00:00Z\t-1", ["count \"-1\"", "no whole number", "such as `5`"]),
        ("* * * * *\tUTC\t2026-01-01T00:00:00Z\t+1", ["count", "no whole number", "such as `5`"]),
        ("* * * * *\tUTC\t2026-01-01T00:00:00Z\t", ["count \"\"", "no whole number", "such as `5`"]),
        ("* * * * *\tUTC\t2026-01-01T00:00:00Z\t100001", ["count", "up to 100000", "such as `5`"]),
        (
            "* * * * *\tUTC\t2026-01-01T00:00:00Z\t99999999999999999999",
            ["count", "up to 100000", "such as `5`"],
        ),
    ] {
        let answer = answer(&format!("{line}\n"));
        let error = answer["error"].as_str().unwrap();
        assert!(parts.iter().all(|part| error.contains(part)), "{line:?}: {error}");
        assert_eq!(answer.as_object().unwrap().len(), 1);
    }
}

#[test]
fn every_line_gets_its_own_answer_whatever_the_others_are() {
    let good = b"@daily\tUTC\t2026-01-01T00:00:00Z\t1\n".to_vec();
    let huge = [vec![b'*'; 1_000_000], b"\n".to_vec()].concat();
    let input = [&good[..], b"\xff\xfe\tUTC\n", b"\n", &huge, b"\0\n", &good[..good.len() - 1]].concat();
    let answers = answers(&input);
    assert_eq!(answers.len(), 6);
    assert_eq!((&answers[0], answers[0]["error"].as_str()), (&answers[5], None));
    for (index, part) in [(1, "not UTF-8"), (2, "four parts"), (3, "longer than"), (4, "four parts")] {
        assert!(answers[index]["error"].as_str().unwrap().contains(part), "{}", answers[index]);
    }
    assert_eq!(self::answers(b""), Vec::<Value>::new());
}

#[test]
fn a_reader_that_leaves_ends_the_program_early() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let endless = io::repeat(b'\n');
    let error = cron_next::answer_lines(&mut BufReader::new(endless), &mut Closed).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}
