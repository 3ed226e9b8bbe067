//! Converting text to mdoc(7), the language of the pages.

/// Plain text from help: paragraphs with blank lines between them, and marked options and `code`. Paragraphs that start
/// with `- WORD: ` are the items of a list.
pub fn text(plain: &str) -> String {
    let mut out = String::new();
    let mut items: Vec<(&str, String)> = Vec::new();
    for paragraph in plain.split("\n\n") {
        let item = paragraph
            .strip_prefix("- ")
            .and_then(|item| item.split_once(": "));
        if let Some((word, about)) = item {
            items.push((word, filled(about)));
            continue;
        }
        out += &list(&std::mem::take(&mut items));
        if !out.is_empty() {
            out += ".Pp\n";
        }
        out += &filled(paragraph);
    }
    out + &list(&items)
}

/// A list of items with their texts; empty if there are none.
fn list(items: &[(&str, String)]) -> String {
    if items.is_empty() {
        return String::new();
    }
    let mut out = ".Bl -tag -width Ds -compact\n".to_owned();
    for (item, about) in items {
        let spelled = match item.split_once('=') {
            Some((key, value)) => format!("{} Ns = Ns Ar {}", word(key), word(value)),
            None => word(item),
        };
        out += &[".It Cm ", &spelled, "\n", about].concat();
    }
    out + ".El\n"
}

/// A paragraph, a line for each sentence.
fn filled(paragraph: &str) -> String {
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let mut out = String::new();
    for sentence in sentences(&words.join(" ")).lines() {
        out += &marked(sentence);
        out.push('\n');
    }
    out
}

/// Each sentence on its own line, so that mdoc(7) knows where the wider gap goes.
fn sentences(paragraph: &str) -> String {
    let mut out = String::new();
    let mut rest = paragraph;
    while let Some(at) = rest.find(". ") {
        let (sentence, others) = rest.split_at(at + 1);
        let starts = others.trim_start().starts_with(|c: char| c.is_uppercase());
        out += sentence;
        out.push(if starts { '\n' } else { ' ' });
        rest = others.trim_start();
    }
    out + rest
}

/// One line of text that cannot be taken for a request.
pub fn literal(plain: &str) -> String {
    let escaped = escaped(plain);
    if escaped.starts_with(['.', '\'']) {
        format!("\\&{escaped}")
    } else {
        escaped
    }
}

/// A word as an argument of a macro, and not as a macro.
pub fn word(plain: &str) -> String {
    format!("\\&{}", escaped(plain).replace(' ', "\\ "))
}

fn escaped(plain: &str) -> String {
    plain.replace('\\', "\\e").replace('-', "\\-")
}

/// Text in bold. No word is divided, because a hyphen at the end of a line would look like a part of an option.
fn bold(plain: &str) -> String {
    let words: Vec<String> = escaped(plain)
        .split(' ')
        .map(|word| format!("\\%{word}"))
        .collect();
    format!("\\fB{}\\fR", words.join(" "))
}

/// A paragraph with its options and its `code` in bold. A hyphen stays a hyphen, except in an option.
fn marked(paragraph: &str) -> String {
    let mut out = String::new();
    for (index, part) in paragraph.split('`').enumerate() {
        if index % 2 == 1 {
            out += &bold(part);
            continue;
        }
        for (index, word) in part.split(' ').enumerate() {
            if index > 0 {
                out.push(' ');
            }
            let start = word.trim_start_matches(['(', '"']);
            let end = start.trim_end_matches(|c: char| !c.is_alphanumeric());
            if end.len() > 1 && end.starts_with('-') {
                out += &word[..word.len() - start.len()];
                out += &bold(end);
                out += &start[end.len()..];
            } else {
                out += &word.replace('\\', "\\e");
            }
        }
    }
    if out.starts_with(['.', '\'']) {
        out.insert_str(0, "\\&");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_code_are_marked() {
        assert_eq!(
            text("As with --pid (or -p), `a-b` is\nwell-known.\n\n.so what"),
            "As with \\fB\\%\\-\\-pid\\fR (or \\fB\\%\\-p\\fR), \\fB\\%a\\-b\\fR is well-known.\n.Pp\n\\&.so what\n"
        );
    }

    #[test]
    fn items_are_a_list() {
        assert_eq!(
            text("The keys:\n\n- mtu=BYTES: The size.\nOf both.\n\n- up: It is up.\n\nMore."),
            "The keys:\n.Bl -tag -width Ds -compact\n.It Cm \\&mtu Ns = Ns Ar \\&BYTES\nThe size.\nOf both.\n\
             .It Cm \\&up\nIt is up.\n.El\n.Pp\nMore.\n"
        );
    }

    #[test]
    fn a_sentence_has_a_line_of_its_own() {
        assert_eq!(text("One, e.g. two. Three."), "One, e.g. two.\nThree.\n");
    }

    #[test]
    fn backslashes_are_text() {
        assert_eq!(text(r"as \x0a"), "as \\ex0a\n");
        assert_eq!(word(r"\a b"), "\\&\\ea\\ b");
    }
}
