//! The values of tables that were cut to the width of the terminal. The end of the program tells about them.

use std::sync::atomic::{AtomicUsize, Ordering};

static VALUES: AtomicUsize = AtomicUsize::new(0);
static LINES: AtomicUsize = AtomicUsize::new(0);

/// Counts the cut values of a table with so many lines.
pub(super) fn count(values: usize, lines: usize) {
    VALUES.fetch_add(values, Ordering::Relaxed);
    LINES.fetch_add(lines, Ordering::Relaxed);
}

/// The number of cut values, if the tables have more lines than the terminal. On a screen of one table, the cuts are seen.
pub(crate) fn beyond(height: usize) -> Option<usize> {
    let values = VALUES.load(Ordering::Relaxed);
    (values > 0 && LINES.load(Ordering::Relaxed) >= height).then_some(values)
}
