//! Which of the two names is meant.

use ns_core::uts::Names;

/// One of the names of a UTS namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// The host name.
    Host,
    /// The NIS domain name.
    Domain,
}

impl NameKind {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Host, Self::Domain];

    /// How a sentence calls it.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Host => "host name",
            Self::Domain => "NIS domain name",
        }
    }

    /// How an event calls it, as the columns of the list do.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Host => "hostname",
            Self::Domain => "domain",
        }
    }

    /// The argument that sets it.
    pub const fn argument(self) -> &'static str {
        match self {
            Self::Host => "[NAME]",
            Self::Domain => "--nis",
        }
    }

    /// This one of the names.
    pub fn of(self, names: &Names) -> &[u8] {
        match self {
            Self::Host => &names.host,
            Self::Domain => &names.domain,
        }
    }
}
