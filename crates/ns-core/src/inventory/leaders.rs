//! The leader of a namespace: the oldest process at the top of its tree.

use std::collections::HashMap;

use crate::process::Pid;

use super::question::Facts;
use super::search::Search;

/// Finds the leader of every namespace, where somebody asked: among the processes whose parent is not in it, the one that
/// started first; of two that did, the one with the lower PID.
pub(super) fn find(search: &mut Search) {
    if !search.question.facts.contains(Facts::LEADER) {
        return;
    }
    let mut leaders: HashMap<u64, (u64, Pid)> = HashMap::new();
    for member in &search.members {
        let Some((parent, started)) = member.descent else {
            continue;
        };
        let parent = parent.and_then(|pid| search.member(pid));
        for (kind, inode) in member.links.known() {
            if parent.is_some_and(|parent| parent.is_in(kind, inode)) {
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
