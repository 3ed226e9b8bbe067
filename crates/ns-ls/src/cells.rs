//! From what was found out about a namespace to the values of its columns.

use std::borrow::Cow;

use ns_core::inventory::{Capabilities, Entry, Inventory, Places, Representative, capabilities_in};
use ns_core::output::Cell;
use ns_core::process::{Cgroups, Pid};
use ns_core::users::UserNames;
use ns_core::{Gathered, Kind};

use crate::columns::NsColumn;
use crate::holders;

/// Makes rows of cells.
pub struct Subjects<'a> {
    pub inventory: &'a Inventory,
    /// The process of `--caps`.
    pub caps: Option<Pid>,
    pub names: UserNames,
}

impl<'a> Subjects<'a> {
    /// For this inventory.
    pub fn new(inventory: &'a Inventory, caps: Option<Pid>) -> Self {
        Self {
            inventory,
            caps,
            names: UserNames::default(),
        }
    }

    /// The values of these columns for a namespace; `process` stands for it where it is not that with the lowest PID.
    pub fn row(&mut self, columns: &[NsColumn], entry: &Entry, process: Option<Pid>) -> Vec<Cell<'static>> {
        let pid = process.or(entry.lowest);
        let subject = Subject {
            entry,
            pid,
            process: pid.and_then(|pid| self.inventory.representative(pid)),
        };
        columns
            .iter()
            .map(|column| match column {
                NsColumn::User => self.user(subject.uid()),
                NsColumn::Creator => self.user(entry.owner_uid().known().into()),
                NsColumn::Leader
                | NsColumn::Inpid
                | NsColumn::Unit
                | NsColumn::Container
                | NsColumn::Cgroup => self.of_leader(*column, entry),
                NsColumn::Depth => depth(self.inventory, entry).map_or(Cell::Absent, Cell::Number),
                NsColumn::Threads if !self.inventory.looked().contains(Places::THREADS) => Cell::Absent,
                NsColumn::Caps => self.caps_in(entry),
                NsColumn::Nsfs => list(entry.pins(self.inventory.own_mount_namespace())),
                NsColumn::Name => list(entry.names(self.inventory.own_mount_namespace())),
                NsColumn::HeldBy => {
                    let words = holders::words(entry, self.inventory.own_mount_namespace());
                    Cell::List(words.into_iter().map(Cow::Owned).collect())
                }
                column => subject.cell(*column),
            })
            .collect()
    }

    fn user(&mut self, uid: Gathered<u32>) -> Cell<'static> {
        Cell::gathered(uid, |uid| Cell::string(&self.names.name_or_number(uid)))
    }

    fn of_leader(&self, column: NsColumn, entry: &Entry) -> Cell<'static> {
        let Some(leader) = entry.leader else {
            return Cell::Absent;
        };
        if column == NsColumn::Leader {
            return pid_cell(leader);
        }
        let Some(process) = self.inventory.representative(leader) else {
            return Cell::Absent;
        };
        if column == NsColumn::Inpid {
            return Cell::gathered(process.pids.as_ref(), |pids| {
                let pids: Vec<_> = pids.iter().map(Pid::to_string).collect();
                Cell::string(&pids.join("/"))
            });
        }
        let of_cgroups = |cgroups: &Cgroups| {
            let text = match column {
                NsColumn::Unit => cgroups.unit(),
                NsColumn::Container => cgroups.container().map(|container| container.id),
                _ => cgroups.path(),
            };
            text.map_or(Cell::Absent, |text| Cell::text(text.to_vec()))
        };
        Cell::gathered(process.cgroups.as_ref(), of_cgroups)
    }

    fn caps_in(&self, entry: &Entry) -> Cell<'static> {
        let Some(pid) = self.caps else {
            return Cell::Absent;
        };
        Cell::gathered(capabilities_in(self.inventory, pid, entry), |capabilities| {
            let names = match capabilities {
                Capabilities::All => vec!["all".to_owned()],
                Capabilities::AllBut(names) => std::iter::once("all".to_owned())
                    .chain(names.into_iter().map(|name| format!("-{name}")))
                    .collect(),
                Capabilities::Some(names) if names.is_empty() => vec!["none".to_owned()],
                Capabilities::Some(names) => names,
            };
            list(names.iter().map(String::as_bytes).collect())
        })
    }
}

