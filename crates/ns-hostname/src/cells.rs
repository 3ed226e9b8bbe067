//! From what was found out about a namespace to the values of its columns.

use std::borrow::Cow;
use std::collections::HashMap;

use ns_core::Gathered;
use ns_core::inventory::{Entry, Inventory, Representative};
use ns_core::output::Cell;
use ns_core::process::Cgroups;
use ns_core::users::UserNames;
use ns_core::uts::Names;

use crate::columns::UtsColumn;

/// A namespace, and what its row is made of.
pub struct Subject<'a> {
    /// What else was found.
    pub inventory: &'a Inventory,
    /// The namespace.
    pub entry: &'a Entry,
    /// Its names.
    pub names: Gathered<&'a Names>,
    /// The process that stands for it.
    pub representative: Option<&'a Representative>,
    /// Whether it is the caller's own.
    pub own: bool,
    /// Whether the values are for JSON.
    pub json: bool,
    /// The inodes of the namespaces with each host name.
    pub by_host: &'a HashMap<&'a [u8], Vec<u64>>,
}

impl<'a> Subject<'a> {
    /// The value of a column.
    pub fn cell(&self, column: UtsColumn, users: &mut UserNames) -> Cell<'a> {
        let entry = self.entry;
        match column {
            UtsColumn::Ns => entry.identity.inode.into(),
            UtsColumn::Id => Cell::gathered(entry.id(), Cell::Number),
            UtsColumn::Own => self.own.into(),
            UtsColumn::Hostname => Cell::gathered(self.names, |names| Cell::text(&*names.host)),
            UtsColumn::Domain => Cell::gathered(self.names, |names| match names.domain_if_set() {
                // Text has what the kernel calls a domain that was never set; JSON says that there is none.
                None if self.json => Cell::Absent,
                _ => Cell::text(&*names.domain),
            }),
            UtsColumn::Nprocs => u64::from(entry.processes).into(),
            UtsColumn::Pid => entry.lowest.map_or(Cell::Absent, |pid| Cell::Number(pid.into())),
            UtsColumn::User => {
                let uid = self
                    .representative
                    .map_or(entry.owner_uid(), |process| process.uid);
                Cell::gathered(uid, |uid| Cell::string(&users.name_or_number(uid)))
            }
            UtsColumn::Command => self
                .of_process(|process| Cell::gathered(process.command.as_ref(), |line| Cell::text(&**line))),
            UtsColumn::Unit => self.of_cgroups(Cgroups::unit),
            UtsColumn::Container => {
                self.of_cgroups(|cgroups| cgroups.container().map(|container| container.id))
            }
            UtsColumn::Name => {
                let names = entry.names(self.inventory.own_mount_namespace());
                Cell::List(names.into_iter().map(Cow::Borrowed).collect())
            }
            UtsColumn::Owner => Cell::gathered(entry.owner(), |owner| owner.inode.into()),
            UtsColumn::Initial => entry.is_initial().into(),
            UtsColumn::Same => Cell::gathered(self.names, |names| self.same(names)),
        }
    }

    fn of_process(&self, cell: impl FnOnce(&'a Representative) -> Cell<'a>) -> Cell<'a> {
        self.representative.map_or(Cell::Absent, cell)
    }

    /// What the cgroups of the oldest process tell.
    fn of_cgroups(&self, text: impl FnOnce(&'a Cgroups) -> Option<&'a [u8]>) -> Cell<'a> {
        let leader = self
            .entry
            .leader
            .and_then(|pid| self.inventory.representative(pid));
        leader.map_or(Cell::Absent, |process| {
            Cell::gathered(process.cgroups.as_ref(), |cgroups| {
                text(cgroups).map_or(Cell::Absent, Cell::text)
            })
        })
    }

    /// The other namespaces with this host name.
    fn same(&self, names: &Names) -> Cell<'a> {
        let inodes = self.by_host.get(&*names.host).map_or(&[][..], Vec::as_slice);
        let others = inodes.iter().filter(|inode| **inode != self.entry.identity.inode);
        Cell::Numbers(others.copied().collect())
    }
}
