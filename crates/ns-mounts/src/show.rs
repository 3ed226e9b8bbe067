//! From tables to what is written.

use std::io::{self, BufWriter, Write as _};

use ns_core::output::{self, Field as _, Listing, Row, Shape, Style};

use crate::cell::cell;
use crate::cli::Show as Options;
use crate::column::{DEFAULT, Show};
use crate::scene::Scene;

/// The columns that the command line asks for.
pub fn columns(options: &Options) -> ns_core::Result<Vec<Show>> {
    if options.output_all {
        return Ok(Show::ALL.iter().map(|(show, _)| *show).collect());
    }
    match &options.output {
        None => Ok(DEFAULT.to_vec()),
        Some(list) => output::choose(list, &DEFAULT),
    }
}

/// Writes the mounts out.
pub fn show(options: &Options, columns: &[Show], scenes: &[Scene<'_>]) -> anyhow::Result<()> {
    let tree = options.tree || !(options.list || options.raw || options.pairs || scenes.len() > 1);
    let mut listing = Listing {
        name: "filesystems",
        columns: columns.iter().map(|show| show.column()).collect(),
        rows: Vec::new(),
        remarks: Vec::new(),
    };
    for scene in scenes {
        rows(scene, columns, tree, &mut listing.rows);
    }
    let mut out = BufWriter::new(io::stdout().lock());
    output::write(&mut out, &listing, style(options, columns, tree))?;
    out.flush()?;
    Ok(())
}

fn rows<'a>(scene: &Scene<'a>, columns: &[Show], tree: bool, rows: &mut Vec<Row<'a>>) {
    let mounts = scene.table.mounts();
    let row = |index: usize, depth| Row {
        depth,
        cells: columns
            .iter()
            .map(|show| cell(scene, &mounts[index], *show))
            .collect(),
    };
    if tree {
        rows.extend(scene.tree.nodes().iter().map(|node| row(node.index, node.depth)));
    } else {
        rows.extend((0..mounts.len()).map(|index| row(index, 0)));
    }
}

fn style(options: &Options, columns: &[Show], tree: bool) -> Style {
    let target = columns.iter().position(|show| *show == Show::Target);
    let shape = match (options.json, options.raw, options.pairs) {
        (true, ..) => Shape::Json,
        (_, true, _) => Shape::Raw,
        (.., true) => Shape::Pairs,
        _ => match target {
            Some(target) if tree => Shape::Tree(target),
            _ => Shape::Table,
        },
    };
    Style {
        shape,
        headings: !options.noheadings,
        ascii: options.ascii,
        width: if options.notruncate {
            None
        } else {
            ns_core::cli::width_of_terminal()
        },
    }
}
