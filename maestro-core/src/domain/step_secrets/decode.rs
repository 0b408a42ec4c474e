//! Decoders: what a reader would undo to find a value in a text, one layer at a time.

/// One way in which texts are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decoder {
    /// Backslashes, as in JSON, in Rust's and most other languages' strings.
    Backslash,
    /// Percent signs, as in URLs.
    Percent,
    /// Plus signs for spaces, as in forms.
    Plus,
}

impl Decoder {
    pub(super) const ALL: [Self; 3] = [Self::Backslash, Self::Percent, Self::Plus];

    /// Returns the decoded text; `None` where nothing in it is escaped so.
    pub(super) fn decode(self, text: &str) -> Option<String> {
        let decoded = match self {
            Self::Backslash => text.contains('\\').then(|| unescape(text)),
            Self::Percent => text.contains('%').then(|| percent(text)),
            Self::Plus => text.contains('+').then(|| text.replace('+', " ")),
        };
        decoded.filter(|decoded| decoded != text)
    }
}

fn percent(text: &str) -> String {
    let (bytes, mut decoded) = (text.as_bytes(), Vec::with_capacity(text.len()));
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8); // both below 16
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn unescape(text: &str) -> String {
    let mut decoded: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        decoded.extend(rest[..at].encode_utf16());
        rest = &rest[at + 1..];
        let (unit, length) = escaped(rest);
        decoded.extend(unit);
        rest = &rest[length..];
    }
    decoded.extend(rest.encode_utf16());
    String::from_utf16_lossy(&decoded)
}

/// Returns what stands behind a backslash, in units of UTF-16 as JSON has them, and how many bytes it takes.
fn escaped(text: &str) -> (Vec<u16>, usize) {
    let Some(kind) = text.chars().next() else { return (Vec::new(), 0) };
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        u32::from_str_radix(digits, 16).ok().map(|number| (number, to))
    };
    let coded = match kind {
        'u' if text[1..].starts_with('{') => {
            let end = text.find('}').unwrap_or(0);
            number(2, end).map(|(number, end)| (number, end + 1))
        }
        'u' => number(1, 5),
        'x' => number(1, 3),
        _ => None,
    };
    if let Some((number, length)) = coded {
        let unit = match (u16::try_from(number), char::from_u32(number)) {
            (Ok(unit), _) => vec![unit],
            (_, Some(character)) => character.encode_utf16(&mut [0; 2]).to_vec(),
            _ => Vec::new(),
        };
        return (unit, length);
    }
    let plain = match kind {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '0' => '\0',
        other => other,
    };
    (plain.encode_utf16(&mut [0; 2]).to_vec(), kind.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_escape_is_undone_and_odd_ones_do_no_harm() {
        let json = r#"\"\\\/\n\u00e4\ud83c\udfbb \x41 \u{1f3bb} \0"#;
        assert_eq!(Decoder::Backslash.decode(json).unwrap(), "\"\\/\nä🎻 A 🎻 \0");
        for odd in ["\\", "\\u", "\\u12", "\\u{", "\\u{}", "\\u{110000}", "\\uä000", "\\x4", "\\ä", "\\ud800"]
        {
            assert!(Decoder::Backslash.decode(odd).is_some(), "{odd}");
        }
        assert_eq!(Decoder::Percent.decode("a%2Fb%2f%zz%e").unwrap(), "a/b/%zz%e");
        assert_eq!(Decoder::Percent.decode("%ff").unwrap(), "\u{fffd}");
        assert_eq!(Decoder::Plus.decode("a+b").unwrap(), "a b");
        assert_eq!(Decoder::Plus.decode("ab"), None);
        assert_eq!(Decoder::Percent.decode("100%"), None, "nothing is gained by another look");
    }
}
