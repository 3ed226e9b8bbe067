//! Checks of user namespaces here: whether they can be created, the ids of this one, and whether this is a chroot.

use std::fs::File;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sched::CloneFlags;
use nix::sys::stat::{Mode, fstat};

use super::held::inode_of;
use super::user::ID;

/// The arguments for which this program does a check, in a process with one thread.
const MAKE: &str = "--make-a-user-namespace";
const ENTER: &str = "--enter-own-mount-namespace";

/// The inode of the first user namespace (`PROC_USER_INIT_INO`, <linux/nsfs.h>).
const FIRST: u64 = 0xefff_fffd;

/// Does the check that this program was started for, if it was started for one.
pub fn helper() -> Option<ExitCode> {
    let done = match std::env::args().nth(1)?.as_str() {
        MAKE => nix::sched::unshare(CloneFlags::CLONE_NEWUSER),
        ENTER => enter_own_mounts(),
        _ => return None,
    };
    Some(match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(errno) => {
            eprint!("{}", errno.desc());
            ExitCode::FAILURE
        }
    })
}

/// Enters its own mount namespace again, which leads to the root directory of that namespace, and fails if the root
/// changes.
fn enter_own_mounts() -> nix::Result<()> {
    let root = || nix::fcntl::open("/", OFlag::O_PATH, Mode::empty());
    let own = File::open("/proc/self/ns/mnt").expect("it can be opened");
    let before = root()?;
    nix::sched::setns(own, CloneFlags::CLONE_NEWNS)?;
    let mount = |file: &OwnedFd| {
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd()));
        let info = info.expect("proc is mounted there too");
        info.lines()
            .find(|line| line.starts_with("mnt_id"))
            .map(str::to_owned)
    };
    let (before, after) = (before, root()?);
    let same = mount(&before) == mount(&after) && fstat(&before)?.st_ino == fstat(&after)?.st_ino;
    if same { Ok(()) } else { Err(Errno::EXDEV) }
}

/// Why the caller or the ordinary user cannot create a user namespace.
pub fn can_be_made() -> Result<(), String> {
    static ANSWER: OnceLock<Result<(), String>> = OnceLock::new();
    ANSWER
        .get_or_init(|| {
            tried(None)?;
            let other = nix::unistd::geteuid().is_root() && has_id(ID);
            if other { tried(Some(ID)) } else { Ok(()) }
        })
        .clone()
}

fn tried(user: Option<u32>) -> Result<(), String> {
    let who = if user.is_some() {
        "the ordinary user"
    } else {
        "the caller"
    };
    again(MAKE, user).map_err(|why| format!("{who} can make no user namespace: {why}"))
}

/// True if the root directory is the root of the mount namespace. Only root can find out.
pub fn has_whole_root() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| again(ENTER, None).is_ok())
}

/// Runs this program again for this word, and returns its errno if it fails.
fn again(word: &str, user: Option<u32>) -> Result<(), String> {
    // The user may not enter the directory of the file, but can use the link to it.
    let mut again = Command::new("/proc/self/exe");
    again.arg(word);
    if let Some(id) = user {
        again.uid(id).gid(id);
    }
    let output = again.output().expect("the test program runs again");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// True if this is the first user namespace.
pub fn first_user_namespace() -> bool {
    inode_of("/proc/self/ns/user") == FIRST
}

/// True if this is the first PID namespace, whose inode is fixed.
pub fn first_pid_namespace() -> bool {
    inode_of("/proc/self/ns/pid") == 4_026_531_836
}

/// True if this user namespace has this uid and gid.
pub fn has_id(id: u32) -> bool {
    ["uid_map", "gid_map"]
        .into_iter()
        .all(|file| outer(file, id).is_some())
}

/// The uid outside of this user namespace that this uid is.
pub fn outer_id(id: u32) -> Option<u32> {
    outer("uid_map", id)
}

fn outer(file: &str, id: u32) -> Option<u32> {
    let map = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    map.lines().find_map(|line| {
        let mut numbers = line
            .split_whitespace()
            .filter_map(|number| number.parse::<u32>().ok());
        let (first, outer, count) = (numbers.next()?, numbers.next()?, numbers.next()?);
        (id >= first && id - first < count).then(|| outer + (id - first))
    })
}
