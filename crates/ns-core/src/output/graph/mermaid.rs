//! A graph as a flowchart of Mermaid, which many forges draw in Markdown.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::{Graph, label};

/// Writes a `flowchart`. A node with others in it is a subgraph.
pub(super) fn write(out: &mut dyn Write, graph: &Graph<'_>, whole: bool) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for node in graph.members(None) {
        write_node(out, graph, node, whole)?;
    }
    for edge in &graph.edges {
        let arrow = if edge.directed { "-->" } else { "---" };
        write!(out, "  {} {arrow}", graph.id(edge.from))?;
        let label = label::text(&edge.label);
        if !label.is_empty() {
            write!(out, "|\"{}\"|", escape(&label))?;
        }
        writeln!(out, " {}", graph.id(edge.to))?;
    }
    Ok(())
}

fn write_node(out: &mut dyn Write, graph: &Graph<'_>, node: usize, whole: bool) -> io::Result<()> {
    let id = graph.id(node);
    let lines: Vec<_> = label::lines(&graph.nodes[node], whole)
        .iter()
        .map(|line| escape(line))
        .collect();
    let text = lines.join("<br/>");
    let mut members = graph.members(Some(node)).peekable();
    if members.peek().is_none() {
        return writeln!(out, "  {id}[\"{text}\"]");
    }
    writeln!(out, "  subgraph {id}[\"{text}\"]")?;
    for member in members {
        write_node(out, graph, member, whole)?;
    }
    writeln!(out, "  end")
}

/// The text for a label between double quotes. A character that Mermaid, Markdown or HTML could read as more than itself
/// becomes `#NUMBER;`.
fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    // After digits at the start of a line, a dot would begin a list of Markdown.
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    for (at, character) in line.char_indices() {
        let begins = at == digits;
        let rest = &line[at..];
        // Mermaid changes the entities of a line that has one of these words.
        let is_word = rest.starts_with("style") || rest.starts_with("classDef");
        let is_plain = match character {
            'a'..='z' | 'A'..='Z' => !is_word,
            // Mermaid draws nothing for an empty label.
            '.' | '-' | '+' | ' ' => !begins,
            '0'..='9' | '/' | ':' | ',' | '=' | '@' | '_' | '[' | ']' | '(' | ')' | '?' => true,
            _ => !character.is_ascii(),
        };
        if is_plain {
            escaped.push(character);
        } else {
            let _ = write!(escaped, "#{};", u32::from(character));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_graph, graph, hostile, written};
    use super::super::{Graph, GraphForm, label};

    /// A label, with its entities resolved.
    fn resolved(text: &str) -> String {
        let mut lines = Vec::new();
        for line in text.split("<br/>") {
            assert!(!line.contains(['<', '>', '"', '`', '&', '%', '{', '$']), "{line}");
            assert!(!line.contains("style") && !line.contains("classDef"), "{line}");
            let mut parts = line.split('#');
            let mut plain = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let (number, rest) = part.split_once(';').expect("an entity ends");
                let number: u32 = number.parse().expect("an entity is a number");
                plain.push(char::from_u32(number).expect("it is a character"));
                assert!(!rest.contains(';'), "{line}");
                plain.push_str(rest);
            }
            lines.push(plain);
        }
        lines.join("\n")
    }

    fn read_back(graph: &Graph<'_>) {
        let text = written(graph, GraphForm::Mermaid);
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("flowchart LR"));
        let (mut labels, mut edges, mut open) = (Vec::new(), Vec::new(), 0);
        for line in lines {
            let line = line.trim_start();
            if line == "end" {
                open -= 1;
                continue;
            }
            open += i32::from(line.starts_with("subgraph "));
            let line = line.strip_prefix("subgraph ").unwrap_or(line);
            let end = line
                .find(|next: char| !next.is_ascii_alphanumeric() && next != '_')
                .expect("more than an id");
            let (id, rest) = line.split_at(end);
            if let Some(label) = rest.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]")) {
                labels.push((id.to_owned(), resolved(label)));
                continue;
            }
            let (arrow, rest) = rest.split_at(4);
            let (label, to) = match rest.strip_prefix("|\"") {
                Some(rest) => rest.split_once("\"| ").expect("a label ends"),
                None => ("", rest.strip_prefix(' ').expect("a blank")),
            };
            assert!([" -->", " ---"].contains(&arrow), "{line}");
            edges.push((id.to_owned(), to.to_owned(), resolved(label), arrow == " -->"));
        }
        assert_eq!(open, 0, "{text}");
        let id = |node| graph.id(node).to_owned();
        let mut expected: Vec<_> = (0..graph.nodes.len())
            .map(|node| (id(node), label::lines(&graph.nodes[node], true).join("\n")))
            .collect();
        labels.sort();
        expected.sort();
        assert_eq!(labels, expected);
        let expected: Vec<_> = graph
            .edges
            .iter()
            .map(|edge| {
                let label = label::text(&edge.label).into_owned();
                (id(edge.from), id(edge.to), label, edge.directed)
            })
            .collect();
        assert_eq!(edges, expected);
    }

    #[test]
    fn a_graph_is_a_flowchart() {
        let names = [b"net:[1]".to_vec(), b"b".to_vec(), b"c".to_vec(), b"d\"".to_vec()];
        let edges = [(0, 1, Vec::new(), true), (3, 0, b"x".to_vec(), false)];
        assert_eq!(
            written(&graph(&names, &edges), GraphForm::Mermaid),
            "flowchart LR\n  net_0[\"net:[1]<br/>name: net:[1]\"]\n  net_1[\"b<br/>name: b\"]\n  subgraph net_2[\"c<br/>name: \
             c\"]\n  net_3[\"d#34;<br/>name: d#34;\"]\n  end\n  net_0 --> net_1\n  net_3 ---|\"x\"| net_0\n"
        );
    }

    #[test]
    fn a_hostile_name_stays_in_its_label() {
        read_back(&hostile());
    }

    #[test]
    fn no_line_begins_a_list_of_markdown() {
        for (line, escaped) in [
            ("1. a", "1#46; a"),
            ("- a", "#45; a"),
            ("10.0.0.1/8", "10#46;0.0.1/8"),
            ("-->", "#45;-#62;"),
        ] {
            assert_eq!(super::escape(line), escaped);
        }
    }

    proptest! {
        #[test]
        fn any_graph_is_read_back(graph in any_graph("[\"\\]|#;a\\n>-]{0,6}")) {
            read_back(&graph);
        }
    }
}
