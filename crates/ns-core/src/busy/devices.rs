//! Devices that are made from files and from other devices, and swap space: loop devices, partitions, device mapper, and their
//! mounts.

use std::collections::HashMap;
use std::fs;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use nix::errno::Errno;

use crate::mounts::{Device, btrfs_devices};
use crate::sys::errno::from_io;
use crate::{Gathered, Result};

use super::answers::{Answer, Link, follow};
use super::tables::{Placed, Tables};
use super::targets::Targets;
use super::{Keeps, Subject, Use, Way};

/// The devices in question, each with the thing that an open descriptor of it keeps.
pub(super) type Blocks = HashMap<Device, Keeps>;

/// Something that uses a file or a device: a loop device, or swap space.
struct Maker {
    way: Way,
    path: Vec<u8>,
    /// The loop device and its number.
    made: Option<(Vec<u8>, Device)>,
    /// The file that it uses, or the device.
    answer: Gathered<Answer>,
}

/// Everything that is known about devices.
struct Search<'a> {
    sys: &'a Path,
    tables: &'a Tables,
    targets: &'a mut Targets,
    blocks: Blocks,
    /// The uses, each after the ones that must end later.
    uses: Vec<Use>,
}

/// Finds the devices and the swap space that use a target, and adds the mounts of these devices to the targets. Returns the
/// uses in the order in which they can be ended, and all devices.
pub(super) fn look(
    proc: BorrowedFd<'_>,
    tables: &Tables,
    targets: &mut Targets,
    subject: &Subject,
    unread: &mut Vec<Errno>,
) -> Result<(Vec<Use>, Blocks)> {
    let sys = Path::new("/sys");
    let mut makers = loops(sys).unwrap_or_else(|errno| {
        unread.push(errno);
        Vec::new()
    });
    let swaps = fs::read("/proc/swaps").unwrap_or_default();
    makers.extend(swaps.split(|byte| *byte == b'\n').filter_map(swap));
    let links: Vec<Link> = makers.iter().map(Maker::link).collect();
    let answers = follow(proc, &links.iter().collect::<Vec<_>>())?;
    for (maker, answer) in makers.iter_mut().zip(answers) {
        maker.answer = answer;
    }
    let mut search = Search {
        sys,
        tables,
        targets,
        blocks: Blocks::new(),
        uses: Vec::new(),
    };
    search.start(subject);
    let mut left: Vec<&Maker> = makers.iter().collect();
    while let Some((index, keeps)) =
        (left.iter().enumerate()).find_map(|(index, maker)| search.keeps(maker).map(|keeps| (index, keeps)))
    {
        search.add(left.remove(index), keeps);
    }
    for maker in &makers {
        if let Gathered::Unreadable(errno) = maker.answer {
            unread.push(errno);
        }
    }
    search.uses.reverse();
    Ok((search.uses, search.blocks))
}

impl Search<'_> {
    /// The devices of the subject itself.
    fn start(&mut self, subject: &Subject) {
        match subject {
            Subject::Device(device) => self.add_device(*device, Keeps::Device, true),
            Subject::Mount(id) => {
                let block = self.tables.get(*id).and_then(|mount| mount.block);
                let all = block.map_or_else(Vec::new, |block| btrfs_devices(block).unwrap_or(vec![block]));
                for device in all {
                    self.add_device(device, Keeps::Device, false);
                }
            }
        }
    }

    /// The thing that a loop device or swap space keeps; `None` if it uses no target.
    fn keeps(&self, maker: &Maker) -> Option<Keeps> {
        if let Gathered::Known(answer) = &maker.answer {
            return match (answer.block, answer.mount) {
                (Some(device), _) => self.blocks.get(&device).copied(),
                (None, Some(mount)) => self.targets.has(mount).then_some(Keeps::Mount),
                (None, None) => self.targets.has_system(answer.device).then_some(Keeps::Mount),
            };
        }
        // The file was removed, or is in another namespace.
        let path = maker.real_path();
        let is_there = |mount: &&Placed| {
            let leads = self.tables.by_name(mount.namespace, path);
            leads.is_some_and(|leads| leads.id == mount.id)
        };
        let mut mounts = self.tables.mounts().iter();
        let found = mounts.find(|mount| self.targets.has(mount.id) && is_there(mount));
        found.map(|_| Keeps::Mount)
    }

    fn add(&mut self, maker: &Maker, keeps: Keeps) {
        let mount = maker.answer.known().and_then(|answer| answer.mount);
        let namespace = mount
            .filter(|mount| self.targets.has(*mount))
            .and_then(|mount| self.tables.get(mount));
        self.uses.push(Use {
            namespace: namespace.map(|mount| mount.namespace),
            device: maker.made.as_ref().map(|(name, _)| name.clone()),
            ..Use::of_kernel(keeps, maker.way, maker.path.clone())
        });
        if let Some((_, device)) = maker.made {
            self.add_device(device, keeps, true);
        }
    }

    /// Adds a device, its partitions, and the devices that are made from it. With `mounts`, their mounts are in question too.
    fn add_device(&mut self, device: Device, keeps: Keeps, mounts: bool) {
        if self.blocks.contains_key(&device) {
            return;
        }
        self.blocks.insert(device, keeps);
        if mounts {
            let uses = self.targets.add_device(self.tables, device, keeps);
            self.uses.extend(uses);
        }
        for partition in partitions(self.sys, device) {
            self.add_device(partition, keeps, mounts);
        }
        for (path, holder) in holders(self.sys, device) {
            if !self.blocks.contains_key(&holder) {
                self.uses.push(Use::of_kernel(keeps, Way::Holder, path));
                self.add_device(holder, keeps, mounts);
            }
        }
    }
}

