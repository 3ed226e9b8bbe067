//! Abbreviated long options: `--verb` for `--verbose`.
//!
//! `getopt_long(3)` accepts the start of an option if no other option starts so. Our programs have more options than
//! their relatives. So `--pi`, which is enough for unshare(1), is the start of two options here. It still means what it
//! means there, because scripts may use it.

use clap::{Arg, Command};

use super::foreign;

/// The long options of the relative, without hyphens and with blanks between: first the options of an old version, then
/// those that newer versions added. An abbreviation that is enough in the old version keeps its meaning.
#[derive(Clone, Copy, Debug)]
pub struct LongOpts(pub &'static [&'static str]);

impl LongOpts {
    /// The option that this abbreviation gives, in the oldest version that accepts it.
    fn option(self, start: &str) -> Option<&'static str> {
        (1..=self.0.len()).find_map(|versions| {
            let options = self.0[..versions].iter().flat_map(|new| new.split(' '));
            only(options.filter(|option| option.starts_with(start)))
        })
    }

    /// All of them.
    pub fn options(self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|new| new.split(' '))
    }
}

/// The option for this spelling, and its full name: an exact match, or the option of the relative, or the only option
/// that starts so. The command must be built.
pub fn whole<'a>(command: &'a Command, long_opts: LongOpts, start: &str) -> Option<(&'a Arg, &'a str)> {
    let exactly = |name: &str| spellings(command).find(|(_, spelling)| *spelling == name);
    exactly(start)
        .or_else(|| long_opts.option(start).and_then(exactly))
        .or_else(|| only(possible(command, start)).filter(|_| !is_of_others(command, start)))
}

/// True if other programs have an option of this name. Then it is not an abbreviation: docker's `--env` is not `--env-file`.
fn is_of_others(command: &Command, name: &str) -> bool {
    foreign::help(command.get_name(), &format!("--{name}")).is_some()
}

/// The options that start so, each with its first such spelling.
pub(super) fn possible<'a>(command: &'a Command, start: &str) -> impl Iterator<Item = (&'a Arg, &'a str)> {
    let begun = move |arg| {
        of(arg)
            .find(|spelling| spelling.starts_with(start))
            .map(|spelling| (arg, spelling))
    };
    command.get_arguments().filter_map(begun)
}

/// All options with all their long spellings.
fn spellings(command: &Command) -> impl Iterator<Item = (&Arg, &str)> {
    command
        .get_arguments()
        .flat_map(|arg| of(arg).map(move |spelling| (arg, spelling)))
}

/// The long spellings of an option.
fn of(arg: &Arg) -> impl Iterator<Item = &str> {
    let aliases = arg.get_visible_aliases().unwrap_or_default();
    arg.get_long().into_iter().chain(aliases)
}

/// The first item, if it is the only one.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(start: &str) -> Option<String> {
        let mut command = Command::new("x")
            .arg(Arg::new("pid").long("pid"))
            .arg(Arg::new("pin").long("pin"))
            .arg(Arg::new("pin-all").long("pin-all"))
            .arg(Arg::new("watch").long("watch").visible_alias("poll"))
            .arg(Arg::new("fork").long("fork"))
            .arg(Arg::new("forward").long("forward"))
            .arg(Arg::new("hidden").long("hidden").hide(true));
        command.build();
        let long_opts = LongOpts(&["help pid fork", "poll forward"]);
        whole(&command, long_opts, start).map(|(_, spelling)| spelling.to_owned())
    }

    #[test]
    fn what_is_enough_for_the_relative_means_the_same() {
        assert_eq!(meant("pi").as_deref(), Some("pid"));
        assert_eq!(meant("p").as_deref(), Some("pid"));
        assert_eq!(meant("f").as_deref(), Some("fork"));
        assert_eq!(meant("po").as_deref(), Some("poll"));
        assert_eq!(meant("forw").as_deref(), Some("forward"));
        assert_eq!(meant("h").as_deref(), Some("help"));
    }

    #[test]
    fn else_it_is_the_only_one_that_begins_so() {
        assert_eq!(meant("pin-").as_deref(), Some("pin-all"));
        assert_eq!(meant("w").as_deref(), Some("watch"));
        assert_eq!(meant("hi").as_deref(), Some("hidden"));
        assert_eq!(meant("nosuch"), None);
        assert_eq!(meant("pids"), None);
        assert_eq!(meant(""), None);
    }

    #[test]
    fn what_is_spelled_out_is_that() {
        assert_eq!(meant("pin").as_deref(), Some("pin"));
        assert_eq!(meant("poll").as_deref(), Some("poll"));
    }
}
