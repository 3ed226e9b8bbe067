//! Doing the steps that change the process itself: namespaces, mounts, root, credentials. Each is a few system calls.

use std::os::fd::{AsFd as _, AsRawFd as _};
use std::path::{Component, Path};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{Gid, Uid};
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create, fsmount,
    fsopen,
};

use super::step::Step;
use super::sysfs;
use crate::sys::errno::from_rustix;
use crate::sys::interface;
use crate::{Kind, Kinds};

const NONE: Option<&str> = None;

/// What a process file system is mounted with.
const PROC_FLAGS: MsFlags = MsFlags::MS_NOSUID
    .union(MsFlags::MS_NODEV)
    .union(MsFlags::MS_NOEXEC);

/// Does a step that needs nothing but the process it is done in. `None` where the step is of another sort.
pub(super) fn perform(step: &Step) -> Option<nix::Result<()>> {
    Some(match step {
        Step::BecomeOwner { uid, gid } => become_owner(Uid::from_raw(*uid), Gid::from_raw(*gid)),
        Step::Unshare(kinds) => nix::sched::unshare(kinds.flags()),
        Step::Setgroups(setgroups) => write("/proc/self/setgroups", setgroups.word()),
        Step::SetClock(clock, offset) => write(
            "/proc/self/timens_offsets",
            format!("{} {}\n", clock.word(), offset.kernel()),
        ),
        Step::EnterTime => enter_time(),
        Step::Propagate(propagation) => mount(NONE, "/", NONE, MsFlags::MS_REC | propagation.flag(), NONE),
        Step::LoopbackUp => interface::loopback_up(),
        Step::HostName(name) => {
            use std::os::unix::ffi::OsStrExt as _;
            nix::unistd::sethostname(std::ffi::OsStr::from_bytes(name))
        }
        Step::DomainName(name) => rustix::system::setdomainname(name).map_err(from_rustix),
        Step::PivotRoot(root) => pivot_root(root),
        Step::PrepareRoot(root) => prepare_root(root),
        Step::Chroot(root) => nix::unistd::chroot(root).and_then(|()| nix::unistd::chdir("/")),
        Step::ChangeDirectory(directory) => nix::unistd::chdir(directory),
        Step::MountProc(on) => mount_proc(on),
        Step::MountProcBelow(root, on) => mount_proc_below(root, on),
        Step::MountSys => sysfs::mount(),
        // With what is mounted below, which a user namespace may not leave out.
        Step::Bind(from, on) => mount(Some(from), on, NONE, MsFlags::MS_BIND | MsFlags::MS_REC, NONE),
        Step::MountBinfmt(on) => mount(Some("binfmt_misc"), on, Some("binfmt_misc"), PROC_FLAGS, NONE),
        Step::RegisterInterpreter(line, binfmt) => write(binfmt.join("register"), line),
        Step::SetGid(gid) => set_gid(Gid::from_raw(*gid)),
        Step::SetUid(uid) => set_uid(Uid::from_raw(*uid)),
        Step::KeepCapabilities => keep_capabilities(),
        _ => return None,
    })
}

