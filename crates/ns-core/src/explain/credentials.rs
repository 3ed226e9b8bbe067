//! Ids: the limits on changing the ids of a process (`setresuid(2)`, `setgroups(2)`).

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::capability;
use super::finding::Finding;
use super::look::Look;
use crate::idmap::{IdKind, IdMap};

/// `setgroups` in `/proc` can no longer be changed.
pub(crate) fn setgroups_fixed(look: &Look) -> Option<Finding> {
    if is_denied(look)? {
        return Some(Finding::new(
            "setgroups(2) is denied in this user namespace, and cannot be allowed again",
        ));
    }
    let map = IdMap::parse(&look.read("self/gid_map")?).ok()?;
    (!map.ranges().is_empty()).then(|| {
        Finding::new("the gid map is already written, and setgroups(2) can be denied only before that")
    })
}

/// The gid could not be set.
pub(crate) fn gid(look: &Look, gid: u32, errno: Errno) -> Option<Finding> {
    if errno == Errno::EINVAL {
        return unmapped(look, IdKind::Group, gid);
    }
    if is_denied(look) == Some(true) {
        return Some(
            Finding::new(
                "setgroups(2) is denied in this user namespace, so the other groups cannot be dropped",
            )
            .help("map a range of gids: --map-auto, or --map-groups"),
        );
    }
    capability::missing(look, CapabilitySet::SETGID)
}

/// The supplementary groups could not be set in a user namespace that exists already.
pub(crate) fn groups(look: &Look, gids: &[u32], errno: Errno) -> Option<Finding> {
    if errno == Errno::EINVAL {
        let finding = gids.iter().find_map(|gid| unmapped(look, IdKind::Group, *gid))?;
        return Some(Finding::new(finding.cause));
    }
    if is_denied(look) == Some(true) {
        let cause = "setgroups(2) is denied in this user namespace";
        return Some(Finding::new(cause).help("leave out --groups"));
    }
    capability::missing(look, CapabilitySet::SETGID)
}

/// The uid could not be set.
pub(crate) fn uid(look: &Look, uid: u32, errno: Errno) -> Option<Finding> {
    if errno == Errno::EINVAL {
        return unmapped(look, IdKind::User, uid);
    }
    capability::missing(look, CapabilitySet::SETUID)
}

fn is_denied(look: &Look) -> Option<bool> {
    Some(look.read("self/setgroups")?.trim() == "deny")
}

fn unmapped(look: &Look, ids: IdKind, id: u32) -> Option<Finding> {
    let map = IdMap::parse(&look.read(&format!("self/{}", ids.map_file()))?).ok()?;
    let name = ids.name();
    map.outer(id).is_none().then(|| {
        let cause = if map.ranges().is_empty() {
            format!("this user namespace has no {name} map")
        } else {
            format!("the {name} map of this user namespace has no {name} {id}: {map}")
        };
        Finding::new(cause).help(match ids {
            IdKind::User => format!("map it: --map-user={id}, or a range: --map-auto, --map-users"),
            IdKind::Group => format!("map it: --map-group={id}, or a range: --map-auto, --map-groups"),
        })
    })
}
