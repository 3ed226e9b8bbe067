//! The map as a graph: a node for each namespace, and in it one for each interface.

use std::borrow::Cow;
use std::collections::HashMap;

use ns_core::listing;
use ns_core::net::{Interface, Relation, TieEnd};
use ns_core::output::{Cell, Edge, Graph, Heading, Node, NodeId, headings};

use super::{COLUMNS, Map, Place, addresses};
use crate::show::Said;

static NOT_LOOKED_AT: Heading = Heading::text("NOT-LOOKED-AT", "why the interfaces could not be read");
static INTERFACE: Heading = Heading::text("INTERFACE", "name of the interface");
static INDEX: Heading = Heading::number("INDEX", "number of the interface in its namespace");
static KIND: Heading = Heading::text("KIND", "kind of a virtual interface");
static UP: Heading = Heading::flag("UP", "yes if the interface is up");
static ADDRESSES: Heading = Heading::texts("ADDRESSES", "addresses of the interface");

/// The graph, and the nodes of its interfaces.
struct Picture<'a> {
    graph: Graph<'a>,
    /// The node of each end of a tie.
    ends: HashMap<TieEnd, usize>,
    /// The node of each namespace that was not found, by the index of the namespace that sees it and the number there.
    unseen: HashMap<(usize, i32), usize>,
}

/// The map as a graph.
pub fn picture<'a>(map: &Map<'a>, said: Said) -> Graph<'a> {
    let mut picture = Picture {
        graph: Graph {
            incomplete: said.incomplete,
            remarks: said.remarks,
            ..Graph::default()
        },
        ends: HashMap::new(),
        unseen: HashMap::new(),
    };
    for place in &map.places {
        picture.graph.nodes.push(of_place(place));
    }
    for (namespace, place) in map.places.iter().enumerate() {
        for interface in place.interfaces() {
            let end = TieEnd::In {
                namespace,
                interface: interface.index,
            };
            picture.add(end, namespace, interface.index, Some(interface));
        }
    }
    for tie in &map.ties {
        let (from, to) = (picture.node(map, tie.from), picture.node(map, tie.to));
        let (relation, label, directed): (_, &'static [u8], _) = match tie.relation {
            Relation::Peer => ("peer", b"", false),
            Relation::Port => ("port", b"port of", true),
            Relation::Link => ("link", b"on", true),
        };
        picture.graph.edges.push(Edge {
            from,
            to,
            relation,
            label: Cow::Borrowed(label),
            directed,
        });
    }
    picture.graph
}

impl Picture<'_> {
    /// The node of an end, which is made if nothing else told of the interface.
    fn node(&mut self, map: &Map<'_>, end: TieEnd) -> usize {
        if let Some(node) = self.ends.get(&end) {
            return *node;
        }
        match end {
            TieEnd::In { namespace, interface } => self.add(end, namespace, interface, None),
            TieEnd::Elsewhere {
                from,
                number,
                interface,
            } => {
                let place = self.unseen(&map.places[from], from, number);
                self.add(end, place, interface, None)
            }
        }
    }

    /// Adds an interface to the node of its namespace.
    fn add(&mut self, end: TieEnd, place: usize, index: u32, interface: Option<&Interface>) -> usize {
        let id = format!("{}_{index}", self.graph.nodes[place].id.as_str());
        let name = interface.map(|interface| interface.name.clone());
        let kind = interface.and_then(|interface| interface.kind.clone());
        self.graph.nodes.push(Node {
            id: NodeId::new(&id),
            title: Cow::Owned(
                name.clone()
                    .unwrap_or_else(|| format!("interface {index}").into_bytes()),
            ),
            titled: &["INTERFACE", "INDEX"],
            columns: vec![&INTERFACE, &INDEX, &KIND, &UP, &ADDRESSES],
            cells: vec![
                name.map_or(Cell::Absent, Cell::text),
                u64::from(index).into(),
                kind.map_or(Cell::Absent, Cell::text),
                interface.map_or(Cell::Absent, |interface| interface.up.into()),
                interface.map_or(Cell::Absent, addresses),
            ],
            within: Some(place),
        });
        let node = self.graph.nodes.len() - 1;
        self.ends.insert(end, node);
        node
    }

    /// The node of a namespace that was not found.
    fn unseen(&mut self, seen_from: &Place<'_>, from: usize, number: i32) -> usize {
        let nodes = &mut self.graph.nodes;
        *self.unseen.entry((from, number)).or_insert_with(|| {
            let (what, id) = match u32::try_from(number) {
                Ok(number) => (format!("network namespace number {number}"), number.to_string()),
                Err(_) => (
                    "network namespace without a number".to_owned(),
                    "unknown".to_owned(),
                ),
            };
            let of = format!(" in net:[{}]", seen_from.inode);
            let cell = |column: &super::NamespaceColumn| match column.heading.name {
                "TYPE" => Cell::text(&b"net"[..]),
                _ => Cell::Absent,
            };
            let mut columns = headings(&COLUMNS);
            columns.push(&NOT_LOOKED_AT);
            let mut cells: Vec<_> = COLUMNS.iter().map(cell).collect();
            cells.push(Cell::text(&b"not found"[..]));
            nodes.push(Node {
                id: NodeId::new(&format!("unseen_{id}_from_{}", seen_from.inode)),
                title: Cow::Owned((what + &of).into_bytes()),
                titled: &["TYPE"],
                columns,
                cells,
                within: None,
            });
            nodes.len() - 1
        })
    }
}

fn of_place<'a>(place: &Place<'a>) -> Node<'a> {
    let mut columns = headings(&COLUMNS);
    columns.push(&NOT_LOOKED_AT);
    let mut cells = place.cells.clone();
    cells.push(match &place.interfaces {
        Ok(_) => Cell::Absent,
        Err(why) => Cell::string(why),
    });
    Node {
        id: NodeId::new(&format!("net_{}", place.inode)),
        title: Cow::Owned(place.title()),
        titled: if *place.cell(&listing::OWN) == Cell::Flag(true) {
            &["NS", "TYPE"]
        } else {
            &["NS", "TYPE", "OWN"]
        },
        columns,
        cells,
        within: None,
    }
}
