//! The root directory and the working directory (`chroot(2)`, `pivot_root(2)`, `chdir(2)`).

use std::fmt;
use std::os::fd::AsFd;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags};
use rustix::mount::{MoveMountFlags, OpenTreeFlags};
use rustix::thread::CapabilitySet;

use super::family::InsideFamily;
use super::process::InsideProcess;
use crate::error::Doing;

use crate::explain::paths::Reach;
use crate::explain::{Finding, Look, capability, limits, mounts, paths, restrictions};
use crate::launch::facts::{Demands, StepFacts};
use crate::launch::held::Directory;
use crate::launch::words::in_quotes;
use crate::process::in_child_within;
use crate::sys::errno::{from_rustix, lacks_resources};
use crate::{Error, Result};

/// A step that changes the root directory or the working directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryStep {
    /// Mount a copy of the mount tree at this directory over it, so that it can become the root.
    PrepareRoot(PathBuf),
    /// Make the prepared root the root, and remove the old root. If `pivot_root(2)` cannot be used, as in a chroot, use
    /// `chroot(2)`: the old root then stays in the mount namespace.
    PivotRoot(PathBuf),
    /// Make this directory the root.
    Chroot(PathBuf),
    /// Make this directory the working directory.
    Change(PathBuf),
    /// Make this directory the root, unless it is the root already. A working directory inside the new root stays;
    /// otherwise the new root becomes the working directory.
    EnterRoot(Directory),
    /// Make this directory the working directory.
    Enter(Directory),
    /// Make this directory the working directory. If that fails, or the directory is outside the root, use the root.
    TryEnter(Directory),
}

impl fmt::Display for DirectoryStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PrepareRoot(root) => write!(f, "prepare {} to become the root", in_quotes(root)),
            Self::PivotRoot(root) => {
                let root = in_quotes(root);
                write!(
                    f,
                    "make {root} the root of the mount namespace, or the root directory in a chroot"
                )
            }
            Self::Chroot(root) => write!(f, "make {} the root directory", in_quotes(root)),
            Self::Change(directory) => write!(f, "change the directory to {}", in_quotes(directory)),
            Self::EnterRoot(root) => write!(f, "change the root to {root}"),
            Self::Enter(directory) => write!(f, "change the directory to {directory}"),
            Self::TryEnter(directory) => {
                write!(f, "change the directory to {directory}, or to the root")
            }
        }
    }
}

impl InsideFamily for DirectoryStep {
    fn facts(&self) -> StepFacts {
        let facts = StepFacts::of(match self {
            Self::PrepareRoot(_) => "prepare-root",
            Self::PivotRoot(_) => "pivot-root",
            Self::Chroot(_) => "chroot",
            Self::Change(_) => "chdir",
            Self::EnterRoot(_) => "enter-root",
            Self::Enter(_) => "enter-directory",
            Self::TryEnter(_) => "try-directory",
        });
        if self.new_root().is_some() {
            facts.demanding(Demands::OTHER_ROOT)
        } else {
            facts
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        if let Some(root) = self.new_root() {
            process.reach = root;
        }
        let answer = match self {
            Self::PrepareRoot(root) => match prepare_root(root) {
                Err(Errno::EINVAL) if note_no_pivot(root, process) => Ok(()),
                answer => answer,
            },
            Self::PivotRoot(root) if process.without_pivot => chroot(root),
            Self::PivotRoot(root) => match pivot_root(root) {
                // The working directory is the new root already.
                Err(Errno::EINVAL) if note_no_pivot(root, process) => chroot(Path::new(".")),
                answer => answer,
            },
            Self::Chroot(root) => chroot(root),
            Self::Change(directory) => nix::unistd::chdir(directory),
            Self::EnterRoot(directory) | Self::Enter(directory)
                if directory_answers(directory) == Err(Errno::ETIMEDOUT) =>
            {
                return Err(Error::Unfit(format!(
                    "cannot {self}: its file system does not answer"
                )));
            }
            Self::EnterRoot(root) => enter_root(root),
            Self::Enter(directory) => change_to(directory),
            Self::TryEnter(directory) => return try_enter(directory, process),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        match self {
            Self::PrepareRoot(_) | Self::PivotRoot(_) => match errno {
                Errno::ENOSPC => limits::mounts(look),
                Errno::EINVAL => mounts::root_is_no_mount(look),
                _ => self
                    .path()
                    .and_then(|path| paths::refused(path, errno))
                    .or_else(|| restrictions::in_user_namespace(look, errno)),
            },
            Self::Chroot(_) | Self::EnterRoot(_) if errno == Errno::EPERM => {
                capability::missing(look, CapabilitySet::SYS_CHROOT)
            }
            Self::Chroot(_) | Self::Change(_) | Self::EnterRoot(_) | Self::Enter(_) | Self::TryEnter(_) => {
                paths::refused(self.path()?, errno)
            }
        }
    }
}

impl DirectoryStep {
    /// The path, if the directory is not open yet.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::PrepareRoot(path) | Self::PivotRoot(path) | Self::Chroot(path) | Self::Change(path) => {
                Some(path)
            }
            Self::EnterRoot(_) | Self::Enter(_) | Self::TryEnter(_) => None,
        }
    }

    /// How the caller reaches the files below the root that this step sets.
    fn new_root(&self) -> Option<Reach> {
        match self {
            Self::PivotRoot(root) | Self::Chroot(root) => {
                Some(std::path::absolute(root).map_or(Reach::Unknown, Reach::Below))
            }
            Self::EnterRoot(root) => Some(Reach::Below(root.path().to_owned())),
            Self::PrepareRoot(_) | Self::Change(_) | Self::Enter(_) | Self::TryEnter(_) => None,
        }
    }
}

