//! Documents in Markdown and the prose of pages in mdoc(7), cut into paragraphs and code.

/// A part of a document.
#[derive(Debug, PartialEq, Eq)]
pub enum TextBlock {
    /// A paragraph, a heading, a cell of a table or an item of a list, in one line and without markup.
    Prose { line: usize, text: String },
    /// Commands at a terminal, one per line and without prompts.
    Code { line: usize, text: String },
}

impl TextBlock {
    /// The number of its first line in the document.
    pub fn line(&self) -> usize {
        match self {
            Self::Prose { line, .. } | Self::Code { line, .. } => *line,
        }
    }
}

/// The parts of a document, in order.
pub fn blocks(document: &str) -> Vec<TextBlock> {
    let mut blocks = Vec::new();
    let mut paragraph = Paragraph::default();
    let mut lines = (1..).zip(document.lines());
    while let Some((number, line)) = lines.next() {
        if let Some(end) = end_of_code(line) {
            paragraph.end(&mut blocks);
            let code: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != end)
                .collect();
            blocks.extend(commands(number + 1, &code, line != "```sh"));
        } else if let Some(words) = line.strip_prefix('.') {
            let (macro_, words) = words.split_once(' ').unwrap_or((words, ""));
            if matches!(macro_, "Sh" | "Ss" | "Pp" | "It" | "Bl" | "El") {
                paragraph.end(&mut blocks);
            }
            if !matches!(macro_, "Bl" | "El" | "\\\"") {
                paragraph.add(number, &plain(macro_, words));
            }
            if matches!(macro_, "Sh" | "Ss") {
                paragraph.end(&mut blocks);
            }
        } else if line.is_empty() || line.starts_with('@') {
            paragraph.end(&mut blocks);
        } else if line.starts_with('#') || line.contains(" | ") {
            // A heading, or a row of a table.
            paragraph.end(&mut blocks);
            for cell in line.split('|') {
                paragraph.add(number, cell.trim_matches(['#', ' ']));
                paragraph.end(&mut blocks);
            }
        } else {
            if line.trim_start().starts_with("- ") {
                paragraph.end(&mut blocks);
            }
            paragraph.add(number, &line.replace("\\-", "-").replace("\\&", ""));
        }
    }
    paragraph.end(&mut blocks);
    blocks
}

/// The line that ends the code which starts here.
fn end_of_code(line: &str) -> Option<&'static str> {
    match line {
        "@SESSION" => Some("@END"),
        _ if line.starts_with("```") => Some("```"),
        _ if line.starts_with(".Bd -literal") => Some(".Ed"),
        _ => None,
    }
}

/// The commands of some code. A session marks them with prompts.
fn commands(line: usize, code: &[&str], is_session: bool) -> Option<TextBlock> {
    let typed = |line: &&str| {
        let prompt = ["$ ", "# ", "> "]
            .iter()
            .find_map(|prompt| line.strip_prefix(prompt));
        match prompt {
            Some(command) => Some(command.to_owned()),
            None => (!is_session).then(|| (*line).to_owned()),
        }
    };
    let text: Vec<String> = code.iter().filter_map(typed).collect();
    // A command that goes on in the next line is one command.
    let text = text.join("\n").replace("\\\n", " ");
    (!text.is_empty()).then_some(TextBlock::Code { line, text })
}

/// The text of a line of macros: `.Xr unshare 1 ,` is `unshare(1),`.
fn plain(first: &str, words: &str) -> String {
    let mut out = String::new();
    let mut macro_ = first;
    let mut joined = false;
    let mut words = words.split(' ').peekable();
    while let Some(word) = words.next() {
        if matches!(
            word,
            "Fl" | "Ar"
                | "Cm"
                | "Nm"
                | "Xr"
                | "Pa"
                | "Ql"
                | "Qq"
                | "Op"
                | "Pq"
                | "Dv"
                | "Ev"
                | "Ic"
                | "Ta"
                | "Em"
        ) {
            macro_ = word;
            continue;
        }
        if word == "Ns" {
            (macro_, joined) = ("", true);
            continue;
        }
        let word = word.replace("\\-", "-").replace("\\&", "").replace("\\(dq", "\"");
        let mark = word.len() == 1 && word.chars().all(|c| ",.;:)".contains(c));
        if !out.is_empty() && !mark && !joined {
            out.push(' ');
        }
        joined = false;
        match macro_ {
            "Fl" if !mark && word != "|" => {
                out.push('-');
                out += &word;
            }
            "Xr" if !mark => {
                let section = words.next_if(|next| next.parse::<u8>().is_ok());
                out += &word;
                out += &section.map_or_else(String::new, |section| format!("({section})"));
            }
            _ => out += &word,
        }
    }
    out
}

/// Lines that make up one paragraph.
#[derive(Default)]
struct Paragraph {
    line: usize,
    text: String,
}

impl Paragraph {
    fn add(&mut self, line: usize, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if self.text.is_empty() {
            self.line = line;
        } else {
            self.text.push(' ');
        }
        self.text += text;
    }

    fn end(&mut self, blocks: &mut Vec<TextBlock>) {
        if !self.text.is_empty() {
            blocks.push(TextBlock::Prose {
                line: self.line,
                text: std::mem::take(&mut self.text),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(line: usize, text: &str) -> TextBlock {
        TextBlock::Prose {
            line,
            text: text.to_owned(),
        }
    }

    fn code(line: usize, text: &str) -> TextBlock {
        TextBlock::Code {
            line,
            text: text.to_owned(),
        }
    }

    #[test]
    fn markdown_is_paragraphs_and_commands() {
        let text = "# Title\n\nOne\ntwo.\n\n```console\n$ ns-ls \\\n>     -J\noutput\n```\n\n```sh\nls\n```\n| a | b |\n";
        let expected = [
            prose(1, "Title"),
            prose(3, "One two."),
            code(7, "ns-ls      -J"),
            code(13, "ls"),
            prose(15, "a"),
            prose(15, "b"),
        ];
        assert_eq!(blocks(text), expected);
    }

    #[test]
    fn macros_read_as_on_the_page() {
        let text =
            ".Sh FILES\nSee\n.Xr unshare 1 ,\nor\n.Fl \\-net Ns = Ns Ar NAME .\n@SESSION\n# ns-ls\n@END\n";
        let expected = [
            prose(1, "FILES"),
            prose(2, "See unshare(1), or --net=NAME."),
            code(7, "ns-ls"),
        ];
        assert_eq!(blocks(text), expected);
    }
}
