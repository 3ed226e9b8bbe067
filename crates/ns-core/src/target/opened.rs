//! A target that has been opened: a process or namespaces, and the words to speak of them.

use std::path::Path;

use super::destination::{Destination, of_process};
use super::pinned::Pinned;
use super::{Target, cgroups, namespaces, processes};
use crate::escape::quoted;
use crate::process::{Pid, Process};
use crate::{Error, Kind, Kinds, Namespace, Result};
use std::os::unix::ffi::OsStrExt as _;

/// What a target named, held open.
#[derive(Debug)]
pub struct Opened {
    named: Named,
    words: String,
}

#[derive(Debug)]
enum Named {
    /// A process, which has a namespace of every kind.
    Process(Process),
    Namespace(Namespace),
    /// The namespaces that are pinned under a name, at most one of each kind.
    Pinned(Pinned),
}

impl Target {
    /// Finds what the target names and opens it.
    ///
    /// [`Error::NotFound`] if nothing has this name, [`Error::Ambiguous`] if several have it.
    pub fn open(&self) -> Result<Opened> {
        let named = match self {
            Self::Process(pid) => Named::Process(processes::by_pid(*pid)?),
            Self::SameProcess(pid, inode) => Named::Process(processes::by_pid_and_inode(*pid, *inode)?),
            Self::File(path) => {
                let opened = Namespace::open(path);
                Named::Namespace(opened.map_err(|error| explain_file_of_process(path, error))?)
            }
            Self::Name(name) => Named::Pinned(Pinned::find(name)?),
            Self::Inode(kind, inode) => Named::Namespace(namespaces::by_inode(*kind, *inode)?),
            Self::Id(id) => Named::Namespace(namespaces::by_id(*id)?),
            Self::Host(name) => Named::Namespace(namespaces::by_host_name(name)?),
            Self::Unit(name) => Named::Process(cgroups::by_unit(name)?),
            Self::Container(id) => Named::Process(cgroups::by_container(id)?),
        };
        Ok(Opened::new(named, self))
    }

    /// Opens the target as [`Self::open`] does. A name that is not pinned can also be a namespace file in the working
    /// directory, as for nsenter(1).
    pub fn open_name_or_file(&self) -> Result<Opened> {
        match (self, self.open()) {
            (Self::Name(name), Err(not_pinned)) if not_pinned.is_not_found() => match Namespace::open(name) {
                Err(file) if file.is_not_found() => Err(not_pinned),
                file => Ok(Opened::new(Named::Namespace(file?), self)),
            },
            (_, opened) => opened,
        }
    }
}

impl Opened {
    fn new(named: Named, target: &Target) -> Self {
        let words = match &named {
            Named::Process(process) => of_process(process.pid()),
            Named::Namespace(_) | Named::Pinned(_) => target.to_string(),
        };
        Self { named, words }
    }

    /// The words after "the network namespace": `of process 4711`, or the target as the user spelled it.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The kinds of which it gives a namespace, including kinds with a stale pin. A caller who wants all kinds must get
    /// the error, and must not continue in its own namespace.
    pub fn kinds(&self) -> Kinds {
        match &self.named {
            Named::Process(_) => Kinds::ALL,
            Named::Namespace(namespace) => [namespace.kind()].into_iter().collect(),
            Named::Pinned(pinned) => pinned.kinds(),
        }
    }

    /// The namespace of this kind: the one that the process is in, the namespace itself, or the one pinned under the name.
    ///
    /// [`Error::Unfit`] if the target gives none of this kind.
    pub fn namespace(&self, kind: Kind) -> Result<Namespace> {
        match &self.named {
            Named::Process(process) => process.namespace(kind),
            Named::Namespace(namespace) if namespace.kind() == kind => Ok(namespace.clone()),
            Named::Namespace(namespace) => {
                let found = namespace.kind().a_namespace();
                Err(Error::Unfit(format!(
                    "{namespace} is {found}, not {}",
                    kind.a_namespace()
                )))
            }
            Named::Pinned(pinned) => pinned.namespace(kind),
        }
    }

    /// The namespace of this kind, to be entered later; see [`Self::namespace`].
    pub fn destination(&self, kind: Kind) -> Result<Destination> {
        match &self.named {
            Named::Process(process) => Destination::of_process(process, kind),
            Named::Namespace(_) | Named::Pinned(_) => {
                Ok(Destination::new(self.namespace(kind)?, self.words.as_str()))
            }
        }
    }

    /// The process that the target named, if it named one.
    pub fn process(&self) -> Option<&Process> {
        match &self.named {
            Named::Process(process) => Some(process),
            Named::Namespace(_) | Named::Pinned(_) => None,
        }
    }

