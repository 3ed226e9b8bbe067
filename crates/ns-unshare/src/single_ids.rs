//! The options that map the caller's own uid and gid to one id inside. The last option wins, for each of the two.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use ns_core::cli::value;
use ns_core::users::{GroupId, UserId};

/// The id inside for the caller's own id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SingleId {
    /// This id.
    Is(u32),
    /// The same id as outside.
    Same,
}

/// The requested single ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SingleIds {
    /// For the caller's uid.
    pub uid: Option<SingleId>,
    /// For the caller's gid.
    pub gid: Option<SingleId>,
}

const HEADING: &str = "User and group ids";

/// The option with the line of its help, and what `--help` and the page add to it.
fn described(arg: Arg, line: &str, more: &str) -> Arg {
    arg.help(line.to_owned()).long_help(format!("{line}\n\n{more}"))
}

fn arguments() -> [Arg; 4] {
    let flag = |name: &'static str, letter| {
        Arg::new(name)
            .short(letter)
            .long(name)
            .action(ArgAction::SetTrue)
            .help_heading(HEADING)
    };
    let option = |name: &'static str, value: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .allow_negative_numbers(true)
            .help_heading(HEADING)
    };
    [
        described(
            flag("map-root-user", 'r'),
            "Become root inside (uid 0 and gid 0)",
            "Same as --map-user=0 --map-group=0. Implies --user.",
        ),
        described(
            flag("map-current-user", 'c'),
            "Keep your uid and gid inside",
            "Maps both to themselves. Implies --user.",
        ),
        described(
            option("map-user", "USER").value_parser(value::<UserId>),
            "Map your uid to USER",
            "USER is a name or a number. Implies --user.",
        ),
        described(
            option("map-group", "GROUP").value_parser(value::<GroupId>),
            "Map your gid to GROUP",
            "GROUP is a name or a number. Implies --user.",
        ),
    ]
}

impl Args for SingleIds {
    fn augment_args(command: Command) -> Command {
        command.args(arguments())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SingleIds {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        // A flag that was not given has an index too, which belongs to its default.
        let flag = |name: &str, id| {
            let place = matches
                .get_flag(name)
                .then(|| matches.indices_of(name)?.max())
                .flatten();
            place.map(|place| (place, id))
        };
        let option =
            |name: &str, id: Option<u32>| Some((matches.indices_of(name)?.max()?, SingleId::Is(id?)));
        let flags = [
            flag("map-root-user", SingleId::Is(0)),
            flag("map-current-user", SingleId::Same),
        ];
        let last = |value| {
            let choices = flags.into_iter().chain([value]).flatten();
            choices.max_by_key(|(place, _)| *place).map(|(_, id)| id)
        };
        let uid = matches.get_one::<UserId>("map-user").map(|id| id.0);
        let gid = matches.get_one::<GroupId>("map-group").map(|id| id.0);
        Ok(Self {
            uid: last(option("map-user", uid)),
            gid: last(option("map-group", gid)),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Cli;

    fn single(arguments: &str) -> (Option<SingleId>, Option<SingleId>) {
        let words = ["ns-unshare"].into_iter().chain(arguments.split_whitespace());
        let single = Cli::try_parse_from(words).unwrap().single;
        (single.uid, single.gid)
    }

    #[test]
    fn the_last_of_several_counts() {
        let is = |id| Some(SingleId::Is(id));
        assert_eq!(single(""), (None, None));
        assert_eq!(single("-r"), (is(0), is(0)));
        assert_eq!(single("-r --map-user=5"), (is(5), is(0)));
        assert_eq!(single("--map-user=5 -r"), (is(0), is(0)));
        assert_eq!(single("-r -c"), (Some(SingleId::Same), Some(SingleId::Same)));
        assert_eq!(single("-c -r -r"), (is(0), is(0)));
        assert_eq!(single("--map-group=7 --map-group 8"), (None, is(8)));
    }
}
