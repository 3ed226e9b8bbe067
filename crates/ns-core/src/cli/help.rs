//! The layout of help. `-h` has one line for each option. `--help` has the whole text of each option with one sentence
//! on each line, lists of values such as columns, two examples, and where to read more.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use clap::builder::{PossibleValue, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, Error, FromArgMatches};

use super::abbreviated::{LongOpts, possible};
use super::compat_name::{CompatName, with_option};
use super::{attached, usage};
use crate::output::escape_for_terminal;

/// Marks the long help while the arguments are read, because clap does not tell which help was asked for. It is not a
/// character, but is printable, so nothing strips it.
const MARK: &str = "\u{fdd0}";

/// Reads the arguments of this process with the command, whose help is changed.
pub(super) fn parse<C: FromArgMatches>(command: &mut Command, long_opts: LongOpts) -> Result<C, Error> {
    let mut parsing = std::mem::take(command);
    // Otherwise the usage would show argv[0], which others may choose.
    let name = parsing.get_name().to_owned();
    parsing = parsing.bin_name(name).after_long_help(MARK);
    if CompatName::current().is_some() {
        parsing = parsing.mut_args(with_hyphens);
    }
    *command = parsing;
    command.build();
    let arguments: Vec<_> =
        attached::spelled_out(command, long_opts, with_option(std::env::args_os())).collect();
    let mut matches = command.try_get_matches_from_mut(&arguments).map_err(|error| {
        let better = match error.kind() {
            ErrorKind::UnknownArgument => ambiguous(command, &error),
            ErrorKind::InvalidUtf8 => no_text(command, &arguments),
            _ => None,
        };
        better.unwrap_or(error)
    })?;
    let cli = C::from_arg_matches_mut(&mut matches).map_err(|error| error.format(command));
    std::mem::forget(matches);
    cli
}

/// The option with values that may start with a hyphen, as getopt(3) takes them. Under the programs' own names, the value is
/// reported as missing.
fn with_hyphens(arg: Arg) -> Arg {
    let takes_value = arg.get_action().takes_values() && !arg.is_require_equals_set();
    let is_option = !arg.is_positional();
    arg.allow_hyphen_values(takes_value && is_option)
}

