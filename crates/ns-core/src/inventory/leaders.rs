//! The leader of a namespace: the oldest process at the top of its tree.

use std::collections::HashMap;

use crate::process::{Files, Pid};
use crate::{Gathered, Kind};

use super::Inventory;
use super::members::Member;
use super::search::Search;

impl Inventory {
    /// The processes at the top of the trees of each namespace of this kind, by its inode: processes whose parents are
    /// in other namespaces. Unreadable if the parent of a process in it is. Known if
    /// [`Facts::LEADER`](super::Facts::LEADER) was asked for.
    pub fn tops(&self, kind: Kind) -> HashMap<u64, Gathered<Vec<Pid>>> {
        let mut tops: HashMap<u64, Gathered<Vec<Pid>>> = HashMap::new();
        for member in &self.members {
            let Gathered::Known(inode) = member.links.get(kind) else {
                continue;
            };
            let tops = tops.entry(inode).or_insert_with(|| Gathered::Known(Vec::new()));
            match (member.descent, &mut *tops) {
                (Gathered::Unreadable(errno), _) => *tops = Gathered::Unreadable(errno),
                (Gathered::Known((parent, _)), Gathered::Known(tops))
                    if !is_below(parent.and_then(|pid| self.member(pid)), kind, inode) =>
                {
                    tops.push(member.pid);
                }
                _ => {}
            }
        }
        tops
    }

    /// The name of a process; absent if it has ended. Known if [`Facts::LEADER`](super::Facts::LEADER) was asked for.
    pub fn name_of(&self, pid: Pid) -> Gathered<Vec<u8>> {
        let descent = self.member(pid).map_or(Gathered::Absent, |member| member.descent);
        descent.and_then(|(_, started)| {
            // The PID may belong to another process by now.
            let stat = Files::of(&self.proc, pid).stat();
            stat.and_then(|stat| (stat.started == started).then_some(stat.name).into())
        })
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
    let mut leaders: HashMap<u64, Gathered<(u64, Pid)>> = HashMap::new();
    for member in &search.members {
        let (parent, started) = match member.descent {
            Gathered::Known(descent) => descent,
            Gathered::Unreadable(errno) => {
                // It may be the leader of every namespace that it is in.
                leaders.extend(
                    member
                        .links
                        .known()
                        .map(|(_, inode)| (inode, Gathered::Unreadable(errno))),
                );
                continue;
            }
            Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => continue,
        };
        let parent = parent.and_then(|pid| search.member(pid));
        for (kind, inode) in member.links.known() {
            if is_below(parent, kind, inode) {
                continue;
            }
            let candidate = (started, member.pid);
            leaders
                .entry(inode)
                .and_modify(|leader| *leader = leader.map(|leader| candidate.min(leader)))
                .or_insert(Gathered::Known(candidate));
        }
    }
    for entry in &mut search.entries {
        let leader = leaders.get(&entry.identity.inode).copied();
        entry.leader = leader.unwrap_or(Gathered::Absent).map(|(_, pid)| pid);
    }
}
