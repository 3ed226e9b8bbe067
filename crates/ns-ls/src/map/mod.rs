//! `--map`: the network namespaces, their interfaces, and which interface is tied to which.

mod drawing;
mod picture;

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::cli::{Pairs, conclude_listing, show_graph, usage};
use ns_core::inventory::{Entry, Inventory, Places, Question, gather};
use ns_core::listing::{self, Context, NamespaceColumn, facts};
use ns_core::net::{Interface, Network, Tie, ties};
use ns_core::output::{self, Cell, GraphForm, Heading, Incomplete, Shape, Style};
use ns_core::{Error, Kind, Kinds, Namespace};

use crate::cli::{Cli, MapForm};
use crate::query::said;

/// The columns of a namespace.
static COLUMNS: [NamespaceColumn; 9] = [
    &listing::NS,
    &listing::TYPE,
    &listing::OWN,
    &listing::NAME,
    &listing::HELD_BY,
    &listing::PID,
    &listing::COMMAND,
    &listing::UNIT,
    &listing::CONTAINER,
];

/// The name of what could not be read, in the note on stderr and in JSON.
static INTERFACES: Heading = Heading::texts("INTERFACES", "interfaces of the namespace");

/// The network namespaces, and what is in them.
struct Map<'a> {
    places: Vec<Place<'a>>,
    ties: Vec<Tie>,
}

/// A network namespace.
struct Place<'a> {
    inode: u64,
    /// One for each of [`COLUMNS`].
    cells: Vec<Cell<'a>>,
    /// The interfaces, or why they could not be read.
    interfaces: Result<Vec<Interface>, String>,
}

impl Place<'_> {
    /// The interfaces that could be read.
    fn interfaces(&self) -> &[Interface] {
        self.interfaces.as_deref().unwrap_or_default()
    }

    fn title(&self) -> Vec<u8> {
        format!("net:[{}]", self.inode).into_bytes()
    }

    fn cell(&self, column: NamespaceColumn) -> &Cell<'_> {
        let position = COLUMNS.iter().position(|known| *known == column);
        position.map_or(&Cell::Absent, |position| &self.cells[position])
    }
}

/// Shows the map.
pub fn map(cli: &Cli, form: MapForm) -> anyhow::Result<ExitCode> {
    if cli.written.json && matches!(form, MapForm::Dot | MapForm::Mermaid) {
        let text = "--json means --map=json: it cannot be used with another format of --map";
        return Err(usage(Cli::command(), ErrorKind::ArgumentConflict, text).into());
    }
    let places = cli.look.unwrap_or(Places::all());
    let question = Question {
        kinds: [Kind::Net].into_iter().collect::<Kinds>(),
        places: places | Places::PROCESSES,
        facts: facts(&COLUMNS),
        members_of: None,
    };
    let inventory = gather(&question)?;
    let mut incomplete = inventory.incomplete(question.places);
    let context = Context::new(&inventory, None, form == MapForm::Json);
    let map = read(&inventory, &context, &mut incomplete);
    for column in COLUMNS {
        for place in &map.places {
            incomplete.count(&column.heading, place.cell(column));
        }
    }
    let form = match form {
        MapForm::Text if cli.written.json => GraphForm::Json,
        MapForm::Text => {
            draw(cli, &map)?;
            return Ok(conclude_listing("ns-ls", &incomplete, cli.strict));
        }
        MapForm::Dot => GraphForm::Dot,
        MapForm::Mermaid => GraphForm::Mermaid,
        MapForm::Json => GraphForm::Json,
    };
    let picture = picture::picture(&map, said(&inventory, &incomplete));
    show_graph(&picture, form, cli.written.notruncate)?;
    Ok(conclude_listing("ns-ls", &incomplete, cli.strict))
}

/// Reads each network namespace of the inventory.
fn read<'a>(inventory: &'a Inventory, context: &'a Context<'a>, incomplete: &mut Incomplete) -> Map<'a> {
    let mut places = Vec::new();
    let mut namespaces = Vec::new();
    let mut networks = Vec::new();
    for entry in inventory.entries().iter().filter(|entry| entry.kind == Kind::Net) {
        let (namespace, network) = match look_into(inventory, entry) {
            (None, Err(error)) if error.is_not_found() && entry.lowest.is_some() => continue,
            looked => looked,
        };
        let (network, interfaces) = match network {
            Ok(network) => {
                let interfaces = network.interfaces.clone();
                (Some(network), Ok(interfaces))
            }
            Err(error) => {
                let errno = error.errno();
                let cell = errno.map_or_else(Cell::unreadable_elsewhere, Cell::Unreadable);
                incomplete.count(&INTERFACES, &cell);
                let why = errno.map(|errno| errno.desc().to_owned());
                (None, Err(why.unwrap_or_else(|| error.to_string())))
            }
        };
        places.push(Place {
            inode: entry.identity.inode,
            cells: context.row(&COLUMNS, entry, None),
            interfaces,
        });
        namespaces.push(namespace);
        networks.push(network);
    }
    let ties = ties(&namespaces, &mut networks);
    Map { places, ties }
}

/// Opens a network namespace and reads its interfaces. One that can be opened can still be closed to the caller.
fn look_into(inventory: &Inventory, entry: &Entry) -> (Option<Namespace>, Result<Network, Error>) {
    match inventory.open(entry) {
        Ok(namespace) => {
            let network = Network::read(&namespace);
            (Some(namespace), network)
        }
        Err(error) => (None, Err(error)),
    }
}

/// Writes the map as a drawing for the terminal.
fn draw(cli: &Cli, map: &Map<'_>) -> io::Result<()> {
    let listing = drawing::drawing(map);
    let mut out = io::BufWriter::new(ns_core::cli::stdout()?);
    let style = cli.characters.in_style(cli.written.style(Pairs::default(), None));
    let style = cli.colours.in_style(style);
    let style = Style {
        shape: Shape::Tree(0),
        ..style
    };
    output::write(&mut out, &listing, style)?;
    out.flush()
}

/// The interfaces by the index of their namespace and their number.
fn by_number<'m>(map: &'m Map<'_>) -> HashMap<(usize, u32), &'m Interface> {
    let all = map.places.iter().enumerate();
    let all = all.flat_map(|(place, of)| {
        let of = of.interfaces().iter();
        of.map(move |interface| ((place, interface.index), interface))
    });
    all.collect()
}

/// The addresses of an interface; absent if it has none.
fn addresses(interface: &Interface) -> Cell<'static> {
    if interface.addresses.is_empty() {
        return Cell::Absent;
    }
    let text = |address: &ns_core::net::InterfaceAddress| address.to_string().into_bytes().into();
    Cell::List(interface.addresses.iter().map(text).collect())
}
