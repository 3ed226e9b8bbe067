//! Usage errors. Arguments that clap repeats are escaped, because other people may have chosen these names.

use std::error::Error as _;
use std::fmt::Display;
use std::num::ParseIntError;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

use super::labels::Labels;
use super::missing;
use crate::Kind;
use crate::escape::{escape_for_terminal, escape_lines};

/// An error about arguments that only the program could check. The text can have several lines.
#[expect(clippy::disallowed_methods, reason = "this is what escapes the text")]
pub fn usage(mut command: Command, kind: ErrorKind, text: impl Display) -> Error {
    command.error(kind, escape_lines(&text.to_string()))
}

/// The text of the error, with or without colours.
pub(super) fn text(command: &Command, error: &Error, colours: bool) -> String {
    if error.context().next().is_none() {
        // This error was made by `usage`. An error of clap has a context.
        return rendered(error, colours);
    }
    if let Some(words) = missing::words(command, error, std::env::args_os().skip(1)) {
        return rendered(&usage(command.clone(), error.kind(), words), colours);
    }
    let mut shown = Error::new(error.kind()).with_cmd(command);
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.as_str(),
        _ => "",
    };
    for (kind, value) in error.context() {
        // clap's own has the arguments of the call, also those that exclude each other.
        if kind == ContextKind::Usage {
            let usage = command.clone().render_usage();
            shown.insert(kind, ContextValue::StyledStr(usage));
        } else if !advises_to_escape(value) && !is_poor(argument, kind, value) {
            shown.insert(kind, escaped(value, argument));
        }
    }
    if let Some(option) = option_of_kind(command, argument) {
        let option = ContextValue::String(option);
        shown.insert(ContextKind::SuggestedArg, option);
    }
    let mut text = with_help_label(&rendered(&shown, colours), colours);
    // The reason is not in the context. It belongs at the end of the first line.
    if error.kind() == ErrorKind::ValueValidation
        && let Some(reason) = error.source()
    {
        let end = text.find('\n').unwrap_or(text.len());
        let reason = if reason.is::<ParseIntError>() {
            "must be a whole number".to_owned()
        } else {
            reason.to_string()
        };
        text.insert_str(end, &format!(": {}", escape_lines(&reason)));
    }
    text
}

fn rendered(error: &Error, colours: bool) -> String {
    let text = error.render();
    if colours {
        text.ansi().to_string()
    } else {
        text.to_string()
    }
}

/// The text with clap's label for advice replaced by the label in all other errors.
fn with_help_label(text: &str, colours: bool) -> String {
    let labels = Labels::new(colours);
    text.replace(
        &format!("\n  {} ", labels.tip()),
        &format!("\n  {}  ", labels.help()),
    )
}

/// The option for a kind whose name in listings was written instead: `--mount` for `--mnt`.
fn option_of_kind(command: &Command, argument: &str) -> Option<String> {
    let name = argument.strip_prefix("--")?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name)?;
    let has_option = |option: &str| {
        let mut options = command.get_arguments();
        options.any(|argument| argument.get_long() == Some(option))
    };
    (!has_option(name) && has_option(kind.option())).then(|| format!("--{}", kind.option()))
}

/// True if the suggested option has little in common with the argument: clap suggests `--boot` for `--foo`.
fn is_poor(argument: &str, kind: ContextKind, suggested: &ContextValue) -> bool {
    let (ContextKind::SuggestedArg, ContextValue::String(suggested)) = (kind, suggested) else {
        return false;
    };
    let name = |option: &str| option.trim_start_matches('-').to_owned();
    let (argument, suggested) = (
        name(argument.split('=').next().unwrap_or_default()),
        name(suggested),
    );
    let length = argument.chars().count();
    let longer = length.max(suggested.chars().count());
    // A long word may be cut off as well as misspelled.
    let beginning: String = suggested.chars().take(length).collect();
    let is_near_beginning = length >= 5 && edits(&argument, &beginning) * 3 <= length;
    let is_cut_off = suggested.starts_with(&argument);
    !is_cut_off && !is_near_beginning && edits(&argument, &suggested) * 3 > longer
}

/// The number of characters to insert, remove or replace to make one text the other (Levenshtein distance).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut above_left = row[0];
        row[0] = index + 1;
        for (column, same) in other.iter().map(|other| *other == letter).enumerate() {
            let above = row[column + 1];
            let replaced = above_left + usize::from(!same);
            row[column + 1] = replaced.min(above + 1).min(row[column] + 1);
            above_left = above;
        }
    }
    row[other.len()]
}

/// True if this is the advice to write `-- --option` for an option that may be misspelled: nobody means that.
fn advises_to_escape(value: &ContextValue) -> bool {
    match value {
        ContextValue::StyledStrs(texts) => texts.iter().all(|text| text.to_string().starts_with("to pass ")),
        _ => false,
    }
}

