//! Mounts: their propagation, and the file systems that belong to new namespaces (`mount(2)`).

use std::fmt;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, StatVfsMountFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create, fsmount,
    fsopen, move_mount, open_tree,
};

use super::directories::DirectoryStep;
use super::family::InsideFamily;
use super::process::InsideProcess;
use super::sysfs;
use crate::error::Doing;
use crate::escape::{quoted, word};
use crate::explain::{Finding, Look, capability, limits, mounts, paths, restrictions};
use crate::launch::facts::{Demands, StepFacts};
use crate::launch::proc_file;
use crate::launch::settings::PropagationType;
use crate::launch::words::in_quotes;
use crate::sys::errno::from_rustix;
use crate::{Error, Kind, Result};

const NONE: Option<&str> = None;

/// The mount flags of a process file system.
const PROC_FLAGS: MsFlags = MsFlags::MS_NOSUID
    .union(MsFlags::MS_NODEV)
    .union(MsFlags::MS_NOEXEC);

/// A step that changes the mounts of the mount namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountStep {
    /// Set the propagation of all mounts (`mount_namespaces(7)`).
    Propagate(PropagationType),
    /// Mount the `/proc` of the PID namespace.
    Proc(PathBuf),
    /// Mount the `/proc` of the PID namespace on the second directory as it is below the first, which will become the
    /// root.
    ProcBelow(PathBuf, PathBuf),
    /// Mount the sysfs of the network namespace on `/sys`, and keep the mounts below it.
    Sys,
    /// Bind the file or directory at the first path over the second. A file covers a link itself, and not its target.
    Bind(PathBuf, PathBuf),
    /// Mount the `binfmt_misc` of the user namespace.
    Binfmt(PathBuf),
    /// Register an interpreter: the line, and the mounted `binfmt_misc`.
    RegisterInterpreter(Vec<u8>, PathBuf),
}

impl fmt::Display for MountStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Propagate(propagation) => write!(f, "make all mounts {}", propagation.word()),
            Self::Proc(on) => write!(f, "mount proc on {}", in_quotes(on)),
            Self::ProcBelow(root, on) => {
                let (root, on) = (in_quotes(root), in_quotes(on));
                write!(f, "mount proc on {on} in the new root {root}")
            }
            Self::Sys => f.write_str("mount sysfs on \"/sys\", and keep the mounts below it"),
            Self::Bind(from, on) => write!(f, "bind {} over {}", in_quotes(from), in_quotes(on)),
            Self::Binfmt(on) => write!(f, "mount binfmt_misc on {}", in_quotes(on)),
            Self::RegisterInterpreter(line, _) => write!(f, "register the interpreter {}", quoted(line)),
        }
    }
}

impl InsideFamily for MountStep {
    fn facts(&self) -> StepFacts {
        match self {
            Self::Propagate(_) => StepFacts::of("propagate"),
            Self::Proc(_) | Self::ProcBelow(..) => StepFacts::of("mount-proc"),
            // The kernel refuses the sysfs of a network namespace that belongs to others. The old one then stays.
            Self::Sys => StepFacts::of("mount-sys").may_fail_with(&[Errno::EPERM]),
            // There is nothing to bind over, or one is a directory and the other is none.
            Self::Bind(..) => StepFacts::of("bind").may_fail_with(&[Errno::ENOENT, Errno::ENOTDIR]),
            Self::Binfmt(_) => StepFacts::of("mount-binfmt"),
            Self::RegisterInterpreter(..) => StepFacts::of("register-interpreter"),
        }
    }

    fn perform(&self, process: &mut InsideProcess) -> Result<()> {
        let answer = match self {
            Self::Propagate(propagation) => {
                match mount(NONE, "/", NONE, MsFlags::MS_REC | propagation.flag(), NONE) {
                    Err(Errno::EINVAL) if note_no_propagation(process) => Ok(()),
                    answer => answer,
                }
            }
            Self::Proc(on) => mount_proc(on),
            Self::ProcBelow(root, on) => mount_proc_below(root, on),
            Self::Sys => return sysfs::mount(&self.to_string()),
            Self::Bind(from, on) => bind_over(from, on),
            Self::Binfmt(on) => mount(Some("binfmt_misc"), on, Some("binfmt_misc"), PROC_FLAGS, NONE),
            Self::RegisterInterpreter(line, binfmt) => register_interpreter(line, binfmt, process),
        };
        answer.doing(|| self.to_string())
    }

