//! Records: one row for each namespace, with the columns that the output, the filter and the tree need.

use ns_core::listing::{self, NamespaceColumn};
use ns_core::output::{Cell, Incomplete};

/// The values, under their columns.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    columns: Vec<NamespaceColumn>,
    /// Each has one cell for each column.
    rows: Vec<Vec<Cell<'a>>>,
}

impl<'a> Records<'a> {
    /// Rows with a cell for each of the columns.
    pub fn new(columns: Vec<NamespaceColumn>, rows: Vec<Vec<Cell<'a>>>) -> Self {
        Self { columns, rows }
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds rows, and keeps the order of the inodes.
    pub fn extend(&mut self, rows: Vec<Vec<Cell<'a>>>) {
        if rows.is_empty() {
            return;
        }
        self.rows.extend(rows);
        let Some(position) = self.position(&listing::NS) else {
            return;
        };
        self.rows.sort_by_key(|row| match row[position] {
            Cell::Number(inode) => inode,
            _ => 0,
        });
    }

    /// Appends rows whose only value is a text in this column.
    pub fn append(&mut self, column: NamespaceColumn, texts: impl Iterator<Item = Vec<u8>>) {
        let Some(position) = self.position(column) else {
            return;
        };
        for text in texts {
            let mut row = vec![Cell::Absent; self.columns.len()];
            row[position] = Cell::text(text);
            self.rows.push(row);
        }
    }

    /// The first row with this number in this column.
    pub fn find(&self, column: NamespaceColumn, number: u64) -> Option<Vec<Cell<'a>>> {
        (0..self.len())
            .find(|record| self.number(*record, column) == Some(number))
            .map(|record| self.rows[record].clone())
    }

    /// Keeps the records for which `keep` is true. It gets the number of the record.
    pub fn retain(&mut self, keep: impl Fn(&Self, usize) -> bool) {
        let kept: Vec<bool> = (0..self.len()).map(|record| keep(self, record)).collect();
        let mut kept = kept.into_iter();
        self.rows.retain(|_| kept.next().unwrap_or_default());
    }

    /// The index of this column in the rows.
    pub fn position(&self, column: NamespaceColumn) -> Option<usize> {
        self.columns.iter().position(|wanted| *wanted == column)
    }

    /// The value of this column in the record of this number; absent if the column is not among the wanted ones.
    pub fn cell(&self, record: usize, column: NamespaceColumn) -> &Cell<'a> {
        self.position(column)
            .map_or(&Cell::Absent, |position| &self.rows[record][position])
    }

    /// The value as a number.
    pub fn number(&self, record: usize, column: NamespaceColumn) -> Option<u64> {
        match self.cell(record, column) {
            Cell::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Counts the values in these columns that could not be read.
    pub fn count(&self, columns: &[NamespaceColumn], incomplete: &mut Incomplete) {
        for column in columns {
            for record in 0..self.len() {
                incomplete.count(&column.heading, self.cell(record, column));
            }
        }
    }

    /// The cells of a record under these columns.
    pub fn cells(&self, record: usize, columns: &[NamespaceColumn]) -> Vec<Cell<'a>> {
        columns
            .iter()
            .map(|column| self.cell(record, column).clone())
            .collect()
    }
}
