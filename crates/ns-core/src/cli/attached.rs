//! Spelling out forms of options that getopt(3) accepts and clap does not, before clap reads the arguments: optional
//! values that are attached to a letter (`-n/run/netns/blue`, `-r./dir`, `-n4711`), and abbreviated long options
//! (`--targ`).
//!
//! clap needs an equals sign before such a value (`-n=/path`); otherwise it reads more options. So an equals sign is
//! inserted if the text after the letter cannot be options, because it does not start with a letter. `-unC` stays `-u
//! -n -C`, although getopt(3) reads `--uts=nC`. But one of the words that an option offers is its value: `-Tparent`.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use clap::{Arg, Command};

use super::abbreviated::{LongOpts, whole};

/// The value that an option takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing.
    Nothing,
    /// A value after an equals sign, or nothing.
    Perhaps,
    /// A value, in the same argument or the next.
    Value,
}

/// The arguments in a form that clap can read. The first is the program's name. Arguments after the options stay as
/// they are. The command must be built.
pub(super) fn spelled_out(
    command: &Command,
    long_opts: LongOpts,
    arguments: impl IntoIterator<Item = OsString>,
) -> impl Iterator<Item = OsString> {
    let mut reading = Reading::Name;
    arguments.into_iter().map(move |argument| {
        let (next, argument) = reading.step(command, long_opts, argument);
        reading = next;
        argument
    })
}

/// The kind of the next argument.
#[derive(Clone, Copy)]
enum Reading {
    /// The program's own name.
    Name,
    /// An option, or an operand.
    Options,
    /// The value of the option before it.
    Value,
    /// Operands only, or the program to run and its arguments.
    Rest,
}

impl Reading {
    fn step(self, command: &Command, long_opts: LongOpts, argument: OsString) -> (Self, OsString) {
        match self {
            Self::Name | Self::Value => (Self::Options, argument),
            Self::Rest => (Self::Rest, argument),
            Self::Options => match argument.as_bytes() {
                [b'-', b'-'] => (Self::Rest, argument),
                [b'-', b'-', name @ ..] => match long(command, long_opts, name) {
                    Some((next, spelled)) => (next, spelled),
                    None => (Self::Options, argument),
                },
                [b'-', _, ..] => short(command, argument),
                // The name of the program to run. All further arguments belong to it.
                _ if command.get_positionals().any(Arg::is_trailing_var_arg_set) => (Self::Rest, argument),
                _ => (Self::Options, argument),
            },
        }
    }
}

/// Spells out the name of an option, which may have a value, and returns the kind of the next argument.
fn long(command: &Command, long_opts: LongOpts, argument: &[u8]) -> Option<(Reading, OsString)> {
    let equals = argument.iter().position(|byte| *byte == b'=');
    let (name, value) = argument.split_at(equals.unwrap_or(argument.len()));
    let (option, name) = whole(command, long_opts, std::str::from_utf8(name).ok()?)?;
    let next = match takes(option) {
        Takes::Value if value.is_empty() => Reading::Value,
        _ => Reading::Options,
    };
    Some((next, OsString::from_vec([b"--", name.as_bytes(), value].concat())))
}

/// Inserts the equals sign into an argument of a hyphen and letters, and returns the kind of the next argument.
fn short(command: &Command, argument: OsString) -> (Reading, OsString) {
    let bytes = argument.as_bytes();
    for (place, letter) in bytes.iter().enumerate().skip(1) {
        let option = command
            .get_arguments()
            .find(|arg| arg.get_short() == Some(char::from(*letter)));
        let rest = &bytes[place + 1..];
        match option.map_or(Takes::Nothing, takes) {
            Takes::Nothing => {}
            Takes::Value if rest.is_empty() => return (Reading::Value, argument),
            Takes::Value => return (Reading::Options, argument),
            Takes::Perhaps => match rest.first() {
                Some(first) if !first.is_ascii_alphabetic() || is_choice(option, rest) => {
                    let equals: &[u8] = if *first == b'=' { b"" } else { b"=" };
                    let spelled = [&bytes[..=place], equals, rest].concat();
                    return (Reading::Options, OsString::from_vec(spelled));
                }
                _ => {}
            },
        }
    }
    (Reading::Options, argument)
}

/// True if this is one of the words that the option offers, or a list of them if it takes lists.
fn is_choice(option: Option<&Arg>, value: &[u8]) -> bool {
    let choices = option.map(Arg::get_possible_values).unwrap_or_default();
    let is_one = |word: &[u8]| choices.iter().any(|choice| choice.get_name().as_bytes() == word);
    match option.and_then(Arg::get_value_delimiter) {
        Some(delimiter) => value.split(|byte| char::from(*byte) == delimiter).all(is_one),
        None => is_one(value),
    }
}

