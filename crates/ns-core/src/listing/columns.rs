//! The columns of namespaces: a row each, with what the column shows, which facts it needs, which kinds of namespaces have it,
//! and how its cell is made.

use super::{ColumnFacts, MakeCell, cells};
use crate::inventory::Facts;
use crate::output::{Cell, Column};
use crate::{Kind, Kinds};

/// The kinds that have parents.
const NESTED: Kinds = Kinds::of(Kind::Pid).and(Kinds::of(Kind::User));

crate::columns! {
    /// All of them.
    NAMESPACE_COLUMNS: Column<ColumnFacts, MakeCell>;
    NS: number("NS", "inode of the namespace"), ColumnFacts::new(Facts::empty()), |it| it.entry.identity.inode.into();
    TYPE: text("TYPE", "kind of namespace"), ColumnFacts::new(Facts::empty()), |it| Cell::text(it.entry.kind.name().as_bytes());
    PATH: text("PATH", "path of the namespace file of PID"), ColumnFacts::new(Facts::empty()).of_proc(), cells::path;
    NPROCS: number("NPROCS", "number of readable processes in the namespace"), ColumnFacts::new(Facts::empty()).of_proc(), |it| u64::from(it.entry.processes).into();
    PID: number("PID", "lowest PID in the namespace"), ColumnFacts::new(Facts::empty()).of_proc(), |it| it.pid.map_or(Cell::Absent, cells::pid);
    PPID: number("PPID", "parent of PID"), ColumnFacts::new(Facts::PARENT).of_proc(), |it| it.of_process(|process| Cell::gathered(process.parent, cells::pid));
    COMMAND: text("COMMAND", "command line of PID").wide(), ColumnFacts::new(Facts::COMMAND).of_proc(), |it| it.of_process(|process| Cell::gathered(process.command.as_ref(), |line| Cell::text(&**line)));
    UID: number("UID", "uid of PID, or of the namespace's creator"), ColumnFacts::new(Facts::UID).of_proc(), |it| Cell::gathered(it.uid(), |uid| u64::from(uid).into());
    USER: text("USER", "user of PID, or the namespace's creator"), ColumnFacts::new(Facts::UID).of_proc(), |it| it.context.user(it.uid());
    NETNSID: text("NETNSID", "number of the namespace in the caller's network namespace"), ColumnFacts::new(Facts::NETNSID).only(Kinds::of(Kind::Net)), cells::netnsid;
    NSFS: texts("NSFS", "paths where the namespace is mounted").wide(), ColumnFacts::new(Facts::empty()).of_proc(), cells::nsfs;
    PNS: number("PNS", "inode of the parent namespace"), ColumnFacts::new(Facts::RELATIONSHIPS).only(NESTED), |it| cells::above(it.entry.parent());
    ONS: number("ONS", "inode of the owning user namespace").or(&["OWNER"]), ColumnFacts::new(Facts::RELATIONSHIPS), |it| cells::above(it.entry.owner());
    ID: number("ID", "64-bit id of the namespace, never reused"), ColumnFacts::new(Facts::RELATIONSHIPS), |it| Cell::gathered(it.entry.id(), Cell::Number);
    OWN: flag("OWN", "yes for the caller's own namespace"), ColumnFacts::new(Facts::OWN), |it| Cell::gathered(it.entry.own, Cell::Flag);
    NAME: texts("NAME", "pinned name, under /run/netns or a similar directory"), ColumnFacts::new(Facts::empty()).of_proc(), cells::names;
    HOLDERS: number("HOLDERS", "number of things that keep the namespace alive"), ColumnFacts::new(Facts::empty()).of_proc(), cells::holders;
    HELD_BY: texts("HELD-BY", "things that keep the namespace alive, in words").wide(), ColumnFacts::new(Facts::empty()).of_proc(), cells::held_by;
    THREADS: number("THREADS", "number of readable threads in the namespace"), ColumnFacts::new(Facts::empty()).of_proc(), cells::threads;
    LEADER: number("LEADER", "oldest process whose parent is outside the namespace"), ColumnFacts::new(Facts::LEADER).of_proc(), |it| Cell::gathered(it.entry.leader, cells::pid);
    INPID: text("INPID", "PIDs of PID in each PID namespace, outermost first"), ColumnFacts::new(Facts::PIDS).of_proc(), |it| it.of_process(cells::pids);
    UNIT: text("UNIT", "systemd unit of the leader"), ColumnFacts::new(Facts::CGROUP).of_proc(), |it| it.of_cgroups(crate::process::Cgroups::unit);
    CONTAINER: text("CONTAINER", "id of the leader's container"), ColumnFacts::new(Facts::CGROUP).of_proc(), |it| it.of_cgroups(|cgroups| cgroups.container().map(|container| container.id));
    CGROUP: text("CGROUP", "cgroup of the leader").wide(), ColumnFacts::new(Facts::CGROUP).of_proc(), |it| it.of_cgroups(crate::process::Cgroups::path);
    HOSTNAME: text("HOSTNAME", "host name of a UTS namespace"), ColumnFacts::new(Facts::UTS_NAMES).only(Kinds::of(Kind::Uts)), |it| Cell::gathered(it.entry.uts_names.as_ref(), |names| Cell::text(&*names.host));
    DOMAIN: text("DOMAIN", "NIS domain name of a UTS namespace"), ColumnFacts::new(Facts::UTS_NAMES).only(Kinds::of(Kind::Uts)), cells::domain;
    SAME: numbers("SAME", "inodes of other namespaces with the same host name").wide(), ColumnFacts::new(Facts::UTS_NAMES).only(Kinds::of(Kind::Uts)), cells::same;
    CREATOR: text("CREATOR", "user who created the owning user namespace"), ColumnFacts::new(Facts::RELATIONSHIPS), |it| it.context.user(it.entry.owner_uid());
    UIDMAP: texts("UIDMAP", "uid map of a user namespace").wide(), ColumnFacts::new(Facts::UIDMAP).only(Kinds::of(Kind::User)).of_proc(), cells::uid_map;
    DEPTH: number("DEPTH", "number of parents of a user or PID namespace"), ColumnFacts::new(Facts::RELATIONSHIPS).only(NESTED), cells::depth;
    INITIAL: flag("INITIAL", "yes if the system started with the namespace"), ColumnFacts::new(Facts::empty()), cells::initial;
    CAPS: texts("CAPS", "capabilities that the --caps process has in the namespace").wide(), ColumnFacts::new(Facts::RELATIONSHIPS).of_option(), cells::capabilities;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_that_of_two_columns() {
        let mut names: Vec<_> = NAMESPACE_COLUMNS
            .iter()
            .flat_map(|column| column.heading.aliases.iter().chain([&column.heading.name]))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
