//! What the search finds, and what it leaves.

use base64::{Engine, engine::general_purpose};

use super::*;

const VALUE: &str = "s3cr?t/\"kéy\" one\\two+3";

fn secrets(value: &str) -> StepSecrets {
    StepSecrets::new([("slot".to_owned(), Secret::new(value).unwrap())].into())
}

/// Returns texts that a careless operation makes of a value.
fn leaks(value: &str) -> Vec<String> {
    let json = serde_json::Value::from(value).to_string();
    let nested = serde_json::Value::from(json.clone()).to_string();
    let ascii: String = value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let all: String = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let mut leaks = vec![
        value.to_owned(),
        format!("key={value};"),
        format!("{value:?}"),
        format!("{:?}", value.as_bytes()),
        serde_json::to_string(value.as_bytes()).unwrap(),
        format!("{{\"a\":{json}}}"),
        format!("{{\"a\":{nested}}}"),
        ascii,
        all.replace('%', "%25"),
        all,
        value.bytes().map(|byte| format!("{byte:02x}")).collect(),
        value.bytes().map(|byte| format!("{byte:02X}")).collect(),
    ];
    for before in ["", "u", "us", "user:"] {
        let text = format!("{before}{value}:rest");
        leaks.push(general_purpose::STANDARD.encode(&text));
        leaks.push(general_purpose::URL_SAFE.encode(&text));
        leaks.push(general_purpose::STANDARD_NO_PAD.encode(format!("{before}{value}")));
        leaks.push(general_purpose::URL_SAFE_NO_PAD.encode(format!("{before}{value}")));
        leaks.push(general_purpose::STANDARD.encode(&text).replace('+', "%2B").replace('/', "%2F"));
    }
    leaks
}

#[test]
fn a_value_is_found_in_whatever_form_and_nothing_of_it_is_left() {
    for value in [VALUE, "sk-live-0123456789abcdef", "12345678", "ключ-🎻-ключ", " padded value \n"]
    {
        let secrets = secrets(value);
        for leak in leaks(value) {
            assert_eq!(secrets.find(&leak), Some("slot"), "{leak}");
            let clean = secrets.redact(&leak);
            assert!(clean.contains("[secret slot]"), "{leak} gave {clean}");
            assert_eq!(secrets.find(&clean), None, "{leak} gave {clean}");
        }
    }
}

#[test]
fn a_form_of_the_web_is_found() {
    let form = "a=1&key=s3cr%3Ft%2F%22k%C3%A9y%22+one%5Ctwo%2B3";
    assert_eq!(secrets(VALUE).find(form), Some("slot"));
}

#[test]
fn what_stands_around_a_value_stays() {
    let secrets = secrets("sk-live-0123");
    assert_eq!(
        secrets.redact("401 for sk-live-0123, sk-live-0123!"),
        "401 for [secret slot], [secret slot]!"
    );
    assert_eq!(secrets.redact("sk-live-012 is another one"), "sk-live-012 is another one");
    assert!(matches!(secrets.redact("nothing"), Cow::Borrowed("nothing")));
}

#[test]
fn of_two_values_the_longer_one_leaves_no_rest() {
    let values = [("a", "sk-live-0123"), ("b", "sk-live-0123-extended")];
    let values = values.map(|(slot, value)| (slot.to_owned(), Secret::new(value).unwrap()));
    let secrets = StepSecrets::new(values.into());
    assert_eq!(secrets.redact("x sk-live-0123-extended y sk-live-0123"), "x [secret b] y [secret a]");
}

#[test]
fn the_beginning_of_a_value_goes_where_a_text_was_cut() {
    let secrets = secrets("sk-live-0123456789");
    assert_eq!(secrets.redact_cut("bad key sk-live-01", 18), "bad key [secret slot]");
    assert_eq!(secrets.redact_cut("bad key sk-live-01", 19), "bad key sk-live-01", "it was not cut");
    assert_eq!(secrets.redact_cut("bad key sk-", 11), "bad key sk-", "too little to tell");
}

#[test]
fn without_secrets_nothing_is_searched() {
    let none = StepSecrets::default();
    assert!(none.is_empty());
    assert_eq!(none.find("anything"), None);
    assert!(matches!(none.redact_cut("anything", 3), Cow::Borrowed("anything")));
}
