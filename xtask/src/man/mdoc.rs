//! Text into mdoc(7), the language of the pages.

/// Plain text, as help has it: paragraphs with blank lines between, options and `code` marked.
pub fn text(plain: &str) -> String {
    let paragraphs: Vec<String> = plain
        .split("\n\n")
        .map(|paragraph| {
            let words: Vec<&str> = paragraph.split_whitespace().collect();
            let lines = sentences(&words.join(" "));
            lines.lines().map(marked).collect::<Vec<_>>().join("\n")
        })
        .collect();
    let mut out = paragraphs.join("\n.Pp\n");
    out.push('\n');
    out
}

/// Each sentence on a line of its own, as mdoc(7) wants it to know where the wider gap goes.
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

/// A word that is an argument of a macro, and no macro itself.
pub fn word(plain: &str) -> String {
    format!("\\&{}", escaped(plain).replace(' ', "\\ "))
}

fn escaped(plain: &str) -> String {
    plain.replace('\\', "\\e").replace('-', "\\-")
}

fn bold(plain: &str) -> String {
    format!("\\fB{}\\fR", escaped(plain))
}

/// A paragraph with its options and its `code` in bold. A hyphen stays one, but where it belongs to an option.
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
            "As with \\fB\\-\\-pid\\fR (or \\fB\\-p\\fR), \\fBa\\-b\\fR is well-known.\n.Pp\n\\&.so what\n"
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
