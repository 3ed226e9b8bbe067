//! Id maps: the right to write one, and the programs that write maps for ordinary users (`user_namespaces(7)`,
//! `newuidmap(1)`).

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt as _;

use rustix::fs::StatVfsMountFlags;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use super::{capability, restrictions};
use crate::Error;
use crate::escape::{escape_for_terminal, word};
use crate::idmap::{self, IdKind, IdMap, IdRange};
use crate::process::{caller, remedy};
use crate::users::{self, name_of};

/// True if the caller can map its own uid to 0 in a new user namespace. For uid 0 of its own user namespace, that takes a
/// capability (Linux 5.12).
pub(crate) fn may_be_root(look: &Look) -> bool {
    caller::ids().uid != 0 || capability::missing(look, CapabilitySet::SETFCAP).is_none()
}

/// The kernel refused a map from a process outside the user namespace.
pub(crate) fn refused(look: &Look, ids: IdKind, map: &IdMap) -> Option<Finding> {
    unmapped_outer(ids, map).or_else(|| {
        let needed = if ids == IdKind::User && has_root(map) {
            CapabilitySet::SETFCAP
        } else {
            CapabilitySet::SYS_ADMIN
        };
        capability::missing(look, needed)
    })
}

/// True if the map has the uid 0 of the parent. For that, the kernel asks for a capability of its own (Linux 5.12).
fn has_root(map: &IdMap) -> bool {
    map.ranges().iter().any(|range| range.outer == 0)
}

/// Why a user namespace that the caller creates now cannot map the caller's uid, if that is 0. Inside, the process has
/// all capabilities, and cannot see any more which ones the caller had.
pub(crate) fn root_not_mappable() -> Option<Finding> {
    let needed = CapabilitySet::SETFCAP;
    (caller::ids().uid == 0 && caller::has(needed) == Ok(false)).then(|| {
        let cause = format!(
            "{} is missing, and a map that has the caller's uid 0 needs it",
            caller::name_of(needed)
        );
        Finding::new(cause).help(remedy::for_missing(needed))
    })
}

/// The kernel refused a map from the process inside the user namespace. `without_root` is the reason if the uid 0 of the
/// parent cannot be mapped.
pub(crate) fn refused_inside(ids: IdKind, map: &IdMap, without_root: Option<Finding>) -> Option<Finding> {
    without_root.filter(|_| ids == IdKind::User && has_root(map))
}

/// Only ids that the parent has can be mapped.
fn unmapped_outer(ids: IdKind, map: &IdMap) -> Option<Finding> {
    let own = caller::id_map(ids).ok()?;
    let missing = map.ranges().iter().find(|range| !covers(&own, **range))?;
    let cause = format!(
        "not all {}s of {missing} are mapped in this user namespace, whose map is {own}",
        ids.name()
    );
    Some(Finding::new(cause).help(ELSEWHERE))
}

/// Help if this user namespace lacks the ids.
const ELSEWHERE: &str = "run it outside this user namespace, or map a single id: --map-root-user";

/// True if one range of the parent's map has all outer ids, as the kernel requires.
fn covers(own: &IdMap, range: IdRange) -> bool {
    let end = |first: u32, count: u32| u64::from(first) + u64::from(count);
    own.ranges()
        .iter()
        .any(|own| own.inner <= range.outer && end(range.outer, range.count) <= end(own.inner, own.count))
}

/// newuidmap was not found.
pub(crate) fn no_helper(ids: IdKind) -> Finding {
    Finding::new(format!("{} is not in PATH, or cannot be run", ids.helper()))
        .help("install it (package uidmap or shadow-utils), or map a single id: --map-root-user")
}

/// Why newuidmap would not write this map, if that can be seen before it is run.
pub fn why_no_helper_writes(ids: IdKind, map: &IdMap) -> Option<String> {
    let finding = match idmap::helper(ids) {
        None => Some(no_helper(ids)),
        Some(_) => refused_by_helper(&Look::around(), ids, map, ""),
    };
    finding.map(|finding| finding.cause)
}

