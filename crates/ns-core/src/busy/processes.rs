//! `/proc/PID`: the directories, the descriptors, the program and the mappings of each process, on the mounts in question.

use std::os::fd::BorrowedFd;

use std::collections::HashMap;

use nix::errno::Errno;
use rustix::fs::{Dir, Mode, OFlags};

use crate::Result;
use crate::inventory::share;
use crate::mounts::{Device, MountId};
use crate::process::path::ProcPath;
use crate::process::{Files, Pid, living_thread, parse_link, scan, tids};
use crate::sys::kcmp;

use super::answers::Link;
use super::candidates::{Candidate, Question, judge_all};
use super::{Busy, User, Way, sockets};

/// The finds of one thread of the search.
#[derive(Default)]
struct Found {
    candidates: Vec<Candidate>,
    unread: usize,
}

/// Looks at these processes, and adds each use of a target. The caller itself does not count: it ends.
pub(super) fn look(question: &Question<'_>, pids: &[Pid], busy: &mut Busy) -> Result<()> {
    let entries = scan()?;
    let proc = entries.proc();
    let own = rustix::fs::readlinkat(proc, "self", Vec::new());
    let same_pids = own.is_ok_and(|own| own.to_bytes() == Pid::own().to_string().as_bytes());
    let sockets = sockets::bound(proc, pids);
    let parts = share(pids, |found: &mut Found, pid| {
        let before = found.candidates.len();
        if pid != Pid::own() {
            look_at(
                found,
                Surroundings {
                    proc,
                    same_pids,
                    sockets: &sockets,
                },
                question,
                pid,
            );
        }
        1 + found.candidates.len() - before
    });
    let mut candidates = Vec::new();
    for part in parts {
        busy.processes += part.unread;
        candidates.extend(part.candidates);
    }
    candidates.sort_by_key(|it| {
        (
            it.user.pid,
            it.user.tid != it.user.pid,
            it.user.tid,
            it.way,
            it.fd,
        )
    });
    judge_all(question, proc, &candidates, busy)
}

/// The facts that are the same for all processes.
#[derive(Clone, Copy)]
struct Surroundings<'a> {
    proc: BorrowedFd<'a>,
    /// True if PIDs in `/proc` are the caller's.
    same_pids: bool,
    sockets: &'a HashMap<u64, Vec<u8>>,
}

fn look_at(found: &mut Found, all: Surroundings<'_>, question: &Question<'_>, pid: Pid) {
    let Surroundings {
        proc,
        same_pids,
        sockets,
    } = all;
    let refused = |pid: Pid| {
        question
            .inventory
            .member(pid)
            .and_then(|member| member.links.refused())
    };
    // The inventory has counted this process.
    if refused(pid).is_some() {
        return;
    }
    let first = living_thread(proc, pid).unwrap_or(pid);
    let user = |tid: Pid| User {
        pid,
        tid: if tid == first { pid } else { tid },
    };
    let mut looker = Looker {
        found,
        proc,
        question,
        sockets,
    };
    looker.directories(user(first), first, false);
    looker.memory(user(first), first);
    if !looker.descriptors(user(first), first, false) {
        looker.found.unread += 1;
        return;
    }
    let threads = tids(proc, ProcPath::of(pid).file("task"));
    for tid in threads.into_iter().filter(|tid| *tid != first && *tid != pid) {
        let (one, other) = (first.as_raw(), tid.as_raw());
        let unknown = Err(Errno::ENOSYS);
        let directories = if same_pids {
            kcmp::share_directories(one, other)
        } else {
            unknown
        };
        let table = if same_pids {
            kcmp::descriptor_tables(one, other).map(std::cmp::Ordering::is_eq)
        } else {
            unknown
        };
        if directories != Ok(true) {
            looker.directories(user(tid), tid, directories.is_err());
        }
        if table != Ok(true) {
            looker.descriptors(user(tid), tid, table.is_err());
        }
    }
}

struct Looker<'a, 'b> {
    found: &'a mut Found,
    proc: BorrowedFd<'a>,
    question: &'a Question<'b>,
    /// The paths of the sockets that have one, by inode.
    sockets: &'a HashMap<u64, Vec<u8>>,
}

impl Looker<'_, '_> {
    fn directories(&mut self, user: User, number: Pid, shared: bool) {
        for (way, name) in [(Way::WorkingDirectory, "cwd"), (Way::Root, "root")] {
            self.add(user, way, ProcPath::of(number).file(name).to_vec(), None, shared);
        }
    }

    fn add(&mut self, user: User, way: Way, link: Vec<u8>, system: Option<Device>, shared: bool) {
        self.found.candidates.push(Candidate {
            user,
            way,
            fd: None,
            link: Link::Magic(link),
            mount: None,
            system,
            shared,
        });
    }

    /// The program and the mappings; each mapped file once.
    fn memory(&mut self, user: User, number: Pid) {
        let mut path = ProcPath::of(number);
        self.add(user, Way::Executable, path.file("exe").to_vec(), None, false);
        let maps = Files::of(&self.proc, number).read_with_room("maps", 1 << 14);
        let maps = maps.known().unwrap_or_default();
        let program = rustix::fs::readlinkat(self.proc, path.file("exe"), Vec::new());
        let program = program.map(std::ffi::CString::into_bytes).unwrap_or_default();
        let mut known: Vec<(Device, &[u8], &[u8])> = Vec::new();
        for line in maps.split(|byte| *byte == b'\n') {
            let Some(mapping) = Mapping::parse(line) else {
                continue;
            };
            let file = (mapping.device, mapping.inode, mapping.path);
            if !self.question.targets.has_system(mapping.device)
                || known.contains(&file)
                || mapping.path == program
            {
                continue;
            }
            known.push(file);
            let mut link = path.file("map_files/").to_vec();
            link.extend(mapping.name().into_bytes());
            self.add(user, Way::Mapping, link, Some(mapping.device), false);
        }
    }

