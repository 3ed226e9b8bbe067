//! The list of UTS namespaces with their names.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::builder::TypedValueParser;
use ns_core::output::{Align, Cell, Column, Field, Listing, Row, Shape, Style, choose, write};
use ns_core::process::{Pid, Process, command_line, scan};
use ns_core::uts::{Names, read_each};
use ns_core::{Error, Gathered, Kind, Namespace};

use crate::cli::Cli;
use crate::{namespace_of, usage};

/// What the columns hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    Ns,
    Id,
    Own,
    Hostname,
    Domain,
    Nprocs,
    Pid,
    Command,
}

const fn column(name: &'static str, align: Align, shrinks: bool, about: &'static str) -> Column {
    Column {
        name,
        about,
        align,
        shrinks,
    }
}

impl Field for Of {
    #[rustfmt::skip] // a table is read by its columns
    const ALL: &'static [(Self, Column)] = &[
        (Self::Ns, column("NS", Align::Right, false, "inode of the namespace")),
        (Self::Id, column("ID", Align::Right, false, "64-bit id of the namespace")),
        (Self::Own, column("OWN", Align::Left, false, "whether it is the caller's own")),
        (Self::Hostname, column("HOSTNAME", Align::Left, false, "host name")),
        (Self::Domain, column("DOMAIN", Align::Left, false, "NIS domain name")),
        (Self::Nprocs, column("NPROCS", Align::Right, false, "number of processes in it")),
        (Self::Pid, column("PID", Align::Right, false, "lowest PID in it")),
        (Self::Command, column("COMMAND", Align::Left, true, "command line of that process")),
    ];
}

const DEFAULT: &[Of] = &[
    Of::Ns,
    Of::Own,
    Of::Hostname,
    Of::Domain,
    Of::Nprocs,
    Of::Pid,
    Of::Command,
];

/// Reads a list of columns.
pub fn columns() -> impl TypedValueParser<Value = String> {
    ns_core::cli::columns::<Of>()
}

/// A UTS namespace with the processes that are in it.
pub struct Found {
    pub inode: u64,
    pids: Vec<Pid>,
}

/// Writes the list.
pub fn list(cli: &Cli) -> anyhow::Result<ExitCode> {
    let fields = match &cli.listing.output {
        Some(list) => {
            choose(list, DEFAULT).map_err(|error| usage(clap::error::ErrorKind::ValueValidation, error))?
        }
        None => DEFAULT.to_vec(),
    };
    let mut found = find()?;
    if !cli.target.is_empty() {
        let asked = cli
            .target
            .iter()
            .map(|target| namespace_of(std::slice::from_ref(target)));
        let asked: Vec<_> = asked.collect::<Result<_, _>>()?;
        found.retain(|found| {
            asked
                .iter()
                .any(|namespace| namespace.identity().inode == found.inode)
        });
    }
    let names = read_each(&found, open)?;
    let own = Namespace::own(Kind::Uts)?.identity().inode;
    let rows = found.iter().zip(&names).map(|(found, names)| Row {
        depth: 0,
        cells: fields
            .iter()
            .map(|field| cell(*field, found, names, own, cli.json))
            .collect(),
    });
    let listing = Listing {
        name: "namespaces",
        columns: fields.iter().map(|field| field.column()).collect(),
        rows: rows.collect(),
        remarks: Vec::new(),
    };
    let style = Style {
        shape: if cli.json { Shape::Json } else { Shape::Table },
        width: ns_core::cli::width_of_terminal(),
        ..Style::default()
    };
    let mut out = io::stdout().lock();
    write(&mut out, &listing, style)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The UTS namespaces of all processes whose links can be read.
pub fn find() -> anyhow::Result<Vec<Found>> {
    let mut namespaces: BTreeMap<u64, Vec<Pid>> = BTreeMap::new();
    let mut scan = scan()?;
    while let Some(pid) = scan.next() {
        let pid = pid?;
        if let Gathered::Known(inode) = scan.links(pid).get(Kind::Uts) {
            namespaces.entry(inode).or_default().push(pid);
        }
    }
    Ok(namespaces
        .into_iter()
        .map(|(inode, pids)| Found { inode, pids })
        .collect())
}

/// Opens the namespace of the first process that is still in it.
pub fn open(found: &Found) -> ns_core::Result<Namespace> {
    for pid in &found.pids {
        match Process::open(*pid).and_then(|process| process.namespace(Kind::Uts)) {
            Ok(namespace) if namespace.identity().inode == found.inode => return Ok(namespace),
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::NotFound("nobody is in it any more".into()))
}

fn cell<'a>(field: Of, found: &'a Found, names: &'a Gathered<Names>, own: u64, json: bool) -> Cell<'a> {
    match field {
        Of::Ns => found.inode.into(),
        Of::Id => Cell::Absent,
        Of::Own => (found.inode == own).into(),
        Of::Hostname => Cell::gathered(names.as_ref(), |names| Cell::text(&*names.host)),
        // Text says what the kernel does of a domain that was never set; JSON says that there is none.
        Of::Domain => Cell::gathered(names.as_ref(), |names| match names.domain_if_set() {
            None if json => Cell::Absent,
            _ => Cell::text(&*names.domain),
        }),
        Of::Nprocs => (found.pids.len() as u64).into(),
        Of::Pid => found.pids.iter().min().map_or(Cell::Absent, |pid| {
            Cell::Number(pid.as_raw().unsigned_abs().into())
        }),
        Of::Command => command(found),
    }
}

fn command(found: &Found) -> Cell<'static> {
    let Some(Ok(process)) = found.pids.iter().min().map(|pid| Process::open(*pid)) else {
        return Cell::Absent;
    };
    match process.read("cmdline") {
        Ok(line) => match command_line(&line) {
            Some(line) => Cell::text(line),
            None => process.stat().map_or(Cell::Absent, |stat| Cell::text(stat.name)),
        },
        Err(Error::NotFound(_)) => Cell::Absent,
        Err(_) => Cell::Unreadable,
    }
}