    /// The process that the target must have named. [`Error::Unfit`] if it named namespaces.
    pub fn into_process(self) -> Result<Process> {
        let what = match self.named {
            Named::Process(process) => return Ok(process),
            Named::Namespace(namespace) => format!("{namespace} is a namespace"),
            Named::Pinned(pinned) => {
                format!("{} is the name of a namespace", quoted(pinned.name().as_bytes()))
            }
        };
        Err(Error::Unfit(format!("{what}, not a process")))
    }
}

/// Adds the cause to the error if the path leads through the directory of a process: `/proc/4711/ns/net`.
fn explain_file_of_process(path: &Path, error: Error) -> Error {
    let Some((pid, thread, file)) = file_of_process(path) else {
        return error;
    };
    let process = Process::open(pid);
    if !error.is_not_found() || !path.is_symlink() {
        return match process {
            Ok(process) => process.explain(error),
            // The process may be hidden.
            Err(why) if error.is_not_found() && why.cause().is_some() => {
                error.explained(why.cause().map(str::to_owned), why.help().map(str::to_owned))
            }
            Err(_) => error,
        };
    }
    // The link exists as long as the thread does, even if the thread has exited and left its namespaces.
    let name = quoted(path.as_os_str().as_bytes());
    let error = Error::NotFound(format!("{name} leads to no namespace any more"));
    let living = match &process {
        Ok(process) => process.living_thread().map(|(living, _)| living),
        Err(missing) => return error.explained(Some(missing.to_string()), None),
    };
    let exited = match thread.filter(|thread| *thread != pid) {
        Some(thread) => format!("thread {thread} of process {pid} has exited"),
        None if living.is_some() => format!("the first thread of process {pid} has exited; others are alive"),
        None => return error,
    };
    let other = match living {
        Some(living) => format!("/proc/{pid}/task/{living}/{}", file.display()),
        None => format!("/proc/{pid}/{}", file.display()),
    };
    error.explained(
        Some(exited),
        Some(format!("use the file of another thread: {other}")),
    )
}

/// The process, the thread if there is one, and the rest of a path below its directory.
fn file_of_process(path: &Path) -> Option<(Pid, Option<Pid>, &Path)> {
    let number = |path: &Path| -> Option<Pid> { path.iter().next()?.to_str()?.parse().ok() };
    let below = path.strip_prefix("/proc").ok()?;
    let pid = number(below)?;
    let rest = below.strip_prefix(pid.to_string()).ok()?;
    let Ok(task) = rest.strip_prefix("task") else {
        return Some((pid, None, rest));
    };
    let thread = number(task)?;
    Some((pid, Some(thread), task.strip_prefix(thread.to_string()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_gives_all_kinds() {
        let opened = Target::Process(Pid::own()).open().unwrap();
        assert_eq!(opened.kinds(), Kinds::ALL);
        for kind in Kind::ALL {
            let own = Namespace::own(kind).unwrap();
            assert_eq!(opened.namespace(kind).unwrap().identity(), own.identity());
            assert_eq!(opened.destination(kind).unwrap().identity(), own.identity());
        }
        assert_eq!(opened.words(), format!("of process {}", Pid::own()));
        assert_eq!(opened.into_process().unwrap().pid(), Pid::own());
    }

    #[test]
    fn a_namespace_gives_itself_only() {
        let opened = Target::parse("/proc/self/ns/uts").unwrap().open().unwrap();
        assert_eq!(opened.kinds().to_string(), "uts");
        assert_eq!(opened.words(), "\"/proc/self/ns/uts\"");
        let own = Namespace::own(Kind::Uts).unwrap();
        assert_eq!(opened.namespace(Kind::Uts).unwrap().identity(), own.identity());
        assert_eq!(
            opened.destination(Kind::Uts).unwrap().to_string(),
            "the UTS namespace \"/proc/self/ns/uts\""
        );
        let error = opened.namespace(Kind::Net).unwrap_err().to_string();
        assert!(
            error.ends_with("is a UTS namespace, not a network namespace"),
            "{error}"
        );
        assert_eq!(opened.destination(Kind::Net).unwrap_err().to_string(), error);
        let error = opened.into_process().unwrap_err().to_string();
        assert!(error.ends_with("is a namespace, not a process"), "{error}");
    }

    #[test]
    fn a_name_that_nobody_has_given_is_answered_with_those_that_are() {
        let target = Target::parse("no-such-name-of-ns-utils").unwrap();
        for error in [target.open(), target.open_name_or_file()].map(Result::unwrap_err) {
            assert_eq!(
                error.to_string(),
                "no namespace is pinned under the name \"no-such-name-of-ns-utils\""
            );
            assert!(error.help().is_some());
        }
    }
}
