//! Looking for a cause among files of somebody else: in a child, and for one second. Their file system may never
//! answer, or mount something over `/proc` meanwhile.

use std::io::{self, PipeWriter, Write as _};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use super::limits;
use crate::Error;
use crate::process::in_child_within;

/// How long the child may look.
const PATIENCE: Duration = Duration::from_secs(1);

/// The error as `explain` explains it in a child that has only the descriptors in `needed`, if that takes no longer than a
/// second.
pub(crate) fn aside(error: Error, needed: &[BorrowedFd<'_>], explain: impl FnOnce(Error) -> Error) -> Error {
    let (Some(errno), None) = (error.errno(), error.cause()) else {
        return error;
    };
    // The child has descriptors to spare.
    if let Some(finding) = limits::files(errno) {
        return finding.explain(error);
    }
    let look = |pipe: &mut PipeWriter| tell(&explain(error.clone()), pipe);
    // Without an answer in time, no cause is known.
    let found = in_child_within(PATIENCE, needed, look)
        .ok()
        .flatten()
        .unwrap_or_default();
    let mut texts = found
        .split(|byte| *byte == 0)
        .map(|text| String::from_utf8_lossy(text).into_owned());
    let mut text = || texts.next().filter(|text| !text.is_empty());
    let (cause, help, note) = (text(), text(), text());
    let error = match (cause, help) {
        (None, None) => error,
        (cause, help) => error.explained(cause, help),
    };
    match note {
        Some(note) => error.with_note(note),
        None => error,
    }
}

/// Three texts with NUL between: the cause, the help and the note.
fn tell(error: &Error, pipe: &mut PipeWriter) -> io::Result<()> {
    let texts =
        [error.cause(), error.help(), error.note()].map(|text| text.unwrap_or_default().replace('\0', ""));
    pipe.write_all(texts.join("\0").as_bytes())
}
