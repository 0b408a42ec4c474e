//! Events as browsers read them (HTML, server-sent events).

use axum::body::Bytes;
use serde::Serialize;

/// Says that the stream is alive; nobody hears of it.
pub(super) const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// Writes an event; `None` when the value is no JSON.
pub(super) fn event(name: &str, value: &impl Serialize) -> Option<Bytes> {
    let mut text = format!("event: {name}\ndata: ").into_bytes();
    let begin = text.len();
    if let Err(error) = serde_json::to_writer(&mut text, value) {
        tracing::error!(%error, "a record that is no JSON");
        return None;
    }
    // A payload keeps the line breaks that it was written with. In JSON they are only space; here they would end the data.
    for byte in &mut text[begin..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    text.extend_from_slice(b"\n\n");
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use maestro_core::domain::Payload;

    use super::*;

    #[test]
    fn line_breaks_of_a_payload_do_not_break_the_event() {
        let payload = Payload::parse("{\r\n  \"a\": \"x\\ny\"\n}").unwrap();
        let written = event("run", &payload).unwrap();
        assert_eq!(written, "event: run\ndata: {    \"a\": \"x\\ny\" }\n\n".as_bytes());
        assert_eq!(event("run", &Payload::from_stored("{")), None);
    }
}
