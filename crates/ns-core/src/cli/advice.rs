//! Advice for a value after a blank: `-u FILE`, where the option takes a value only as `-uFILE` or `--uts=FILE`. The value
//! is an operand then, such as the program to run.

use std::ffi::{OsStr, OsString};
use std::io::{PipeWriter, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use clap::{Arg, Command};

use crate::Kind;
use crate::escape::word as in_shell;
use crate::explain::program::has_program_format;
use crate::pins::{self, State};
use crate::process::in_child_within;

/// The time for looking at files.
const PATIENCE: Duration = Duration::from_secs(1);

/// How to give the first operand to the option before it, if that option takes a value without a blank.
pub(super) fn for_operand(command: &Command) -> Option<String> {
    let operand = operand(command, std::env::args_os().skip(1))?;
    soon(|| as_value(&operand))
}

/// Advice if the program that could not be run was meant as the value of an option: it is a directory or a plain file, or
/// it does not exist and a program follows.
pub(super) fn for_failed_program(command: &Command, status: u8) -> Option<String> {
    let operand = operand(command, std::env::args_os().skip(1)).filter(|_| status > 1)?;
    soon(|| {
        let is_no_program = is_no_program(Path::new(&operand.word), has_value_name(operand.option, "DIR"));
        let as_value = is_no_program.then(|| as_value(&operand)).flatten();
        as_value.or_else(|| (status == 127).then(|| instead_of_missing(&operand)).flatten())
    })
}

/// The text, if a child finds it soon: the files may be those of a target, and on a file system that does not answer.
fn soon(text: impl FnOnce() -> Option<String>) -> Option<String> {
    let look = |pipe: &mut PipeWriter| pipe.write_all(text().unwrap_or_default().as_bytes());
    let bytes = in_child_within(PATIENCE, &[], look).ok()??;
    String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
}

fn as_value(operand: &Operand<'_>) -> Option<String> {
    let Operand { option, word, .. } = operand;
    let file = if Path::new(word).is_dir() && has_value_name(option, "FILE") {
        // A namespace can be bound only to a file.
        Path::new(word).join("NAME").into_os_string()
    } else {
        word.clone()
    };
    attached(option, &file)
}

/// How to give the first operand to the option before it, if no program has that name: it is a pinned name of the option's
/// kind, or a program follows it.
fn instead_of_missing(operand: &Operand<'_>) -> Option<String> {
    let Operand { option, word, next } = operand;
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| option.get_long() == Some(kind.option()))?;
    let pins = pins::find(word).unwrap_or_default();
    let is_pinned = pins
        .iter()
        .any(|pin| pin.kind == kind && pin.state == State::Alive);
    if !is_pinned && !next.as_ref().is_some_and(|next| is_program(next)) {
        return None;
    }
    if !has_value_name(option, "FILE") {
        return attached(option, word);
    }
    let (noun, option) = (kind.noun(), kind.option());
    let name = in_shell(word);
    Some(if is_pinned {
        format!("to enter the {noun} namespace that is pinned as {name}, run ns-enter --{option}={name}")
    } else {
        let file = in_shell(Path::new(".").join(word));
        format!("to bind the {noun} namespace to a file, write --{option}={file}")
    })
}

/// True if the word is an executable file, or one is found in `PATH` under it.
fn is_program(word: &OsStr) -> bool {
    let is_executable = |path: &Path| {
        let data = std::fs::metadata(path);
        data.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    if word.as_encoded_bytes().contains(&b'/') {
        return is_executable(Path::new(word));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| is_executable(&directory.join(word)))
}

/// The first operand after an option that takes a value only without a blank, and the argument after it.
struct Operand<'a> {
    option: &'a Arg,
    word: OsString,
    next: Option<OsString>,
}

fn attached(option: &Arg, word: &OsStr) -> Option<String> {
    let (long, value) = (option.get_long()?, in_shell(word));
    Some(format!("to give {value} to --{long}, write --{long}={value}"))
}

fn operand(command: &Command, mut arguments: impl Iterator<Item = OsString>) -> Option<Operand<'_>> {
    let mut option: Option<&Arg> = None;
    while let Some(argument) = arguments.next() {
        let bytes = argument.as_encoded_bytes();
        if bytes == b"--" {
            return None;
        }
        if bytes.starts_with(b"-") && bytes != b"-" {
            option = command.get_arguments().find(|arg| is_spelled(arg, &argument));
        } else if option.is_some_and(takes_value_after_blank) {
            option = None;
        } else {
            return Some(Operand {
                option: option.filter(|arg| takes_value_after_equals(arg))?,
                word: argument,
                next: arguments.next(),
            });
        }
    }
    None
}

/// True if this is a directory, or a likely value of the option: a file that is neither executable nor looks like a
/// program.
fn is_no_program(path: &Path, directory_is_wanted: bool) -> bool {
    let Ok(file) = std::fs::metadata(path) else {
        return false;
    };
    let looks_like_program = || has_program_format(path);
    file.is_dir()
        || (!directory_is_wanted
            && file.is_file()
            && file.permissions().mode() & 0o111 == 0
            && !looks_like_program())
}

fn has_value_name(arg: &Arg, wanted: &str) -> bool {
    let names = arg.get_value_names().unwrap_or_default();
    names.iter().any(|name| name.as_str() == wanted)
}

/// True if this argument is the option alone: `-u`, `--uts`.
fn is_spelled(arg: &Arg, argument: &OsStr) -> bool {
    let Some(text) = argument.to_str() else {
        return false;
    };
    match text.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => arg.get_short().is_some_and(|short| text[1..].chars().eq([short])),
    }
}

fn takes_value_after_blank(arg: &Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}

fn takes_value_after_equals(arg: &Arg) -> bool {
    arg.get_action().takes_values() && arg.is_require_equals_set()
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    fn advice(words: &[&str]) -> Option<String> {
        let mut command = Command::new("x")
            .arg(
                Arg::new("uts")
                    .short('u')
                    .long("uts")
                    .num_args(0..=1)
                    .require_equals(true),
            )
            .arg(Arg::new("dir").short('w').long("wd"))
            .arg(Arg::new("fork").short('f').action(ArgAction::SetTrue));
        command.build();
        as_value(&operand(&command, words.iter().map(OsString::from))?)
    }

    #[test]
    fn a_value_after_a_blank_is_noticed() {
        let uts = Some("to give file to --uts, write --uts=file".to_owned());
        assert_eq!(advice(&["-u", "file"]), uts);
        assert_eq!(advice(&["-f", "--uts", "file", "more"]), uts);
        assert_eq!(advice(&["-w", "dir", "-u", "file"]), uts);
    }

    #[test]
    fn another_operand_is_no_value() {
        for words in [
            &["file"][..],
            &["-u"],
            &["-u", "-f", "file"],
            &["-u", "--", "file"],
            &["-w", "dir", "file"],
            &["--uts=a", "file"],
            &["-f", "file", "-u", "other"],
        ] {
            assert_eq!(advice(words), None, "{words:?}");
        }
    }
}
