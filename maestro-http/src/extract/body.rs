//! Bodies: JSON of bounded size, depth and time, in which every key stands once and every field is known.

use axum::{
    body::Body,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use maestro_core::domain::Payload;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::{
    app::App,
    problem::{Code, Problem},
};

/// What a request may send.
pub(crate) trait RequestBody: DeserializeOwned {
    /// Fields that people try to send and may not, each with the reason why.
    const REFUSED: &'static [(&'static str, &'static str)] = &[];
}

/// The JSON body of a request.
pub(crate) struct Json<T>(pub(crate) T);

/// The JSON body of a request that may as well have none.
pub(crate) struct MaybeJson<T>(pub(crate) T);

/// The text of a JSON body, for those who read it themselves.
pub(crate) struct Text(pub(crate) String);

impl<T: RequestBody> FromRequest<App> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let Text(text) = Text::from_request(request, app).await?;
        parse(&text).map(Self)
    }
}

impl<T: RequestBody + Default> FromRequest<App> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = read(&parts.headers, body, app).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        demand_json(&parts.headers)?;
        parse(&utf8(bytes)?).map(Self)
    }
}

impl FromRequest<App> for Text {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        demand_json(&parts.headers)?;
        utf8(read(&parts.headers, body, app).await?).map(Self)
    }
}

fn demand_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = given.split(';').map(|part| part.trim().to_ascii_lowercase());
    let media = parts.next().unwrap_or_default();
    let is_json =
        media == "application/json" || media.starts_with("application/") && media.ends_with("+json");
    let is_utf8 = parts.all(|part| match part.strip_prefix("charset=") {
        Some(charset) => charset.trim_matches('"') == "utf-8",
        None => true,
    });
    match is_json && is_utf8 {
        true => Ok(()),
        false => Err(Problem::new(Code::UnsupportedMediaType, "send JSON in UTF-8, as application/json")),
    }
}

/// Reads a body to its end, if that comes in time and before the limit.
pub(crate) async fn read(headers: &HeaderMap, body: Body, app: &App) -> Result<Vec<u8>, Problem> {
    let limits = app.limits();
    let most = limits.body_bytes;
    let too_large = || Problem::new(Code::TooLarge, format!("a body may have {most} bytes"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let collected = tokio::select! {
        biased;
        collected = Limited::new(body, most).collect() => collected,
        () = app.maestro().clock().sleep(limits.body_time) => {
            return Err(Problem::new(Code::SlowBody, "the body did not come in time"));
        }
    };
    match collected {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Problem::new(Code::Malformed, "the body broke off")),
    }
}

fn utf8(bytes: Vec<u8>) -> Result<String, Problem> {
    String::from_utf8(bytes).map_err(|_| Problem::new(Code::Malformed, "the body is not UTF-8"))
}

/// Reads a text whose form was checked by [`Payload::parse`] first: what is left can only be a wrong value.
fn parse<T: RequestBody>(text: &str) -> Result<T, Problem> {
    let payload = Payload::parse(text)?;
    let Some(object) = payload.value()?.as_object() else {
        return Err(Problem::invalid("", "send a JSON object"));
    };
    let refused = T::REFUSED.iter().filter(|(field, _)| object.contains_key(*field));
    let refused = refused.fold(None, |problem: Option<Problem>, (field, why)| {
        let problem = problem.unwrap_or_else(|| Problem::new(Code::Invalid, format!("{field}: {why}")));
        Some(problem.error(format!("/{field}"), "refused_field", *why))
    });
    if let Some(problem) = refused {
        return Err(problem);
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer = pointer_of(error.path());
        let message = error.into_inner().to_string();
        let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        let code = match message {
            message if message.starts_with("unknown field") => "unknown_field",
            message if message.starts_with("missing field") => "missing_field",
            message if message.starts_with("invalid type") => "wrong_type",
            _ => "invalid",
        };
        Problem::new(Code::Invalid, message.to_owned()).error(pointer, code, message)
    })
}

fn pointer_of(path: &Path) -> String {
    let steps = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.replace('~', "~0").replace('/', "~1")),
        // The name of a variant stands in the text as a value, not as a key.
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    steps.map(|step| format!("/{step}")).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "n")]
        _n: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(rename = "list")]
        _list: Vec<Inner>,
    }

    impl RequestBody for Sample {
        const REFUSED: &'static [(&'static str, &'static str)] = &[("old", "it is gone"), ("id", "it stays")];
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place() {
        let cases = [
            (r#"{"list": [{"n": 1}, {"n": "x"}]}"#, "/list/1/n", "wrong_type"),
            (r#"{"list": [{"n": 1, "a/b": 2}]}"#, "/list/0/a~1b", "unknown_field"),
            (r#"{"list": [], "more": 1}"#, "/more", "unknown_field"),
            (r#"{"list": [{}]}"#, "/list/0", "missing_field"),
            (r#"{"list": [{"n": 300}]}"#, "/list/0/n", "invalid"),
            ("[]", "", "invalid"),
            (r#"{"list": [], "list": []}"#, "/list", "repeated_key"),
            (&("[".repeat(101) + &"]".repeat(101)), "", "too_deep"),
        ];
        for (text, pointer, code) in cases {
            let problem = parse::<Sample>(text).unwrap_err();
            let found = &problem.errors()[0];
            assert_eq!((found.pointer.as_str(), found.code.as_str()), (pointer, code), "{text}");
        }
    }

    #[test]
    fn every_field_that_is_refused_is_told_with_the_reason() {
        let problem = parse::<Sample>(r#"{"old": 1, "id": 2, "list": []}"#).unwrap_err();
        let told: Vec<_> = problem.errors().iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(told, ["/old", "/id"]);
        assert_eq!(problem.errors()[1].message, "it stays");
    }

    #[test]
    fn only_json_in_utf8_is_read() {
        let check = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(value).unwrap());
            demand_json(&headers).is_ok()
        };
        for good in
            ["application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json; q=\"a\""]
        {
            assert!(check(good), "{good}");
        }
        for bad in ["", "text/json", "application/jsonx", "application/json; charset=latin1", "text/plain"] {
            assert!(!check(bad), "{bad}");
        }
    }
}
