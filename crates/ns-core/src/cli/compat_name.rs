//! The name that a program was called by, and everything that depends on it.
//!
//! A link named as a relative makes one of the programs stand in for it: `lsns` for `ns-ls`. Scripts then expect the words
//! and the exit statuses of the relative.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::error::ErrorKind;

/// The name of a relative that one of the programs was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompatName {
    /// unshare(1), which `ns-unshare` stands in for.
    Unshare,
    /// nsenter(1), which `ns-enter` stands in for.
    Nsenter,
    /// lsns(8), which `ns-ls` stands in for.
    Lsns,
    /// findmnt(8), which `ns-mounts` stands in for.
    Findmnt,
    /// hostname(1), which `ns-hostname` stands in for.
    Hostname,
    /// domainname(1), the NIS domain name.
    Domainname,
    /// nisdomainname(1), the NIS domain name.
    Nisdomainname,
    /// ypdomainname(1), the NIS domain name.
    Ypdomainname,
    /// dnsdomainname(1), the DNS domain name.
    Dnsdomainname,
}

const HOSTNAME: &str = "ns-hostname";

impl CompatName {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Unshare,
        Self::Nsenter,
        Self::Lsns,
        Self::Findmnt,
        Self::Hostname,
        Self::Domainname,
        Self::Nisdomainname,
        Self::Ypdomainname,
        Self::Dnsdomainname,
    ];

    /// The name that this process was called by (`argv[0]`); `None` for the programs' own names.
    pub fn current() -> Option<Self> {
        Self::of(&std::env::args_os().next()?)
    }

    fn of(argv0: &OsStr) -> Option<Self> {
        let name = Path::new(argv0).file_name()?;
        Self::ALL.into_iter().find(|compat| name == compat.name())
    }

    /// The name, the program that stands in for it, and the option that the name stands for.
    const fn facts(self) -> (&'static str, &'static str, Option<&'static str>) {
        match self {
            Self::Unshare => ("unshare", "ns-unshare", None),
            Self::Nsenter => ("nsenter", "ns-enter", None),
            Self::Lsns => ("lsns", "ns-ls", None),
            Self::Findmnt => ("findmnt", "ns-mounts", None),
            Self::Hostname => ("hostname", HOSTNAME, None),
            Self::Domainname => ("domainname", HOSTNAME, Some("-y")),
            Self::Nisdomainname => ("nisdomainname", HOSTNAME, Some("-y")),
            Self::Ypdomainname => ("ypdomainname", HOSTNAME, Some("-y")),
            Self::Dnsdomainname => ("dnsdomainname", HOSTNAME, Some("-d")),
        }
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// The program that stands in for it.
    pub const fn program(self) -> &'static str {
        self.facts().1
    }

    /// The option that the name stands for.
    const fn option(self) -> Option<&'static str> {
        self.facts().2
    }

    /// True for hostname(1) and its other names.
    fn is_of_hostname(self) -> bool {
        self.program() == HOSTNAME
    }

    /// The newest version of the relative whose options the program has. Scripts look for it in `--version`.
    fn compatible_with(self) -> &'static str {
        if self.is_of_hostname() {
            "hostname 3.25"
        } else {
            "util-linux 2.43"
        }
    }

    /// The exit status of wrong usage. A name that cannot be set is no wrong usage of hostname(1).
    pub(super) fn usage_status(self, kind: ErrorKind) -> u8 {
        if self.is_of_hostname() && kind != ErrorKind::ValueValidation {
            255
        } else {
            1
        }
    }

    /// The exit status of `--help`.
    pub(super) fn help_status(self) -> u8 {
        if self.is_of_hostname() { 255 } else { 0 }
    }

    /// True if a listing reports what is missing, on stderr and in JSON, without being asked.
    pub fn reports_gaps(self) -> bool {
        !matches!(self, Self::Lsns | Self::Findmnt)
    }

    /// True if listings have the form that libsmartcols gives them: JSON has a line for each key, and raw lines and pairs
    /// are in ASCII.
    pub fn is_of_libsmartcols(self) -> bool {
        matches!(self, Self::Lsns | Self::Findmnt)
    }

    /// True if faults of a file are reported in the words of libmount(3), which scripts search for.
    pub fn reports_faults_as_libmount(self) -> bool {
        self == Self::Findmnt
    }

    /// True if a path that does not exist is reported. findmnt(8) only fails then.
    pub fn reports_missing_paths(self) -> bool {
        self != Self::Findmnt
    }

    /// True if a listing has columns that the relative lacks, without being asked.
    pub fn adds_columns(self) -> bool {
        !matches!(self, Self::Lsns | Self::Findmnt)
    }

    /// True if options without effect are taken. The other names refuse them.
    pub fn takes_options_without_effect(self) -> bool {
        self == Self::Findmnt
    }

    /// True if empty values are taken: findmnt(8) reads an empty path as the root directory.
    pub fn takes_empty_values(self) -> bool {
        self == Self::Findmnt
    }

    /// True if a path is searched in a file only as a mount point. The other names find the line that it would be on.
    pub fn finds_only_mount_points_in_files(self) -> bool {
        self == Self::Findmnt
    }

    /// `unshare from ns-utils 0.1.0 (compatible with util-linux 2.43)`.
    pub(super) fn version(self) -> String {
        let (name, compatible) = (self.name(), self.compatible_with());
        format!(
            "{name} from ns-utils {} (compatible with {compatible})\n",
            env!("CARGO_PKG_VERSION")
        )
    }

    /// A text with this name instead of the program's own, and with the names of relatives instead of the other programs'.
    /// The names of pages stay: `ns-unshare(1)`.
    pub(super) fn renamed(self, text: &str) -> String {
        let mut text = with_name(text, self.program(), self.name());
        for other in RELATIVES
            .into_iter()
            .filter(|other| other.program() != self.program())
        {
            text = with_name(&text, other.program(), other.name());
        }
        text
    }
}

