//! Notes about pinned names, for the process inside and the process outside.

use super::failure::Reporter;
use crate::{Error, Kinds, pins};

/// Prints notes about the limits that the system puts on pinned namespaces of these kinds.
pub(super) fn note_limits(kinds: Kinds, reporter: Reporter) {
    for limit in pins::limits(kinds) {
        (reporter.note)(&Error::Unfit(limit));
    }
}