/// Writes all of it in one `write(2)`, as the files of `/proc` want it.
pub(super) fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> nix::Result<()> {
    let file = rustix::fs::open(path.as_ref(), OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(from_rustix)?;
    let written = rustix::io::write(&file, contents.as_ref()).map_err(from_rustix)?;
    if written == contents.as_ref().len() {
        Ok(())
    } else {
        Err(Errno::EIO)
    }
}

fn become_owner(uid: Uid, gid: Gid) -> nix::Result<()> {
    nix::unistd::setgroups(&[])?;
    nix::unistd::setresgid(gid, gid, gid)?;
    nix::unistd::setresuid(uid, uid, uid)?;
    // The kernel has taken this away with the old ids, and with it our own files in /proc, the id maps among them.
    nix::sys::prctl::set_dumpable(true)
}

fn enter_time() -> nix::Result<()> {
    let link = "/proc/self/ns/time_for_children";
    let file =
        rustix::fs::open(link, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(from_rustix)?;
    nix::sched::setns(file.as_fd(), Kind::Time.flag())
}

/// Makes the mount namespace anew until its id is higher than `before`, that of the one it is to be bound in.
///
/// Linux 6.18 hands the ids out in batches, one batch a CPU, and takes a lower id for an older namespace. So this goes
/// from CPU to CPU, and, where none has a higher batch, uses a batch up.
pub(super) fn make_bindable(before: u64) -> nix::Result<()> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let own_id = || -> nix::Result<u64> {
        let file = rustix::fs::open(
            "/proc/self/ns/mnt",
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .map_err(from_rustix)?;
        crate::sys::ioctl::ns_get_id(&file)
    };
    let anew = || nix::sched::unshare(Kinds::from_iter([Kind::Mnt]).flags());
    if own_id()? > before {
        return Ok(());
    }
    let affinity = sched_getaffinity(None).map_err(from_rustix)?;
    let attempt = || -> nix::Result<()> {
        for cpu in 0..CpuSet::MAX_CPU {
            let mut only = CpuSet::new();
            only.set(cpu);
            if sched_setaffinity(None, &only).is_ok() {
                anew()?;
                if own_id()? > before {
                    return Ok(());
                }
            }
        }
        while own_id()? <= before {
            anew()?;
        }
        Ok(())
    };
    let outcome = attempt();
    sched_setaffinity(None, &affinity).map_err(from_rustix)?;
    outcome
}

/// Mounts a copy of the tree of mounts at `root` over it: a root has to be a mount.
fn prepare_root(root: &Path) -> nix::Result<()> {
    if is_root(root)? {
        return Ok(());
    }
    let tree = rustix::mount::open_tree(
        rustix::fs::CWD,
        root,
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::AT_RECURSIVE | OpenTreeFlags::OPEN_TREE_CLOEXEC,
    )
    .map_err(from_rustix)?;
    // Neither the new root nor what it is mounted on may be shared (pivot_root(2)). The copy keeps its propagation below.
    mount(NONE, "/", NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE)?;
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    rustix::mount::move_mount(&tree, "", rustix::fs::CWD, root, flags).map_err(from_rustix)?;
    // The working directory stays below what was mounted over it, and so would "." as the root.
    if root.components().all(|part| part == Component::CurDir) {
        rustix::process::fchdir(&tree).map_err(from_rustix)?;
    }
    mount(NONE, root, NONE, MsFlags::MS_PRIVATE, NONE)
}

/// Makes the prepared root the root. The old one is on top of it for a moment, and gone before any path is looked up.
fn pivot_root(root: &Path) -> nix::Result<()> {
    if is_root(root)? {
        return nix::unistd::chdir("/");
    }
    nix::unistd::chdir(root)?;
    nix::unistd::pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    nix::unistd::chdir("/")
}

/// Whether the root is what it is to become already: there is no other to pivot to.
fn is_root(path: &Path) -> nix::Result<bool> {
    let place = |path: &Path| {
        let wanted = StatxFlags::INO | StatxFlags::MNT_ID;
        let stat = rustix::fs::statx(rustix::fs::CWD, path, AtFlags::empty(), wanted).map_err(from_rustix)?;
        Ok((
            stat.stx_dev_major,
            stat.stx_dev_minor,
            stat.stx_ino,
            stat.stx_mnt_id,
        ))
    };
    Ok(place(path)? == place(Path::new("/"))?)
}

/// Mounts proc on a directory of what is to become the root. Whoever filled that tree cannot lead us out of it: links and
/// dots are followed as they will be with it as the root.
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
    // As below: nothing is to come out of a shared mount. EINVAL where nothing is mounted yet.
    let link = format!("/proc/self/fd/{}", on.as_raw_fd());
    let _ = mount(
        NONE,
        link.as_str(),
        NONE,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        NONE,
    );
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(&tree, "", &on, "", flags).map_err(from_rustix)
}

fn mount_proc(on: &Path) -> nix::Result<()> {
    // So that the new mount does not show up where this one is shared with. EINVAL where nothing is mounted yet.
    match mount(NONE, on, NONE, MsFlags::MS_REC | MsFlags::MS_PRIVATE, NONE) {
        Ok(()) | Err(Errno::EINVAL) => {}
        Err(errno) => return Err(errno),
    }
    mount(Some("proc"), on, Some("proc"), PROC_FLAGS, NONE)
}

fn set_gid(gid: Gid) -> nix::Result<()> {
    nix::unistd::setgroups(&[])?;
    nix::unistd::setresgid(gid, gid, gid)
}

pub(super) fn set_uid(uid: Uid) -> nix::Result<()> {
    // Without this the capabilities that a later step is to keep would go with uid 0. Where none keeps them, execve(2)
    // takes them away.
    rustix::thread::set_keep_capabilities(true).map_err(from_rustix)?;
    nix::unistd::setresuid(uid, uid, uid)?;
    rustix::thread::set_keep_capabilities(false).map_err(from_rustix)
}

fn keep_capabilities() -> nix::Result<()> {
    let mut sets = rustix::thread::capabilities(None).map_err(from_rustix)?;
    sets.effective = sets.permitted;
    sets.inheritable = sets.permitted;
    rustix::thread::set_capabilities(None, sets).map_err(from_rustix)?;
    for capability in sets.permitted.iter() {
        rustix::thread::configure_capability_in_ambient_set(capability, true).map_err(from_rustix)?;
    }
    Ok(())
}
