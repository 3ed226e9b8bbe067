//! Optional values that are attached to a short option, as getopt(3) takes them: `-n/run/netns/blue`, `-r./dir`, `-n4711`.
//!
//! clap wants an equals sign there (`-n=/path`), or it takes what follows for more options. So one is put in before clap
//! reads the arguments, where what follows cannot be an option: where it begins with no letter. `-unC` stays what it
//! looks like, `-u -n -C`, while getopt(3) makes it `--uts=nC`. But a word that the option offers to choose is that word:
//! `-Tparent`.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use clap::{Arg, Command};

/// What follows an option.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing.
    Nothing,
    /// A value after an equals sign, or nothing.
    Perhaps,
    /// A value, in the same argument or the next.
    Value,
}

/// The arguments as clap can read them; the first is the program's name. What comes after the options is left alone.
pub(super) fn spelled_out(
    command: &Command,
    arguments: impl IntoIterator<Item = OsString>,
) -> impl Iterator<Item = OsString> {
    let mut reading = Reading::Name;
    arguments.into_iter().map(move |argument| {
        let (next, argument) = reading.step(command, argument);
        reading = next;
        argument
    })
}

/// What the next argument is.
#[derive(Clone, Copy)]
enum Reading {
    /// The program's own name.
    Name,
    /// An option, or the first that is none.
    Options,
    /// The value of the option before it.
    Value,
    /// The program to run and its arguments.
    Rest,
}

impl Reading {
    fn step(self, command: &Command, argument: OsString) -> (Self, OsString) {
        match self {
            Self::Name | Self::Value => (Self::Options, argument),
            Self::Rest => (Self::Rest, argument),
            Self::Options => match argument.as_bytes() {
                [b'-', b'-'] => (Self::Rest, argument),
                [b'-', b'-', name @ ..] => (after_long(command, name), argument),
                [b'-', _, ..] => short(command, argument),
                // The programs that run another take the first operand as its name; to the rest it makes no
                // difference, as what is an option after an operand has no attached value there.
                _ => (Self::Rest, argument),
            },
        }
    }
}

/// Whether the value of this long option, cut short perhaps, is the next argument.
fn after_long(command: &Command, name: &[u8]) -> Reading {
    let mut matching = command.get_arguments().filter(|arg| {
        arg.get_long()
            .is_some_and(|long| long.as_bytes().starts_with(name))
    });
    match (matching.next(), matching.next()) {
        (Some(one), None) if takes(one) == Takes::Value => Reading::Value,
        // Of several that begin so, clap takes the one that is exactly so.
        (Some(_), Some(_)) => match command
            .get_arguments()
            .find(|arg| arg.get_long().is_some_and(|long| long.as_bytes() == name))
        {
            Some(exact) if takes(exact) == Takes::Value => Reading::Value,
            _ => Reading::Options,
        },
        _ => Reading::Options,
    }
}

/// A hyphen and letters: puts the equals sign in, and says what comes next.
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

/// Whether this is one of the values that the option has to choose from.
fn is_choice(option: Option<&Arg>, value: &[u8]) -> bool {
    let choices = option.map(Arg::get_possible_values).unwrap_or_default();
    choices.iter().any(|choice| choice.get_name().as_bytes() == value)
}

fn takes(arg: &Arg) -> Takes {
    if !arg.get_action().takes_values() {
        Takes::Nothing
    } else if arg.is_require_equals_set() {
        Takes::Perhaps
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
    }

    fn spelled(words: &str) -> String {
        let words = ["x"].into_iter().chain(words.split(' ')).map(OsString::from);
        let spelled: Vec<_> = spelled_out(&command(), words).skip(1).collect();
        spelled.join(OsStr::new(" ")).into_string().unwrap()
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
        assert_eq!(spelled("--al -n/x"), "--al -n=/x");
        assert_eq!(spelled("sh -n/x"), "sh -n/x");
        assert_eq!(spelled("-- -n/x"), "-- -n/x");
        assert_eq!(spelled("- -n/x"), "- -n/x");
    }
}
