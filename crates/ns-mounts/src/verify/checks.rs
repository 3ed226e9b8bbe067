//! The checks of one line.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::mounts::{Mount, PathKind, Tag, parse_tag};
use ns_core::output::escape_for_terminal;
use ns_core::{Error, Gathered};

use super::device::{compare_with, is_on_device};
use super::finding::{FstabFinding, Level};
use crate::context::TableContext;
use crate::device::evaluated;
use crate::paths::{mount_point, plain};
use crate::types::is_pseudo;

/// Options that cannot both hold.
const CONTRADICTIONS: &[[&str; 2]] = &[
    ["ro", "rw"],
    ["exec", "noexec"],
    ["suid", "nosuid"],
    ["dev", "nodev"],
    ["auto", "noauto"],
    ["sync", "async"],
    ["atime", "noatime"],
    ["user", "nouser"],
    ["relatime", "norelatime"],
];

/// A table to check, and the present mounts.
pub struct Checks<'c, 'a> {
    pub context: &'c TableContext<'a>,
    pub mounted: &'c TableContext<'a>,
}

impl Checks<'_, '_> {
    /// The findings about the line with this index.
    pub fn of(&self, index: usize) -> Vec<FstabFinding> {
        let mount = &self.context.table.mounts()[index];
        let mut found = Vec::new();
        if mount.fs_type.raw() == b"swap" {
            found.push(self.source(mount));
            found.extend(self.on_device(mount));
            return found;
        }
        found.extend(self.order(index));
        found.push(self.target(mount));
        found.push(self.source(mount));
        found.push(fs_type(mount));
        found.extend(self.on_device(mount));
        found.extend(options(mount));
        found.extend(self.now(mount));
        found
    }

    fn order(&self, index: usize) -> Vec<FstabFinding> {
        let mounts = self.context.table.mounts();
        let target = mount_point(&mounts[index]);
        let path = |bytes: &[u8]| Path::new(OsStr::from_bytes(bytes)).to_owned();
        let mut found = Vec::new();
        for other in &mounts[index + 1..] {
            let later = mount_point(other);
            if later == target {
                let help = "remove one of the lines";
                found.push(FstabFinding::new(
                    Level::Warning,
                    "the mount point is in a later line too",
                    help,
                ));
            } else if *later != b"/"[..] && path(&target).starts_with(path(&later)) {
                // The root directory is mounted first, wherever its line is.
                let later = words(&later);
                found.push(FstabFinding::new(
                    Level::Error,
                    format!("it is before {later}, which hides it when it is mounted"),
                    format!("move the line behind the line of {later}"),
                ));
            }
        }
        found
    }

    fn target(&self, mount: &Mount<'_>) -> FstabFinding {
        let target = mount.target.decoded();
        let text = words(&target);
        if !target.starts_with(b"/") {
            let help = "write the whole path, from the root directory on";
            return FstabFinding::new(needed(mount), "the mount point is no absolute path", help);
        }
        match self.context.follow(Path::new(OsStr::from_bytes(&target))) {
            Err(error) if !error.is_not_found() => {
                unchecked(needed(mount), "the mount point", &text, Some(&error))
            }
            Err(_) if has(mount, "x-mount.mkdir") => FstabFinding::fine("mount(8) makes the mount point"),
            Err(_) => FstabFinding::new(
                needed(mount),
                "the mount point does not exist",
                format!("mkdir -p {text}"),
            ),
            Ok(None) => unchecked(needed(mount), "the mount point", &text, None),
            Ok(Some(place)) if is_no_directory(place.kind) && !is_bind(mount) => FstabFinding::new(
                Level::Error,
                format!("the mount point {text} is no directory"),
                "write the path of a directory",
            ),
            Ok(Some(place)) if place.path.as_os_str().as_bytes() != &*target => {
                let real = words(&plain(&place.path));
                FstabFinding::new(
                    Level::Warning,
                    format!("the mount point is {real}"),
                    format!("write {real}"),
                )
            }
            Ok(_) => FstabFinding::fine("the mount point exists"),
        }
    }

