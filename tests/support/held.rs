//! A process that waits in namespaces of its own until the case is over.

use std::fs::File;
use std::io::{BufReader, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, sendmsg,
    socketpair,
};

use super::needs;
use super::ran::{Run as _, tool};
use super::running::line_of;

/// A process held on a pipe. It ends when this is dropped, and when the test process dies: its stdin is closed then.
pub struct Held {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// The PID of the waiting shell, as the test sees it.
    pub pid: i32,
}

/// Reads its own PID from the caller's `/proc` (which `$$` in a PID namespace is not), runs the given set-up, prints
/// its PID, and waits until its stdin is closed.
const SCRIPT: &str = r#"read -r pid rest </proc/self/stat; eval "$1"; echo "$pid"; read -r line; exit 0"#;

impl Held {
    /// Runs `command` with a shell appended, which `command` must run in other namespaces. The shell first does
    /// `set_up` there.
    ///
    /// If a new `/proc` is mounted, the PID is the inner one: use [`Held::behind`] then.
    #[track_caller]
    pub fn new(command: &mut Command, set_up: &str) -> Self {
        command.args(["sh", "-c", SCRIPT, "sh", set_up]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        let pid = line_of(&mut stdout).trim().parse().unwrap_or_else(|_| {
            let status = child.wait();
            panic!("{command:?} was not ready, and ended: {status:?}")
        });
        Self { child, stdout, pid }
    }

    /// As [`Held::new`], for a process that is PID 1 of a PID namespace with its own `/proc`. Its outer PID is the last
    /// descendant of the command.
    #[track_caller]
    pub fn behind(command: &mut Command, set_up: &str) -> Self {
        let mut held = Self::new(command, set_up);
        held.pid = last_descendant(i32::try_from(held.child.id()).expect("a PID"));
        held
    }

    /// A path below its directory in `/proc`.
    pub fn proc(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.pid)
    }

    /// The number in its link of this name in `/proc/PID/ns`.
    #[track_caller]
    pub fn inode(&self, kind: &str) -> u64 {
        inode_of(&self.proc(&format!("ns/{kind}")))
    }

    /// The next line that it writes.
    pub fn line(&mut self) -> String {
        line_of(&mut self.stdout).trim_end().to_owned()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // The shell ends by itself now. A process behind a stopped one would not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number in a namespace link.
#[track_caller]
pub fn inode_of(link: &str) -> u64 {
    let target = std::fs::read_link(link).unwrap_or_else(|error| panic!("{link}: {error}"));
    let text = target.to_str().expect("a namespace link is ASCII");
    text.split(['[', ']'])
        .nth(1)
        .and_then(|inode| inode.parse().ok())
        .expect("it ends in [inode]")
}

/// A process in its own mount namespace, whose root directory was at `directory` and was unmounted. `set_up` was done
/// in the namespace.
#[track_caller]
pub fn without_a_root(directory: &Path, set_up: &str) -> Held {
    needs::tools("mount umount");
    let directory = directory.to_str().expect("it is text");
    let set_up = format!("{set_up} && mount --rbind / {directory} && exec chroot {directory} \"$@\"");
    let held = Held::new(tool("unshare").args(["-m", "sh", "-c", &set_up, "sh"]), "");
    let unmount = ["-t", &held.pid.to_string(), "-m", "umount", "-l", directory];
    assert_eq!(tool("nsenter").args(unmount).ran().status, 0);
    let root = std::fs::read_link(held.proc("root")).expect("root may read it");
    assert_eq!(root, Path::new("/"), "what was unmounted has no other path");
    held
}

/// Sends a file into a socket. It is then a descriptor of no process, until the result is dropped.
pub fn in_flight(file: File) -> (OwnedFd, OwnedFd) {
    let (family, kind, flags) = (AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC);
    let sockets = socketpair(family, kind, flags, None).expect("sockets can be made");
    let files = [file.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&files));
    sendmsg(
        &sockets.0,
        &[IoSlice::new(b".")],
        &mut control,
        SendFlags::empty(),
    )
    .expect("it can be sent");
    drop(file);
    sockets
}

/// The child of the child … of this process.
pub fn last_descendant(pid: i32) -> i32 {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    match children.split_whitespace().next() {
        Some(child) => last_descendant(child.parse().expect("a PID")),
        None => pid,
    }
}
