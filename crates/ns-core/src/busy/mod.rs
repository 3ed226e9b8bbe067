//! Everything that keeps a mount, a file system or a block device in use: processes, mounts, and devices made from it.
//!
//! All mount tables are read first, then every process: the id of a mount is unique on the host, so that the kernel's answer
//! about a file names its mount in any namespace.

mod answers;
mod candidates;
mod devices;
mod processes;
mod sockets;
mod tables;
mod targets;

use nix::errno::Errno;

use crate::inventory::Inventory;
use crate::mounts::{Device, MountId};
use crate::process::{Pid, scan};
use crate::{Error, Result};

use tables::Tables;
use targets::Targets;

/// The thing that may be busy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A mount in any namespace.
    Mount(MountId),
    /// A block device, or the number of a file system without one.
    Device(Device),
}

/// The thing that a holder keeps in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeps {
    /// A mount: umount(2) fails with `EBUSY`.
    Mount,
    /// The file system or its device, also after its mounts are gone.
    Device,
}

/// The way in which something is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// A mount below the mount.
    Below,
    /// A namespace file that is mounted below the mount.
    Pin,
    /// The working directory of a process.
    WorkingDirectory,
    /// The root directory of a process.
    Root,
    /// The program that a process runs.
    Executable,
    /// A file that is mapped into the memory of a process.
    Mapping,
    /// An open descriptor.
    Descriptor,
    /// A socket whose path is on the mount.
    Socket,
    /// A descriptor of the device itself.
    Open,
    /// A loop device with a file on the mount.
    Loop,
    /// Swap space in a file or on a device.
    Swap,
    /// A device that is made from the device, as by device mapper.
    Holder,
    /// A mount of a device that is made from a file on the mount, or from the device.
    Above,
    /// A mount of the same file system.
    Mount,
    /// A mount of another directory of the same file system.
    Part,
}

/// The process that uses something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct User {
    /// The process.
    pub pid: Pid,
    /// The thread whose directory or descriptor it is; the first thread has the number of the process.
    pub tid: Pid,
}

/// One reason why the subject is in use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The thing that is kept in use.
    pub keeps: Keeps,
    /// How it is used.
    pub way: Way,
    /// The process; `None` if the kernel or a mount uses it.
    pub user: Option<User>,
    /// The number of the descriptor.
    pub fd: Option<u32>,
    /// The inode of the namespace of the mount; `None` if the mount is in none any more.
    pub namespace: Option<u64>,
    /// The path of the file, the mount or the device.
    pub path: Vec<u8>,
    /// The device that is made from the file.
    pub device: Option<Vec<u8>>,
}

impl Use {
    /// A use by no process.
    fn of_kernel(keeps: Keeps, way: Way, path: Vec<u8>) -> Self {
        Self {
            keeps,
            way,
            user: None,
            fd: None,
            namespace: None,
            path,
            device: None,
        }
    }
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Busy {
    /// The reasons, in an order in which they can be ended: first those that keep a mount, and of them first the processes. A mount
    /// comes before the mount that it is on.
    pub uses: Vec<Use>,
    /// How many mount namespaces could not be read.
    pub namespaces: usize,
    /// How many processes could not be looked into, although their namespaces could be read.
    pub processes: usize,
    /// The files whose mount could not be found out, each with the reason.
    pub files: Vec<Errno>,
}

/// Finds all reasons why the subject is in use. `inventory` has every mount namespace.
///
/// Fails with [`Error::NotFound`] if no namespace has the mount.
pub fn find(inventory: &Inventory, subject: &Subject) -> Result<Busy> {
    let (tables, closed) = Tables::read(inventory)?;
    let mut targets = Targets::of(&tables, subject)
        .ok_or_else(|| Error::NotFound("the mount is in no namespace that can be read".into()))?;
    let mut busy = Busy {
        namespaces: closed,
        ..Busy::default()
    };
    let mounts = targets.mounts(&tables);
    let scan = scan()?;
    let (devices, blocks) = devices::look(scan.proc(), &tables, &mut targets, subject, &mut busy.files)?;
    busy.uses.extend(devices);
    busy.uses.extend(mounts);
    let pids: Vec<Pid> = scan.collect::<Result<_>>()?;
    let question = candidates::Question {
        inventory,
        tables: &tables,
        targets: &targets,
        blocks: &blocks,
    };
    processes::look(&question, &pids, &mut busy)?;
    busy.uses.sort_by_key(|found| (found.keeps, found.user.is_none()));
    Ok(busy)
}
