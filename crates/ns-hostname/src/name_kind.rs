//! The choice between the two names.

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

    /// The name in a sentence.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Host => "host name",
            Self::Domain => "NIS domain name",
        }
    }

    /// The name in an event, as in the columns of the list.
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

    /// This name of the two.
    pub fn of(self, names: &Names) -> &[u8] {
        match self {
            Self::Host => &names.host,
            Self::Domain => &names.domain,
        }
    }
}
