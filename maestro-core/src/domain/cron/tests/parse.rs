//! What is accepted, and how the rest is refused.

use proptest::prelude::*;

use super::super::{CronExpr, CronField};
use super::{at, expr, zone};

#[test]
fn what_debian_accepts_is_accepted() {
    for text in [
        "* * * * *",
        "*/1 */1 */1 */1 */1",
        "0-59/59 0-23/23 1-31/30 1-12/11 0-7/7",
        "00 09 01 01 00",
        "*,5 5,* *,1 *,1 *,1",
        "1-5,*/9 0 1-2,4-5/1 jan-dec sun-sat",
        "0 0 * JAN,Feb,mAr Mon-FRI",
        "0 0 * jan-dec/2 mon-fri/2",
        "0 0 * jan-6 1-fri",
        "0 0 * * 7",
        "0 0 * * 5-7",
        "0 0 * * 0-7",
        "*/90 */99 * * *", // a step beyond the end leaves the first value
        "0 0 29 2 *",
        "0 0 30 2 1", // on Mondays
        "0 0 31 2-3 *",
    ] {
        assert_eq!(expr(text).to_string(), text);
    }
    assert_eq!(expr(" \t0  9\t* * \t1 ").to_string(), "0 9 * * 1");
    assert_eq!(expr("0  9 * * 1"), expr("0 9 * *\t1"));
    assert_ne!(expr("0 9 * * 1"), expr("0 9 * * mon"));
}

#[test]
fn a_nickname_fires_as_its_five_fields_do() {
    for (nickname, fields) in [
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@weekly", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
    ] {
        let fires =
            |text| expr(text).fires_after(at("2026-10-25T00:00:00Z"), &zone("Europe/Berlin")).take(40);
        assert!(fires(nickname).eq(fires(fields)), "{nickname}");
        assert_eq!(expr(nickname).to_string(), nickname);
    }
}

