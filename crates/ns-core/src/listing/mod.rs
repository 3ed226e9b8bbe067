//! Listings of namespaces: cells of rows made from the inventory. This module does not read `/proc`.

mod cells;
mod columns;
mod holders;
mod incomplete;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use crate::inventory::{Entry, Facts, Inventory, Representative, initial_inode};
use crate::output::{Cell, Column};
use crate::process::Pid;
use crate::users::UserNames;
use crate::{Gathered, Kind, Kinds};

pub use columns::*;
pub use holders::{sentence, value, words};
pub use incomplete::NOT_LOOKED;

/// A column of a listing of namespaces.
pub type NamespaceColumn = &'static Column<ColumnFacts, MakeCell>;

/// The needs of a column of namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnFacts {
    /// The facts that the column needs.
    pub facts: Facts,
    /// The kinds of namespaces that can have a value. The cells of all others are empty.
    pub kinds: Kinds,
    /// True if an option of the program chooses what it is about.
    pub option: bool,
    /// True if only `/proc` tells it.
    pub proc: bool,
}

impl ColumnFacts {
    /// These facts, about namespaces of every kind.
    pub(crate) const fn new(facts: Facts) -> Self {
        Self {
            facts,
            kinds: Kinds::ALL,
            option: false,
            proc: false,
        }
    }

    /// Limits the column to namespaces of these kinds.
    pub(crate) const fn only(self, kinds: Kinds) -> Self {
        Self { kinds, ..self }
    }

    /// Marks a column that only `/proc` tells.
    pub(crate) const fn of_proc(self) -> Self {
        Self { proc: true, ..self }
    }

    /// Ties the column to an option of the program, which chooses what it is about.
    pub(crate) const fn of_option(self) -> Self {
        Self { option: true, ..self }
    }
}

/// The function that makes the cells of a column.
pub type MakeCell = for<'a> fn(Subject<'a>) -> Cell<'a>;

/// The context for the cells of all rows.
#[derive(Debug)]
pub struct Context<'a> {
    inventory: &'a Inventory,
    /// The process of the column CAPS.
    caps: Option<Pid>,
    /// True if the cells are for JSON.
    json: bool,
    users: RefCell<UserNames>,
    by_host: OnceCell<HashMap<Vec<u8>, Vec<u64>>>,
    /// The inode of the namespace of each kind that the system started with.
    initial: OnceCell<[Gathered<u64>; Kind::ALL.len()]>,
}

/// The subject of one row: a namespace, and the process that represents it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    context: &'a Context<'a>,
    entry: &'a Entry,
    pid: Option<Pid>,
    process: Option<&'a Representative>,
}

impl<'a> Context<'a> {
    /// The context for this inventory. `caps` is the process of the column CAPS; `json` is true if the cells are for
    /// JSON.
    pub fn new(inventory: &'a Inventory, caps: Option<Pid>, json: bool) -> Self {
        Self {
            inventory,
            caps,
            json,
            users: RefCell::default(),
            by_host: OnceCell::new(),
            initial: OnceCell::new(),
        }
    }

    /// The cells of these columns for a namespace. `process` represents it; if it is `None`, the process with the
    /// lowest PID does.
    pub fn row(
        &'a self,
        columns: &[NamespaceColumn],
        entry: &'a Entry,
        process: Option<Pid>,
    ) -> Vec<Cell<'a>> {
        let pid = process.or(entry.lowest);
        let subject = Subject {
            context: self,
            entry,
            pid,
            process: pid.and_then(|pid| self.inventory.representative(pid)),
        };
        let cell = |column: &NamespaceColumn| {
            if !column.needs.kinds.contains(entry.kind) {
                Cell::Absent
            } else if column.needs.proc && self.inventory.is_without_proc() {
                Cell::GONE
            } else {
                (column.cell)(subject)
            }
        };
        columns.iter().map(cell).collect()
    }

    /// The user by name, or by number if there is no name.
    fn user(&self, uid: Gathered<u32>) -> Cell<'a> {
        Cell::gathered(uid, |uid| {
            Cell::string(&self.users.borrow_mut().name_or_number(uid))
        })
    }

    /// The inode of the namespace of this kind that the system started with.
    fn initial(&self, kind: Kind) -> Gathered<u64> {
        let all = || Kind::ALL.map(initial_inode);
        self.initial.get_or_init(all)[kind as usize]
    }

    /// The inodes of the UTS namespaces with each host name.
    fn by_host(&self) -> &HashMap<Vec<u8>, Vec<u64>> {
        self.by_host.get_or_init(|| {
            let mut by_host: HashMap<_, Vec<_>> = HashMap::new();
            for entry in self.inventory.entries() {
                if let Gathered::Known(names) = &entry.uts_names {
                    let inodes = by_host.entry(names.host.clone()).or_default();
                    inodes.push(entry.identity.inode);
                }
            }
            by_host
        })
    }
}

/// The facts that these columns need.
pub fn facts(columns: &[NamespaceColumn]) -> Facts {
    columns
        .iter()
        .fold(Facts::empty(), |facts, column| facts | column.needs.facts)
}
