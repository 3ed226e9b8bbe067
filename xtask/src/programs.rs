//! The five programs, for the generators.

use clap::{Arg, Command, CommandFactory as _};
use ns_core::cli::LongOpts;

/// The section of the manual that a program belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Programs for everyone.
    User = 1,
    /// Programs for administration, as lsns(8) and findmnt(8).
    Administration = 8,
}

/// One program.
pub struct ProgramInfo {
    /// Its name.
    pub name: &'static str,
    /// The section of its page.
    pub section: Section,
    /// Its arguments, complete with `--help` and `--version`.
    pub command: Command,
    /// The long options of its relative.
    pub long_opts: LongOpts,
}

/// All five programs.
pub fn all() -> Vec<ProgramInfo> {
    let program = |name, section, mut command: Command, long_opts| {
        // Adds clap's own options, and applies the settings for all options.
        command.build();
        command = command.mut_arg("help", |help| {
            let text = "Print one line for each option. With --help, print full descriptions and examples.";
            help.help(text).long_help(text)
        });
        ProgramInfo {
            name,
            section,
            command,
            long_opts,
        }
    };
    vec![
        program(
            "ns-unshare",
            Section::User,
            ns_unshare::cli::Cli::command(),
            ns_unshare::cli::LONG_OPTS,
        ),
        program(
            "ns-enter",
            Section::User,
            ns_enter::cli::Cli::command(),
            ns_enter::cli::LONG_OPTS,
        ),
        program(
            "ns-ls",
            Section::Administration,
            ns_ls::cli::Cli::command(),
            ns_ls::cli::LONG_OPTS,
        ),
        program(
            "ns-hostname",
            Section::User,
            ns_hostname::cli::Cli::command(),
            ns_hostname::cli::LONG_OPTS,
        ),
        program(
            "ns-mounts",
            Section::Administration,
            ns_mounts::cli::Cli::command(),
            ns_mounts::cli::LONG_OPTS,
        ),
    ]
}

impl ProgramInfo {
    /// Its visible options, in order.
    pub fn options(&self) -> impl Iterator<Item = &Arg> {
        self.command
            .get_arguments()
            .filter(|arg| !arg.is_positional() && !arg.is_hide_set())
    }
}

#[cfg(test)]
mod tests {
    use ns_core::cli::whole;

    use super::*;

    #[test]
    fn their_arguments_are_consistent() {
        for program in all() {
            program.command.clone().debug_assert();
            assert_eq!(program.command.get_name(), program.name);
        }
    }

    #[test]
    fn every_option_says_what_it_is_for() {
        for program in all() {
            for option in program.options() {
                let help = option.get_help().unwrap_or_default().to_string();
                assert!(!help.is_empty(), "{}: {option} has no help", program.name);
            }
        }
    }

    /// The abbreviations that are enough in any version of the relative.
    #[test]
    fn the_start_of_an_option_means_what_it_means_to_the_relative() {
        for ProgramInfo {
            name,
            command,
            long_opts,
            ..
        } in all()
        {
            for versions in 1..=long_opts.0.len() {
                let options: Vec<&str> = LongOpts(&long_opts.0[..versions]).options().collect();
                for option in &options {
                    for end in 1..=option.len() {
                        let start = &option[..end];
                        let alike = options.iter().filter(|other| other.starts_with(start)).count();
                        if alike == 1 || start == *option {
                            let meant = whole(&command, long_opts, start).map(|(_, spelling)| spelling);
                            assert_eq!(meant, Some(*option), "{name} --{start}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_option_that_is_spelled_out_is_that_one() {
        for program in all() {
            for option in program.options().filter_map(Arg::get_long) {
                let meant = whole(&program.command, program.long_opts, option);
                assert_eq!(
                    meant.map(|(_, spelling)| spelling),
                    Some(option),
                    "{}",
                    program.name
                );
            }
        }
    }
}