/// newuidmap did not write the map, and said this. Ids that do not exist here can be mapped by nobody. Apart from that,
/// newuidmap checks the caller first, then the ranges, and only then it needs its privileges.
pub(crate) fn refused_by_helper(look: &Look, ids: IdKind, map: &IdMap, said: &str) -> Option<Finding> {
    let refused_by_check = || {
        if said.ends_with(" not allowed") {
            not_granted(ids, map)
        } else if said.contains("different user") {
            other_primary_group(ids)
        } else {
            None
        }
    };
    unmapped_outer(ids, map)
        .or_else(refused_by_check)
        .or_else(|| powerless(look, ids))
        .or_else(|| not_granted(ids, map))
}

/// The error that the caller has no subordinate ids, with the cause and the help that are true for this caller in this
/// user namespace.
pub fn explain_none_subordinate(ids: IdKind, error: Error) -> Error {
    if !error.is_not_found() {
        return error;
    }
    let user = restrictions::unmapped_caller(&Look::around()).or_else(|| {
        let needs_helper = caller::may_map(ids) == Ok(false);
        needs_helper.then(|| no_user_entry(ids)).flatten()
    });
    match user {
        Some(finding) => finding.explain(error),
        None if can_be_granted(ids) => error,
        None => error.with_help(ELSEWHERE),
    }
}

/// The ids of a usual line in `/etc/subuid`.
const USUAL: (u32, u32) = (100_000, 65_536);

/// True if the ids of a usual line exist in this user namespace.
fn can_be_granted(ids: IdKind) -> bool {
    let usual = IdRange::new(0, USUAL.0, USUAL.1);
    usual.is_ok_and(|usual| caller::id_map(ids).map_or(true, |own| covers(&own, usual)))
}

/// The capability to write any map of these ids.
fn capability_for(ids: IdKind) -> CapabilitySet {
    match ids {
        IdKind::User => CapabilitySet::SETUID,
        IdKind::Group => CapabilitySet::SETGID,
    }
}

/// newuidmap lacks the privilege that it needs.
fn powerless(look: &Look, ids: IdKind) -> Option<Finding> {
    if look.status()?.no_new_privileges()? {
        return Some(Finding::new(format!(
            "the process cannot gain privileges (no_new_privs), so {} has none",
            ids.helper()
        )));
    }
    let needed = capability_for(ids);
    if look.status()?.bounding()? & needed.bits() == 0 {
        return Some(Finding::new(format!(
            "the bounding set of the process lacks {}, so {} cannot gain it",
            caller::name_of(needed),
            ids.helper()
        )));
    }
    if let Some(finding) = other_primary_group(ids) {
        return Some(finding);
    }
    let file = idmap::helper(ids)?;
    let data = std::fs::metadata(&file).ok()?;
    let setuid = data.permissions().mode() & 0o4000 != 0 && data.uid() == 0;
    let mut value = [0; 64];
    let has_capabilities = match rustix::fs::getxattr(&file, "security.capability", &mut value[..]) {
        Ok(_) => true,
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP) => false,
        Err(_) => return None,
    };
    let shown = escape_for_terminal(file.as_os_str().as_bytes());
    if caller::sees_as_unmapped(data.uid()) {
        let cause = format!(
            "the owner of {shown} is not mapped in this user namespace, so {} gains no privileges",
            ids.helper()
        );
        return Some(Finding::new(cause).help(ELSEWHERE));
    }
    if !setuid && !has_capabilities {
        let cause = format!("{shown} is neither setuid root nor has file capabilities");
        return Some(Finding::new(cause).help(format!("as root: chmod u+s {}", word(file))));
    }
    let system = rustix::fs::statvfs(&file).ok()?;
    (system.f_flag.contains(StatVfsMountFlags::NOSUID)).then(|| {
        Finding::new(format!(
            "{shown} is on a file system that is mounted nosuid, so it gains no privileges"
        ))
    })
}

