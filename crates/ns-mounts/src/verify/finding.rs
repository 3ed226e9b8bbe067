//! Findings about a line of fstab(5).

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// The system would not start, or the line cannot be read.
    Error,
    /// The line does not do what it says.
    Warning,
    /// Nothing is wrong: only --verbose shows it.
    Fine,
}

/// A finding about a line.
#[derive(Debug)]
pub(super) struct FstabFinding {
    pub level: Level,
    pub text: String,
    /// How to fix it.
    pub help: Option<String>,
}

impl FstabFinding {
    pub fn new(level: Level, text: impl Into<String>, help: impl Into<String>) -> Self {
        let (text, help) = (text.into(), Some(help.into()));
        Self { level, text, help }
    }

    pub fn fine(text: impl Into<String>) -> Self {
        let (level, text) = (Level::Fine, text.into());
        Self {
            level,
            text,
            help: None,
        }
    }
}