/// The error for an ambiguous abbreviation, which clap reports as unknown.
fn ambiguous(command: &mut Command, error: &Error) -> Option<Error> {
    let Some(ContextValue::String(said)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let start = said.strip_prefix("--")?;
    let mut possible: Vec<_> = possible(command, start)
        .map(|(_, long)| format!("--{long}"))
        .collect();
    possible.sort_unstable();
    let (last, rest) = possible.split_last().filter(|(_, rest)| !rest.is_empty())?;
    let text = format!("{said} may be {} or {last}", rest.join(", "));
    Some(usage(command.clone(), ErrorKind::UnknownArgument, text))
}

/// The error for an argument that must be text and is not. clap names neither the argument nor its option.
fn no_text(command: &mut Command, arguments: &[OsString]) -> Option<Error> {
    let bytes = (1..arguments.len()).filter(|place| arguments[*place].to_str().is_none());
    // Other arguments may be paths. clap reads arguments in order, so this is the first with which it fails.
    let place = bytes.into_iter().find(|place| {
        let read = command.try_get_matches_from_mut(&arguments[..=*place]);
        read.is_err_and(|error| error.kind() == ErrorKind::InvalidUtf8)
    })?;
    // If the argument were text, clap would know its option.
    let mut texts = arguments[..=place].to_vec();
    texts[place] = arguments[place].to_string_lossy().into_owned().into();
    let option = match command.try_get_matches_from_mut(texts) {
        Ok(matches) => command.get_arguments().find_map(|arg| {
            let mut values = matches.try_get_raw(arg.get_id().as_str()).ok()??;
            let replaced = values.any(|value| {
                let text = value.to_str();
                text.is_some_and(|text| text.contains(char::REPLACEMENT_CHARACTER))
            });
            replaced.then(|| arg.to_string())
        }),
        Err(error) => match error.get(ContextKind::InvalidArg) {
            Some(ContextValue::String(option)) => Some(option.clone()),
            _ => None,
        },
    };
    let option = option.map_or_else(String::new, |option| format!(" for '{option}'"));
    let argument = escape_for_terminal(arguments[place].as_encoded_bytes());
    let text = format!("invalid argument '{argument}'{option}: it is not UTF-8 text");
    Some(usage(command.clone(), ErrorKind::ValueValidation, text))
}

/// Prints the help that this error, made by [`parse`], asks for.
pub(super) fn print(command: Command, asked: &Error) -> io::Result<()> {
    let long = asked.render().to_string().contains(MARK);
    // All help has the same layout: the option on the left, the text on the right.
    let mut out = super::stdout()?;
    match CompatName::current() {
        Some(compat) => renamed(prepared(command, long), compat).print_help()?,
        None => prepared(command, long).print_help()?,
    }
    out.flush()
}

/// The command with the name that it was called by in all its texts.
fn renamed(mut command: Command, compat: CompatName) -> Command {
    let text = |text: &StyledStr| StyledStr::from(compat.renamed(&text.ansi().to_string()));
    let usage = command.render_usage();
    let end = command.get_after_help().map(text).unwrap_or_default();
    let usage = text(&usage).ansi().to_string();
    let usage = usage.split_once(' ').map_or("", |(_, usage)| usage).to_owned();
    command
        .mut_args(|arg| match arg.get_help().map(text) {
            Some(help) => arg.help(help),
            None => arg,
        })
        .override_usage(usage)
        .after_help(end)
}

/// The last group, with `--help` and `--version`.
const REST: &str = "Help";

/// The command, prepared for its help.
fn prepared(mut command: Command, long: bool) -> Command {
    // Adds the options that clap provides.
    command.build();
    if command
        .get_arguments()
        .any(|arg| arg.get_help_heading().is_some())
    {
        for id in ["help", "version"] {
            command = command.mut_arg(id, |arg| arg.help_heading(REST));
        }
    }
    let mut end = String::new();
    if long {
        for arg in command.get_arguments().filter(|arg| is_explained(arg)) {
            end += &values(arg);
        }
        if let Some(examples) = command.get_after_long_help() {
            let _ = write!(end, "{examples}\n\n");
        }
        let _ = write!(
            end,
            "See {}({}) and ns-utils(7).",
            command.get_name(),
            section(&command)
        );
    } else {
        let _ = write!(end, "More, with examples: {} --help", command.get_name());
    }
    command
        .mut_args(|arg| {
            let arg = if is_explained(&arg) {
                arg.hide_possible_values(true)
            } else {
                arg
            };
            match arg.get_long_help().cloned() {
                Some(text) if long => arg.help(an_idea_a_line(&text.to_string())),
                _ => arg,
            }
        })
        .after_help(end)
}

/// The section of a command's manual page: 8 for the relatives of findmnt(8) and lsns(8), otherwise 1.
fn section(command: &Command) -> u8 {
    match command.get_name() {
        "ns-ls" | "ns-mounts" => 8,
        _ => 1,
    }
}

/// The text with each sentence on its own line. A paragraph that starts with a hyphen is an item of a list, and one
/// line.
fn an_idea_a_line(text: &str) -> String {
    let mut out = String::new();
    for paragraph in text.split("\n\n") {
        if paragraph.starts_with("- ") {
            out += paragraph;
            out.push('\n');
            continue;
        }
        let mut rest = paragraph;
        while let Some(at) = rest.find(". ") {
            let (sentence, others) = (&rest[..at], &rest[at + 2..]);
            out += sentence;
            out += if others.starts_with(char::is_uppercase) {
                "\n"
            } else {
                ". "
            };
            rest = others;
        }
        out += rest.strip_suffix('.').unwrap_or(rest);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// True if the values of this option are explained in a list.
fn is_explained(arg: &Arg) -> bool {
    let values = arg.get_possible_values();
    arg.get_action().takes_values() && values.iter().any(|value| value.get_help().is_some())
}

/// The values of an option under its name, each with its help.
fn values(arg: &Arg) -> String {
    let values: Vec<PossibleValue> = arg
        .get_possible_values()
        .into_iter()
        .filter(|value| !value.is_hide_set())
        .collect();
    let wide = values.iter().map(|value| value.get_name().len()).max();
    let name = arg
        .get_long()
        .map_or_else(String::new, |long| format!(" of --{long}"));
    let mut text = format!("Values{name}:\n");
    for value in &values {
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        let line = format!("  {:wide$}  {help}", value.get_name(), wide = wide.unwrap_or(0));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser, ValueEnum};

    use super::*;

    /// Do nothing.
    #[derive(Parser)]
    #[command(name = "ns-none", after_long_help = "Examples:\n  ns-none --by size")]
    struct Cli {
        /// Order
        ///
        /// The order of nothing. Of none, e.g. nothing.
        ///
        /// - none: Nothing at all. Really.
        #[arg(long)]
        by: Option<By>,
    }

    #[derive(Clone, ValueEnum)]
    enum By {
        /// How large it is
        Size,
        Name,
    }

    #[test]
    fn long_help_explains_values_and_ends_with_examples() {
        let text = prepared(Cli::command(), true).render_help().to_string();
        let end = "Values of --by:\n  size  How large it is\n  name\n\nExamples:\n  ns-none --by size\n\n\
                   See ns-none(1) and ns-utils(7).\n";
        assert!(text.ends_with(end), "{text}");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert!(
            lines.contains(&"The order of nothing") && lines.contains(&"Of none, e.g. nothing"),
            "{text}"
        );
        assert!(lines.contains(&"- none: Nothing at all. Really."), "{text}");
    }

    #[test]
    fn short_help_has_none_of_that() {
        let text = prepared(Cli::command(), false).render_help().to_string();
        assert!(
            !text.contains("size") && !text.contains("order of nothing"),
            "{text}"
        );
        assert!(text.ends_with("More, with examples: ns-none --help\n"));
    }
}
