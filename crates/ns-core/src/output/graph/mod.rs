//! Graphs: nodes with values, and the edges between them, written for Graphviz, Mermaid or a program.

mod dot;
mod json;
mod label;
mod mermaid;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;

use super::{Cell, Heading};

/// A graph.
#[derive(Clone, Debug, Default)]
pub struct Graph<'a> {
    /// The nodes, in the order of display.
    pub nodes: Vec<Node<'a>>,
    /// The edges.
    pub edges: Vec<Edge<'a>>,
    /// The missing parts, for JSON; `None` if nothing can be missing.
    pub incomplete: Option<serde_json::Value>,
    /// Other fields beside the arrays in JSON.
    pub remarks: Vec<(&'static str, serde_json::Value)>,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// The id, which no other node has.
    pub id: NodeId,
    /// The first line of the label.
    pub title: Cow<'a, [u8]>,
    /// The names of the columns whose values the title has already.
    pub titled: &'static [&'static str],
    /// The headings of its values.
    pub columns: Vec<&'static Heading>,
    /// The values. Each other known one is a line of the label.
    pub cells: Vec<Cell<'a>>,
    /// The node that this one is drawn in.
    pub within: Option<usize>,
}

/// An edge.
#[derive(Clone, Debug)]
pub struct Edge<'a> {
    /// The index of the node where it starts.
    pub from: usize,
    /// The index of the node where it ends.
    pub to: usize,
    /// The relation, as one word for JSON.
    pub relation: &'static str,
    /// The text beside it, which can be empty.
    pub label: Cow<'a, [u8]>,
    /// True if it has a direction.
    pub directed: bool,
}

/// The id of a node: a letter, and letters, digits and `_`. It means the same in each form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(String);

impl NodeId {
    /// The id for this text, in which any other character becomes `_`.
    pub fn new(text: &str) -> Self {
        let plain = |character: char| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '_'
            }
        };
        let id: String = text.chars().map(plain).collect();
        if id.starts_with(|first: char| first.is_ascii_alphabetic()) {
            Self(id)
        } else {
            Self(format!("n{id}"))
        }
    }

    /// This id, or if it is among the others, it with a number.
    #[must_use]
    pub fn unlike(self, others: &mut HashSet<Self>) -> Self {
        let numbered = (2_u64..).map(|number| Self(format!("{}_{number}", self.0)));
        let mut ids = std::iter::once(self.clone()).chain(numbered);
        let id = ids.find(|id| !others.contains(id)).unwrap_or(self);
        others.insert(id.clone());
        id
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The form of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum GraphForm {
    /// Input for dot(1) of Graphviz
    Dot,
    /// A flowchart for Mermaid
    Mermaid,
    /// One JSON object
    Json,
}

/// Writes the graph. If `whole` is true, no line of a label is cut.
pub fn write_graph(
    out: &mut dyn io::Write,
    graph: &Graph<'_>,
    form: GraphForm,
    whole: bool,
) -> io::Result<()> {
    match form {
        GraphForm::Dot => dot::write(out, graph, whole),
        GraphForm::Mermaid => mermaid::write(out, graph, whole),
        GraphForm::Json => json::write(out, graph),
    }
}

impl Graph<'_> {
    /// The indexes of the nodes that are drawn in this one, or in none.
    fn members(&self, within: Option<usize>) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(move |node| self.nodes[*node].within == within)
    }

    fn id(&self, node: usize) -> &str {
        self.nodes[node].id.as_str()
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    static NAME: Heading = Heading::text("NAME", "");

    /// A graph of these nodes, each with a title and a name, and these edges.
    pub(super) fn graph(names: &[Vec<u8>], edges: &[(usize, usize, Vec<u8>, bool)]) -> Graph<'static> {
        let node = |(number, name): (usize, &Vec<u8>)| Node {
            id: NodeId::new(&format!("net:{number}")),
            title: Cow::Owned(name.clone()),
            titled: &[],
            columns: vec![&NAME],
            cells: vec![Cell::text(name.clone())],
            // Each fourth node is in the one before it.
            within: (number % 4 == 3).then(|| number - 1),
        };
        let edge = |(from, to, label, directed): &(usize, usize, Vec<u8>, bool)| Edge {
            from: *from,
            to: *to,
            relation: "owner",
            label: Cow::Owned(label.clone()),
            directed: *directed,
        };
        Graph {
            nodes: names.iter().enumerate().map(node).collect(),
            edges: edges.iter().map(edge).collect(),
            ..Graph::default()
        }
    }

    /// The graph in this form.
    pub(super) fn written(graph: &Graph<'_>, form: GraphForm) -> String {
        let mut bytes = Vec::new();
        write_graph(&mut bytes, graph, form, true).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    /// A graph of hostile names and labels.
    pub(super) fn hostile() -> Graph<'static> {
        let names: Vec<_> = HOSTILE.iter().map(|name| name.to_vec()).collect();
        let edges: Vec<_> = (0..names.len())
            .map(|node| (node, 0, names[node].clone(), node % 2 == 0))
            .collect();
        graph(&names, &edges)
    }

    /// Any graph whose labels match this regular expression.
    pub(super) fn any_graph(label: &'static str) -> impl Strategy<Value = Graph<'static>> {
        let names = vec(vec(any::<u8>(), 0..9), 1..9);
        let edges = vec((0_usize..99, 0_usize..99, label, any::<bool>()), 0..9);
        (names, edges).prop_map(|(names, edges)| {
            let edge = |(from, to, label, directed): (usize, usize, String, bool)| {
                (from % names.len(), to % names.len(), label.into_bytes(), directed)
            };
            let edges: Vec<_> = edges.into_iter().map(edge).collect();
            graph(&names, &edges)
        })
    }

    /// Names that could end a text, a line or a statement of one of the languages.
    pub(super) const HOSTILE: &[&[u8]] = &[
        b"a\" b",
        b"\\\"; x -> y //",
        b"\"] --> evil[\"",
        b"a\nb --> c",
        b"-->",
        b"\\",
        b"\\N\\G\\l",
        b"&lt;b&gt; <b>",
        b"#quot; #35; a#",
        b"%%{init: {}}%%",
        b"`md`",
        b"$$x$$",
        b"style a:b#c;",
        b"classDef x:y#z;",
        b"1. one",
        b"- one",
        b"end",
        b"\xff\x1b[2J",
        b"subgraph x",
        b"<br/>",
        "\u{202e}\u{e4}\u{1f980}".as_bytes(),
        b"",
    ];

    #[test]
    fn an_id_is_a_word_in_each_language() {
        for (text, id) in [
            ("net:[12]", "net__12_"),
            ("4026", "n4026"),
            ("", "n"),
            ("\u{e4}\"", "n__"),
        ] {
            assert_eq!(NodeId::new(text).as_str(), id);
        }
    }

    #[test]
    fn no_two_nodes_get_the_same_id() {
        let mut others = HashSet::new();
        let ids: Vec<_> = ["a", "a", "a:2", "a", "a_2"]
            .iter()
            .map(|text| NodeId::new(text).unlike(&mut others))
            .collect();
        assert_eq!(others.len(), ids.len(), "{ids:?}");
    }
}
