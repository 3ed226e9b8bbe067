//! Files that may be on a mount in question: the mount of each, and the use that it is.

use std::os::fd::BorrowedFd;

use nix::errno::Errno;

use crate::inventory::Inventory;
use crate::mounts::{Device, MountId};
use crate::{Gathered, Kind, Result};

use super::answers::{Answer, Link, follow};
use super::devices::Blocks;
use super::tables::Tables;
use super::targets::Targets;
use super::{Busy, Keeps, Use, User, Way};

/// Everything that the looks at all files share.
pub(super) struct Question<'a> {
    pub inventory: &'a Inventory,
    pub tables: &'a Tables,
    pub targets: &'a Targets,
    pub blocks: &'a Blocks,
}

/// A file of a process, whose mount may have to be asked for.
pub(super) struct Candidate {
    pub user: User,
    pub way: Way,
    pub fd: Option<u32>,
    /// The way to the file.
    pub link: Link,
    /// The mount, if the kernel has told it already.
    pub mount: Option<MountId>,
    /// The number of its file system, if that is known already.
    pub system: Option<Device>,
    /// True if the thread may share the file with its process.
    pub shared: bool,
}

/// Adds each candidate that is a use of a target.
pub(super) fn judge_all(
    question: &Question<'_>,
    proc: BorrowedFd<'_>,
    candidates: &[Candidate],
    busy: &mut Busy,
) -> Result<()> {
    let asked: Vec<&Link> = candidates
        .iter()
        .filter(|candidate| candidate.mount.is_none())
        .map(|candidate| &candidate.link)
        .collect();
    let mut answers = follow(proc, &asked)?.into_iter();
    for candidate in candidates {
        let answer = match candidate.mount {
            Some(_) => Gathered::NotAsked,
            None => answers.next().unwrap_or(Gathered::Absent),
        };
        if let Some(found) = judge(question, proc, candidate, answer, &mut busy.files)
            && !(candidate.shared && is_known(&busy.uses, &found))
        {
            busy.uses.push(found);
        }
    }
    Ok(())
}

/// True if the same use by another thread of the process is known.
fn is_known(uses: &[Use], found: &Use) -> bool {
    let pid = |it: &Use| it.user.map(|user| user.pid);
    let key = |it: &Use| (it.way, it.fd, it.path.clone());
    let of_process = uses.iter().rev().take_while(|it| pid(it) == pid(found));
    of_process.into_iter().any(|known| key(known) == key(found))
}

/// The use of a target, if the candidate is one.
fn judge(
    question: &Question<'_>,
    proc: BorrowedFd<'_>,
    candidate: &Candidate,
    answer: Gathered<Answer>,
    unread: &mut Vec<Errno>,
) -> Option<Use> {
    let path = || path_of(proc, candidate);
    let of = |keeps, mount: Option<MountId>, path| Use {
        keeps,
        way: candidate.way,
        user: Some(candidate.user),
        fd: candidate.fd,
        namespace: mount
            .and_then(|id| question.tables.get(id))
            .map(|mount| mount.namespace),
        path,
        device: None,
    };
    let on = |mount: MountId, device: Option<Device>| {
        let is_lost = || {
            question.tables.get(mount).is_none()
                && device.is_some_and(|device| question.targets.has_system(device))
        };
        if question.targets.has(mount) {
            Some(of(Keeps::Mount, Some(mount), path()))
        } else {
            is_lost().then(|| of(Keeps::Device, None, path()))
        }
    };
    let by_name = |errno: Errno, unread: &mut Vec<Errno>| {
        let path = path();
        let only = candidate.system.and_then(|device| question.tables.only(device));
        if only.is_none() {
            unread.push(errno);
        }
        let namespace = question
            .inventory
            .member(candidate.user.pid)
            .and_then(|member| member.links.get(Kind::Mnt).known());
        let by_name = || question.tables.by_name(namespace?, &path).map(|mount| mount.id);
        let mount = only.or_else(by_name).filter(|id| question.targets.has(*id))?;
        Some(of(Keeps::Mount, Some(mount), path.clone()))
    };
    match (candidate.mount, answer) {
        (Some(mount), _) => on(mount, None),
        (
            None,
            Gathered::Known(Answer {
                block: Some(device), ..
            }),
        ) if question.blocks.contains_key(&device) => Some(Use {
            way: Way::Open,
            ..of(question.blocks[&device], None, path())
        }),
        (None, Gathered::Known(answer)) => match answer.mount {
            Some(mount) => on(mount, Some(answer.device)),
            None if question.targets.has_system(answer.device) => by_name(Errno::ENOSYS, unread),
            None => None,
        },
        (None, Gathered::Unreadable(errno)) => by_name(errno, unread),
        // The name of a socket can be gone while it is in use.
        (None, Gathered::Absent) if candidate.way == Way::Socket => by_name(Errno::ENOENT, &mut Vec::new()),
        (None, _) => None,
    }
}

/// The path of the file, as the kernel shows it in the link.
fn path_of(proc: BorrowedFd<'_>, candidate: &Candidate) -> Vec<u8> {
    match &candidate.link {
        Link::Magic(link) => {
            let link = rustix::fs::readlinkat(proc, &**link, Vec::new());
            link.map(std::ffi::CString::into_bytes).unwrap_or_default()
        }
        Link::Path { path, .. } => path.clone(),
    }
}
