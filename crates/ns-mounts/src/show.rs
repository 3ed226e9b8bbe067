//! Tables as text: which mounts and columns are shown, and how.

use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::process::ExitCode;

use ns_core::cli::{CompatName, conclude_listing};
use ns_core::mounts::View;
use ns_core::output::{self, Cell, Heading, Incomplete, Listing, Paint, Row, Style, headings};

use crate::cells::{Format, ListedMount};
use crate::cli::{Cli, OutputOptions, When};
use crate::columns::{self, MountColumn, Needs};
use crate::context::{Shared, TableContext};
use crate::{everywhere, select, tables};

/// Shows the selected mounts.
pub fn show(cli: &Cli) -> anyhow::Result<ExitCode> {
    let columns = columns(cli, default(cli))?;
    let shared = shared(cli, &columns)?;
    let mut listing = Listing {
        name: "filesystems",
        columns: headings(&columns),
        rows: Vec::new(),
        incomplete: None,
        remarks: vec![shared.not_looked()],
    };
    let single = tables::is_single(&cli.whose);
    let tree = is_tree(cli) && columns.contains(&&columns::TARGET);
    let mut shown = false;
    // One for each row, if there are colours.
    let mut hidden = Vec::new();
    let mut has_mounts = true;
    let counted = select::compared(cli);
    tables::each(cli, &shared, |context| {
        let mut found = select::select(cli, context)?;
        has_mounts &= context.is_of_mounts() && !context.table.mounts().is_empty();
        let in_order_of_search = cli.which.submounts && cli.chooses();
        if is_tree_of(cli, context) && !in_order_of_search {
            found = select::in_order_of_tree(cli, context, &found);
        }
        let rows = rows(context, &found, &columns, tree, format(&cli.show));
        if rows.is_empty() {
            return Ok(());
        }
        shown = true;
        if cli.show.colours.are_used() {
            let visible =
                |index: &usize| (columns::VISIBLE.cell)(ListedMount::new(context, *index, format(&cli.show)));
            hidden.extend(found.iter().map(|index| visible(index) == Cell::Flag(false)));
        }
        let mut incomplete = shared.incomplete.borrow_mut();
        for (column, cell) in rows.iter().flat_map(|row| columns.iter().zip(&row.cells)) {
            if !counted.contains(column) {
                incomplete.count(&column.heading, cell);
            }
        }
        if columns.contains(&&columns::SOURCES) && !counted.contains(&&columns::SOURCES) {
            for index in &found {
                let mount = ListedMount::new(context, *index, format(&cli.show));
                incomplete.count(&columns::SOURCES.heading, &mount.unread_devices());
            }
        }
        if single {
            // The cells borrow from the table, so nothing is copied.
            let listing = Listing {
                rows,
                incomplete: Some(incomplete.json(key(&cli.show))),
                columns: listing.columns.clone(),
                remarks: listing.remarks.clone(),
                ..listing
            };
            let links = context.view.is_some_and(View::is_own);
            return write_painted(&listing, style(&cli.show, &columns, tree, links), &hidden);
        }
        listing.rows.extend(rows.into_iter().map(Row::into_owned));
        Ok(())
    })?;
    let incomplete = shared.incomplete.into_inner();
    let empty = !shown && cli.show.written.json && has_mounts && may_be_empty(cli);
    if (!single && shown) || empty {
        listing.incomplete = Some(incomplete.json(key(&cli.show)));
        write_painted(&listing, style(&cli.show, &columns, tree, false), &hidden)?;
    }
    let may_be_empty = has_mounts && may_be_empty(cli);
    Ok(conclude(cli, &incomplete, shown || may_be_empty))
}

/// Reports on stderr everything that could not be read. The status is 1 without a result, or if something is missing and
/// `--strict` is set.
pub fn conclude(cli: &Cli, incomplete: &Incomplete, has_result: bool) -> ExitCode {
    let status = conclude_listing("ns-mounts", incomplete, cli.whose.strict);
    if has_result { status } else { ExitCode::FAILURE }
}

/// True if an empty tree of mounts is a success. findmnt(8) fails for a list, for `--submounts` and for a file without
/// mounts. A search shows a list, unless `--tree` asks for a tree.
fn may_be_empty(cli: &Cli) -> bool {
    CompatName::current() == Some(CompatName::Findmnt)
        && is_tree(cli)
        && (!cli.which.submounts || (cli.which.invert && !cli.searches()))
        && !cli.whose.fstab
}

/// The data that these columns need beyond the tables, looked up once for all of them.
fn shared(cli: &Cli, columns: &[MountColumn]) -> ns_core::Result<Shared> {
    let mut shared = Shared::default();
    let leaders = asks_for(cli, columns, Needs::Processes);
    let peers = asks_for(cli, columns, Needs::Peers);
    if peers || cli.whose.all_namespaces {
        shared.everywhere = Some(everywhere::find(leaders)?);
    } else if leaders {
        shared.everywhere = Some(everywhere::of_processes()?);
    }
    if let Some(everywhere) = &shared.everywhere {
        let mut incomplete = everywhere.incomplete();
        if peers {
            (shared.peers, incomplete.unread.mounts) = everywhere.peers()?;
        }
        shared.incomplete = incomplete.into();
    }
    Ok(shared)
}

