//! Text that is HTML already, and the one way to make it from text that is not.

use std::fmt::{self, Display, Write};

use askama::filters::HtmlSafe;

/// HTML that templates print as it is. Whatever comes from people went through [`text`](Self::text).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl Markup {
    /// Begins with nothing.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds HTML that was written here, in the code.
    pub(crate) fn raw(&mut self, html: impl Display) -> &mut Self {
        // A `String` takes whatever is written to it.
        let _ = write!(self.0, "{html}");
        self
    }

    /// Adds text, with everything escaped that means something in HTML or in an attribute.
    pub(crate) fn text(&mut self, text: impl Display) -> &mut Self {
        let _ = write!(Escaping(&mut self.0), "{text}");
        self
    }

    /// Tells whether nothing was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

struct Escaping<'a>(&'a mut String);

impl Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Characters that HTML does not know; a browser would drop or misread them.
                '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' => self.0.push(char::REPLACEMENT_CHARACTER),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_people_cannot_become_a_tag_or_leave_an_attribute() {
        let mut markup = Markup::new();
        markup.raw("<b title=\"").text("\"><script>'&\0").raw("\">");
        assert_eq!(markup.to_string(), "<b title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\u{fffd}\">");
    }
}
