//! Target: how a person names a process or a namespace. Parsed without looking at the system, then found and opened.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::str::FromStr;

use crate::error::quoted;
use crate::process::{Pid, Process};
use crate::{Error, Kind, Namespace, Result};

/// A process or a namespace, as it was named.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// `4711`: the process.
    Process(Pid),
    /// `4711:9001`: the process, if the inode of its pidfd is 9001.
    SameProcess(Pid, u64),
    /// `/run/netns/blue`, `./ns`: a namespace file.
    File(PathBuf),
}

/// What a target turned out to be, held open.
#[derive(Debug)]
pub enum Subject {
    /// A process.
    Process(Process),
    /// A namespace.
    Namespace(Namespace),
}

impl Target {
    /// Reads a target: bytes, as a path may be no text.
    pub fn parse(text: impl AsRef<OsStr>) -> Result<Self> {
        let text = text.as_ref();
        if text.as_bytes().contains(&b'/') {
            return Ok(Self::File(text.into()));
        }
        text.to_str()
            .unwrap_or_default()
            .parse()
            .map_err(|error| match error {
                Error::Invalid { what, why, .. } => Error::invalid(what, text.as_bytes(), why),
                error => error,
            })
    }

    /// Finds it and holds it open.
    pub fn open(&self) -> Result<Subject> {
        match self {
            Self::Process(pid) => Process::open(*pid).map(Subject::Process),
            Self::SameProcess(pid, inode) => {
                let process = Process::open(*pid)?;
                if process.inode()? == *inode {
                    Ok(Subject::Process(process))
                } else {
                    Err(Error::NotFound(format!(
                        "process {pid} is not the one with the pidfd inode {inode}: that one has ended"
                    )))
                }
            }
            Self::File(path) => Namespace::open(path).map(Subject::Namespace),
        }
    }
}

impl Subject {
    /// Its namespace of this kind: that of the process, or the namespace itself.
    ///
    /// [`Error::Unfit`] where it is a namespace of another kind.
    pub fn namespace(self, kind: Kind) -> Result<Namespace> {
        match self {
            Self::Process(process) => process.namespace(kind),
            Self::Namespace(namespace) if namespace.kind() == kind => Ok(namespace),
            Self::Namespace(namespace) => {
                let found = namespace.kind().a_namespace();
                Err(Error::Unfit(format!(
                    "{namespace} is {found}, not {}",
                    kind.a_namespace()
                )))
            }
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let why = "it is a PID, PID:INODE or the path of a namespace file, with a slash in it";
        let invalid = || Error::invalid("target", text, why);
        if text.contains('/') {
            return Ok(Self::File(text.into()));
        }
        match text.split_once(':') {
            None => text.parse().map(Self::Process).map_err(|_| invalid()),
            Some((pid, inode)) => {
                let pid = pid.parse().map_err(|_| invalid())?;
                let inode = inode.parse().map_err(|_| invalid())?;
                Ok(Self::SameProcess(pid, inode))
            }
        }
    }
}

/// As it is written, and as an error shows it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(pid) => write!(f, "{pid}"),
            Self::SameProcess(pid, inode) => write!(f, "{pid}:{inode}"),
            Self::File(path) => f.write_str(&quoted(path.as_os_str().as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_process_or_a_file() {
        let pid = Pid::new(4711).unwrap();
        assert_eq!(Target::parse("4711").unwrap(), Target::Process(pid));
        assert_eq!(
            Target::parse("4711:9001").unwrap(),
            Target::SameProcess(pid, 9001)
        );
        assert_eq!(Target::parse("./ns").unwrap(), Target::File("./ns".into()));
        let path = OsStr::from_bytes(b"/run/\xff");
        assert_eq!(Target::parse(path).unwrap(), Target::File(path.into()));
        for text in ["", "0", "x", "-1", "4711:", ":1", "1:2:3"] {
            assert!(Target::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_process_is_only_itself() {
        let own = Process::open(Pid::own()).unwrap();
        let inode = own.inode().unwrap();
        assert!(Target::SameProcess(Pid::own(), inode).open().is_ok());
        let error = Target::SameProcess(Pid::own(), inode + 1).open().unwrap_err();
        assert!(error.to_string().ends_with("that one has ended"), "{error}");
    }

    #[test]
    fn a_namespace_has_one_kind_only() {
        let subject = Target::parse("/proc/self/ns/uts").unwrap().open().unwrap();
        let error = subject.namespace(Kind::Net).unwrap_err().to_string();
        assert!(
            error.ends_with("is a UTS namespace, not a network namespace"),
            "{error}"
        );
    }
}
