//! `ns-ls`: list namespaces and what keeps them alive.
#![forbid(unsafe_code)]

mod cells;
pub mod cli;
mod columns;
mod holders;
mod incomplete;
mod inside;
mod interval;
mod operand;
mod query;
mod records;
mod saved;
mod show;
mod tree;
mod watch;

use std::path::Path;
use std::process::ExitCode;

use ns_core::Error;
use ns_core::inventory::{Inventory, Places, Question, gather};

use cells::Subjects;
use cli::Cli;
use columns::NsColumn;
use incomplete::{INCOMPLETE, NOT_LOOKED};
use operand::identity_of;
use query::Query;
use records::Records;
use show::Remark;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::RELATIVE, |cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    if cli.list_columns {
        show::list_columns(cli)?;
        return Ok(ExitCode::SUCCESS);
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
    if let Some((target, identity)) = cli.namespace.as_ref().zip(identity) {
        let Some(entry) = inventory.entry(identity.inode) else {
            let why = format!("{target} was found, and is nowhere that was looked at");
            return Err(Error::NotFound(why).into());
        };
        inside::show_inside(&query, &inventory, entry, remarks(&inventory))?;
    } else {
        list(&query, &inventory)?;
    }
    incomplete::tell(inventory.unread());
    Ok(status(cli, inventory.unread().is_nothing()))
}

/// Lists what was found.
fn list(query: &Query<'_>, inventory: &Inventory) -> anyhow::Result<()> {
    let wanted = query.wanted();
    let mut subjects = Subjects::new(inventory, query.caps());
    let rows = query
        .select(inventory)?
        .into_iter()
        .map(|entry| subjects.row(&wanted, entry, None))
        .collect();
    let mut records = Records::new(wanted.clone(), rows);
    query.narrow(&mut records);
    if let Some(relation) = query.tree {
        // The ancestors of what is shown, which are of other kinds or were filtered out.
        let ancestors = tree::missing(&records, relation, |inode| {
            let entry = inventory.entry(inode)?;
            Some(subjects.row(&wanted, entry, None))
        });
        records.extend(ancestors);
    }
    write(query, &records, remarks(inventory))
}

/// Lists what was found elsewhere, or before.
fn list_saved(query: &Query<'_>, file: &Path) -> anyhow::Result<ExitCode> {
    let saved = saved::read(file)?;
    let mut records = saved.records.clone();
    records.retain(|records, record| {
        let kind = records.cell(record, NsColumn::Type).plain();
        query.kinds.iter().any(|kinds| kinds.name().as_bytes() == &*kind)
    });
    query.narrow(&mut records);
    if let Some(relation) = query.tree {
        let ancestors = tree::missing(&records, relation, |inode| {
            saved.records.find(NsColumn::Ns, inode)
        });
        records.extend(ancestors);
    }
    write(query, &records, saved.remarks.clone())?;
    if let Some(sentence) = saved.incomplete() {
        incomplete::tell_saved(sentence);
    }
    Ok(status(query.cli, saved.incomplete().is_none()))
}

/// How it ends where everything that was asked for was written.
fn status(cli: &Cli, complete: bool) -> ExitCode {
    if complete || !cli.strict {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn write(query: &Query<'_>, records: &Records, remarks: Vec<Remark>) -> anyhow::Result<()> {
    let mut columns = query.columns.clone();
    let named = (0..records.len()).any(|record| records.cell(record, NsColumn::Name).is_known());
    if query.usual && named && !columns.contains(&NsColumn::Name) {
        let command = columns.iter().position(|column| *column == NsColumn::Command);
        columns.insert(command.unwrap_or(columns.len()), NsColumn::Name);
    }
    let places = match query.tree {
        Some(relation) => tree::tree(records, relation),
        None => tree::flat(records),
    };
    show::show(query.cli, &columns, query.tree, records, &places, remarks)?;
    Ok(())
}

/// What a program that reads the JSON has to know beside the namespaces.
fn remarks(inventory: &Inventory) -> Vec<Remark> {
    let left_out: Vec<_> = Places::all().difference(inventory.looked()).names().collect();
    vec![
        (INCOMPLETE, incomplete::json(inventory.unread())),
        (NOT_LOOKED, left_out.into()),
    ]
}
