//! The map as a drawing for the terminal: a tree of namespaces, their interfaces, and the interfaces on top of those.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ns_core::listing;
use ns_core::net::{Interface, Relation, Tie, TieEnd};
use ns_core::output::{Cell, Heading, Listing, Row};

use super::{Map, Place, addresses, by_number};

/// The columns.
static COLUMNS: [Heading; 5] = [
    Heading::text("INTERFACE", "network namespace, or interface below it"),
    Heading::text("KIND", "kind of a virtual interface"),
    Heading::flag("UP", "yes if the interface is up"),
    Heading::texts("ADDRESSES", "addresses of the interface"),
    Heading::texts("DETAILS", "ties of the interface, or facts about the namespace").wide(),
];

/// The rows of the drawing.
pub fn drawing(map: &Map<'_>) -> Listing<'static> {
    let mut drawing = Drawing {
        map,
        interfaces: by_number(map),
        above: above(map),
        rows: Vec::new(),
    };
    for place in 0..map.places.len() {
        drawing.add_place(place);
    }
    Listing {
        name: "map",
        columns: COLUMNS.iter().collect(),
        rows: drawing.rows,
        incomplete: None,
        remarks: Vec::new(),
    }
}

struct Drawing<'m, 'a> {
    map: &'m Map<'a>,
    interfaces: HashMap<(usize, u32), &'m Interface>,
    /// The interface that each is drawn below: its bridge, or the interface that it is on.
    above: HashMap<(usize, u32), u32>,
    rows: Vec<Row<'static>>,
}

/// The interface of the same namespace that each is drawn below. A port is drawn below its bridge, even if it is on top of
/// another interface too.
fn above(map: &Map<'_>) -> HashMap<(usize, u32), u32> {
    let mut above = HashMap::new();
    for tie in &map.ties {
        if let (
            TieEnd::In {
                namespace: here,
                interface,
            },
            TieEnd::In {
                namespace,
                interface: upper,
            },
        ) = (tie.from, tie.to)
            && here == namespace
            && tie.relation != Relation::Peer
        {
            above.entry((here, interface)).or_insert(upper);
        }
    }
    above
}

impl Drawing<'_, '_> {
    fn add_place(&mut self, place: usize) {
        let of = &self.map.places[place];
        self.rows.push(Row {
            depth: 0,
            cells: vec![
                Cell::text(of.title()),
                Cell::text(&b"net"[..]),
                Cell::Absent,
                Cell::Absent,
                list(about(of)),
            ],
        });
        let mut done = HashSet::new();
        let numbers: Vec<u32> = of.interfaces().iter().map(|interface| interface.index).collect();
        let known: HashSet<u32> = numbers.iter().copied().collect();
        let is_top = |number: &&u32| {
            let above = self.above.get(&(place, **number));
            above.is_none_or(|above| !known.contains(above) || above == *number)
        };
        let tops: Vec<u32> = numbers.iter().filter(is_top).copied().collect();
        // The kernel allows no circle, but the list may be from two moments. The rest comes last.
        for top in tops.into_iter().chain(numbers.iter().copied()) {
            let mut waiting = vec![(top, 1)];
            while let Some((number, depth)) = waiting.pop() {
                if !done.insert(number) {
                    continue;
                }
                self.add_interface(place, number, depth);
                let below = numbers
                    .iter()
                    .rev()
                    .filter(|other| self.above.get(&(place, **other)) == Some(&number));
                waiting.extend(below.map(|other| (*other, depth + 1)));
            }
        }
    }

    fn add_interface(&mut self, place: usize, number: u32, depth: usize) {
        let Some(interface) = self.interfaces.get(&(place, number)) else {
            return;
        };
        let cells = vec![
            Cell::text(interface.name.clone()),
            interface.kind.clone().map_or(Cell::Absent, Cell::text),
            interface.up.into(),
            addresses(interface),
            list(self.ties_of(place, number)),
        ];
        self.rows.push(Row { depth, cells });
    }

    /// The ties that the place in the tree does not show.
    fn ties_of(&self, place: usize, number: u32) -> Vec<Vec<u8>> {
        let own = TieEnd::In {
            namespace: place,
            interface: number,
        };
        let words = |tie: &Tie| {
            let (word, other) = match (tie.relation, tie.from == own, tie.to == own) {
                (Relation::Peer, true, _) => ("peer", tie.to),
                (Relation::Peer, _, true) => ("peer", tie.from),
                (Relation::Port, true, _) => ("port of", tie.to),
                (Relation::Link, true, _) => ("on", tie.to),
                _ => return None,
            };
            let is_shown = matches!(other, TieEnd::In { namespace, interface }
                if namespace == place && tie.relation != Relation::Peer
                    && self.above.get(&(place, number)) == Some(&interface)
                    && self.interfaces.contains_key(&(place, interface)));
            (!is_shown).then(|| [word.as_bytes(), b" ", &*self.name(place, other)].concat())
        };
        self.map.ties.iter().filter_map(words).collect()
    }

    /// The other end of a tie, in words.
    fn name(&self, place: usize, end: TieEnd) -> Vec<u8> {
        match end {
            TieEnd::In { namespace, interface } => {
                let name = self.interfaces.get(&(namespace, interface));
                let name = name.map_or_else(
                    || format!("interface {interface}").into_bytes(),
                    |interface| interface.name.clone(),
                );
                if namespace == place {
                    return name;
                }
                let of = &self.map.places[namespace];
                let mut words = [&*name, b" in ", &*of.title()].concat();
                if let Some(name) = first(of.cell(&listing::NAME)) {
                    words = [&*words, b" (", name, b")"].concat();
                }
                words
            }
            TieEnd::Elsewhere {
                number, interface, ..
            } if number >= 0 => format!(
                "interface {interface} in network namespace number {number} (not looked at: not found)"
            )
            .into_bytes(),
            TieEnd::Elsewhere { interface, .. } => format!(
                "interface {interface} in a network namespace without a number (not looked at: not found)"
            )
            .into_bytes(),
        }
    }
}

/// The first of several texts.
fn first<'c>(cell: &'c Cell<'_>) -> Option<&'c [u8]> {
    match cell {
        Cell::List(items) => items.first().map(|item| &**item),
        _ => None,
    }
}

/// The known facts about a namespace, in words.
fn about(place: &Place<'_>) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    if let Err(why) = &place.interfaces {
        words.push(format!("not looked at: {why}").into_bytes());
    }
    if *place.cell(&listing::OWN) == Cell::Flag(true) {
        words.push(b"own".to_vec());
    }
    let mut add = |word: &str, texts: &Cell<'_>| {
        let texts: Vec<&[u8]> = match texts {
            Cell::List(items) => items.iter().map(|item| &**item).collect(),
            Cell::Text(text) => vec![text],
            _ => Vec::new(),
        };
        words.extend(texts.into_iter().map(|text| [word.as_bytes(), text].concat()));
    };
    add("name ", place.cell(&listing::NAME));
    add("unit ", place.cell(&listing::UNIT));
    add("container ", place.cell(&listing::CONTAINER));
    match place.cell(&listing::PID) {
        Cell::Number(pid) => add(&format!("process {pid}: "), place.cell(&listing::COMMAND)),
        _ => add("", place.cell(&listing::HELD_BY)),
    }
    // The name says this already.
    if let Cell::List(names) = place.cell(&listing::NAME) {
        words.retain(|word| match word.strip_prefix(b"pin /run/netns/") {
            Some(pin) => names.iter().all(|name| **name != *pin),
            None => true,
        });
    }
    words
}

/// Several texts; absent if there are none.
fn list(texts: Vec<Vec<u8>>) -> Cell<'static> {
    if texts.is_empty() {
        return Cell::Absent;
    }
    Cell::List(texts.into_iter().map(Cow::Owned).collect())
}
