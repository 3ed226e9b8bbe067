//! A step of a plan: data that says what is done, and in which words.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::rc::Rc;

use nix::errno::Errno;

use super::cgroup::OpenCgroups;
use super::held::Directory;
use super::program::Program;
use super::settings::{Clock, ClockOffset, Propagation, Setgroups};
use super::signal::SignalNumber;
use super::veth::{Veth, VethEnd};
use crate::escape::quoted;
use crate::idmap::{IdKind, IdMap, MapWriter};
use crate::process::Process;
use crate::target::{self, Destination};
use crate::{Kind, Kinds};
use std::os::unix::ffi::OsStrExt as _;

/// Something that one process does on the way to the program. Its text stands after "cannot" in an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Take on the ids that are to own the new user namespace, and give up all groups.
    BecomeOwner {
        /// The owner's uid.
        uid: u32,
        /// The owner's gid.
        gid: u32,
    },
    /// Make new namespaces of these kinds (`unshare(2)`).
    Unshare(Kinds),
    /// Make the mount namespace anew until it can be bound to a file: Linux 6.18 refuses that to one whose id is lower
    /// than that of the mount namespace it is bound in.
    MakeBindable,
    /// Write a map of ids.
    Map {
        /// Uids or gids.
        ids: IdKind,
        /// The map.
        map: IdMap,
        /// Who writes it.
        writer: MapWriter,
    },
    /// Allow or deny `setgroups(2)` in the user namespace (`/proc/PID/setgroups`).
    Setgroups(Setgroups),
    /// Set what a clock of the new time namespace is ahead of the initial one (`/proc/PID/timens_offsets`).
    SetClock(Clock, ClockOffset),
    /// Enter the new time namespace, in which so far only children would be born.
    EnterTime,
    /// Go on in a child: the first process of the new PID namespace.
    ForkFirst,
    /// Join these cgroups.
    JoinCgroups(OpenCgroups),
    /// Let nobody look into this process who may only look into those of the target (`PR_SET_DUMPABLE`).
    Hide,
    /// Enter those of these namespaces that let us in, before a user namespace takes away what we may (`setns(2)`).
    TryJoin(Vec<Destination>),
    /// Enter these namespaces, those that were not entered yet (`setns(2)`).
    Join(Vec<Destination>),
    /// Go on in a child, which is in the PID namespace that was entered.
    ForkInto,
    /// Make this directory the root, unless it is. The working directory stays where it is inside the new root; else it
    /// becomes the new root.
    EnterRoot(Directory),
    /// Make this directory the working directory.
    EnterDirectory(Directory),
    /// The same; where it cannot be, or is outside the root, the root becomes the working directory.
    TryDirectory(Directory),
    /// Take the environment of this process, now that it can be read.
    ReadEnvironment(Process),
    /// Run the program in this security context (`/proc/PID/attr/exec`).
    SetContext(Vec<u8>),
    /// Give up all supplementary groups, where that is allowed.
    TryDropGroups,
    /// Take this uid, or this gid and no other groups, of the user namespace that was entered.
    Take(IdKind, WantedId),
    /// Bind the namespace of this kind to a file.
    Pin(Kind, PathBuf),
    /// Give the new namespaces of these kinds this name.
    PinNew(OsString, Kinds),
    /// Give these namespaces this name.
    PinExisting(OsString, Vec<Destination>),
    /// Take this name away from the namespaces of these kinds.
    Unpin(OsString, Kinds),
    /// Set the propagation of all mounts (`mount_namespaces(7)`).
    Propagate(Propagation),
    /// Bring the loopback interface up.
    LoopbackUp,
    /// Make a pair of interfaces between the new network namespace and another.
    CreateVeth(Rc<Veth>),
    /// Bring one end of the pair up, with its addresses and routes.
    SetUpVeth(Rc<Veth>, VethEnd),
    /// Set the host name.
    HostName(Vec<u8>),
    /// Set the NIS domain name.
    DomainName(Vec<u8>),
    /// Mount a copy of the tree of mounts at this directory over it, which can become the root.
    PrepareRoot(PathBuf),
    /// Make the prepared root the root, and take the old one away (`pivot_root(2)`).
    PivotRoot(PathBuf),
    /// Make this directory the root (`chroot(2)`).
    Chroot(PathBuf),
    /// Make this directory the working directory.
    ChangeDirectory(PathBuf),
    /// Mount the `/proc` of the PID namespace.
    MountProc(PathBuf),
    /// The same on the second directory as it is below the first, which is yet to become the root.
    MountProcBelow(PathBuf, PathBuf),
    /// Mount the sysfs of the network namespace on `/sys`, and keep the mounts below it.
    MountSys,
    /// Bind what the first path leads to over the second.
    Bind(PathBuf, PathBuf),
    /// Mount the `binfmt_misc` of the user namespace.
    MountBinfmt(PathBuf),
    /// Register an interpreter: the line, and the mounted `binfmt_misc`.
    RegisterInterpreter(Vec<u8>, PathBuf),
    /// Give up all supplementary groups, and take this gid.
    SetGid(u32),
    /// Take this uid.
    SetUid(u32),
    /// Hand all capabilities on to the program, as ambient ones (`capabilities(7)`).
    KeepCapabilities,
    /// Get this signal when the parent ends.
    DieWithParent(SignalNumber),
    /// Stay behind as a small init, and go on in a child.
    StayAsInit,
    /// Write the PID to a file.
    WritePidFile(PathBuf),
    /// Tell PID and namespaces, as JSON, on this descriptor, and close it.
    WriteInfo(i32),
    /// Become the program.
    Execute(Program),
    /// End without a program: what was made is kept by its names.
    End,
}

