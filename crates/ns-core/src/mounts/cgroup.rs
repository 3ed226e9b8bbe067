//! The directories of cgroups, in cgroup v2 and in each hierarchy of cgroup v1 (`cgroups(7)`).

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

use super::Mount;
use crate::process::Cgroup;

/// The directory of a cgroup in this mount; `None` if the mount is of another hierarchy, or of another part of it.
pub fn cgroup_directory(mount: &Mount<'_>, cgroup: Cgroup<'_>) -> Option<PathBuf> {
    let fs_type: &[u8] = if cgroup.hierarchy.is_empty() {
        b"cgroup2"
    } else {
        b"cgroup"
    };
    let controllers = cgroup.hierarchy.split(|byte| *byte == b',');
    let is_of_this = mount.fs_type.raw() == fs_type
        && controllers
            .filter(|one| !one.is_empty())
            .all(|one| mount.fs_options.contains(one));
    if !is_of_this {
        return None;
    }
    let (root, target) = (mount.root.decoded(), mount.target.decoded());
    let below = Path::new(OsStr::from_bytes(cgroup.path))
        .strip_prefix(OsStr::from_bytes(&root))
        .ok()?;
    // The path of a cgroup outside the caller's cgroup namespace has `..` in it.
    let is_outside = below.components().any(|part| part == Component::ParentDir);
    (!is_outside).then(|| Path::new(OsStr::from_bytes(&target)).join(below))
}

#[cfg(test)]
mod tests {
    use super::super::MountTable;
    use super::*;

    fn found(hierarchy: &str, path: &str, mountinfo: &str) -> Vec<String> {
        let table = MountTable::parse(mountinfo.as_bytes());
        let (hierarchy, path) = (hierarchy.as_bytes(), path.as_bytes());
        let cgroup = Cgroup { hierarchy, path };
        let directories = table
            .mounts()
            .iter()
            .filter_map(|mount| cgroup_directory(mount, cgroup));
        directories.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn a_cgroup_is_found_in_the_mounts_of_its_hierarchy() {
        let mounts = "\
            30 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
            31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
            32 23 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
            33 23 0:29 /a /mnt/part rw - cgroup cgroup rw,memory\n";
        assert_eq!(found("", "/x/y", mounts), ["/sys/fs/cgroup/unified/x/y"]);
        assert_eq!(found("cpu,cpuacct", "/", mounts), ["/sys/fs/cgroup/cpu,cpuacct/"]);
        assert_eq!(
            found("name=systemd", "/a:b", mounts),
            ["/sys/fs/cgroup/systemd/a:b"]
        );
        assert_eq!(found("memory", "/a/b", mounts), ["/mnt/part/b"]);
        assert!(found("memory", "/ab", mounts).is_empty());
        assert!(found("memory", "/a/../b", mounts).is_empty());
        assert!(found("", "/../b", mounts).is_empty());
        assert!(found("pids", "/", mounts).is_empty());
    }
}