fn takes(arg: &Arg) -> Takes {
    let least = arg.get_num_args().map_or(0, |number| number.min_values());
    if !arg.get_action().takes_values() {
        Takes::Nothing
    } else if arg.is_require_equals_set() {
        Takes::Perhaps
    } else if least == 0 {
        // The next argument is its value if it is not an option. It is then treated as an operand here.
        Takes::Nothing
    } else {
        Takes::Value
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use clap::ArgAction;

    use super::*;

    fn command() -> Command {
        let perhaps = |letter, long: &'static str| {
            Arg::new(long)
                .short(letter)
                .long(long)
                .num_args(0..=1)
                .require_equals(true)
        };
        Command::new("x")
            .arg(perhaps('n', "net"))
            .arg(perhaps('C', "cgroup"))
            .arg(perhaps('b', "by").value_parser(["name", "size"]))
            .arg(perhaps('r', "root"))
            .arg(Arg::new("target").short('t').long("target"))
            .arg(
                Arg::new("target-too")
                    .long("target-too")
                    .action(ArgAction::SetTrue),
            )
            .arg(Arg::new("all").short('a').long("all").action(ArgAction::SetTrue))
            .arg(Arg::new("domain").long("domain").num_args(0..=1))
    }

    fn spelled_by(mut command: Command, words: &str) -> String {
        command.build();
        let words = ["x"].into_iter().chain(words.split(' ')).map(OsString::from);
        let spelled: Vec<_> = spelled_out(&command, LongOpts(&["target"]), words)
            .skip(1)
            .collect();
        spelled.join(OsStr::new(" ")).into_string().unwrap()
    }

    fn spelled(words: &str) -> String {
        spelled_by(command(), words)
    }

    #[test]
    fn an_attached_value_gets_its_equals_sign() {
        assert_eq!(spelled("-n/run/netns/x"), "-n=/run/netns/x");
        assert_eq!(spelled("-an./x -r/"), "-an=./x -r=/");
        assert_eq!(spelled("-n4711 -n:12"), "-n=4711 -n=:12");
        assert_eq!(spelled("-n=/x"), "-n=/x");
    }

    #[test]
    fn a_word_that_is_offered_is_no_letters() {
        assert_eq!(spelled("-nthe -bsize -absize"), "-nthe -b=size -ab=size");
        assert_eq!(spelled("-bsizes"), "-bsizes");
    }

    #[test]
    fn letters_are_options() {
        assert_eq!(spelled("-anC"), "-anC");
        assert_eq!(spelled("-anC/x"), "-anC=/x");
    }

    #[test]
    fn values_of_other_options_and_the_program_are_left_alone() {
        assert_eq!(spelled("-t -n/x -n/x"), "-t -n/x -n=/x");
        assert_eq!(spelled("-at -n/x"), "-at -n/x");
        assert_eq!(spelled("-t5n/x"), "-t5n/x");
        assert_eq!(spelled("--target -n/x"), "--target -n/x");
        assert_eq!(spelled("--target=5 -n/x"), "--target=5 -n=/x");
        assert_eq!(spelled("--target-too -n/x"), "--target-too -n=/x");
        assert_eq!(spelled("-- -n/x --al"), "-- -n/x --al");
        let runs = |words| {
            let program = Arg::new("program").num_args(0..).trailing_var_arg(true);
            spelled_by(command().arg(program), words)
        };
        assert_eq!(runs("-n/x sh -n/x --al"), "-n=/x sh -n/x --al");
        assert_eq!(runs("- -n/x"), "- -n/x");
    }

    #[test]
    fn options_may_follow_operands_where_no_program_is_run() {
        assert_eq!(
            spelled("one -bsize - --al two -n/x"),
            "one -b=size - --all two -n=/x"
        );
    }

    #[test]
    fn what_is_cut_short_is_spelled_out() {
        assert_eq!(spelled("--al -n/x"), "--all -n=/x");
        assert_eq!(spelled("--targ -n/x --n=5"), "--target -n/x --net=5");
        assert_eq!(spelled("--t=--al --a"), "--target=--al --all");
        assert_eq!(
            spelled("--d --al --domai x --al"),
            "--domain --all --domain x --all"
        );
        assert_eq!(
            spelled("--nosuch --cgroups --b=--al"),
            "--nosuch --cgroups --by=--al"
        );
    }
}
