//! The options that change single variables of the program's environment, in the order in which they are given.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _, ValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::{read_file, shown, usage};
use crate::Error;
use crate::error::Doing;
use crate::escape::quoted;
use crate::launch::EnvironmentChange;
use crate::sys::errno::from_io;

const SET: &str = "setenv";
const UNSET: &str = "unsetenv";
const FILE: &str = "env-file";

/// The options of one command line.
#[derive(Clone, Debug, Default)]
pub struct Variables(Vec<Wanted>);

/// One of the options.
#[derive(Clone, Debug)]
enum Wanted {
    Change(EnvironmentChange),
    File(PathBuf),
}

impl Variables {
    /// The changes, with those in files.
    ///
    /// Fails if a file cannot be read. A line that sets no variable is wrong usage.
    pub fn changes<E: From<clap::Error> + From<Error>>(
        &self,
        command: fn() -> Command,
    ) -> Result<Vec<EnvironmentChange>, E> {
        let mut changes = Vec::new();
        for wanted in &self.0 {
            let file = match wanted {
                Wanted::Change(change) => {
                    changes.push(change.clone());
                    continue;
                }
                Wanted::File(file) => file,
            };
            let bytes = read_file(file).map_err(|error| from_io(&error));
            let bytes = bytes.doing(|| format!("read {}", quoted(file.as_os_str().as_bytes())))?;
            for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
                if line.is_empty() || line.starts_with(b"#") {
                    continue;
                }
                changes.push(setting(line).map_err(|why| {
                    let text = format!("{}:{}: {why}", shown(file), number + 1);
                    usage(command(), ErrorKind::InvalidValue, text)
                })?);
            }
        }
        Ok(changes)
    }
}

/// The change by `NAME=VALUE`.
fn setting(text: &[u8]) -> Result<EnvironmentChange, &'static str> {
    match text.iter().position(|byte| *byte == b'=') {
        None | Some(0) => Err("expected NAME=VALUE"),
        Some(_) => CString::new(text)
            .map(EnvironmentChange::Set)
            .map_err(|_| "a variable cannot have a NUL"),
    }
}

/// The change by the name alone.
fn removal(name: OsString) -> Result<EnvironmentChange, &'static str> {
    let name = name.into_vec();
    if name.is_empty() || name.contains(&b'=') {
        return Err("expected the name of a variable");
    }
    Ok(EnvironmentChange::Unset(name))
}

fn option(name: &'static str, value: &'static str, parser: impl Into<ValueParser>, help: [&str; 2]) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name(value)
        .value_parser(parser)
        .action(ArgAction::Append)
        .help_heading("The process")
        .help(help[0].to_owned())
        .long_help(format!("{}\n\n{}", help[0], help[1]))
}

fn arguments() -> [Arg; 3] {
    let text = OsStringValueParser::new;
    [
        option(
            SET,
            "NAME=VALUE",
            text().try_map(|text| setting(text.as_bytes())),
            [
                "Set a variable in the program's environment",
                "This and the next two options can be repeated. They take effect in their order.",
            ],
        ),
        option(
            UNSET,
            "NAME",
            text().try_map(removal),
            [
                "Remove a variable from the program's environment",
                "A variable that is not set is no error.",
            ],
        ),
        option(
            FILE,
            "FILE",
            clap::value_parser!(PathBuf),
            [
                "Set the variables in FILE",
                "Each line is NAME=VALUE, to its end and without quoting. An empty line and a line that starts with # are \
                 ignored.",
            ],
        ),
    ]
}

impl Args for Variables {
    fn augment_args(command: Command) -> Command {
        command.args(arguments())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Variables {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut wanted: Vec<(usize, Wanted)> = Vec::new();
        for name in [SET, UNSET] {
            let values = matches.get_many(name).into_iter().flatten().cloned();
            wanted.extend(
                matches
                    .indices_of(name)
                    .into_iter()
                    .flatten()
                    .zip(values.map(Wanted::Change)),
            );
        }
        let files = matches.get_many(FILE).into_iter().flatten().cloned();
        wanted.extend(
            matches
                .indices_of(FILE)
                .into_iter()
                .flatten()
                .zip(files.map(Wanted::File)),
        );
        wanted.sort_by_key(|(index, _)| *index);
        Ok(Self(wanted.into_iter().map(|(_, wanted)| wanted).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
