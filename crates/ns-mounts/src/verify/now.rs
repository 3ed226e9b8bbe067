//! The present mounts, compared with a line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::mounts::{Mount, ResolvedPath, device_of, parse_tag};

use super::checks::{Checks, has, is_bind, words};
use super::finding::{FstabFinding, Level};
use super::same::{differing_value, is_same_type, missing_flags};
use crate::device::is_of;
use crate::paths::mount_point;
use crate::source::is_same_share;
use crate::types::is_pseudo;

impl Checks<'_, '_> {
    /// Compares a line with the present mounts.
    pub(super) fn now(&self, mount: &Mount<'_>) -> Vec<FstabFinding> {
        let target = mount_point(mount);
        let mounts = self.mounted.table.mounts();
        let there = (0..mounts.len()).rfind(|index| {
            mounts[*index].target.decoded() == target && self.mounted.covered_by(*index).is_none()
        });
        let text = words(&target);
        let Some(there) = there.map(|index| &mounts[index]) else {
            let is_wanted = !has(mount, "noauto") && target.starts_with(b"/");
            let finding =
                || FstabFinding::new(Level::Warning, "it is not mounted now", format!("mount {text}"));
            return is_wanted.then(finding).into_iter().collect();
        };
        let (wanted, is) = (mount.fs_type.decoded(), there.fs_type.decoded());
        if *is == b"autofs"[..] {
            return vec![FstabFinding::fine("it is mounted when it is used")];
        }
        let again = if *target == b"/"[..] {
            "restart the system: / cannot be unmounted".to_owned()
        } else {
            format!("umount {text}; mount {text}")
        };
        if !is_same_type(&wanted, &is) {
            let (is, wanted) = (words(&is), words(&wanted));
            let difference = format!("{is} is mounted there now, and not {wanted}");
            return vec![FstabFinding::new(Level::Warning, difference, again)];
        }
        if let Some(other) = self.other_source(mount, there) {
            let difference = format!(
                "{other} is mounted there now, and not {}",
                words(&mount.source.decoded())
            );
            return vec![FstabFinding::new(Level::Warning, difference, again)];
        }
        let remount = if is_bind(mount) {
            format!("mount -o remount,bind {text}")
        } else {
            format!("mount -o remount {text}")
        };
        let flags = missing_flags(mount.vfs_options, there).into_iter().map(|flag| {
            let difference = format!("it is mounted without the option {flag} now");
            FstabFinding::new(Level::Warning, difference, remount.clone())
        });
        let values = mount.vfs_options.iter().filter_map(|option| {
            let option = option.decoded();
            let is = differing_value(&option, there)?;
            let difference = format!("the option is {} now, and not {}", words(&is), words(&option));
            Some(FstabFinding::new(Level::Warning, difference, again.clone()))
        });
        let found: Vec<_> = flags.chain(values).collect();
        if found.is_empty() {
            return vec![FstabFinding::fine("it is mounted now")];
        }
        found
    }

    /// The source of the present mount, if it is another one. `None` if the sources cannot be compared, such as the name of a
    /// file system in memory, or a file behind a loop device.
    fn other_source(&self, mount: &Mount<'_>, there: &Mount<'_>) -> Option<String> {
        let source = mount.source.decoded();
        let is = there.source.decoded();
        let is_other = if is_bind(mount) {
            !self.is_bind_of(&source, there)?
        } else if let Some((tag, value)) = parse_tag(OsStr::from_bytes(&source)) {
            // That no device has the tag is a finding of its own.
            let with_tag = self.context.shared.tagged(tag, value);
            !with_tag.numbers.is_empty() && !with_tag.numbers.contains(&device_of(there)?)
        } else if let Some(is_same) = is_same_share(&source, &is) {
            !is_same
        } else if is_pseudo(&mount.fs_type.decoded()) {
            false
        } else {
            !is_of(self.mounted, there, self.resolved(&source)?.device?)
        };
        let directory = there
            .is_part()
            .then(|| format!("[{}]", words(&there.root.decoded())));
        is_other.then(|| words(&is) + &directory.unwrap_or_default())
    }

    /// True if a present mount shows this directory or file. `None` if that cannot be found out.
    fn is_bind_of(&self, source: &[u8], there: &Mount<'_>) -> Option<bool> {
        let place = self.resolved(source)?;
        let mounts = self.mounted.table.mounts();
        let on = mounts.iter().find(|mount| Some(mount.id) == place.mount)?;
        let path = |bytes: &[u8]| Path::new(OsStr::from_bytes(bytes)).to_owned();
        let below = place.path.strip_prefix(path(&on.target.decoded())).ok()?;
        let root = path(&on.root.decoded()).join(below);
        Some(on.device == there.device && root == path(&there.root.decoded()))
    }

    fn resolved(&self, source: &[u8]) -> Option<ResolvedPath> {
        self.context
            .resolve(Path::new(OsStr::from_bytes(source)))
            .ok()
            .flatten()
    }
}