impl Maker {
    fn new(way: Way, path: Vec<u8>, made: Option<(Vec<u8>, Device)>) -> Self {
        Self {
            way,
            path,
            made,
            answer: Gathered::NotAsked,
        }
    }

    /// The path that the file had before it was removed.
    fn real_path(&self) -> &[u8] {
        self.path.strip_suffix(b" (deleted)").unwrap_or(&self.path)
    }

    fn link(&self) -> Link {
        Link::Path {
            from: b"self/root".to_vec(),
            path: self.path.clone(),
        }
    }
}

/// The loop devices with a file, by `/sys/block/loopN/loop/backing_file`.
fn loops(sys: &Path) -> std::result::Result<Vec<Maker>, Errno> {
    let entries = fs::read_dir(sys.join("block")).map_err(|error| from_io(&error))?;
    let mut loops = Vec::new();
    for entry in entries.flatten() {
        let Ok(mut file) = fs::read(entry.path().join("loop/backing_file")) else {
            continue;
        };
        file.pop_if(|byte| *byte == b'\n');
        if let Some(device) = number(&entry.path()) {
            let name = [b"/dev/", &*entry.file_name().into_vec()].concat();
            loops.push(Maker::new(Way::Loop, file, Some((name, device))));
        }
    }
    Ok(loops)
}

/// A line of `/proc/swaps` (`proc_swaps(5)`); `None` for the heading.
fn swap(line: &[u8]) -> Option<Maker> {
    let path = line.split(u8::is_ascii_whitespace).next()?;
    let path = crate::mounts::Escaped::new(path).decoded().into_owned();
    path.starts_with(b"/").then(|| Maker::new(Way::Swap, path, None))
}

/// The number in the file `dev` of a device's directory.
fn number(directory: &Path) -> Option<Device> {
    fs::read_to_string(directory.join("dev"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn directory(sys: &Path, device: Device) -> std::path::PathBuf {
    sys.join(format!("dev/block/{device}"))
}

/// The partitions of a disk.
fn partitions(sys: &Path, device: Device) -> Vec<Device> {
    let entries = fs::read_dir(directory(sys, device))
        .into_iter()
        .flatten()
        .flatten();
    let partitions = entries.filter(|entry| entry.path().join("partition").exists());
    partitions.filter_map(|entry| number(&entry.path())).collect()
}

/// The devices that are made from a device, with their paths. A device of device mapper has a name of its own.
fn holders(sys: &Path, device: Device) -> Vec<(Vec<u8>, Device)> {
    let entries = fs::read_dir(directory(sys, device).join("holders"));
    let holder = |entry: fs::DirEntry| {
        let path = match fs::read(entry.path().join("dm/name")) {
            Ok(name) => [b"/dev/mapper/", name.trim_ascii_end()].concat(),
            Err(_) => [b"/dev/", &*entry.file_name().into_vec()].concat(),
        };
        Some((path, number(&entry.path())?))
    };
    entries
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(holder)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tables::tests::tables;
    use super::*;

    /// A directory with these files, as `/sys` has them.
    fn sys(files: &[(&str, &str)]) -> tempfile::TempDir {
        let sys = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = sys.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        sys
    }

    #[test]
    fn devices_on_a_device_are_found_with_their_mounts() {
        let sys = sys(&[
            ("dev/block/8:0/sda1/partition", "1\n"),
            ("dev/block/8:0/sda1/dev", "8:1\n"),
            ("dev/block/8:1/holders/dm-0/dev", "254:0\n"),
            ("dev/block/8:1/holders/dm-0/dm/name", "vg-data\n"),
            ("dev/block/254:0/holders/md0/dev", "9:0\n"),
        ]);
        let tables = tables(&[(1, "1 0 0:2 / / rw - tmpfs r rw\n2 1 9:0 / /m rw - ext4 d rw\n")]);
        let subject = Subject::Device("8:0".parse().unwrap());
        let mut targets = Targets::of(&tables, &subject).unwrap();
        let mut search = Search {
            sys: sys.path(),
            tables: &tables,
            targets: &mut targets,
            blocks: Blocks::new(),
            uses: Vec::new(),
        };
        search.start(&subject);
        let shown: Vec<_> = search.uses.iter().rev().map(|it| (it.way, &*it.path)).collect();
        assert_eq!(
            shown,
            [
                (Way::Above, &b"/m"[..]),
                (Way::Holder, b"/dev/md0"),
                (Way::Holder, b"/dev/mapper/vg-data")
            ]
        );
        assert_eq!(search.blocks.len(), 4);
        assert!(targets.has(crate::mounts::MountId::new(2)));
    }

    #[test]
    fn loop_devices_and_swap_space_are_read() {
        let sys = sys(&[
            ("block/loop0/dev", "7:0\n"),
            ("block/loop0/loop/backing_file", "/a b (deleted)\n"),
            ("block/loop1/dev", "7:1\n"),
            ("block/vda/dev", "254:0\n"),
        ]);
        let Ok([one]) = loops(sys.path()).map(|loops| <[Maker; 1]>::try_from(loops).ok().unwrap()) else {
            panic!("there is one")
        };
        assert_eq!(
            (&*one.path, one.real_path()),
            (&b"/a b (deleted)"[..], &b"/a b"[..])
        );
        assert_eq!(one.made.unwrap().0, b"/dev/loop0");
        assert!(loops(Path::new("/none")).is_err());
        let of = |line: &str| swap(line.as_bytes()).map(|swap| swap.path);
        assert_eq!(of("/a\\040b  file\t2012\t0\t-2"), Some(b"/a b".to_vec()));
        assert_eq!(of("Filename\t\t\tType\tSize"), None);
    }
}
