//! The script for zsh.

use std::fmt::Write as _;

use super::NOTE;
use super::model::{Model, Operands, Opt, Source, Value};

/// The parts that are the same for all programs.
const COMMON: &str = include_str!("template.zsh");

/// The script.
pub fn script(model: &Model) -> String {
    let function = model.name.replace('-', "_");
    let mut specs: Vec<String> = model
        .options
        .iter()
        .map(|option| spec(option, &function))
        .collect();
    // Options end where a command begins: what follows is the command's.
    let flags = match &model.operands {
        Operands::Command => {
            specs.push("'(-)1:command: _command_names -e'".into());
            specs.push("'*::argument: _normal'".into());
            "-s -S -A '-*'"
        }
        Operands::Words(source) => {
            specs.push(quoted(&format!("*:operand:{}", action(source, &function))));
            "-s -S"
        }
        Operands::None => "-s -S",
    };
    let lists: String = model
        .options
        .iter()
        .filter_map(|option| match &option.value.as_ref()?.source {
            Source::List(words) => Some(list(option, words, &function)),
            _ => None,
        })
        .collect();
    let mut arguments = format!("_arguments {flags}");
    for spec in specs {
        let _ = write!(arguments, " \\\n        {spec}");
    }
    format!("#compdef {}\n# {NOTE}\n\n{COMMON}", model.name)
        .replace("@LISTS@", &lists)
        .replace("@FUNCTION@", &function)
        .replace("@ARGUMENTS@", &arguments)
}

/// One option with all its spellings, as `_arguments` takes it.
fn spec(option: &Opt, function: &str) -> String {
    let ending = |spelling: &str| match &option.value {
        None => "",
        Some(Value { attached: true, .. }) if spelling.starts_with("--") => "=-",
        Some(Value { attached: true, .. }) => "-",
        Some(Value { optional: true, .. }) => "",
        Some(_) if spelling.starts_with("--") => "=",
        Some(_) => "+",
    };
    let spellings: Vec<String> = option
        .spellings()
        .map(|spelling| format!("{spelling}{}", ending(spelling)))
        .collect();
    let all: Vec<&str> = option.spellings().collect();
    let excluded = if option.repeats {
        "*".to_owned()
    } else {
        format!("({})", all.join(" "))
    };
    let mut rest = format!("[{}]", escaped(&option.help, "[]\\"));
    if let Some(value) = &option.value {
        let colons = if value.optional { "::" } else { ":" };
        let _ = write!(
            rest,
            "{colons}{}:{}",
            escaped(&value.name, ":\\"),
            match value.source {
                Source::List(_) => format!("__{function}_{}", option.function()),
                _ => action(&value.source, function),
            }
        );
    }
    match &spellings[..] {
        [one] => quoted(&format!("{excluded}{one}{rest}")),
        several => format!("{}{{{}}}{}", quoted(&excluded), several.join(","), quoted(&rest)),
    }
}

/// The function for a value that is a list with commas between: what follows the last of them is completed.
fn list(option: &Opt, words: &[(String, String)], function: &str) -> String {
    let mut text = format!(
        "\n__{function}_{}() {{\n    local -a values=(\n",
        option.function()
    );
    for (word, help) in words {
        let line = format!("{}:{help}", escaped(word, ":\\"));
        let _ = writeln!(text, "        {}", quoted(line.trim_end_matches(':')));
    }
    text + "    )\n    compset -P '*,'\n    _describe -V value values\n}\n"
}

/// What completes a value.
fn action(source: &Source, function: &str) -> String {
    let words = |words: &[(String, String)]| {
        let word = |(word, help): &(String, String)| {
            format!("{}\\:{}", escaped(word, " :\\"), escaped(help, " :\\()"))
        };
        words.iter().map(word).collect::<Vec<_>>().join(" ")
    };
    match source {
        // Not a blank, which would show a message and keep options from being put in the line.
        Source::Free => "()".into(),
        Source::Words(list) => format!("(({}))", words(list)),
        Source::List(_) => unreachable!("a list has a function of its own"),
        Source::Ask(what) => format!("__{function}_ask {what}"),
        Source::AskOrFile(what) => format!("__{function}_ask_or_file {what}"),
        Source::Files => "_files".into(),
        Source::Directories => "_files -/".into(),
        Source::Users => "_users".into(),
        Source::Groups => "_groups".into(),
        Source::Signals => "_signals -s".into(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn escaped(text: &str, special: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
