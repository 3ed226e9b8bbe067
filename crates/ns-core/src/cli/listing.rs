//! The shared parts of the listings: the options for the output, and the note about missing parts.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Args;

use super::{CompatName, locale, note, stdout, width_of_terminal};
use crate::output::{Graph, GraphForm, Headed, Incomplete, Shape, Style, choose, write_graph};

/// The options for the output of a listing.
///
/// Each program adds its columns to `output`, and the conflicts between options.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option")]
pub struct Written {
    /// Show these columns
    ///
    /// Separate names with commas; case does not matter. A leading `+` adds the columns to the default ones.
    #[arg(short, long, value_name = "COLUMNS")]
    pub output: Option<String>,

    /// Show all columns
    #[arg(long)]
    pub output_all: bool,

    /// List the available columns
    #[arg(short = 'H', long)]
    pub list_columns: bool,

    /// Write JSON
    #[arg(short = 'J', long, conflicts_with = "raw")]
    pub json: bool,

    /// Separate values with one space
    ///
    /// Blanks, backslashes and unsafe characters in values become \xNN.
    #[arg(short, long)]
    pub raw: bool,

    /// Omit the heading line
    #[arg(short, long)]
    pub noheadings: bool,

    /// Do not cut values to fit the terminal
    #[arg(short = 'u', long)]
    pub notruncate: bool,
}

/// The option for `NAME="value"`, for the listings that have it.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct Pairs {
    /// Write values as NAME="value"
    #[arg(short = 'P', long, conflicts_with_all = ["json", "raw"])]
    pub pairs: bool,
}

/// The characters of trees, for the listings that have trees.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct TreeCharacters {
    /// Draw trees with ASCII characters
    ///
    /// This is the default if the locale's character set is not UTF-8 (see `LC_ALL`, `LC_CTYPE` and LANG in locale(7)).
    #[arg(long, overrides_with = "no_ascii")]
    pub ascii: bool,

    /// Draw trees with Unicode characters
    ///
    /// This is the default if the locale's character set is UTF-8.
    #[arg(long, overrides_with = "ascii")]
    pub no_ascii: bool,
}

impl TreeCharacters {
    /// The style with the characters that the options choose.
    pub fn in_style(self, style: Style) -> Style {
        Style {
            ascii: self.ascii || style.ascii && !self.no_ascii,
            ..style
        }
    }
}

impl Written {
    /// The chosen columns of `all`, or the default ones.
    pub fn columns<C: Headed>(&self, all: &[C], default: &[C]) -> crate::Result<Vec<C>> {
        match &self.output {
            _ if self.output_all => Ok(all.to_vec()),
            Some(list) => choose(list, all, default),
            None => Ok(default.to_vec()),
        }
    }

    /// The style. `tree` is the index of the column that a tree is drawn in.
    pub fn style(&self, pairs: Pairs, tree: Option<usize>) -> Style {
        let shape = match tree {
            _ if self.json => Shape::Json,
            _ if self.raw => Shape::Raw,
            _ if pairs.pairs => Shape::Pairs,
            Some(column) => Shape::Tree(column),
            None => Shape::Table,
        };
        Style {
            shape,
            headings: !self.noheadings,
            ascii: !locale::is_utf8(),
            width: if self.notruncate {
                None
            } else {
                width_of_terminal()
            },
            remarks: CompatName::current().is_none_or(CompatName::reports_gaps),
            key_lines: CompatName::current().is_some_and(CompatName::is_of_libsmartcols),
            ascii_values: CompatName::current().is_some_and(CompatName::is_of_libsmartcols),
            ..Style::default()
        }
    }

    /// The style for a list of the columns. In raw form, it has three words on each line and no heading.
    pub fn style_of_columns(&self, pairs: Pairs) -> Style {
        Style {
            headings: !self.noheadings && !self.raw,
            ..self.style(pairs, None)
        }
    }
}

/// Writes a graph to stdout. If `whole` is true, no line of a label is cut.
pub fn show_graph(graph: &Graph<'_>, form: GraphForm, whole: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(stdout()?);
    write_graph(&mut out, graph, form, whole)?;
    out.flush()
}

/// Notes on stderr what is missing in a listing. The status is 1 if something is missing and `strict` is set.
pub fn conclude_listing(program: &str, incomplete: &Incomplete, strict: bool) -> ExitCode {
    let Some(sentence) = incomplete.sentence() else {
        return ExitCode::SUCCESS;
    };
    if strict || CompatName::current().is_none_or(CompatName::reports_gaps) {
        note(program, &format!("the list is incomplete: {sentence}"));
    }
    if strict {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_decide_before_the_locale() {
        for (ascii, no_ascii, of_locale, expected) in [
            (false, false, true, true),
            (false, false, false, false),
            (true, false, false, true),
            (false, true, true, false),
        ] {
            let characters = TreeCharacters { ascii, no_ascii };
            let style = Style {
                ascii: of_locale,
                ..Style::default()
            };
            assert_eq!(characters.in_style(style).ascii, expected);
        }
    }

    #[test]
    fn json_is_no_tree_and_raw_columns_have_no_headings() {
        let of = |written: &Written| written.style(Pairs::default(), Some(3)).shape;
        let mut written = Written::default();
        assert_eq!(of(&written), Shape::Tree(3));
        written.raw = true;
        assert_eq!(of(&written), Shape::Raw);
        assert!(written.style(Pairs::default(), None).headings);
        assert!(!written.style_of_columns(Pairs::default()).headings);
        written.json = true;
        assert_eq!(of(&written), Shape::Json);
    }
}
