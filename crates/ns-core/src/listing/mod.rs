//! Listings of namespaces: from what the inventory knows to the cells of rows. Knows nothing of `/proc`.

mod cells;
mod columns;
mod holders;
mod incomplete;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use crate::Gathered;
use crate::inventory::{Entry, Facts, Inventory, Representative};
use crate::output::{Cell, Column};
use crate::process::Pid;
use crate::users::UserNames;

pub use columns::*;
pub use holders::{sentence, value};

/// A column of a listing of namespaces.
pub type NamespaceColumn = &'static Column<Facts, MakeCell>;

/// The function that makes the cells of a column.
pub type MakeCell = for<'a> fn(Subject<'a>) -> Cell<'a>;

/// What the cells of all rows are made of.
#[derive(Debug)]
pub struct Context<'a> {
    inventory: &'a Inventory,
    /// The process of the column CAPS.
    caps: Option<Pid>,
    /// Whether the cells are for JSON.
    json: bool,
    users: RefCell<UserNames>,
    by_host: OnceCell<HashMap<Vec<u8>, Vec<u64>>>,
}

/// What the cells of one row are about: a namespace, and the process that stands for it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    context: &'a Context<'a>,
    entry: &'a Entry,
    pid: Option<Pid>,
    process: Option<&'a Representative>,
}

impl<'a> Context<'a> {
    /// For this inventory. `caps` is the process of the column CAPS; `json` says whether the cells are for JSON.
    pub fn new(inventory: &'a Inventory, caps: Option<Pid>, json: bool) -> Self {
        Self {
            inventory,
            caps,
            json,
            users: RefCell::default(),
            by_host: OnceCell::new(),
        }
    }

    /// The cells of these columns for a namespace. `process` stands for it, or else the one with the lowest PID.
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
        columns.iter().map(|column| (column.cell)(subject)).collect()
    }

    /// The user by name, or else by number.
    fn user(&self, uid: Gathered<u32>) -> Cell<'a> {
        Cell::gathered(uid, |uid| {
            Cell::string(&self.users.borrow_mut().name_or_number(uid))
        })
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

/// What has to be found out for these columns.
pub fn facts(columns: &[NamespaceColumn]) -> Facts {
    columns
        .iter()
        .fold(Facts::empty(), |facts, column| facts | column.needs)
}