    fn source(&self, mount: &Mount<'_>) -> FstabFinding {
        let source = mount.source.decoded();
        let text = words(&source);
        if let Some(device) = evaluated(self.context, &source) {
            return match device {
                Gathered::Known(device) => FstabFinding::fine(format!("{text} is {}", words(&device))),
                Gathered::Unreadable(errno) => FstabFinding::new(
                    needed(mount),
                    format!(
                        "no device that can be read has {text}, and others cannot be read: {}",
                        errno.desc()
                    ),
                    compare_with("blkid"),
                ),
                _ => FstabFinding::new(
                    needed(mount),
                    format!("no device has {text}"),
                    compare_with("blkid"),
                ),
            };
        }
        let is_bind = is_bind(mount);
        if (is_pseudo(&mount.fs_type.decoded()) && !is_bind) || source.starts_with(b"//") {
            return FstabFinding::fine("the source is no file");
        }
        if !source.starts_with(b"/") {
            return no_path(mount);
        }
        match self.context.follow(Path::new(OsStr::from_bytes(&source))) {
            Err(error) if !error.is_not_found() => {
                unchecked(needed_for_type(mount), &text, &text, Some(&error))
            }
            Err(_) => FstabFinding::new(
                needed_for_type(mount),
                format!("{text} does not exist"),
                "write a source that exists, or add the option nofail",
            ),
            Ok(None) => unchecked(needed_for_type(mount), &text, &text, None),
            Ok(Some(place))
                if place.device.is_none() && !is_bind && !has(mount, "loop") && place.path.is_dir() =>
            {
                FstabFinding::new(
                    Level::Warning,
                    format!("{text} is a directory"),
                    "add the option bind",
                )
            }
            Ok(Some(place)) if place.kind == Some(PathKind::Other) && !is_bind => FstabFinding::new(
                needed_for_type(mount),
                format!("{text} is no block device"),
                "write the path of a block device, or of a disk image",
            ),
            Ok(_) => FstabFinding::fine(format!("{text} exists")),
        }
    }
}

/// The finding about a path that cannot be followed, because of an error or because a file system takes too long.
fn unchecked(level: Level, what: &str, path: &str, error: Option<&Error>) -> FstabFinding {
    let reason = match error {
        Some(error) => error
            .errno()
            .map_or_else(|| error.to_string(), |errno| errno.desc().to_owned()),
        None => "its file system does not answer".to_owned(),
    };
    FstabFinding::new(
        level,
        format!("{what} cannot be checked: {reason}"),
        format!("ls -ld {path}"),
    )
}

/// The finding about a source that is no path, of a type that has one.
fn no_path(mount: &Mount<'_>) -> FstabFinding {
    let source = mount.source.decoded();
    let text = words(&source);
    if let Some(tag) = unknown_tag(&source) {
        return FstabFinding::new(
            Level::Error,
            format!("the tag {tag} is unknown"),
            "write UUID=, LABEL=, PARTUUID=, PARTLABEL= or ID=, in capital letters",
        );
    }
    let is_share = source.windows(2).any(|pair| pair == b":/");
    if is_share || !is_on_device(&mount.fs_type.decoded()) {
        return FstabFinding::fine("the source is no file");
    }
    let help = "write the path of a device, or a tag such as UUID=";
    FstabFinding::new(needed_for_type(mount), format!("{text} is no path"), help)
}

/// The name before the `=` of a source that looks like a tag, and is none. A tag without a value is no tag either.
fn unknown_tag(source: &[u8]) -> Option<String> {
    let equals = source.iter().position(|byte| *byte == b'=')?;
    let name = std::str::from_utf8(&source[..equals]).ok()?;
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_known = name == "ID" || Tag::ALL.iter().any(|tag| tag.name() == name);
    (is_word && !is_known).then(|| name.to_owned())
}

