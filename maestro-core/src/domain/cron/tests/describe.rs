//! Golden sentences.

use super::{at, expr, zone};

const SENTENCES: &[(&str, &str)] = &[
    ("* * * * *", "Every minute"),
    ("*/15 * * * *", "Every 15 minutes"),
    ("5-59/15 * * * *", "Every 15 minutes, starting 5 minutes past the hour"),
    ("1-59/2 * * * *", "Every 2 minutes, starting 1 minute past the hour"),
    ("1-59/30 * * * *", "Every 30 minutes, starting 1 minute past the hour"),
    ("*/7 * * * *", "At every 7th minute from 0 through 56 past every hour"),
    ("*/90 * * * *", "Every hour"),
    ("0 * * * *", "Every hour"),
    ("30 * * * *", "At 30 minutes past every hour"),
    ("1 * * * *", "At 1 minute past every hour"),
    ("5,20,47 * * * *", "At minutes 5, 20 and 47 past every hour"),
    ("0-29 * * * *", "At minutes 0 through 29 past every hour"),
    ("@hourly", "Every hour"),
    ("@daily", "At 00:00 every day"),
    ("@weekly", "At 00:00 on Sunday"),
    ("@monthly", "At 00:00 on day 1 of the month"),
    ("@yearly", "At 00:00 on day 1 of January"),
    ("0 9 * * 1-5", "At 09:00, Monday through Friday"),
    ("0 9,17 * * *", "At 09:00 and 17:00 every day"),
    ("0,30 9,17 * * *", "At 09:00, 09:30, 17:00 and 17:30 every day"),
    ("*/30 9 * * *", "At 09:00 and 09:30 every day"),
    ("*/15 9-17 * * 1-5", "Every 15 minutes from 09:00 through 17:45, Monday through Friday"),
    ("* 9-17 * * *", "Every minute from 09:00 through 17:59, every day"),
    ("* 2 * * *", "Every minute from 02:00 through 02:59, every day"),
    ("* 9,17 * * *", "Every minute during hours 9 and 17, every day"),
    ("*/15 9,17 * * *", "Every 15 minutes during hours 9 and 17, every day"),
    ("*/20 0,1,2,22,23 * * *", "Every 20 minutes during hours 0 through 2, 22 and 23, every day"),
    ("0 9-17 * * *", "Every hour from 09:00 through 17:00, every day"),
    ("30 9-17 * * mon-fri", "Every hour from 09:30 through 17:30, Monday through Friday"),
    ("0 */2 * * *", "Every 2 hours"),
    ("0 1-23/2 * * *", "Every 2 hours from 01:00 through 23:00, every day"),
    ("15 */6 * * *", "Every 6 hours from 00:15 through 18:15, every day"),
    ("0 */5 * * *", "Every 5 hours from 00:00 through 20:00, every day"),
    ("0 9-17/2 * * 6,0", "Every 2 hours from 09:00 through 17:00 on Saturday and Sunday"),
    ("0 9 1 * *", "At 09:00 on day 1 of the month"),
    ("0 9 1,15 * *", "At 09:00 on days 1 and 15 of the month"),
    ("0 9 1 * 1", "At 09:00 on day 1 of the month or on Monday"),
    ("0 9 */2 * 1", "At 09:00 on every 2nd day of the month, if it is a Monday"),
    ("0 9 */2 * *", "At 09:00 on every 2nd day of the month"),
    ("0 9 2-30/2 * *", "At 09:00 on every 2nd day of the month from day 2"),
    ("0 9 1-7 * *", "At 09:00 on days 1 through 7 of the month"),
    ("0 9 13 * */5", "At 09:00 on day 13 of the month, if it is a Friday or Sunday"),
    ("0 9 */2 * 1-5", "At 09:00 on every 2nd day of the month, if it falls on Monday through Friday"),
    ("0 9 1,15 * mon,wed", "At 09:00 on days 1 and 15 of the month or on Monday and Wednesday"),
    ("0 9 1 * 1-5", "At 09:00 on day 1 of the month or on Monday through Friday"),
    ("0 0 1 */3 *", "At 00:00 on day 1 of January, April, July and October"),
    ("0 0 * 1 *", "At 00:00 every day in January"),
    ("0 0 1 1,7 1", "At 00:00 on day 1 of the month or on Monday, in January and July"),
    ("0 * * 6-8 *", "Every hour in June through August"),
    ("0 9 * 1 1-5", "At 09:00, Monday through Friday, in January"),
    ("0 9 * * sat,sun", "At 09:00 on Saturday and Sunday"),
    ("0 9 * * 1,3,5", "At 09:00 on Monday, Wednesday and Friday"),
    ("0 9 29 2 *", "At 09:00 on day 29 of February"),
    ("0 0 30 2 1", "At 00:00 on day 30 of the month or on Monday, in February"),
    ("3,17 4,5,6,11 * * *", "At minutes 3 and 17 past hours 4 through 6 and 11 every day"),
    (
        "*/7 1,5,7,11,22 * * 2",
        "At every 7th minute from 0 through 56 past hours 1, 5, 7, 11 and 22 on Tuesday",
    ),
    ("0 1,2,3,7,9,13,22 * * *", "At minute 0 past hours 1 through 3, 7, 9, 13 and 22 every day"),
    ("0 9 1-31 * 1", "At 09:00 every day"),
    ("0 9 1 * 0-7", "At 09:00 every day"),
    ("0 9 */10 * *", "At 09:00 on days 1, 11, 21 and 31 of the month"),
    ("* * * * 1", "Every minute on Monday"),
    ("0 0 1-20/3 * *", "At 00:00 on every 3rd day of the month through day 19"),
    ("*/5 * 1 * *", "Every 5 minutes on day 1 of the month"),
];

#[test]
fn a_sentence_says_what_the_expression_means() {
    for (text, sentence) in SENTENCES {
        assert_eq!(expr(text).describe(), *sentence, "{text}");
    }
}

#[test]
fn two_expressions_share_a_sentence_only_if_they_share_their_fires() {
    let fires = |text: &str| {
        expr(text).fires_after(at("2026-01-01T00:00:00Z"), &zone("UTC")).take(300).collect::<Vec<_>>()
    };
    let fires: Vec<_> = SENTENCES.iter().map(|(text, _)| fires(text)).collect();
    for (index, (text, sentence)) in SENTENCES.iter().enumerate() {
        for (other_index, (other, other_sentence)) in SENTENCES[..index].iter().enumerate() {
            assert_eq!(sentence == other_sentence, fires[index] == fires[other_index], "{text} and {other}");
        }
    }
}