fn chroot(root: &Path) -> nix::Result<()> {
    nix::unistd::chroot(root)?;
    nix::unistd::chdir("/")
}

/// Looks for a reason why `pivot_root(2)` cannot be used. If there is one, notes it, and returns true.
fn note_no_pivot(root: &Path, process: &mut InsideProcess) -> bool {
    let Some(reason) = mounts::no_pivot(&Look::from_elsewhere()) else {
        return false;
    };
    let root = in_quotes(root);
    let text =
        format!("{root} becomes the root directory by chroot(2), and the old root stays reachable: {reason}");
    (process.reporter.note)(&Error::Unfit(text));
    process.without_pivot = true;
    true
}

/// Mounts a copy of the mount tree at `root` over it, because a root must be a mount.
fn prepare_root(root: &Path) -> nix::Result<()> {
    if is_root(root)? {
        return Ok(());
    }
    let tree = rustix::mount::open_tree(
        CWD,
        root,
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )
    .map_err(from_rustix)?;
    // The new root and the mount below it must not be shared (pivot_root(2)). Mounts below the copy keep their
    // propagation.
    make_private(Path::new("/"), MsFlags::MS_REC)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    rustix::mount::move_mount(&tree, "", CWD, root, flags).map_err(from_rustix)?;
    // The working directory stays below the new mount, and "." as the root would lead there.
    if root.components().all(|part| part == Component::CurDir) {
        change_to(&tree)?;
    }
    make_private(root, MsFlags::empty())
}

fn make_private(path: &Path, flags: MsFlags) -> nix::Result<()> {
    const NONE: Option<&str> = None;
    mount(NONE, path, NONE, MsFlags::MS_PRIVATE | flags, NONE)
}

/// Makes the prepared root the root. The old root is on top of it for a moment, and is gone before any path is looked
/// up.
fn pivot_root(root: &Path) -> nix::Result<()> {
    if is_root(root)? {
        return nix::unistd::chdir("/");
    }
    nix::unistd::chdir(root)?;
    nix::unistd::pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    nix::unistd::chdir("/")
}

/// True if the path is the root already, so that there is no other root to pivot to.
fn is_root(path: &Path) -> nix::Result<bool> {
    let place = |path: &Path| {
        let wanted = StatxFlags::INO | StatxFlags::MNT_ID;
        let stat = rustix::fs::statx(CWD, path, AtFlags::empty(), wanted).map_err(from_rustix)?;
        Ok((
            stat.stx_dev_major,
            stat.stx_dev_minor,
            stat.stx_ino,
            stat.stx_mnt_id,
        ))
    };
    Ok(place(path)? == place(Path::new("/"))?)
}

fn enter_root(root: &Directory) -> nix::Result<()> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let before = match rustix::fs::openat(CWD, ".", flags, Mode::empty()).map_err(from_rustix) {
        Err(errno) if lacks_resources(errno) => return Err(errno),
        before => before,
    };
    // It takes no privilege to enter the present root.
    if !root.is_at("/") {
        change_to(root)?;
        nix::unistd::chroot(".")?;
    }
    let stayed = before.is_ok_and(|before| change_to(&before).is_ok());
    if !stayed || is_outside_root() {
        nix::unistd::chdir("/")?;
    }
    Ok(())
}

/// Enters the directory, or the root if that fails: nobody named this directory, so it must not keep the program from
/// starting.
fn try_enter(directory: &Directory, process: &InsideProcess) -> Result<()> {
    let outcome = match directory_answers(directory).and_then(|()| change_to(directory)) {
        Ok(()) if is_outside_root() => Err(Errno::EXDEV),
        outcome => outcome,
    };
    let Err(errno) = outcome else { return Ok(()) };
    let text = match errno {
        Errno::EXDEV => format!("{directory} is outside the root of the program: using that root"),
        Errno::ETIMEDOUT => {
            format!("{directory} cannot be entered (its file system does not answer): using the root")
        }
        errno => format!("{directory} cannot be entered ({}): using the root", errno.desc()),
    };
    (process.reporter.note)(&Error::Unfit(text));
    nix::unistd::chdir("/").doing(|| "change the directory to the root")
}

/// Fails with `ETIMEDOUT` if the directory cannot be entered within a second. Its file system can be a server of the target,
/// which never answers. A child tries it, because nothing ends such a wait. In a new PID namespace, the child takes a PID.
fn directory_answers(directory: &Directory) -> nix::Result<()> {
    if !directory.may_wait() {
        return Ok(());
    }
    let entered = in_child_within(Duration::from_secs(1), &[directory.as_fd()], |_| {
        // An error comes again here, with its own note.
        let _ = change_to(directory);
        Ok(())
    });
    match entered {
        Ok(None) => Err(Errno::ETIMEDOUT),
        // Without a child, only the directory itself can tell.
        Ok(Some(_)) | Err(_) => Ok(()),
    }
}

fn change_to(directory: impl AsFd) -> nix::Result<()> {
    rustix::process::fchdir(directory).map_err(from_rustix)
}

/// True if no path leads from the root to the working directory (`getcwd(2)`).
fn is_outside_root() -> bool {
    // In that case, glibc's getcwd fails, and the kernel's marks the path.
    match rustix::process::getcwd(Vec::new()) {
        Ok(path) => !path.to_bytes().starts_with(b"/"),
        // The directory was removed.
        Err(_) => true,
    }
}