/// A relative of each program.
const RELATIVES: [CompatName; 5] = [
    CompatName::Unshare,
    CompatName::Nsenter,
    CompatName::Lsns,
    CompatName::Findmnt,
    CompatName::Hostname,
];

fn with_name(text: &str, program: &str, name: &str) -> String {
    let page = format!("{program}(");
    text.split(&page)
        .map(|part| part.replace(program, name))
        .collect::<Vec<_>>()
        .join(&page)
}

/// Advice in the words of the name that the program was called by.
pub(super) fn advice(text: &str) -> Cow<'_, str> {
    match CompatName::current() {
        Some(compat) => Cow::Owned(compat.renamed(text)),
        None => Cow::Borrowed(text),
    }
}

/// The name at the start of messages.
pub(super) fn shown(program: &str) -> &str {
    match CompatName::current() {
        Some(compat) => compat.name(),
        None => program,
    }
}

/// The arguments with the option that the name stands for.
pub(super) fn with_option(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut arguments = arguments.peekable();
    let option = arguments
        .peek()
        .and_then(|argv0| CompatName::of(argv0))
        .and_then(CompatName::option);
    let argv0 = arguments.next();
    argv0
        .into_iter()
        .chain(option.map(OsString::from))
        .chain(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_of_the_path() {
        assert_eq!(CompatName::of("/usr/bin/lsns".as_ref()), Some(CompatName::Lsns));
        assert_eq!(CompatName::of("findmnt".as_ref()), Some(CompatName::Findmnt));
        for own in ["ns-ls", "./ns-unshare", "", "/", "lsns2", "/lsns/ns-ls"] {
            assert_eq!(CompatName::of(own.as_ref()), None, "{own}");
        }
    }

    #[test]
    fn texts_have_the_name_and_pages_keep_theirs() {
        let text = "Usage: ns-ls [OPTIONS]\n  ns-ls -J\nSee ns-ls(8) and ns-utils(7).";
        assert_eq!(
            CompatName::Lsns.renamed(text),
            "Usage: lsns [OPTIONS]\n  lsns -J\nSee ns-ls(8) and ns-utils(7)."
        );
        assert_eq!(
            CompatName::Dnsdomainname.renamed("run: ns-enter -t 1 ns-hostname, see ns-enter(1)"),
            "run: nsenter -t 1 dnsdomainname, see ns-enter(1)"
        );
    }

    #[test]
    fn names_of_domains_stand_for_options() {
        let with = |words: &[&str]| {
            with_option(words.iter().map(OsString::from))
                .map(|word| word.into_string().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(with(&["domainname", "x"]), ["domainname", "-y", "x"]);
        assert_eq!(with(&["/bin/dnsdomainname"]), ["/bin/dnsdomainname", "-d"]);
        assert_eq!(with(&["hostname", "x"]), ["hostname", "x"]);
        assert!(with(&[]).is_empty());
    }
}
