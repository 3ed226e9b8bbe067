//! Where each file goes: below a prefix such as `/usr/local`, or where Debian's policy wants it.

use std::path::{Path, PathBuf};

/// What a tree is laid out for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `bin` and `share` of a prefix.
    Prefix,
    /// The root of a Debian system.
    Debian,
}

impl Layout {
    /// The layout of a file of this sort.
    pub fn of(self, below: &str) -> PathBuf {
        match self {
            Self::Prefix => below.into(),
            Self::Debian => Path::new("usr").join(below),
        }
    }
}
