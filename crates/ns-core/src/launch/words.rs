//! Words that several steps use.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::escape::quoted;

/// Puts a path or a name that others may have chosen into quotation marks.
pub(super) fn in_quotes(text: impl AsRef<OsStr>) -> String {
    quoted(text.as_ref().as_bytes())
}
