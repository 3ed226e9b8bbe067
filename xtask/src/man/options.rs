//! The options of a page, from the same definitions as `--help`.

use std::fmt::Write as _;

use clap::Arg;
use clap::builder::PossibleValue;

use super::mdoc;
use crate::programs::ProgramInfo;

/// The heading for options without one.
const REST: &str = "General options";

/// All options, in their groups, each group in the order of `--help`.
pub fn section(program: &ProgramInfo) -> String {
    let mut headings: Vec<Option<&str>> = Vec::new();
    for option in program.options() {
        if !headings.contains(&option.get_help_heading()) {
            headings.push(option.get_help_heading());
        }
    }
    // Options of all programs come last.
    headings.sort_by_key(Option::is_none);
    let mut out = String::new();
    for heading in &headings {
        if headings.len() > 1 {
            let _ = writeln!(out, ".Ss {}", heading.unwrap_or(REST));
        }
        out += ".Bl -tag -width Ds\n";
        for option in program
            .options()
            .filter(|option| option.get_help_heading() == *heading)
        {
            out += &item(option);
        }
        out += ".El\n";
    }
    out
}

/// One option: its spellings with their value, and its text.
fn item(option: &Arg) -> String {
    let mut out = format!(".It {}\n", spellings(option));
    let help = option.get_long_help().or(option.get_help()).unwrap_or_default();
    out += &mdoc::text(&in_sentences(&help.to_string()));
    let values: Vec<PossibleValue> = option
        .get_possible_values()
        .into_iter()
        .filter(|value| !value.is_hide_set())
        .collect();
    if takes_value(option) && !option.is_hide_possible_values_set() && !values.is_empty() {
        out += &choices(&values);
    }
    out
}

/// `-m, --mount[=FILE]`, in macros.
fn spellings(option: &Arg) -> String {
    let mut spellings = Vec::new();
    spellings.extend(option.get_short().map(|short| format!("Fl {short}")));
    let shorts = option.get_visible_short_aliases().unwrap_or_default();
    spellings.extend(shorts.into_iter().map(|short| format!("Fl {short}")));
    let longs = option.get_long().into_iter();
    for long in longs.chain(option.get_visible_aliases().unwrap_or_default()) {
        spellings.push(format!("Fl {}", mdoc::word(&format!("-{long}"))));
    }
    let mut out = spellings.join(" , ");
    if takes_value(option) {
        let names = option.get_value_names().unwrap_or_default();
        let name = names.iter().map(|name| mdoc::word(name)).collect::<Vec<_>>();
        let name = name.join(" ");
        let optional = option.get_num_args().is_some_and(|count| count.min_values() == 0);
        out += match (optional, option.is_require_equals_set()) {
            (true, true) => " Ns Op = Ns Ar ",
            (true, false) => " Op Ar ",
            (false, true) => " Ns = Ns Ar ",
            (false, false) => " Ar ",
        };
        out += &name;
    }
    out
}

/// Help has no full stop after its first line, and the rest below it. A page has a paragraph of sentences.
fn in_sentences(help: &str) -> String {
    let (first, rest) = help.split_once("\n\n").unwrap_or((help, ""));
    let stop = if first.ends_with(['.', ':', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{stop} {rest}").trim_end().to_owned()
}

/// The possible values: one sentence, or a list if any value has an explanation.
fn choices(values: &[PossibleValue]) -> String {
    if values.iter().all(|value| value.get_help().is_none()) {
        let names: Vec<String> = values
            .iter()
            .map(|value| format!("\\fB{}\\fR", mdoc::literal(value.get_name())))
            .collect();
        return format!("One of {}.\n", names.join(", "));
    }
    // The list is as wide as its longest value, so that no value needs its own line.
    let widest = values.iter().map(|value| value.get_name().len()).max();
    let mut out = format!(".Bl -tag -width {}n -compact\n", widest.unwrap_or(0));
    for value in values {
        let _ = writeln!(out, ".It Cm {}", mdoc::word(value.get_name()));
        out += &mdoc::text(&value.get_help().unwrap_or_default().to_string());
    }
    out + ".El\n"
}

/// True if the option has a value.
fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values()
}
