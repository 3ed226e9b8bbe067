//! The names of one namespace as a line of JSON.

use std::io::Write as _;

use ns_core::listing::{DOMAIN, HOSTNAME, ID, NS, NamespaceColumn, OWN};
use ns_core::output::{Cell, Row, Style, headings, write_json_line};
use ns_core::uts::UtsNamespace;

use crate::namespace::names_in;

/// Writes the names of this namespace.
pub fn write_json(place: &UtsNamespace) -> anyhow::Result<()> {
    let names = names_in(place)?;
    // Without /proc, the namespace is unknown.
    let namespace = place.namespace().ok();
    let inode = namespace.as_ref().map(|namespace| namespace.identity().inode);
    let id = namespace.as_ref().and_then(|namespace| namespace.id().known());
    let number = |number: Option<u64>| number.map_or(Cell::Absent, Cell::Number);
    let cells: [(NamespaceColumn, Cell<'_>); 5] = [
        (&NS, number(inode)),
        (&ID, number(id)),
        (&OWN, place.is_own().into()),
        (&HOSTNAME, Cell::text(&*names.host)),
        (&DOMAIN, names.domain_if_set().map_or(Cell::Absent, Cell::text)),
    ];
    let columns = headings(&cells.each_ref().map(|(column, _)| *column));
    let row = Row {
        depth: 0,
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
    };
    let mut out = ns_core::cli::stdout()?;
    write_json_line(&mut out, &columns, &row, Style::default())?;
    Ok(out.flush()?)
}
