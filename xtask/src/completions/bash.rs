//! The script for bash.

use std::fmt::Write as _;

use super::model::{Key, Model, NOTE, Operands, Source};

/// The common parts for all programs; `NAME` is the program's name in function names.
const COMMON: &str = include_str!("template.bash");

/// The script.
pub fn script(model: &Model) -> String {
    let function = model.name.replace('-', "_");
    let mut values = String::new();
    for option in &model.options {
        if let Some(value) = &option.value {
            let spellings: Vec<_> = option.given_as().collect();
            let kind = match value.words {
                _ if value.optional => "attached".to_owned(),
                1 => "next".to_owned(),
                several => format!("next{several}"),
            };
            let _ = writeln!(
                values,
                "        {}) echo '{kind} {}' ;;",
                spellings.join(" | "),
                source(&value.source)
            );
        }
    }
    let options: Vec<&str> = model
        .options
        .iter()
        .flat_map(|option| option.longs.iter().chain(&option.shorts))
        .map(String::as_str)
        .collect();
    let operands = match &model.operands {
        Operands::None => "free".to_owned(),
        Operands::Command => "command".to_owned(),
        Operands::Words(source_) => source(source_),
    };
    format!("# bash completion for {}. {NOTE}\n\n{COMMON}", model.name)
        .replace("@FUNCTION@", &function)
        .replace("@NAME@", &model.name)
        .replace("@OPTIONS@", &options.join(" "))
        .replace("@OPERANDS@", &operands)
        .replace("        @VALUES@\n", &values)
}

/// A source as one shell word. The part before the colon says what the rest is.
fn source(source: &Source) -> String {
    let words = |words: &[(String, String)]| {
        let words: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
        words.join(" ")
    };
    let also = |kind: &str, also: Option<&str>| format!("{kind}:{}", also.unwrap_or_default());
    match source {
        Source::Free => "free".into(),
        Source::Words(list) => format!("words:{}", words(list)),
        Source::List(list) => format!("list:{}", words(list)),
        Source::Keys(list) => {
            let keys: Vec<_> = list.iter().map(key).collect();
            format!("keys:{}", keys.join(" "))
        }
        Source::Expression(list) => format!("expression:{}", words(list)),
        Source::Ask(what) => format!("ask:{what}"),
        Source::AskList(what) => format!("ask-list:{what}"),
        Source::AskOrFile(what) => format!("ask-or-file:{what}"),
        Source::Files => "file".into(),
        Source::Directories => "directory".into(),
        Source::Users(word) => also("user", *word),
        Source::Groups(word) => also("group", *word),
        Source::Signals => "signal".into(),
    }
}

/// A key as one word of the shell: with `+` if it can be repeated, and with the source of its values after `@`.
fn key(key: &Key) -> String {
    let repeats = if key.repeats { "+" } else { "" };
    let ask = key.ask.as_ref().map_or_else(String::new, |ask| format!("@{ask}"));
    format!("{}{repeats}{ask}", key.word)
}
