//! `ns-ls`: list namespaces and what keeps them alive.
#![forbid(unsafe_code)]

pub mod cli;
mod columns;
mod graph;
mod inside;
mod interval;
mod map;
mod operand;
mod query;
mod records;
mod saved;
mod show;
mod tree;
mod wait;
mod watch;

use std::path::Path;
use std::process::ExitCode;

use ns_core::Error;
use ns_core::cli::{conclude_listing, note, show_graph};
use ns_core::inventory::{Inventory, Question, gather};
use ns_core::listing::{self, Context};
use ns_core::output::{Incomplete, escape_for_terminal};

use cli::Cli;
use operand::identity_of;
use query::{Query, said};
use records::Records;
#[cfg(fuzzing)]
pub use saved::check_saved;
use show::Said;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::LONG_OPTS, |cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    if cli.written.list_columns {
        show::list_columns(cli)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some((limit, target)) = cli.wait.zip(cli.namespace.as_ref()) {
        return wait::wait(cli, target, limit);
    }
    if let Some(form) = cli.map {
        return map::map(cli, form);
    }
    let query = Query::of(cli)?;
    if let Some(file) = &cli.input {
        return list_saved(&query, file);
    }
    if let Some(interval) = cli.watch {
        return watch::watch(&query, interval);
    }
    let identity = match &cli.namespace {
        Some(target) => Some(identity_of(target, query.kinds)?),
        None => None,
    };
    let inventory = gather(&Question {
        members_of: identity.map(|identity| identity.inode),
        ..query.question()
    })?;
    let mut incomplete = inventory.incomplete(query.question().places);
    if let Some((target, identity)) = cli.namespace.as_ref().zip(identity) {
        let Some(entry) = inventory.entry(identity.inode) else {
            let why = format!("{target} exists, but in none of the places that were searched");
            return Err(Error::NotFound(why).into());
        };
        inside::show_inside(&query, &inventory, entry, &mut incomplete)?;
    } else {
        list(&query, &inventory, &mut incomplete)?;
    }
    Ok(conclude_listing("ns-ls", &incomplete, cli.strict))
}

/// Lists the found namespaces.
fn list(query: &Query<'_>, inventory: &Inventory, incomplete: &mut Incomplete) -> anyhow::Result<()> {
    let wanted = query.wanted();
    let context = Context::new(inventory, query.caps(), query.cli.written.json);
    let rows = query
        .select(inventory)?
        .into_iter()
        .map(|entry| context.row(&wanted, entry, None))
        .collect();
    let mut records = Records::new(wanted.clone(), rows);
    query.narrow(&mut records, incomplete);
    if let Some(relation) = query.tree {
        // Adds the ancestors of the shown namespaces. They are of other kinds, or were filtered out.
        let ancestors = tree::missing(&records, relation, |inode| {
            let entry = inventory.entry(inode)?;
            Some(context.row(&wanted, entry, None))
        });
        records.extend(ancestors);
    }
    query.count_shown(&records, incomplete);
    write(query, &records, said(inventory, incomplete))
}

/// Lists namespaces that were saved in a file.
fn list_saved(query: &Query<'_>, file: &Path) -> anyhow::Result<ExitCode> {
    let saved = saved::read(file)?;
    let mut records = saved.records.clone();
    // Without --type, namespaces of unknown kinds are shown too.
    if !query.cli.kinds.is_empty() {
        records.retain(|records, record| {
            let kind = records.cell(record, &listing::TYPE).plain();
            query.kinds.iter().any(|kinds| kinds.name().as_bytes() == &*kind)
        });
    }
    query.narrow(&mut records, &mut Incomplete::default());
    if let Some(relation) = query.tree {
        let ancestors = tree::missing(&records, relation, |inode| {
            saved.records.find(&listing::NS, inode)
        });
        records.extend(ancestors);
    }
    write(query, &records, saved.said.clone())?;
    let mut notes = Vec::new();
    if let Some(sentence) = saved.incomplete() {
        let sentence = escape_for_terminal(sentence.as_bytes());
        notes.push(format!("the list was incomplete when it was saved: {sentence}"));
    }
    let lacking = saved.lacks(&query.shown_and_compared());
    if !lacking.is_empty() {
        notes.push(format!(
            "the list was saved without these columns: {}",
            lacking.join(", ")
        ));
    }
    for text in &notes {
        note("ns-ls", text);
    }
    Ok(if query.cli.strict && !notes.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn write(query: &Query<'_>, records: &Records<'_>, said: Said) -> anyhow::Result<()> {
    let shown = query.shown(records);
    let places = match query.tree {
        Some(relation) => tree::tree(records, relation),
        None => tree::flat(records),
    };
    if let Some((form, relation)) = query.cli.graph.zip(query.tree) {
        let graph = graph::graph(&shown, records, &places, relation, said);
        return Ok(show_graph(&graph, form, query.cli.written.notruncate)?);
    }
    show::show(query.cli, &shown, query.tree, records, &places, said)?;
    Ok(())
}
