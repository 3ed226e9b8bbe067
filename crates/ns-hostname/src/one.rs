//! The names of one namespace as a line of JSON.

use std::io::{self, Write as _};

use ns_core::output::{Cell, Field as _, Row, write_json_line};
use ns_core::{Kind, Namespace};

use crate::columns::UtsColumn;
use crate::names_in;

/// Writes what there is to say of this namespace.
pub fn write_json(namespace: &Namespace) -> anyhow::Result<()> {
    let names = names_in(namespace)?;
    let own = Namespace::own(Kind::Uts)?.identity() == namespace.identity();
    let cells = [
        (UtsColumn::Ns, namespace.identity().inode.into()),
        (UtsColumn::Id, Cell::gathered(namespace.id(), Cell::Number)),
        (UtsColumn::Own, own.into()),
        (UtsColumn::Hostname, Cell::text(&*names.host)),
        (
            UtsColumn::Domain,
            names.domain_if_set().map_or(Cell::Absent, Cell::text),
        ),
    ];
    let columns = cells.each_ref().map(|(field, _)| field.column());
    let row = Row {
        depth: 0,
        cells: cells.into_iter().map(|(_, cell)| cell).collect(),
    };
    let mut out = io::stdout().lock();
    write_json_line(&mut out, &columns, &row)?;
    Ok(out.flush()?)
}
