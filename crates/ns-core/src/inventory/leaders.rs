//! The leader of a namespace: the oldest process at the top of its tree.

use std::collections::HashMap;

use crate::process::{Files, Pid, scan};
use crate::{Gathered, Kind};

use super::Inventory;
use super::members::Member;
use super::search::Search;

impl Inventory {
    /// The processes at the top of the trees of each namespace of this kind, by its inode: processes whose parents are
    /// in other namespaces. Known if [`Facts::LEADER`](super::Facts::LEADER) was asked for.
    pub fn tops(&self, kind: Kind) -> HashMap<u64, Vec<Pid>> {
        let mut tops: HashMap<u64, Vec<Pid>> = HashMap::new();
        for member in &self.members {
            if let (Some((parent, _)), Gathered::Known(inode)) = (member.descent, member.links.get(kind))
                && !is_below(parent.and_then(|pid| self.member(pid)), kind, inode)
            {
                tops.entry(inode).or_default().push(member.pid);
            }
        }
        tops
    }

    /// The name of a process, if it is still there. Known if [`Facts::LEADER`](super::Facts::LEADER) was asked for.
    pub fn name_of(&self, pid: Pid) -> Option<Vec<u8>> {
        let (_, started) = self.member(pid)?.descent?;
        let proc = scan().ok()?;
        let stat = Files::of(&proc.proc(), pid).stat().known()?;
        // The PID may belong to another process by now.
        (stat.started == started).then_some(stat.name)
    }
}

/// True if the parent of a process is in this namespace too.
fn is_below(parent: Option<&Member>, kind: Kind, inode: u64) -> bool {
    parent.is_some_and(|parent| parent.is_in(kind, inode))
}

/// Finds the leader of every namespace, if leaders are asked for: of the processes whose parent is in another
/// namespace, the one that started first. If two started at once, the one with the lower PID.
pub(super) fn find(search: &mut Search) {
    if !search.question.facts.leaders {
        return;
    }
    let mut leaders: HashMap<u64, (u64, Pid)> = HashMap::new();
    for member in &search.members {
        let Some((parent, started)) = member.descent else {
            continue;
        };
        let parent = parent.and_then(|pid| search.member(pid));
        for (kind, inode) in member.links.known() {
            if is_below(parent, kind, inode) {
                continue;
            }
            let candidate = (started, member.pid);
            leaders
                .entry(inode)
                .and_modify(|leader| *leader = candidate.min(*leader))
                .or_insert(candidate);
        }
    }
    for entry in &mut search.entries {
        entry.leader = leaders.get(&entry.identity.inode).map(|(_, pid)| *pid);
    }
}
