//! The error that an option lacks another option: `--json needs --dry-run`.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, Error};

/// The error in one line, if one of the arguments demands the missing ones. clap does not tell which argument that is.
pub(super) fn words(
    command: &Command,
    error: &Error,
    arguments: impl Iterator<Item = OsString>,
) -> Option<String> {
    let missing = missing(error)?;
    let command = command.clone().no_binary_name(true);
    let matches = command
        .clone()
        .ignore_errors(true)
        .try_get_matches_from(arguments)
        .ok()?;
    let demands = |arg: &&Arg| {
        let alone = alone(arg, &matches).map(|words| command.clone().try_get_matches_from(words));
        matches!(alone, Some(Err(error)) if self::missing(&error) == Some(missing))
    };
    let mut command = command.clone();
    command.build();
    let option = command.get_arguments().find(demands)?;
    let option = match (option.get_long(), option.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => return None,
    };
    let missing: Vec<_> = missing.iter().map(|argument| spelled(argument)).collect();
    Some(format!("{option} needs {}", missing.join(" and ")))
}

/// The arguments that the error misses.
fn missing(error: &Error) -> Option<&[String]> {
    match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::MissingRequiredArgument, Some(ContextValue::Strings(missing))) => Some(missing),
        _ => None,
    }
}

/// The words that give this argument alone, if it is among the matches.
fn alone(arg: &Arg, matches: &ArgMatches) -> Option<Vec<OsString>> {
    let id = arg.get_id().as_str();
    if matches.value_source(id) != Some(ValueSource::CommandLine) {
        return None;
    }
    let name = match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => return None,
    };
    let value = matches.get_raw(id).and_then(|mut values| values.next());
    let mut word = OsString::from(name);
    if let (true, Some(value)) = (arg.get_action().takes_values(), value) {
        word.push("=");
        word.push(value);
    }
    Some(vec![word])
}

/// The argument without its value: `--pin <NAME>` is `--pin`, `--watch[=<CHANGES>]` is `--watch`, and `<--list|--tree>` is `--list or --tree`.
fn spelled(argument: &str) -> String {
    if argument.starts_with("<-") {
        return argument.trim_matches(['<', '>']).replace('|', " or ");
    }
    argument.split([' ', '[']).next().unwrap_or(argument).to_owned()
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;

    use super::*;

    #[test]
    fn the_option_that_demands_another_is_named() {
        let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
        let command = Command::new("x")
            .arg(flag("json").short('J').requires("plan"))
            .arg(flag("plan"))
            .arg(flag("raw").short('r').requires("lists"))
            .arg(flag("list"))
            .arg(flag("tree"))
            .arg(flag("quiet").short('q'))
            .arg(Arg::new("from").long("from").requires("pin"))
            .arg(Arg::new("pin").long("pin").value_name("NAME"))
            .arg(Arg::new("operand"))
            .group(clap::ArgGroup::new("lists").args(["list", "tree"]));
        let said = |line: &str| {
            let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
            let with_name = [OsString::from("x")].into_iter().chain(arguments.clone());
            let error = command.clone().try_get_matches_from(with_name).unwrap_err();
            words(&command, &error, arguments.into_iter()).unwrap()
        };
        assert_eq!(said("-q --json"), "--json needs --plan");
        assert_eq!(said("-qJ operand"), "--json needs --plan");
        assert_eq!(said("--raw"), "--raw needs --list or --tree");
        assert_eq!(said("--from here -q"), "--from needs --pin");
    }
}