/// What is refused, in which field (none: the whole), why, and what to write instead.
const REFUSED: &[(&str, Option<CronField>, &str, &str)] = {
    use CronField::{DayOfMonth, DayOfWeek, Hour, Minute, Month};
    &[
        ("", None, "it is empty", "five fields"),
        (" \t ", None, "it is empty", "five fields"),
        ("5", None, "1 field instead of five", "five fields"),
        ("0 9 * *", None, "4 fields instead of five", "five fields"),
        ("0 0 9 * * 1", None, "6 fields instead of five", "no seconds and no year: write `0 9 * * 1`"),
        ("0 0 12 * * ?", None, "6 fields instead of five", "write `0 12 * * *`"),
        ("0 0 12 * * ? 2026", None, "7 fields instead of five", "write `0 12 * * *`"),
        ("0 9 * * 1 2026", None, "6 fields instead of five", "five fields"),
        ("0 9 * * 1 root /bin/true", None, "7 fields instead of five", "five fields"),
        ("1, 2 * * * *", None, "6 fields instead of five", "lists without spaces"),
        ("@reboot", None, "it names no time", "`@hourly`"),
        ("@Reboot", None, "it names no time", "`@hourly`"),
        ("@Daily", None, "lower case", "write `@daily`"),
        ("@every 5m", None, "no such nickname", "`@hourly`"),
        ("@often", None, "no such nickname", "`@hourly`"),
        (
            "CRON_TZ=Europe/Berlin 0 9 * * *",
            None,
            "has no zone",
            "put `Europe/Berlin` into `timezone`, and write only `0 9 * * *`",
        ),
        ("TZ=UTC @daily", None, "has no zone", "put `UTC` into `timezone`, and write only `@daily`"),
        ("TZ=:UTC 0 9 * * *", None, "has no zone", "put `UTC` into `timezone`"),
        ("CRON_TZ=", None, "has no zone", "put the zone into `timezone`"),
        ("@", None, "no such nickname", "`@hourly`"),
        ("@daily 5", None, "stands alone", "write `@daily`"),
        ("0 9 * * *\n", None, "U+000A has no meaning", "ASCII"),
        ("0\u{a0}9 * * *", None, "U+00A0 has no meaning", "ASCII"),
        ("００ 9 * * *", None, "U+FF10 has no meaning", "ASCII"),
        ("0 9 * * 1–5", None, "U+2013 has no meaning", "ASCII"),
        ("\0", None, "U+0000 has no meaning", "ASCII"),
        ("60 * * * *", Some(Minute), "60 is out of range", "from 0 to 59"),
        ("0 24 * * *", Some(Hour), "24 is out of range", "from 0 to 23"),
        ("0 0 0 * *", Some(DayOfMonth), "0 is out of range", "from 1 to 31"),
        ("0 0 32 * *", Some(DayOfMonth), "32 is out of range", "from 1 to 31"),
        ("0 0 * 0 *", Some(Month), "0 is out of range", "from 1 to 12"),
        ("0 0 * 13 *", Some(Month), "13 is out of range", "from 1 to 12"),
        ("0 0 * * 8", Some(DayOfWeek), "8 is out of range", "from 0 to 7"),
        ("0-60 * * * *", Some(Minute), "60 is out of range", "from 0 to 59"),
        ("5-64/30 * * * *", Some(Minute), "64 is out of range", "from 0 to 59"),
        ("99999999999999999999 * * * *", Some(Minute), "is out of range", "from 0 to 59"),
        ("*/99999999999999999999 * * * *", Some(Minute), "is out of range", "write `*/2`"),
        ("22-2 * * * *", Some(Minute), "smaller to the larger", "write `22-59,0-2`"),
        ("0 22-2 * * *", Some(Hour), "smaller to the larger", "write `22-23,0-2`"),
        ("0 23-0 * * *", Some(Hour), "smaller to the larger", "write `23,0`"),
        ("0 22-2/2 * * *", Some(Hour), "smaller to the larger", "write `22,0,2`"),
        ("0 9 25-5/2 * *", Some(DayOfMonth), "smaller to the larger", "write `25,27,29,31,2,4`"),
        ("0 9 * nov-feb *", Some(Month), "smaller to the larger", "write `nov-dec,jan-feb`"),
        ("0 9 * * fri-mon", Some(DayOfWeek), "smaller to the larger", "write `fri-sat,sun-mon`"),
        ("0 9 * * fri-sun", Some(DayOfWeek), "smaller to the larger", "write `fri-sat,sun`"),
        ("0 9 * * 5-1/2", Some(DayOfWeek), "smaller to the larger", "write `5,0`"),
        ("0 9 * * 7-2", Some(DayOfWeek), "smaller to the larger", "write `0-2`"),
        ("0 9 ? * 1", Some(DayOfMonth), "`?` is not crontab", "write `*`"),
        ("0 9 * * ?", Some(DayOfWeek), "`?` is not crontab", "write `*`"),
        ("0 9 L * *", Some(DayOfMonth), "no `L` for the last day", "such as `28`"),
        ("0 9 l-3 * *", Some(DayOfMonth), "no `L` for the last day", "such as `28`"),
        ("0 9 * * 5L", Some(DayOfWeek), "no `L` for the last day", "every such weekday"),
        ("0 9 * * friL", Some(DayOfWeek), "no `L` for the last day", "every such weekday"),
        ("0 9 15W * *", Some(DayOfMonth), "no `W` for the nearest weekday", "`1-5`"),
        ("0 9 LW * *", Some(DayOfMonth), "no `W` for the nearest weekday", "`1-5`"),
        ("0 9 * * 1#2", Some(DayOfWeek), "no `#` for the nth weekday", "`1-7`"),
        ("5/15 * * * *", Some(Minute), "a step needs a range", "write `5-59/15`"),
        ("59/15 * * * *", Some(Minute), "a step needs a range", "write `59`"),
        ("0 9/2 * * *", Some(Hour), "a step needs a range", "write `9-23/2`"),
        ("0 9 * jan/3 *", Some(Month), "a step needs a range", "write `1-12/3`"),
        ("0 9 * * mon/2", Some(DayOfWeek), "a step needs a range", "write `1-6/2`"),
        ("0 9 * * 7/2", Some(DayOfWeek), "a step needs a range", "write `7`"),
        ("*/0 * * * *", Some(Minute), "a step of 0", "write `*/1`"),
        ("0-30/00 * * * *", Some(Minute), "a step of 0", "write `0-30/1`"),
        ("*/ * * * *", Some(Minute), "a step is a whole number", "write `*/2`"),
        ("*/-5 * * * *", Some(Minute), "a step is a whole number", "write `*/2`"),
        ("*/2/3 * * * *", Some(Minute), "a step is a whole number", "write `*/2`"),
        ("0 9 * * */mon", Some(DayOfWeek), "a step is a whole number", "write `*/2`"),
        ("/5 * * * *", Some(Minute), "a value is missing", "such as `0-59`"),
        ("1- * * * *", Some(Minute), "a value is missing", "such as `0-59`"),
        ("-5 * * * *", Some(Minute), "a value is missing", "such as `0-59`"),
        ("- * * * *", Some(Minute), "a value is missing", "such as `0-59`"),
        (", * * * *", Some(Minute), "beside a comma", "leave out the comma"),
        ("1,,2 * * * *", Some(Minute), "beside a comma", "leave out the comma"),
        ("** * * * *", Some(Minute), "`*` stands alone", "`*/2`"),
        ("*5 * * * *", Some(Minute), "`*` stands alone", "`*/2`"),
        ("5-* * * * *", Some(Minute), "`*` stands alone", "`*/2`"),
        ("1-2-3 * * * *", Some(Minute), "`2-3` is no number", "from 0 to 59"),
        ("1.5 * * * *", Some(Minute), "`1.5` is no number", "from 0 to 59"),
        ("+5 * * * *", Some(Minute), "`+5` is no number", "from 0 to 59"),
        ("H * * * *", Some(Minute), "`H` is no number", "from 0 to 59"),
        ("0 9 * * monday", Some(DayOfWeek), "`monday` is neither", "write `mon`"),
        ("0 9 * June *", Some(Month), "`June` is neither", "write `jun`"),
        ("0 9 * mon *", Some(Month), "`mon` is neither", "from `jan` to `dec`"),
        ("0 9 mon * *", Some(DayOfMonth), "`mon` is no number", "from 1 to 31"),
        ("0 0 30 2 *", Some(DayOfMonth), "day `30` never comes in month `2`", "such as `28`"),
        ("0 0 31 2,4,6,9,11 *", Some(DayOfMonth), "never comes", "such as `28`"),
        ("0 0 31 apr */1", Some(DayOfMonth), "never comes", "such as `28`"),
        ("0 0 30-31 2 *,1", Some(DayOfMonth), "never comes", "such as `28`"),
    ]
};

