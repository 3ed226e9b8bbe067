//! The names of one namespace as a line of JSON.

use std::io::Write as _;

use ns_core::output::{Cell, Headed as _, Row, write_json_line};
use ns_core::uts::Place;

use crate::columns::UtsColumn;
use crate::namespace::names_in;

/// Writes what there is to say of this namespace.
pub fn write_json(place: &Place) -> anyhow::Result<()> {
    let names = names_in(place)?;
    // Without /proc nobody knows.
    let namespace = place.namespace().ok();
    let inode = namespace.as_ref().map(|namespace| namespace.identity().inode);
    let id = namespace.as_ref().and_then(|namespace| namespace.id().known());
    let number = |number: Option<u64>| number.map_or(Cell::Absent, Cell::Number);
    let cells = [
        (UtsColumn::Ns, number(inode)),
        (UtsColumn::Id, number(id)),
        (UtsColumn::Own, place.is_own().into()),
        (UtsColumn::Hostname, Cell::text(&*names.host)),
        (
            UtsColumn::Domain,
            names.domain_if_set().map_or(Cell::Absent, Cell::text),
        ),
    ];
    let columns = cells.each_ref().map(|(column, _)| column.heading());
    let row = Row {
        depth: 0,
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
    };
    let mut out = ns_core::cli::stdout()?;
    write_json_line(&mut out, &columns, &row)?;
    Ok(out.flush()?)
}
