//! The mounts of every namespace.

use std::collections::HashMap;

use crate::inventory::Inventory;
use crate::mounts::{Device, Mount, MountId, MountTable, Propagation, btrfs_devices, device_of};
use crate::{Error, Result};

use super::{Keeps, Use, Way};

/// A mount in its namespace.
#[derive(Debug)]
pub(super) struct Placed {
    /// The inode of the namespace.
    pub namespace: u64,
    pub id: MountId,
    pub parent: MountId,
    /// The number of the file system.
    pub device: Device,
    /// The block device; `None` if the file system has none.
    pub block: Option<Device>,
    pub root: Vec<u8>,
    pub target: Vec<u8>,
    pub fs_type: Vec<u8>,
    pub propagation: Propagation,
}

/// All mounts that could be read.
#[derive(Debug, Default)]
pub(super) struct Tables {
    mounts: Vec<Placed>,
    by_id: HashMap<MountId, usize>,
    /// The mounts on each mount.
    on: HashMap<MountId, Vec<usize>>,
}

impl Tables {
    /// Reads the tables of all namespaces, and returns how many could not be read.
    pub fn read(inventory: &Inventory) -> Result<(Self, usize)> {
        let mut tables = Self::default();
        let mut failed = 0;
        let closed = inventory.each_view::<Error>(|entry, view| {
            match view.read() {
                Ok(bytes) => tables.add(entry.identity.inode, &MountTable::parse(&bytes)),
                Err(_) => failed += 1,
            }
            Ok(())
        })?;
        Ok((tables, closed + failed))
    }

    fn add(&mut self, namespace: u64, table: &MountTable<'_>) {
        for mount in table.mounts() {
            self.by_id.insert(mount.id, self.mounts.len());
            if mount.parent != mount.id {
                self.on.entry(mount.parent).or_default().push(self.mounts.len());
            }
            self.mounts.push(Placed::of(namespace, mount));
        }
    }

    /// The mounts, with those of a namespace together and in the order of its table.
    pub fn mounts(&self) -> &[Placed] {
        &self.mounts
    }

    /// The mount with this id.
    pub fn get(&self, id: MountId) -> Option<&Placed> {
        self.by_id.get(&id).map(|index| &self.mounts[*index])
    }

    /// The only mount of the file system with this number, if there is only one.
    pub fn only(&self, device: Device) -> Option<MountId> {
        let mut mounts = self.mounts.iter().filter(|mount| mount.device == device);
        let first = mounts.next()?;
        mounts.next().is_none().then_some(first.id)
    }

    /// The mounts on this one.
    pub fn on(&self, id: MountId) -> impl Iterator<Item = &Placed> {
        let on = self.on.get(&id).map_or(&[][..], Vec::as_slice);
        on.iter().map(|index| &self.mounts[*index])
    }

    /// All mounts below this one, each before the mount that it is on.
    pub fn below(&self, id: MountId) -> Vec<&Placed> {
        let mut found: Vec<&Placed> = Vec::new();
        let mut next = 0;
        let mut above = id;
        loop {
            for mount in self.on(above) {
                // A table that changes while it is read can have loops.
                if mount.id != id && found.iter().all(|known| known.id != mount.id) {
                    found.push(mount);
                }
            }
            let Some(mount) = found.get(next) else { break };
            above = mount.id;
            next += 1;
        }
        found.reverse();
        found
    }

    /// The mount that has this path in a namespace, by the names alone: the last of those with the longest mount point.
    pub fn by_name(&self, namespace: u64, path: &[u8]) -> Option<&Placed> {
        let leads =
            |mount: &&Placed| mount.namespace == namespace && remainder(path, &mount.target).is_some();
        let mounts = self.mounts.iter().filter(leads);
        mounts.max_by_key(|mount| mount.target.len())
    }
}

impl Placed {
    fn of(namespace: u64, mount: &Mount<'_>) -> Self {
        Self {
            namespace,
            id: mount.id,
            parent: mount.parent,
            device: mount.device,
            block: device_of(mount),
            root: mount.root.decoded().into_owned(),
            target: mount.target.decoded().into_owned(),
            fs_type: mount.fs_type.decoded().into_owned(),
            propagation: mount.propagation(),
        }
    }

    /// This mount as a use of something.
    pub fn as_use(&self, keeps: Keeps, way: Way) -> Use {
        Use {
            namespace: Some(self.namespace),
            ..Use::of_kernel(keeps, way, self.target.clone())
        }
    }

    /// The use that it is of a mount that it is below.
    pub fn way_below(&self) -> Way {
        if self.fs_type == b"nsfs" {
            Way::Pin
        } else {
            Way::Below
        }
    }

    /// True if the file system is on this block device, maybe beside others, or has this number.
    pub fn is_of(&self, device: Device) -> bool {
        self.device == device
            || self.block == Some(device)
            || self.fs_type == b"btrfs"
                && (self.block.and_then(btrfs_devices)).is_some_and(|devices| devices.contains(&device))
    }

    /// The directory of this file system that is at a path below the mount point.
    pub fn inside(&self, path: &[u8]) -> Option<Vec<u8>> {
        let rest = remainder(path, &self.target)?;
        let root = self.root.strip_suffix(b"/").unwrap_or(&self.root);
        Some([root, rest].concat())
    }
}

/// The part of a path below a directory, with its slash; empty for the directory itself.
fn remainder<'a>(path: &'a [u8], directory: &[u8]) -> Option<&'a [u8]> {
    let directory = directory.strip_suffix(b"/").unwrap_or(directory);
    let rest = path.strip_prefix(directory)?;
    (rest.is_empty() || rest[0] == b'/').then_some(rest)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Tables with these lines for each namespace.
    pub fn tables(namespaces: &[(u64, &str)]) -> Tables {
        let mut tables = Tables::default();
        for (inode, lines) in namespaces {
            tables.add(*inode, &MountTable::parse(lines.as_bytes()));
        }
        tables
    }

    #[test]
    fn mounts_below_come_in_the_order_in_which_they_can_be_unmounted() {
        let tables = tables(&[(
            1,
            "1 0 0:2 / / rw - tmpfs a rw\n2 1 0:3 / /a rw - tmpfs b rw\n3 2 0:4 / /a/b rw - tmpfs c rw\n\
             4 3 0:5 / /a/b/c rw - tmpfs d rw\n5 2 0:6 / /a/e rw - tmpfs e rw\n",
        )]);
        let below: Vec<u64> = tables
            .below(MountId::new(2))
            .iter()
            .map(|mount| mount.id.as_raw())
            .collect();
        assert_eq!(below, [4, 5, 3]);
        let named = |path: &[u8]| tables.by_name(1, path).map(|mount| mount.id.as_raw());
        assert_eq!(
            [named(b"/a/b"), named(b"/a/bc"), named(b"/x")],
            [Some(3), Some(2), Some(1)]
        );
        assert!(tables.by_name(2, b"/").is_none());
    }
}