fn is_no_directory(kind: Option<PathKind>) -> bool {
    kind.is_some_and(|kind| kind != PathKind::Directory)
}

pub(super) fn is_bind(mount: &Mount<'_>) -> bool {
    has(mount, "bind") || has(mount, "rbind")
}

/// The level if something is missing: the system waits for it at start, unless the options say otherwise.
fn needed(mount: &Mount<'_>) -> Level {
    if has(mount, "noauto") || has(mount, "nofail") {
        Level::Warning
    } else {
        Level::Error
    }
}

/// The level if a source cannot be used: with the type `auto`, it must tell its type.
fn needed_for_type(mount: &Mount<'_>) -> Level {
    if *mount.fs_type.decoded() == *b"auto" {
        Level::Error
    } else {
        Level::Warning
    }
}

fn fs_type(mount: &Mount<'_>) -> FstabFinding {
    let name = words(&mount.fs_type.decoded());
    let listed = match std::fs::read_to_string("/proc/filesystems") {
        Ok(listed) => listed,
        Err(error) => {
            let error = error.to_string();
            // The standard library adds the number.
            let reason = error.split(" (os error").next().unwrap_or_default();
            return FstabFinding::new(
                Level::Warning,
                format!("the type {name} cannot be checked: /proc/filesystems cannot be read: {reason}"),
                "ls -l /proc/filesystems",
            );
        }
    };
    if name.split(',').any(|name| is_known(name, &listed)) {
        return FstabFinding::fine(format!("{name} is known"));
    }
    FstabFinding::new(
        Level::Warning,
        format!("the kernel does not know the type {name}"),
        format!("modprobe {name}, or install the package with mount.{name}"),
    )
}

/// True if the kernel lists a type, has a module for it, or mount(8) has a program for it.
fn is_known(name: &str, listed: &str) -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let modules = format!("/lib/modules/{}/modules.dep", release.trim());
    let modules = std::fs::read_to_string(modules).unwrap_or_default();
    let file = format!("/{name}.ko");
    matches!(name, "auto" | "none")
        || listed
            .lines()
            .any(|line| line.split('\t').next_back() == Some(name))
        || modules.contains(&file)
        || has_helper(name)
}

fn options(mount: &Mount<'_>) -> Vec<FstabFinding> {
    let pairs = CONTRADICTIONS
        .iter()
        .filter(|pair| pair.iter().all(|option| has(mount, option)));
    let contradictions = pairs.map(|[one, other]| {
        let text = format!("the options {one} and {other} contradict each other");
        FstabFinding::new(Level::Warning, text, "leave out one of them: the last counts")
    });
    let mut found: Vec<FstabFinding> = contradictions.collect();
    let passno = mount.fstab.map_or(0, |fields| fields.passno);
    let on_disk = mount.source.raw().starts_with(b"/dev/")
        || parse_tag(OsStr::from_bytes(mount.source.raw())).is_some();
    if passno > 0 && !on_disk {
        let text = format!("fsck(8) is to check it in pass {passno}, and it is on no device");
        found.push(FstabFinding::new(
            Level::Warning,
            text,
            "write 0 as the sixth field",
        ));
    }
    found
}

pub(super) fn has(mount: &Mount<'_>, option: &str) -> bool {
    mount.vfs_options.contains(option.as_bytes())
}

pub(super) fn words(bytes: &[u8]) -> String {
    escape_for_terminal(bytes).into_owned()
}

/// True if mount(8) has a program for this type.
fn has_helper(fs_type: &str) -> bool {
    let base = fs_type.split('.').next().unwrap_or(fs_type);
    let places = ["/sbin", "/usr/sbin", "/bin", "/usr/bin", "/usr/local/sbin"];
    places
        .iter()
        .any(|place| Path::new(place).join(format!("mount.{base}")).exists())
}