/// An id to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedId {
    /// This.
    Is(u32),
    /// 0, or the first that is mapped where 0 is not.
    Root,
    /// That of this process, as the user namespace has it.
    Of(Process),
}

impl Step {
    /// Whether the steps that follow are done by another process than those before.
    pub(super) const fn goes_on_elsewhere(&self) -> bool {
        matches!(self, Self::ForkFirst | Self::ForkInto)
    }

    /// Whether the program runs also where the step fails with this: the person is told.
    pub(super) fn may_fail(&self, errno: Option<Errno>) -> bool {
        match self {
            Self::LoopbackUp | Self::MountSys => true,
            // There is nothing to bind over.
            Self::Bind(..) => errno == Some(Errno::ENOENT),
            _ => false,
        }
    }

    /// The step in one word, for programs.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BecomeOwner { .. } => "become-owner",
            Self::Unshare(_) => "unshare",
            Self::MakeBindable => "make-bindable",
            Self::Map {
                ids: IdKind::User, ..
            } => "map-uids",
            Self::Map {
                ids: IdKind::Group, ..
            } => "map-gids",
            Self::Setgroups(_) => "setgroups",
            Self::SetClock(..) => "set-clock",
            Self::EnterTime => "enter-time",
            Self::ForkFirst => "fork",
            Self::TryJoin(_) => "try-join",
            Self::Join(_) => "join",
            Self::ForkInto => "fork-into",
            Self::JoinCgroups(_) => "join-cgroups",
            Self::Hide => "hide",
            Self::EnterRoot(_) => "enter-root",
            Self::EnterDirectory(_) => "enter-directory",
            Self::TryDirectory(_) => "try-directory",
            Self::ReadEnvironment(_) => "read-environment",
            Self::SetContext(_) => "set-context",
            Self::TryDropGroups => "try-drop-groups",
            Self::Take(IdKind::User, _) => "take-uid",
            Self::Take(IdKind::Group, _) => "take-gid",
            Self::Pin(..) | Self::PinNew(..) | Self::PinExisting(..) => "pin",
            Self::Unpin(..) => "unpin",
            Self::Propagate(_) => "propagate",
            Self::LoopbackUp => "loopback-up",
            Self::CreateVeth(_) => "create-veth",
            Self::SetUpVeth(_, VethEnd::New) => "set-up-veth",
            Self::SetUpVeth(_, VethEnd::Peer) => "set-up-peer",
            Self::HostName(_) => "host-name",
            Self::DomainName(_) => "domain-name",
            Self::PivotRoot(_) => "pivot-root",
            Self::PrepareRoot(_) => "prepare-root",
            Self::Chroot(_) => "chroot",
            Self::ChangeDirectory(_) => "chdir",
            Self::MountProc(_) | Self::MountProcBelow(..) => "mount-proc",
            Self::MountSys => "mount-sys",
            Self::Bind(..) => "bind",
            Self::MountBinfmt(_) => "mount-binfmt",
            Self::RegisterInterpreter(..) => "register-interpreter",
            Self::SetGid(_) => "setgid",
            Self::SetUid(_) => "setuid",
            Self::KeepCapabilities => "keep-capabilities",
            Self::DieWithParent(_) => "die-with-parent",
            Self::StayAsInit => "init",
            Self::WritePidFile(_) => "write-pid-file",
            Self::WriteInfo(_) => "write-info",
            Self::Execute(_) => "execute",
            Self::End => "end",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |path: &PathBuf| quoted(path.as_os_str().as_bytes());
        match self {
            Self::BecomeOwner { uid, gid } => write!(f, "become uid {uid} and gid {gid}"),
            Self::Unshare(kinds) => write!(f, "create {}", kinds.new_in_words()),
            Self::MakeBindable => f.write_str("create a mount namespace that can be bound to a file"),
            Self::Map { ids, map, writer } => match writer {
                MapWriter::Helper => write!(f, "have {} write the {} map {map}", ids.helper(), ids.name()),
                MapWriter::Inside | MapWriter::Outside => write!(f, "write the {} map {map}", ids.name()),
            },
            Self::Setgroups(setgroups) => write!(f, "{} setgroups(2)", setgroups.word()),
            Self::SetClock(clock, offset) => write!(f, "set the {} clock {offset}", clock.word()),
            Self::EnterTime => f.write_str("enter the new time namespace"),
            Self::ForkFirst => f.write_str("fork the first process of the PID namespace"),
            Self::TryJoin(destinations) => {
                let destinations = target::in_words(destinations);
                write!(f, "join, where that is allowed from here, {destinations}")
            }
            Self::Join(destinations) => write!(f, "join {}", target::in_words(destinations)),
            Self::ForkInto => f.write_str("fork a process of the PID namespace"),
            Self::TryDropGroups => f.write_str("give up all groups, if that is allowed"),
            Self::JoinCgroups(cgroups) => write!(f, "join {cgroups}"),
            Self::Hide => f.write_str("hide from the processes inside"),
            Self::EnterRoot(root) => write!(f, "make {root} the root directory"),
            Self::EnterDirectory(directory) => write!(f, "change the directory to {directory}"),
            Self::TryDirectory(directory) => {
                write!(f, "change the directory to {directory}, or else to the root")
            }
            Self::ReadEnvironment(process) => write!(f, "read the environment of process {}", process.pid()),
            Self::SetContext(context) => write!(f, "set the security context {}", quoted(context)),
            Self::Take(ids, wanted) => match wanted {
                WantedId::Is(id) => write!(f, "take {} {id}", ids.name()),
                WantedId::Root => write!(f, "take {0} 0, or else the first {0} that is mapped", ids.name()),
                WantedId::Of(process) => write!(f, "take the {} of process {}", ids.name(), process.pid()),
            },
            Self::Pin(kind, file) => write!(f, "bind the {} namespace to {}", kind.noun(), path(file)),
            Self::PinNew(name, kinds) => write!(f, "pin the {} as {}", kinds.in_words(), name_of(name)),
            Self::PinExisting(name, namespaces) => {
                write!(f, "pin {} as {}", target::in_words(namespaces), name_of(name))
            }
            Self::Unpin(name, Kinds::ALL) => write!(f, "remove the name {}", name_of(name)),
            Self::Unpin(name, kinds) => {
                write!(f, "remove the name {} of the {}", name_of(name), kinds.in_words())
            }
            Self::Propagate(propagation) => write!(f, "make all mounts {}", propagation.word()),
            Self::LoopbackUp => f.write_str("bring the loopback interface up"),
            Self::CreateVeth(veth) => write!(f, "create {}", veth.pair()),
            Self::SetUpVeth(veth, end) => write!(f, "bring {}", veth.up(*end)),
            Self::HostName(name) => write!(f, "set the host name {}", quoted(name)),
            Self::DomainName(name) => write!(f, "set the NIS domain name {}", quoted(name)),
            Self::PivotRoot(root) => write!(f, "make {} the root of the mount namespace", path(root)),
            Self::PrepareRoot(root) => write!(f, "prepare {} to become the root", path(root)),
            Self::Chroot(root) => write!(f, "make {} the root directory", path(root)),
            Self::ChangeDirectory(directory) => write!(f, "change the directory to {}", path(directory)),
            Self::MountProc(on) => write!(f, "mount proc on {}", path(on)),
            Self::MountProcBelow(root, on) => {
                write!(f, "mount proc on {} in the new root {}", path(on), path(root))
            }
            Self::MountSys => f.write_str("mount sysfs on \"/sys\", and keep the mounts below it"),
            Self::Bind(from, on) => write!(f, "bind {} over {}", path(from), path(on)),
            Self::MountBinfmt(on) => write!(f, "mount binfmt_misc on {}", path(on)),
            Self::RegisterInterpreter(line, _) => write!(f, "register the interpreter {}", quoted(line)),
            Self::SetGid(gid) => write!(f, "take gid {gid} and no other groups"),
            Self::SetUid(uid) => write!(f, "take uid {uid}"),
            Self::KeepCapabilities => f.write_str("keep the capabilities for the program"),
            Self::DieWithParent(signal) => write!(f, "get {signal} when the parent ends"),
            Self::StayAsInit => f.write_str("fork, and stay as init"),
            Self::WritePidFile(file) => write!(f, "write the PID to {}", path(file)),
            Self::WriteInfo(fd) => write!(f, "write PID and namespaces to descriptor {fd}"),
            Self::Execute(program) => write!(f, "run {}", quoted(program.file().to_bytes())),
            Self::End => f.write_str("end"),
        }
    }
}

fn name_of(name: &OsStr) -> String {
    quoted(name.as_bytes())
}
