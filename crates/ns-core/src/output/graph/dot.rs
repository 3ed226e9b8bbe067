//! A graph in the language of Graphviz (`dot(1)`).

use std::io::{self, Write};

use super::{Graph, label};

/// Writes a `digraph`. A node with others in it is a cluster, with a point of no size for its edges.
pub(super) fn write(out: &mut dyn Write, graph: &Graph<'_>, whole: bool) -> io::Result<()> {
    writeln!(out, "digraph namespaces {{")?;
    writeln!(out, "  graph [rankdir=LR];")?;
    writeln!(out, "  node [shape=box];")?;
    for node in graph.members(None) {
        write_node(out, graph, node, whole)?;
    }
    for edge in &graph.edges {
        write!(out, "  {} -> {}", graph.id(edge.from), graph.id(edge.to))?;
        let label = label::text(&edge.label);
        match (label.is_empty(), edge.directed) {
            (true, true) => {}
            (true, false) => write!(out, " [dir=none]")?,
            (false, true) => write!(out, " [label=\"{}\"]", escape(&label))?,
            (false, false) => write!(out, " [dir=none, label=\"{}\"]", escape(&label))?,
        }
        writeln!(out, ";")?;
    }
    writeln!(out, "}}")
}

fn write_node(out: &mut dyn Write, graph: &Graph<'_>, node: usize, whole: bool) -> io::Result<()> {
    let id = graph.id(node);
    // `\l` ends a line that starts at the left.
    let text: String = label::lines(&graph.nodes[node], whole)
        .iter()
        .map(|line| escape(line) + "\\l")
        .collect();
    let mut members = graph.members(Some(node)).peekable();
    if members.peek().is_none() {
        return writeln!(out, "  {id} [label=\"{text}\"];");
    }
    writeln!(out, "  subgraph cluster_{id} {{")?;
    writeln!(out, "  label=\"{text}\"; labeljust=l;")?;
    writeln!(out, "  {id} [shape=point, style=invis];")?;
    for member in members {
        write_node(out, graph, member, whole)?;
    }
    writeln!(out, "  }}")
}

/// The text for a label between double quotes. Graphviz reads `\N` and the like, and HTML entities.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '&' => escaped.push_str("&amp;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_graph, graph, hostile, written};
    use super::super::{Graph, GraphForm, label};

    /// The statements, read as Graphviz reads them: words, and texts between double quotes with their escapes resolved. A
    /// statement ends with `;` or a brace.
    fn statements(dot: &str) -> Vec<Vec<String>> {
        let (mut statements, mut words) = (Vec::new(), Vec::new());
        let mut rest = dot.chars().peekable();
        while let Some(first) = rest.next() {
            match first {
                '"' => {
                    let mut text = String::from("=");
                    loop {
                        match rest.next().expect("the text ends") {
                            '"' => break,
                            '\\' => match rest.next().expect("an escape is whole") {
                                'l' => text.push('\n'),
                                other @ ('"' | '\\') => text.push(other),
                                other => panic!("\\{other}"),
                            },
                            '\n' => panic!("a line break in a text"),
                            other => text.push(other),
                        }
                    }
                    words.push(text.replace("&amp;", "&"));
                }
                ';' | '{' | '}' => statements.push(std::mem::take(&mut words)),
                '[' | ']' | '=' | ',' => {}
                blank if blank.is_whitespace() => {}
                first => {
                    assert!(
                        first.is_ascii_alphanumeric() || "->_".contains(first),
                        "{first:?}"
                    );
                    let mut word = String::from(first);
                    while let Some(next) =
                        rest.next_if(|next| next.is_ascii_alphanumeric() || "->_".contains(*next))
                    {
                        word.push(next);
                    }
                    words.push(word);
                }
            }
        }
        statements
    }

    fn read_back(graph: &Graph<'_>) {
        let statements = statements(&written(graph, GraphForm::Dot));
        let edges: Vec<_> = statements
            .iter()
            .filter(|words| words.get(1).is_some_and(|word| word == "->"))
            .map(|words| {
                let label = words.iter().find_map(|word| word.strip_prefix('='));
                let directed = !words.contains(&"none".to_owned());
                (
                    words[0].clone(),
                    words[2].clone(),
                    label.unwrap_or_default().to_owned(),
                    directed,
                )
            })
            .collect();
        let expected: Vec<_> = graph
            .edges
            .iter()
            .map(|edge| {
                let id = |node| graph.id(node).to_owned();
                let label = label::text(&edge.label).into_owned();
                (id(edge.from), id(edge.to), label, edge.directed)
            })
            .collect();
        assert_eq!(edges, expected);
        let mut labels: Vec<String> = statements
            .iter()
            .filter(|words| words.get(1).is_none_or(|word| word != "->"))
            .filter_map(|words| Some(words.iter().find_map(|word| word.strip_prefix('='))?.to_owned()))
            .collect();
        let mut expected: Vec<String> = graph
            .nodes
            .iter()
            .map(|node| label::lines(node, true).join("\n") + "\n")
            .collect();
        labels.sort();
        expected.sort();
        assert_eq!(labels, expected);
    }

    #[test]
    fn a_graph_is_a_list_of_statements() {
        let names = [b"a".to_vec(), b"b".to_vec(), b"c".to_vec(), b"d".to_vec()];
        let edges = [(0, 1, Vec::new(), true), (3, 0, b"x".to_vec(), false)];
        assert_eq!(
            written(&graph(&names, &edges), GraphForm::Dot),
            "digraph namespaces {\n  graph [rankdir=LR];\n  node [shape=box];\n  net_0 [label=\"a\\lname: a\\l\"];\n  \
             net_1 [label=\"b\\lname: b\\l\"];\n  subgraph cluster_net_2 {\n  label=\"c\\lname: c\\l\"; labeljust=l;\n  \
             net_2 [shape=point, style=invis];\n  net_3 [label=\"d\\lname: d\\l\"];\n  }\n  net_0 -> net_1;\n  \
             net_3 -> net_0 [dir=none, label=\"x\"];\n}\n"
        );
    }

    #[test]
    fn a_hostile_name_stays_in_its_label() {
        read_back(&hostile());
    }

    proptest! {
        #[test]
        fn any_graph_is_read_back(graph in any_graph("[\"\\\\&;a\\n-]{0,6}")) {
            read_back(&graph);
        }
    }
}