    fn cause(&self, look: &Look, errno: Errno) -> Option<Finding> {
        if errno == Errno::ENOSPC {
            return limits::mounts(look);
        }
        match self {
            Self::Propagate(_) => match errno {
                Errno::EINVAL => mounts::root_is_no_mount(look),
                _ => restrictions::in_user_namespace(look, errno),
            },
            Self::Proc(_) | Self::ProcBelow(..) => (errno == Errno::EPERM)
                .then(|| mounts::proc(look))
                .flatten()
                .or_else(|| paths::refused(&self.mount_point()?, errno))
                .or_else(|| restrictions::in_user_namespace(look, errno)),
            Self::Sys => (errno == Errno::EPERM)
                .then(|| capability::not_owner(look, Kind::Net))
                .flatten()
                .or_else(|| restrictions::in_user_namespace(look, errno)),
            Self::Bind(from, on) if errno == Errno::ENOENT => mounts::nothing_there(from, on),
            Self::Bind(from, on) if errno == Errno::ENOTDIR => mounts::not_alike(from, on),
            Self::RegisterInterpreter(line, binfmt) => mounts::not_registered(line, binfmt, errno),
            Self::Binfmt(_) => paths::refused(&self.mount_point()?, errno),
            Self::Bind(..) => None,
        }
    }
}

impl MountStep {
    /// The path of the directory that a file system is mounted on.
    fn mount_point(&self) -> Option<PathBuf> {
        match self {
            Self::Proc(on) | Self::Binfmt(on) => Some(on.clone()),
            Self::ProcBelow(root, on) => Some(paths::below(root, on)),
            Self::Propagate(_) | Self::Sys | Self::Bind(..) | Self::RegisterInterpreter(..) => None,
        }
    }
}

/// In a chroot to a plain directory, the propagation of its mounts cannot be set as a whole. If another root is wanted,
/// this notes it and returns true: that root is then set by `chroot(2)`.
fn note_no_propagation(process: &InsideProcess) -> bool {
    let goes_on = process.demands.contains(Demands::OTHER_ROOT)
        && mounts::root_is_no_mount(&Look::from_elsewhere()).is_some();
    if goes_on {
        let text = "mounts keep their propagation: the root directory is not a mount point";
        (process.reporter.note)(&Error::Unfit(text.into()));
    }
    goes_on
}

/// Binds over an entry of a directory. A link is not followed: its target may be replaced by others later, and the kernel
/// would then remove what is mounted on it. A link is no directory, so a directory covers the target of a link.
fn bind_over(from: &Path, on: &Path) -> nix::Result<()> {
    // This includes the mounts below, which a user namespace must not leave out.
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = open_tree(CWD, from, flags).map_err(from_rustix)?;
    let is_directory = |mode| FileType::from_raw_mode(mode) == FileType::Directory;
    let directory = is_directory(rustix::fs::fstat(&tree).map_err(from_rustix)?.st_mode);
    let (links, look) = if directory {
        (MoveMountFlags::MOVE_MOUNT_T_SYMLINKS, AtFlags::empty())
    } else {
        (MoveMountFlags::empty(), AtFlags::SYMLINK_NOFOLLOW)
    };
    match move_mount(
        &tree,
        "",
        CWD,
        on,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | links,
    ) {
        // mount(2) says what is wrong.
        Err(rustix::io::Errno::INVAL)
            if rustix::fs::statat(CWD, on, look)
                .is_ok_and(|stat| is_directory(stat.st_mode) != directory) =>
        {
            Err(Errno::ENOTDIR)
        }
        answer => answer.map_err(from_rustix),
    }
}