#[test]
fn each_refusal_names_the_field_the_reason_and_a_fix() {
    for (text, field, reason, fix) in REFUSED {
        let error = CronExpr::parse(text).expect_err(text);
        assert_eq!(error.field, *field, "{error}");
        assert!(error.reason.contains(reason), "{text:?}: {error}");
        assert!(error.fix.contains(fix), "{text:?}: {error}");
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
}

#[test]
fn what_a_fix_proposes_is_accepted() {
    let mut proposals = 0;
    for (text, field, ..) in REFUSED {
        let error = CronExpr::parse(text).unwrap_err();
        let proposed = error.fix.split('`').nth(1).filter(|_| error.fix.starts_with("write `"));
        let Some(proposed) = proposed else { continue };
        let mended = match field {
            None => proposed.to_owned(),
            Some(field) => {
                let mut words: Vec<&str> = text.split(' ').collect();
                words[*field as usize] = proposed;
                words.join(" ")
            }
        };
        assert!(CronExpr::parse(&mended).is_ok(), "{text:?} proposes {mended:?}");
        proposals += 1;
    }
    assert!(proposals > 30);
}

#[test]
fn huge_input_is_refused_and_not_repeated() {
    let long = "1,".repeat(500_000);
    let nines = format!("{} * * * *", "9".repeat(900));
    let letters = format!("0 0 * * {}", "mon".repeat(300));
    let range = format!("{}2-0/1 * * * *", "0".repeat(900));
    for text in [&long, &nines, &letters, &range, &"é".repeat(100_000), &"* ".repeat(400)] {
        let error = CronExpr::parse(text).unwrap_err();
        assert!(error.to_string().len() < 700, "{error}");
        assert!(error.found.chars().count() <= 81);
    }
    let all_written_out =
        |first: u8, last: u8| (first..=last).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let longest_sensible =
        [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)].map(|(a, b)| all_written_out(a, b)).join(" ");
    assert_eq!(expr(&longest_sensible).describe(), "Every minute");
}

#[test]
fn json_carries_an_expression_as_its_text() {
    let json = serde_json::to_string(&expr("0  9 * * mon")).unwrap();
    assert_eq!(json, "\"0 9 * * mon\"");
    assert_eq!(serde_json::from_str::<CronExpr>(&json).unwrap(), expr("0 9 * * mon"));
    let error = serde_json::from_str::<CronExpr>("\"0 9 L * *\"").unwrap_err();
    assert!(error.to_string().contains("day of month"), "{error}");
}

#[test]
fn an_expression_is_small() {
    assert!(size_of::<CronExpr>() <= 48, "{}", size_of::<CronExpr>());
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,60}") {
        let _ = CronExpr::parse(&text);
    }

    #[test]
    fn no_crontab_like_text_panics_and_what_is_accepted_reads_back(text in "[-0-9*/,@?LW#a-zA-Z \t]{0,24}") {
        if let Ok(parsed) = CronExpr::parse(&text) {
            prop_assert_eq!(CronExpr::parse(&parsed.to_string()), Ok(parsed));
        }
    }

    #[test]
    fn five_random_fields_read_back_or_are_refused(
        fields in prop::collection::vec("(\\*|[0-9]{1,2}|[0-9]{1,2}-[0-9]{1,2}|mon|jan|L)(/[0-9]{1,2})?", 5)
    ) {
        let text = fields.join(" ");
        match CronExpr::parse(&text) {
            Ok(parsed) => {
                prop_assert_eq!(parsed.to_string(), text);
                prop_assert!(!parsed.describe().is_empty());
            }
            Err(error) => prop_assert!(!error.fix.is_empty() && !error.reason.is_empty()),
        }
    }
}
