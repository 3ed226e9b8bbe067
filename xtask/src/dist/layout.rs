//! The layout of files: below a prefix such as `/usr/local`, or as Debian's policy requires.

use std::path::{Path, PathBuf};

/// The layout of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `bin` and `share` of a prefix.
    Prefix,
    /// The root of a Debian system.
    Debian,
}

impl Layout {
    /// The mode of files of this sort.
    pub fn of(self, below: &str) -> PathBuf {
        match self {
            Self::Prefix => below.into(),
            Self::Debian => Path::new("usr").join(below),
        }
    }
}