/// What most columns say something about.
struct Subject<'a> {
    entry: &'a Entry,
    /// The process that stands for it.
    pid: Option<Pid>,
    process: Option<&'a Representative>,
}

impl Subject<'_> {
    fn cell(&self, column: NsColumn) -> Cell<'static> {
        let entry = self.entry;
        match column {
            NsColumn::Ns => entry.identity.inode.into(),
            NsColumn::Type => Cell::text(entry.kind.name().as_bytes()),
            NsColumn::Path => self.pid.map_or(Cell::Absent, |pid| {
                Cell::string(&format!("/proc/{pid}/ns/{}", entry.kind))
            }),
            NsColumn::Nprocs => u64::from(entry.processes).into(),
            NsColumn::Pid => self.pid.map_or(Cell::Absent, pid_cell),
            NsColumn::Ppid => self.of_process(|process| Cell::gathered(process.parent, pid_cell)),
            NsColumn::Command => {
                self.of_process(|process| Cell::gathered(process.command.clone(), Cell::text))
            }
            NsColumn::Uid => Cell::gathered(self.uid(), |uid| u64::from(uid).into()),
            NsColumn::Netnsid => match entry.netnsid {
                Gathered::Known(Some(id)) => u64::from(id).into(),
                Gathered::Known(None) => Cell::string("unassigned"),
                Gathered::Absent => Cell::Absent,
                Gathered::Unreadable(_) => Cell::Unreadable,
            },
            // What the kernel does not tell may be that there is none.
            NsColumn::Pns => known(entry.parent(), |parent| parent.inode.into()),
            NsColumn::Ons => known(entry.owner(), |owner| owner.inode.into()),
            NsColumn::Id => Cell::gathered(entry.id(), Into::into),
            NsColumn::Holders => (u64::from(entry.processes) + entry.holders.len() as u64).into(),
            NsColumn::Threads => u64::from(entry.threads).into(),
            NsColumn::Hostname => Cell::gathered(entry.host_name.clone(), Cell::text),
            NsColumn::Uidmap => Cell::gathered(entry.uid_map.as_ref(), |map| {
                let lines = map.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                Cell::List(lines.map(|line| Cow::Owned(spaced(line))).collect())
            }),
            NsColumn::Initial => entry.is_initial().into(),
            // These need more than this namespace: `Subjects` has it.
            NsColumn::User
            | NsColumn::Creator
            | NsColumn::Leader
            | NsColumn::Inpid
            | NsColumn::Unit
            | NsColumn::Container
            | NsColumn::Cgroup
            | NsColumn::Depth
            | NsColumn::Caps
            | NsColumn::Nsfs
            | NsColumn::Name
            | NsColumn::HeldBy => Cell::Absent,
        }
    }

    fn of_process(&self, cell: impl FnOnce(&Representative) -> Cell<'static>) -> Cell<'static> {
        self.process.map_or(Cell::Absent, cell)
    }

    /// That of the process; where there is none, that of whoever made the namespace.
    fn uid(&self) -> Gathered<u32> {
        self.process
            .map_or_else(|| self.entry.owner_uid(), |process| process.uid)
    }
}

/// The fields of a line with one blank between.
fn spaced(line: &[u8]) -> Vec<u8> {
    let fields: Vec<_> = line
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty())
        .collect();
    fields.join(&b' ')
}

/// How many parents a user or PID namespace has, as far as the caller sees them.
fn depth(inventory: &Inventory, entry: &Entry) -> Option<u64> {
    if !matches!(entry.kind, Kind::Pid | Kind::User) {
        return None;
    }
    let mut depth = 0;
    let mut current = entry;
    while let Gathered::Known(parent) = current.parent() {
        // The kernel has no more than 33 of them in each other.
        depth += 1;
        current = inventory.entry(parent.inode)?;
    }
    Some(depth)
}

fn known<T>(value: Gathered<T>, cell: impl FnOnce(T) -> Cell<'static>) -> Cell<'static> {
    value.known().map_or(Cell::Absent, cell)
}

fn pid_cell(pid: Pid) -> Cell<'static> {
    Cell::Number(pid.into())
}

/// Several texts; absent where there is none.
fn list(items: Vec<&[u8]>) -> Cell<'static> {
    if items.is_empty() {
        return Cell::Absent;
    }
    Cell::List(items.into_iter().map(|item| Cow::Owned(item.to_vec())).collect())
}
