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
    let mut arguments = format!("_arguments {flags}");
    for spec in specs {
        let _ = write!(arguments, " \\\n        {spec}");
    }
    format!("#compdef {}\n# {NOTE}\n\n{COMMON}", model.name)
        .replace("@FUNCTION@", &function)
        .replace("@ARGUMENTS@", &arguments)
}

/// One option with all its spellings, as `_arguments` takes it.
fn spec(option: &Opt, function: &str) -> String {
    let ending = |spelling: &str| match &option.value {
        None => "",
        Some(Value { optional: true, .. }) if spelling.starts_with("--") => "=-",
        Some(Value { optional: true, .. }) => "-",
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
            action(&value.source, function)
        );
    }
    match &spellings[..] {
        [one] => quoted(&format!("{excluded}{one}{rest}")),
        several => format!("{}{{{}}}{}", quoted(&excluded), several.join(","), quoted(&rest)),
    }
}

/// What completes a value.
fn action(source: &Source, function: &str) -> String {
    let words = |words: &[(String, String)], colon: &str| {
        words
            .iter()
            .map(|(word, help)| format!("{}{colon}{}", escaped(word, " :\\"), escaped(help, " :\\()")))
            .collect::<Vec<_>>()
            .join(" ")
    };
    match source {
        Source::Free => " ".into(),
        Source::Words(list) => format!("(({}))", words(list, "\\:")),
        Source::List(list) => {
            let names: Vec<&str> = list.iter().map(|(word, _)| word.as_str()).collect();
            format!("_sequence compadd - {}", names.join(" "))
        }
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
