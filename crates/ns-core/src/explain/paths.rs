//! Paths: why one cannot be followed, or why a file cannot be created or written at it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use rustix::fs::{Access, AtFlags, CWD, accessat};

use super::finding::Finding;
use crate::escape::{quoted, word};
use crate::process::Process;

/// How many links are followed on the way to a directory that is closed.
const LINKS: usize = 8;

/// How the caller reaches the files that a process sees, for commands in a help text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// By the same paths.
    Same,
    /// Below this directory, which is the root directory of the process.
    Below(PathBuf),
    /// In no way that is known.
    Unknown,
}

impl Reach {
    /// The command with the file as its last argument.
    pub(super) fn command(&self, command: &str, path: &Path) -> Option<String> {
        let path = match self {
            Self::Same => path.to_owned(),
            // A link below the directory leads elsewhere for the caller.
            Self::Below(root) => below(root, &path.canonicalize().ok()?),
            Self::Unknown => return None,
        };
        Some(format!("{command} {}", word(path)))
    }
}

/// Why the kernel does not follow this path. The error itself names the whole path.
pub(crate) fn refused(path: &Path, errno: Errno) -> Option<Finding> {
    match errno {
        Errno::EACCES => closed(path, LINKS).or_else(|| is_closed(path).then(|| may_not("search", path))),
        Errno::ENOENT => missing(path),
        Errno::ENOTDIR => no_directory(path),
        _ => None,
    }
}

/// Why the caller may not create or write the file at this path.
pub(crate) fn not_written(path: &Path, errno: Errno) -> Option<Finding> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    if errno != Errno::EACCES {
        return refused(path, errno);
    }
    let above = closed(parent, LINKS).or_else(|| is_closed(parent).then(|| may_not("search", parent)));
    above.or_else(|| {
        if path.symlink_metadata().is_err() {
            may_refuse(parent, Access::WRITE_OK).then(|| may_not("create files in", parent))
        } else {
            may_refuse(path, Access::WRITE_OK).then(|| may_not("write to", path))
        }
    })
}

/// Why the caller may not remove files from this directory.
pub(crate) fn not_removed(directory: &Path) -> Option<Finding> {
    let above =
        closed(directory, LINKS).or_else(|| is_closed(directory).then(|| may_not("search", directory)));
    above.or_else(|| may_refuse(directory, Access::WRITE_OK).then(|| may_not("remove files from", directory)))
}

fn may_not(what: &str, path: &Path) -> Finding {
    Finding::new(format!("the caller may not {what} {}", name(path)))
}

fn name(path: &Path) -> String {
    quoted(path.as_os_str().as_bytes())
}

/// The path and the paths above it, from the top.
fn parts(path: &Path) -> Vec<&Path> {
    let mut parts: Vec<_> = path
        .ancestors()
        .filter(|part| !part.as_os_str().is_empty())
        .collect();
    parts.reverse();
    parts
}

fn errno_of(answer: std::io::Result<std::fs::Metadata>) -> Option<Errno> {
    answer.err()?.raw_os_error().map(Errno::from_raw)
}

fn may_refuse(path: &Path, access: Access) -> bool {
    accessat(CWD, path, access, AtFlags::EACCESS) == Err(rustix::io::Errno::ACCESS)
}

/// True if this is a directory that the caller may not search.
fn is_closed(directory: &Path) -> bool {
    directory.is_dir() && may_refuse(directory, Access::EXEC_OK)
}

/// The directory on the way that the caller may not search, or the process whose directory the path leads through.
fn closed(path: &Path, links: usize) -> Option<Finding> {
    let refused = parts(path)
        .into_iter()
        .find(|part| errno_of(part.metadata()) == Some(Errno::EACCES))?;
    if let Some(process) = process_of(refused)
        && let Some((cause, help)) = process.privacy()
    {
        let finding = Finding::new(cause);
        return Some(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }
    let parent = refused.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    if is_closed(parent) {
        return Some(may_not("search", parent));
    }
    let target = std::fs::read_link(refused).ok()?;
    closed(&parent.join(target), links.checked_sub(1)?)
}

/// The process in whose directory in `/proc` this path is.
fn process_of(path: &Path) -> Option<Process> {
    let mut parts = path.strip_prefix("/proc").ok()?.components();
    let (Some(Component::Normal(pid)), Some(_)) = (parts.next(), parts.next()) else {
        return None;
    };
    Process::open(pid.to_str()?.parse().ok()?).ok()
}

/// The first part of the path that is missing: a directory above, or the target of a link.
pub(crate) fn missing(path: &Path) -> Option<Finding> {
    dead_link(path).or_else(|| {
        let part = first_missing(path)?;
        (part != path).then(|| Finding::new(format!("{} does not exist", name(part))))
    })
}

/// The first part of the path that is missing, if it is a link to nowhere.
pub(crate) fn dead_link(path: &Path) -> Option<Finding> {
    let part = first_missing(path)?;
    let target = std::fs::read_link(part).ok()?;
    Some(Finding::new(format!(
        "{} is a link to {}, which does not exist",
        name(part),
        name(&target)
    )))
}

fn first_missing(path: &Path) -> Option<&Path> {
    let mut parts = parts(path).into_iter();
    parts.find(|part| errno_of(part.metadata()) == Some(Errno::ENOENT))
}

/// The first part of the path that is no directory, although the path goes on below it.
fn no_directory(path: &Path) -> Option<Finding> {
    let parts = parts(path);
    let above: &[&Path] = parts.split_last()?.1;
    let part = above
        .iter()
        .find(|part| part.metadata().is_ok_and(|data| !data.is_dir()))?;
    Some(Finding::new(format!("{} is not a directory", name(part))))
}

/// The absolute path of a directory below another root, with no dots to lead out of it.
pub(crate) fn below(root: &Path, path: &Path) -> PathBuf {
    let inside = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)));
    inside.fold(root.to_owned(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_part_of_the_path_that_is_in_the_way_is_named() {
        let top = tempfile::tempdir().unwrap();
        let path = |below: &str| top.path().join(below);
        std::fs::write(path("file"), "").unwrap();
        symlink("/no/such", path("link")).unwrap();
        let cause = |below: &str, errno| {
            let cause = refused(&path(below), errno)?.cause;
            Some(cause.replace(top.path().to_str().unwrap(), "TOP"))
        };
        assert_eq!(
            cause("no/file", Errno::ENOENT).unwrap(),
            "\"TOP/no\" does not exist"
        );
        assert_eq!(cause("no", Errno::ENOENT), None);
        assert_eq!(
            cause("link/file", Errno::ENOENT).unwrap(),
            "\"TOP/link\" is a link to \"/no/such\", which does not exist"
        );
        assert_eq!(
            cause("file/below", Errno::ENOTDIR).unwrap(),
            "\"TOP/file\" is not a directory"
        );
        assert_eq!(cause("file", Errno::ENOTDIR), None);
        assert_eq!(cause("file", Errno::EACCES), None);
    }
}