/// A part of the error, escaped. Advice has styles, and may repeat the argument.
fn escaped(value: &ContextValue, argument: &str) -> ContextValue {
    let plain = |text: &String| escape_for_terminal(text.as_bytes()).into_owned();
    let argument_escaped = escape_for_terminal(argument.as_bytes());
    let styled = |text: &StyledStr| {
        if *argument_escaped == *argument {
            return text.clone();
        }
        StyledStr::from(text.ansi().to_string().replace(argument, &argument_escaped))
    };
    match value {
        ContextValue::String(text) => ContextValue::String(plain(text)),
        ContextValue::Strings(texts) => ContextValue::Strings(texts.iter().map(plain).collect()),
        ContextValue::StyledStr(text) => ContextValue::StyledStr(styled(text)),
        ContextValue::StyledStrs(texts) => ContextValue::StyledStrs(texts.iter().map(styled).collect()),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, value_parser};

    use super::*;

    fn command() -> Command {
        let refuse = |text: &str| Err::<(), _>(format!("it is {text}\n  and no more"));
        Command::new("x")
            .arg(Arg::new("size").long("size").value_parser(value_parser!(u8)))
            .arg(Arg::new("by").long("by").value_parser(["name", "size"]))
            .arg(Arg::new("what").long("what").value_parser(refuse))
            .arg(Arg::new("operand"))
    }

    /// The error about these arguments.
    fn said(words: &[&str], colours: bool) -> String {
        let words = ["x"].iter().chain(words);
        let error = command().try_get_matches_from(words).unwrap_err();
        text(&command(), &error, colours)
    }

    #[test]
    fn an_ordinary_error_reads_as_clap_has_it() {
        for words in [
            &["--size", "300"][..],
            &["--by", "nam"],
            &["--sise", "1"],
            &["--sise=1"],
            &["--size"],
            &["--size", "1", "--size", "2"],
            &["one", "two"],
            &["--what", "so"],
        ] {
            let error = command()
                .try_get_matches_from(["x"].iter().chain(words))
                .unwrap_err();
            for colours in [false, true] {
                // The usage, the reason of a number and the label of advice may differ.
                let lines = |text: &str| -> Vec<String> {
                    let lines = text.lines().filter(|line| !line.contains("Usage:"));
                    lines
                        .map(|line| line.replace("invalid digit found in string", "must be a whole number"))
                        .collect()
                };
                assert_eq!(
                    lines(&text(&command(), &error, colours)),
                    lines(&with_help_label(&rendered(&error, colours), colours)),
                    "{words:?}"
                );
            }
        }
    }

    #[test]
    fn the_usage_is_that_of_the_program() {
        let text = said(&["--size", "1", "--size", "2"], false);
        assert!(text.contains("Usage: x [OPTIONS] [operand]\n"), "{text}");
        let text = said(&["--zzz"], false);
        assert!(!text.contains("help:  "), "{text}");
    }

    #[test]
    fn the_name_of_a_kind_leads_to_its_option() {
        let command = Command::new("x")
            .arg(Arg::new("mount").long("mount"))
            .arg(Arg::new("mount-proc").long("mount-proc"));
        let error = command.clone().try_get_matches_from(["x", "--mnt=a"]);
        let text = text(&command, &error.unwrap_err(), false);
        assert!(
            text.contains("\n  help:  a similar argument exists: '--mount'\n"),
            "{text}"
        );
    }

    #[test]
    fn only_a_similar_option_is_suggested() {
        let command = Command::new("x")
            .arg(Arg::new("boot").long("boot"))
            .arg(Arg::new("no-loopback").long("no-loopback"))
            .arg(Arg::new("domainname").long("domainname"));
        let suggested = |typed: &str| {
            let error = command.clone().try_get_matches_from(["x", typed]).unwrap_err();
            let text = text(&command, &error, false);
            let rest = text.split_once("a similar argument exists: '")?.1;
            Some(rest.split_once('\'')?.0.to_owned())
        };
        assert_eq!(suggested("--foo"), None);
        assert_eq!(suggested("--bot").as_deref(), Some("--boot"));
        assert_eq!(suggested("--boots").as_deref(), Some("--boot"));
        assert_eq!(suggested("--domian").as_deref(), Some("--domainname"));
        assert_eq!(suggested("--noloopback").as_deref(), Some("--no-loopback"));
        assert_eq!(
            (edits("kitten", "sitting"), edits("", "ab"), edits("ab", "ab")),
            (3, 2, 0)
        );
    }

    #[test]
    fn advice_has_the_label_of_help() {
        let text = said(&["--siz"], false);
        assert!(
            text.contains("\n  help:  a similar argument exists: '--size'\n"),
            "{text}"
        );
        assert!(!said(&["--siz"], true).contains("tip:"));
    }

    #[test]
    fn no_argument_reaches_the_terminal_as_it_is() {
        let evil = "\x1b[2J\u{202e}\n\u{e0041}";
        let escaped = r"\x1b[2J\xe2\x80\xae\x0a\xf3\xa0\x81\x81";
        for words in [
            &["--size", evil][..],
            &["--by", evil],
            &["--what", evil],
            &["one", evil],
            &[&format!("--{evil}")],
            &[&format!("--siz{evil}")],
            &[&format!("--size={evil}")],
        ] {
            let text = said(words, false);
            assert!(
                text.lines().next().unwrap().contains(escaped),
                "{words:?}: {text}"
            );
            for text in [text, said(words, true)] {
                assert!(
                    !text.contains("\x1b[2J") && !text.contains(['\u{202e}', '\u{e0041}']),
                    "{text:?}"
                );
            }
        }
        let error = usage(command(), ErrorKind::ArgumentConflict, format!("{evil} and"));
        let text = text(&command(), &error, true);
        assert!(
            text.contains("\\x1b[2J\\xe2\\x80\\xae\n\\xf3\\xa0\\x81\\x81 and\n"),
            "{text:?}"
        );
    }
}