    /// The descriptors. False if they may not be looked at.
    fn descriptors(&mut self, user: User, number: Pid, shared: bool) -> bool {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = ProcPath::of(number).file("fdinfo").to_vec();
        let entries = rustix::fs::openat(self.proc, directory, flags, Mode::empty()).and_then(Dir::new);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(errno) => return matches!(errno, rustix::io::Errno::NOENT | rustix::io::Errno::SRCH),
        };
        while let Some(Ok(entry)) = entries.next() {
            let Some(fd) = entry.file_name().to_str().ok().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let info = Files::of(&self.proc, number).read(&format!("fdinfo/{fd}"));
            let Some(mount) = info.known().and_then(|info| mount_in(&info)) else {
                continue;
            };
            let link = ProcPath::of(number).descriptor(fd).to_vec();
            let is_target = self.question.targets.has(mount);
            let (way, link) = if is_target {
                (Way::Descriptor, Link::Magic(link))
            } else if self.question.tables.get(mount).is_some() {
                if !self.may_be_a_device(&link) {
                    continue;
                }
                (Way::Descriptor, Link::Magic(link))
            } else {
                match self.of_no_namespace(number, link) {
                    Some(found) => found,
                    None => continue,
                }
            };
            self.found.candidates.push(Candidate {
                user,
                way,
                fd: Some(fd),
                link,
                mount: is_target.then_some(mount),
                system: None,
                shared,
            });
        }
        true
    }

    /// True if a descriptor may be one of a device in question.
    fn may_be_a_device(&self, link: &[u8]) -> bool {
        let target = || rustix::fs::readlinkat(self.proc, link, Vec::new());
        !self.question.blocks.is_empty()
            && target().is_ok_and(|target| target.to_bytes().starts_with(b"/dev/"))
    }

    /// The way to the file of a descriptor on a mount in no namespace: a mount that was detached, or one of the kernel for
    /// sockets. `None` if the file has no path.
    fn of_no_namespace(&self, number: Pid, link: Vec<u8>) -> Option<(Way, Link)> {
        let target = rustix::fs::readlinkat(self.proc, &*link, Vec::new()).ok()?;
        let target = target.to_bytes();
        if target.starts_with(b"/") {
            return (!target.starts_with(b"/memfd:")).then_some((Way::Descriptor, Link::Magic(link)));
        }
        let (_, inode) = parse_link(target).filter(|(what, _)| *what == b"socket")?;
        let path = self.sockets.get(&inode)?.clone();
        let from = if path.starts_with(b"/") { "root" } else { "cwd" };
        let from = ProcPath::of(number).file(from).to_vec();
        Some((Way::Socket, Link::Path { from, path }))
    }
}

/// The mount in `/proc/PID/fdinfo/FD`.
fn mount_in(info: &[u8]) -> Option<MountId> {
    let mut lines = info.split(|byte| *byte == b'\n');
    let digits = lines.find_map(|line| line.strip_prefix(b"mnt_id:"))?;
    let digits = std::str::from_utf8(digits).ok()?.trim();
    digits.parse().ok().map(MountId::new)
}

/// A line of `/proc/PID/maps` (`proc_pid_maps(5)`) with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mapping<'a> {
    /// The first address, and the first one after it.
    range: (u64, u64),
    device: Device,
    inode: &'a [u8],
    path: &'a [u8],
}

impl<'a> Mapping<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut fields = line.splitn(6, |byte| *byte == b' ');
        let range = std::str::from_utf8(fields.next()?).ok()?;
        let (start, end) = range.split_once('-')?;
        let address = |digits| u64::from_str_radix(digits, 16).ok();
        let device = std::str::from_utf8(fields.nth(2)?).ok()?;
        let (major, minor) = device.split_once(':')?;
        let number = |digits| u32::from_str_radix(digits, 16).ok();
        let inode = fields.next().filter(|inode| *inode != b"0")?;
        Some(Self {
            range: (address(start)?, address(end)?),
            device: Device {
                major: number(major)?,
                minor: number(minor)?,
            },
            inode,
            path: fields.next()?.trim_ascii_start(),
        })
    }

    /// Its name in `/proc/PID/map_files`, whose numbers have no zeros before them.
    fn name(&self) -> String {
        format!("{:x}-{:x}", self.range.0, self.range.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_has_the_device_of_its_file() {
        let line = b"00007f00-00007f01 r-xp 00000000 08:1f 1234                       /a b";
        let mapping = Mapping::parse(line).unwrap();
        assert_eq!(
            (&*mapping.name(), &*mapping.device.to_string(), mapping.path),
            ("7f00-7f01", "8:31", &b"/a b"[..])
        );
        assert_eq!(Mapping::parse(b"7f00-7f01 rw-p 00000000 00:00 0 [heap]"), None);
        assert_eq!(Mapping::parse(b""), None);
    }

    #[test]
    fn the_mount_of_a_descriptor_is_in_its_info() {
        assert_eq!(
            mount_in(b"pos:\t0\nflags:\t02\nmnt_id:\t42\nino:\t7\n"),
            Some(MountId::new(42))
        );
        assert_eq!(mount_in(b"pos:\t0\nmnt_id:\tx\n"), None);
    }
}
