//! The changes that `--watch` reports.

use clap::ValueEnum;

/// A change that --watch reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Action {
    /// Something was mounted.
    Mount,
    /// Something was unmounted.
    Umount,
    /// The options of a mount changed.
    Remount,
    /// A mount was moved to another mount point.
    Move,
}
