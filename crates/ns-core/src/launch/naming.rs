//! What is said of names, whichever side gives them.

use super::failure::Warn;
use crate::{Error, Kinds, pins};

/// Tells the person what the system limits of names of namespaces of these kinds.
pub(super) fn warn_of_limits(kinds: Kinds, warn: Warn) {
    for limit in pins::limits(kinds) {
        warn(&Error::Unfit(limit));
    }
}
