//! Comments of Rust sources, cut into paragraphs, and the rule for truth values.

use super::turns;

/// A paragraph of comments in one line, with the number of its first line.
pub type Paragraph = (usize, String);

/// The faults in the comments of a source, each with the number of its line.
pub fn faults(source: &str) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    for (line, text) in paragraphs(source) {
        if text.starts_with("Whether ") {
            faults.push((
                line,
                "\"Whether\": write \"True if\" for a truth value".to_owned(),
            ));
        }
        faults.extend(turns::faults(&text).into_iter().map(|fault| (line, fault)));
    }
    faults
}

/// The paragraphs of comments that have lines of their own. Examples in documentation are code, and are left out.
fn paragraphs(source: &str) -> Vec<Paragraph> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    let mut mark_before = None;
    let mut in_example = false;
    for (number, line) in (1..).zip(source.lines()) {
        let comment = comment(line).filter(|(_, text)| {
            let is_fence = text.starts_with("```");
            in_example ^= is_fence;
            !is_fence && !in_example && !text.is_empty()
        });
        match (comment, mark_before, paragraphs.last_mut()) {
            (Some((mark, text)), Some(before), Some((_, paragraph)))
                if mark == before && !text.starts_with(['-', '*']) =>
            {
                paragraph.push(' ');
                paragraph.push_str(text);
            }
            (Some((_, text)), ..) => paragraphs.push((number, text.trim_start_matches("- ").to_owned())),
            (None, ..) => {}
        }
        mark_before = comment.map(|(mark, _)| mark);
    }
    paragraphs
}

/// The mark of a line that is a comment, and its text.
fn comment(line: &str) -> Option<(&'static str, &str)> {
    ["//!", "///", "//"].into_iter().find_map(|mark| {
        let text = line.trim_start().strip_prefix(mark)?;
        (text.is_empty() || text.starts_with(' ')).then(|| (mark, text.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_joined_and_examples_left_out() {
        let source = "//! One\n//! two.\n//!\n//! Three.\n/// Four.\n// Five\nlet text = \"// no\";\n\
                      /// ```\n/// where nothing;\n/// ```\n/// - six\n/// - seven\n";
        let texts: Vec<_> = paragraphs(source).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["One two.", "Three.", "Four.", "Five", "six", "seven"]);
    }

    #[test]
    fn each_fault_has_its_line() {
        let source = "/// Whether it is known.\nfn known() {}\n\n// Fine.\n// Nobody, but for root.\n";
        let lines: Vec<_> = faults(source).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 4]);
    }
}