/// newuidmap refuses a caller whose group is not the one that `/etc/passwd` has for the user (`newuidmap(1)`), or who
/// has no entry there.
fn other_primary_group(ids: IdKind) -> Option<Finding> {
    let Some((name, primary)) = users::own_primary_group() else {
        return no_user_entry(ids);
    };
    let own = nix::unistd::getgid().as_raw();
    (primary != own).then(|| {
        let cause = format!(
            "the caller has gid {own}, and {} works only with gid {primary}, the primary group of {name}",
            ids.helper()
        );
        Finding::new(cause).help("run it with the primary group, as after a new login")
    })
}

/// newuidmap refuses a caller without an entry in `/etc/passwd`.
fn no_user_entry(ids: IdKind) -> Option<Finding> {
    let (uid, helper) = (caller::ids().real_uid, ids.helper());
    (name_of(uid) == Ok(None)).then(|| {
        let cause =
            format!("uid {uid} has no entry in /etc/passwd, and {helper} works only for users with one");
        Finding::new(cause).help("map a single id: --map-root-user")
    })
}

/// The ids below this number belong to the system's own users and services. Subordinate ids are above (`SUB_UID_MIN` of
/// `login.defs(5)`).
const OWN_IDS_END: u32 = 1 << 16;

/// The file of subordinate ids does not grant the range.
fn not_granted(ids: IdKind, map: &IdMap) -> Option<Finding> {
    let uid = caller::ids().real_uid;
    // Without the name, nobody knows which lines are those of the user.
    let name = name_of(uid).ok()?;
    let file = ids.subordinate_file();
    let granted = idmap::granted(ids, name.as_deref(), uid).ok()?;
    if asks_another_source() {
        return None;
    }
    let user = name.unwrap_or_else(|| uid.to_string());
    let own = match ids {
        IdKind::User => uid,
        IdKind::Group => nix::unistd::getgid().as_raw(),
    };
    let allowed = |range: &IdRange| range.outer == own && range.count == 1 || granted.covers(*range);
    let range = map.ranges().iter().find(|range| !allowed(range))?;
    if let Some(flaw) = granted.flaws.first() {
        return Some(Finding::new(flaw.cause(file)).help(flaw.help(file)));
    }
    let blocks = granted
        .blocks
        .iter()
        .map(|block| format!("{}:{}", block.first, block.count));
    let cause = if granted.is_empty() {
        format!("{file} has no line for {user}")
    } else {
        format!(
            "{file} grants {user} only {}",
            blocks.collect::<Vec<_>>().join(", ")
        )
    };
    let help = if caller::ids().uid == 0 {
        // With the capability, root needs no helper.
        remedy::for_root(capability_for(ids))
    } else if range.outer < OWN_IDS_END {
        // A line for these ids would give the user access to the files of others.
        let instead = if !granted.is_empty() {
            "use --map-auto for the ids that are granted".to_owned()
        } else if can_be_granted(ids) {
            let (first, count) = USUAL;
            format!("for --map-auto, add a line such as {user}:{first}:{count} to {file}")
        } else {
            ELSEWHERE.to_owned()
        };
        format!(
            "{}: the system itself uses these ids",
            remedy::or_as_root(&instead)
        )
    } else {
        format!(
            "as root, add the line {user}:{}:{} to {file}",
            range.outer, range.count
        )
    };
    Some(Finding::new(cause).help(help))
}

/// True if newuidmap does not read the files: `subid` in nsswitch.conf(5) names another source.
fn asks_another_source() -> bool {
    let text = std::fs::read_to_string("/etc/nsswitch.conf").unwrap_or_default();
    let sources = text
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("subid:"));
    sources.is_some_and(|sources| sources.trim() != "files")
}
