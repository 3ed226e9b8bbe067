//! Notes about pinned names, for the process inside and the process outside.

use super::failure::Reporter;
use crate::{Error, Kinds, pins};

/// Notes what the system limits about pinned namespaces of these kinds.
pub(super) fn note_limits(kinds: Kinds, reporter: Reporter) {
    for limit in pins::limits(kinds) {
        (reporter.note)(&Error::Unfit(limit));
    }
}
