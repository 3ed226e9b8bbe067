//! Records: the values of the columns that somebody wants to see, sort, filter or build a tree by, one for each namespace.

use ns_core::Gathered;
use ns_core::inventory::{Entry, Inventory, Representative};
use ns_core::output::Cell;
use ns_core::users::UserNames;

use crate::columns::NsColumn;

/// The values, under their columns.
#[derive(Debug)]
pub struct Records {
    columns: Vec<NsColumn>,
    /// Each has one cell for each column.
    rows: Vec<Vec<Cell<'static>>>,
}

impl Records {
    /// Those of the namespaces, in their order.
    pub fn of<'a>(
        columns: &[NsColumn],
        inventory: &Inventory,
        entries: impl Iterator<Item = &'a Entry>,
    ) -> Self {
        let mut names = UserNames::default();
        let rows = entries
            .map(|entry| {
                let representative = entry.lowest.and_then(|pid| inventory.representative(pid));
                let mut subject = Subject {
                    entry,
                    representative,
                    names: &mut names,
                };
                columns.iter().map(|column| subject.cell(*column)).collect()
            })
            .collect();
        Self {
            columns: columns.to_vec(),
            rows,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The value of this column in the record of this number; absent where the column was not wanted.
    pub fn cell(&self, record: usize, column: NsColumn) -> &Cell<'static> {
        self.columns
            .iter()
            .position(|wanted| *wanted == column)
            .map_or(&Cell::Absent, |position| &self.rows[record][position])
    }

    /// The same as a number.
    pub fn number(&self, record: usize, column: NsColumn) -> Option<u64> {
        match self.cell(record, column) {
            Cell::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// What the columns say something about.
struct Subject<'a> {
    entry: &'a Entry,
    /// The process with the lowest PID.
    representative: Option<&'a Representative>,
    names: &'a mut UserNames,
}

impl Subject<'_> {
    fn cell(&mut self, column: NsColumn) -> Cell<'static> {
        let entry = self.entry;
        match column {
            NsColumn::Ns => entry.identity.inode.into(),
            NsColumn::Type => Cell::text(entry.kind.name().as_bytes()),
            NsColumn::Path => entry.lowest.map_or(Cell::Absent, |pid| {
                Cell::string(&format!("/proc/{pid}/ns/{}", entry.kind))
            }),
            NsColumn::Nprocs => u64::from(entry.processes).into(),
            NsColumn::Pid => entry.lowest.map_or(Cell::Absent, pid),
            NsColumn::Ppid => self.of_process(|process| Cell::gathered(process.parent, pid)),
            NsColumn::Command => {
                self.of_process(|process| Cell::gathered(process.command.clone(), Cell::text))
            }
            NsColumn::Uid => Cell::gathered(self.uid(), |uid| u64::from(uid).into()),
            NsColumn::User => Cell::gathered(self.uid(), |uid| Cell::string(&self.names.name_or_number(uid))),
            // What the kernel does not tell may be that there is none.
            NsColumn::Pns => known(entry.parent(), |parent| parent.inode.into()),
            NsColumn::Ons => known(entry.owner(), |owner| owner.inode.into()),
            NsColumn::Id => Cell::gathered(entry.id(), Into::into),
            NsColumn::Creator => known(entry.owner_uid(), |uid| {
                Cell::string(&self.names.name_or_number(uid))
            }),
            NsColumn::Initial => entry.is_initial().into(),
        }
    }

    fn of_process(&self, cell: impl FnOnce(&Representative) -> Cell<'static>) -> Cell<'static> {
        self.representative.map_or(Cell::Absent, cell)
    }

    /// That of the process; where there is none, that of whoever made the namespace.
    fn uid(&self) -> Gathered<u32> {
        self.representative
            .map_or_else(|| self.entry.owner_uid(), |process| process.uid)
    }
}

fn known<T>(value: Gathered<T>, cell: impl FnOnce(T) -> Cell<'static>) -> Cell<'static> {
    value.known().map_or(Cell::Absent, cell)
}

fn pid(pid: ns_core::process::Pid) -> Cell<'static> {
    Cell::Number(pid.as_raw().unsigned_abs().into())
}
