//! Standard output, and whether it took everything.

use std::io::{self, Write};

/// Standard output. What cannot be written is dropped, because the run goes on; the first reason is kept.
#[derive(Default)]
pub(crate) struct Out {
    failed: Option<io::Error>,
}

impl Out {
    /// Writes a text at once.
    pub(crate) fn write(&mut self, text: &str) {
        let mut out = io::stdout();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            self.failed.get_or_insert(error);
        }
    }

    /// Tells what went wrong, if anything did. A reader who leaves early, such as `head`, has seen enough.
    ///
    /// # Errors
    /// The first error of a write, unless it was that nobody reads any more.
    pub(crate) fn result(self) -> io::Result<()> {
        match self.failed {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }
}
