//! The capabilities of a process in a namespace, by the rules of `user_namespaces(7)` that the kernel follows.

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use crate::process::{Files, Pid};
use crate::sys::fd::read_text_at_once;
use crate::{Gathered, Kind};

use super::Inventory;
use super::entry::Entry;

/// Capabilities in a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Capabilities {
    /// All capabilities.
    All,
    /// All capabilities except a few, by name: `sys_admin`.
    AllBut(Vec<String>),
    /// These capabilities, by name.
    Some(Vec<String>),
}

/// The facts that decide what a process may do.
#[derive(Clone, Copy)]
struct ProcessCredentials {
    user_namespace: u64,
    effective: u64,
    uid: u32,
}

/// The capabilities of the process in this namespace. The inventory must have the relationships of namespaces, and user
/// namespaces must be among its kinds.
pub fn capabilities_in(inventory: &Inventory, pid: Pid, entry: &Entry) -> Gathered<Capabilities> {
    credentials(inventory, pid).and_then(|credentials| with_credentials(inventory, credentials, entry))
}

fn with_credentials(
    inventory: &Inventory,
    credentials: ProcessCredentials,
    entry: &Entry,
) -> Gathered<Capabilities> {
    let start = if entry.kind == Kind::User {
        entry
    } else {
        match entry.owner() {
            Gathered::Known(owner) => match inventory.entry(owner.inode) {
                Some(owner) => owner,
                None => return Gathered::Unreadable(Errno::EPERM),
            },
            // The caller cannot see the owner.
            _ => return Gathered::Unreadable(Errno::EPERM),
        }
    };
    climb(inventory, credentials, start)
}

fn credentials(inventory: &Inventory, pid: Pid) -> Gathered<ProcessCredentials> {
    let user_namespace = match inventory.member(pid).map(|member| member.links.get(Kind::User)) {
        Some(Gathered::Known(inode)) => inode,
        Some(Gathered::Unreadable(errno)) => return Gathered::Unreadable(errno),
        Some(_) | None => return Gathered::Absent,
    };
    let Ok(proc) = std::fs::File::open("/proc") else {
        return Gathered::Absent;
    };
    Files::of(&proc, pid).status().and_then(|status| {
        status
            .effective()
            .zip(status.effective_uid())
            .map(|(effective, uid)| ProcessCredentials {
                user_namespace,
                effective,
                uid,
            })
            .into()
    })
}

/// Goes up from the namespace. In the process's own user namespace, its effective capabilities count. The creator of a
/// user namespace, in the parent, has all capabilities in it and in all namespaces below.
fn climb(inventory: &Inventory, credentials: ProcessCredentials, start: &Entry) -> Gathered<Capabilities> {
    let mut current = start;
    loop {
        if current.identity.inode == credentials.user_namespace {
            return Gathered::Known(named(credentials.effective));
        }
        let parent = match current.parent() {
            Gathered::Known(parent) => parent,
            // Nothing is above the first user namespace. If the process's own was not met on the way up, it has no
            // capabilities here.
            _ if current.identity.inode == Kind::User.initial_inode() => {
                return Gathered::Known(Capabilities::Some(Vec::new()));
            }
            _ => return Gathered::Unreadable(Errno::EPERM),
        };
        if parent.inode == credentials.user_namespace
            && current.owner_uid() == Gathered::Known(credentials.uid)
        {
            return Gathered::Known(Capabilities::All);
        }
        current = match inventory.entry(parent.inode) {
            Some(parent) => parent,
            None => return Gathered::Unreadable(Errno::EPERM),
        };
    }
}

fn named(effective: u64) -> Capabilities {
    let last = read_text_at_once("/proc/sys/kernel/cap_last_cap")
        .ok()
        .and_then(|text| text.trim().parse::<u32>().ok())
        .unwrap_or(40);
    let all = u64::MAX >> (63 - last.min(63));
    if effective & all == all {
        return Capabilities::All;
    }
    if (all & !effective).count_ones() < effective.count_ones() {
        return Capabilities::AllBut(names(all & !effective));
    }
    Capabilities::Some(names(effective))
}

fn names(bits: u64) -> Vec<String> {
    let set = CapabilitySet::from_bits_retain(bits);
    let mut names: Vec<_> = set.iter_names().map(|(name, _)| name.to_lowercase()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_set_is_all() {
        assert_eq!(named(u64::MAX), Capabilities::All);
        assert_eq!(named(0), Capabilities::Some(Vec::new()));
        assert_eq!(named(!(1 << 21)), Capabilities::AllBut(vec!["sys_admin".into()]));
        assert_eq!(
            named(1 << 21 | 1),
            Capabilities::Some(vec!["chown".into(), "sys_admin".into()])
        );
    }
}