/// Lists the columns.
pub fn list_columns(layout: &OutputOptions) -> anyhow::Result<ExitCode> {
    let listing = output::list_columns("findmnt-columns", columns::ALL);
    write(&listing, layout.written.style_of_columns(layout.pairs))?;
    Ok(ExitCode::SUCCESS)
}

/// The columns if the command line names none.
fn default(cli: &Cli) -> &'static [MountColumn] {
    if cli.show.df {
        columns::SPACE
    } else if cli.show.dfi {
        columns::FILES
    } else if cli.whose.all_namespaces {
        columns::EVERYWHERE
    } else if cli.which.shadowed && CompatName::current().is_none_or(CompatName::adds_columns) {
        columns::SHADOWED
    } else {
        columns::DEFAULT
    }
}

/// The columns that the command line names.
pub fn columns(cli: &Cli, default: &[MountColumn]) -> ns_core::Result<Vec<MountColumn>> {
    let mut columns = cli.show.written.columns(columns::ALL, default)?;
    if cli.show.written.output_all && cli.ask.watch.is_none() {
        columns.retain(|column| column.needs != Needs::Event);
    }
    Ok(columns)
}

/// The form of values.
pub fn format(layout: &OutputOptions) -> Format {
    Format {
        bytes: layout.bytes,
        no_root: layout.nofsroot,
        canonical: layout.canonicalize,
        evaluate: layout.evaluate,
        vfs_all: layout.vfs_all,
        compared: false,
    }
}

/// True if a tree is asked for: the rows are in its order, even if no column shows it.
pub fn is_tree(cli: &Cli) -> bool {
    let show = &cli.show;
    let list = show.list
        || show.written.raw
        || show.pairs.pairs
        || show.df
        || show.dfi
        || (cli.which.first_only && !(cli.which.submounts && cli.searches()))
        || (cli.searches() && !cli.which.submounts)
        || cli.whose.mtab
        || cli.whose.fstab
        || !tables::is_single(&cli.whose);
    show.tree || !list
}

/// True if a tree is asked for, and a table has one. An fstab(5) is a list.
pub fn is_tree_of(cli: &Cli, context: &TableContext<'_>) -> bool {
    is_tree(cli) && context.is_of_mounts()
}

/// True if a shown or filtered column needs this, for all tables. Saved tables have no such columns.
pub fn asks_for(cli: &Cli, columns: &[MountColumn], needs: Needs) -> bool {
    let in_filter = cli.which.filter.as_ref();
    let in_filter = in_filter
        .map(ns_core::output::Filter::columns)
        .unwrap_or_default();
    let mut all = columns.iter().chain(&in_filter);
    cli.whose.files.is_empty() && !cli.whose.fstab && all.any(|column| column.needs == needs)
}

fn rows<'a>(
    context: &TableContext<'a>,
    found: &[usize],
    columns: &[MountColumn],
    tree: bool,
    format: Format,
) -> Vec<Row<'a>> {
    let row = |index: usize, depth| Row {
        depth,
        cells: columns
            .iter()
            .map(|column| (column.cell)(ListedMount::new(context, index, format)))
            .collect(),
    };
    if !tree {
        return found.iter().map(|index| row(*index, 0)).collect();
    }
    // The depths of the mounts with a row. A mount without a row adds no depth.
    let mut depths: Vec<Option<usize>> = vec![None; context.table.mounts().len()];
    let above = |index: &usize| context.tree().parent(*index);
    found
        .iter()
        .map(|index| {
            let on = std::iter::successors(above(index), above).find_map(|index| depths[index]);
            let depth = on.map_or(0, |depth| depth + 1);
            depths[*index] = Some(depth);
            row(*index, depth)
        })
        .collect()
}

/// Writes a listing to stdout.
pub fn write(listing: &Listing<'_>, style: Style) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, ns_core::cli::stdout()?);
    output::write(&mut out, listing, style)?;
    out.flush()?;
    Ok(())
}

/// Writes a listing of mounts. Those that others hide are dim.
fn write_painted(listing: &Listing<'_>, style: Style, hidden: &[bool]) -> anyhow::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, ns_core::cli::stdout()?);
    output::write_painted(&mut out, listing, style, &|row, _| {
        if hidden.get(row) == Some(&true) {
            Paint::HIDDEN
        } else {
            Paint::PLAIN
        }
    })?;
    out.flush()?;
    Ok(())
}

fn style(layout: &OutputOptions, columns: &[MountColumn], tree: bool, own: bool) -> Style {
    let target = columns.iter().position(|column| *column == &columns::TARGET);
    let when = layout.hyperlink.unwrap_or(When::Never);
    let links = when == When::Always || (when == When::Auto && own && io::stdout().is_terminal());
    Style {
        links: target.filter(|_| links),
        lines: columns.iter().position(|column| *column == &columns::SOURCES),
        ..plain_style(layout, target.filter(|_| tree))
    }
}

/// The key of a column in JSON.
pub fn key(layout: &OutputOptions) -> fn(&Heading) -> String {
    if layout.shell {
        Heading::shell_key
    } else {
        Heading::key
    }
}

/// The style for rows of any kind; `tree` is the column that a tree is drawn in.
pub fn plain_style(layout: &OutputOptions, tree: Option<usize>) -> Style {
    let style = layout.written.style(layout.pairs, tree);
    Style {
        shell_names: layout.shell,
        ..layout.colours.in_style(layout.characters.in_style(style))
    }
}
