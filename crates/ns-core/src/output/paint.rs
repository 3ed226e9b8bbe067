//! The colours of values in a table. They read on dark and on light backgrounds: neither white, black nor yellow.

use super::Cell;
use crate::Kind;

/// The look of a value: parameters of `SGR` (`console_codes(4)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paint(&'static str);

impl Paint {
    /// As the terminal writes other text.
    pub const PLAIN: Self = Self("");
    /// Bold, for the caller's own namespaces.
    pub const OWN: Self = Self("1");
    /// Dim, for mounts that others hide.
    pub const HIDDEN: Self = Self("2");
    /// Bold red, for values that could not be read.
    pub const UNREADABLE: Self = Self("1;31");
    /// Green, for names that a person chose.
    pub const NAME: Self = Self("32");

    /// The colour of a kind of namespace.
    pub fn of_kind(kind: Kind) -> Self {
        Self(match kind {
            Kind::User => "35",
            Kind::Pid => "31",
            Kind::Net => "36",
            Kind::Mnt => "34",
            Kind::Uts => "32",
            Kind::Ipc => "1;36",
            Kind::Cgroup => "1;35",
            Kind::Time => "1;34",
        })
    }

    /// The look of this value, if the program asks for this one.
    pub(super) fn of(self, cell: &Cell<'_>) -> Self {
        match cell {
            Cell::Unreadable(_) => Self::UNREADABLE,
            _ => self,
        }
    }

    /// The sequences before and after the text; both are empty if the text looks as usual.
    pub(super) fn around(self) -> (String, &'static str) {
        match self.0 {
            "" => (String::new(), ""),
            parameters => (format!("\x1b[{parameters}m"), "\x1b[0m"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_colour_reads_on_dark_and_on_light() {
        let kinds = Kind::ALL.map(Paint::of_kind);
        let all = [Paint::OWN, Paint::HIDDEN, Paint::UNREADABLE, Paint::NAME];
        for paint in kinds.iter().chain(&all) {
            for parameter in paint.0.split(';') {
                // Bold, dim, and red, green, blue, magenta and cyan.
                assert!(
                    ["1", "2", "31", "32", "34", "35", "36"].contains(&parameter),
                    "{paint:?}"
                );
            }
        }
        for (index, kind) in kinds.iter().enumerate() {
            assert!(!kinds[..index].contains(kind), "{kind:?}");
        }
    }
}