fn mount_proc(on: &Path) -> nix::Result<()> {
    // This keeps the new mount from propagating. EINVAL means that nothing is mounted here yet.
    match mount(NONE, on, NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE) {
        Ok(()) | Err(Errno::EINVAL) => {}
        Err(errno) => return Err(errno),
    }
    mount(Some("proc"), on, Some("proc"), PROC_FLAGS, NONE)
}

/// Mounts proc on a directory of the future root. The owner of that tree cannot lead this process out of it: links and
/// dots are resolved as if it were the root.
fn mount_proc_below(root: &Path, on: &Path) -> nix::Result<()> {
    let path = OFlags::PATH | OFlags::CLOEXEC;
    let root = rustix::fs::open(root, path | OFlags::DIRECTORY, Mode::empty()).map_err(from_rustix)?;
    let on =
        rustix::fs::openat2(&root, on, path, Mode::empty(), ResolveFlags::IN_ROOT).map_err(from_rustix)?;
    let proc = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC).map_err(from_rustix)?;
    fsconfig_create(&proc).map_err(from_rustix)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let tree = fsmount(&proc, FsMountFlags::FSMOUNT_CLOEXEC, attributes).map_err(from_rustix)?;
    // As above, the new mount must not propagate. EINVAL means that nothing is mounted here yet.
    let link = format!("/proc/self/fd/{}", on.as_raw_fd());
    let _ = mount(
        NONE,
        link.as_str(),
        NONE,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        NONE,
    );
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    move_mount(&tree, "", &on, "", flags).map_err(from_rustix)
}

/// Fails if the future root lacks the directory that its `/proc` is mounted on, or does not exist. `on` is relative to the
/// root. This is for a look before anything is made; what else may be wrong shows when the step is done.
pub fn check_proc_below(root: &Path, on: &Path) -> Result<()> {
    let path = OFlags::PATH | OFlags::CLOEXEC;
    let refused = |errno, cause: String, help| {
        let step = MountStep::ProcBelow(root.to_owned(), on.to_owned());
        Err(Error::kernel(step.to_string(), errno).explained(Some(cause), help))
    };
    let inside = paths::below(root, on);
    let name = quoted(inside.as_os_str().as_bytes());
    let is_missing = |errno| matches!(errno, rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR);
    let directory = match rustix::fs::open(root, path | OFlags::DIRECTORY, Mode::empty()) {
        Err(errno) if is_missing(errno) => {
            return Err(errno).doing(|| DirectoryStep::PrepareRoot(root.to_owned()).to_string());
        }
        Err(_) => return Ok(()),
        Ok(directory) => directory,
    };
    match rustix::fs::openat2(&directory, on, path, Mode::empty(), ResolveFlags::IN_ROOT) {
        Err(errno) if is_missing(errno) => refused(
            from_rustix(errno),
            format!("there is no directory {name}"),
            is_writable(&directory).then(|| format!("mkdir {}", word(&inside))),
        ),
        Ok(found) if !is_directory(&found) => {
            refused(Errno::ENOTDIR, format!("{name} is not a directory"), None)
        }
        _ => Ok(()),
    }
}

/// True unless the file system or the mount is read-only.
fn is_writable(directory: &OwnedFd) -> bool {
    rustix::fs::fstatvfs(directory).map_or(true, |system| !system.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// True unless this is known to be something else.
fn is_directory(file: &OwnedFd) -> bool {
    rustix::fs::fstat(file).map_or(true, |stat| {
        FileType::from_raw_mode(stat.st_mode) == FileType::Directory
    })
}

fn register_interpreter(line: &[u8], binfmt: &Path, process: &mut InsideProcess) -> nix::Result<()> {
    // The kernel forgets the interpreters when the mount is gone, for example after a change of the root.
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    process.kept = Some(rustix::fs::open(binfmt, flags, Mode::empty()).map_err(from_rustix)?);
    proc_file::write(binfmt.join("register"), line)
}
