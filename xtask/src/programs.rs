//! The five programs, as the generators see them.

use clap::{Arg, Command, CommandFactory as _};

/// The section of the manual that a program belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Programs for everyone.
    User = 1,
    /// Programs of administration, where lsns and findmnt are.
    Administration = 8,
}

/// One program.
pub struct Program {
    /// Its name, as one types it.
    pub name: &'static str,
    /// Where its page is.
    pub section: Section,
    /// Its arguments, complete with `--help` and `--version`.
    pub command: Command,
}

/// All five.
pub fn all() -> Vec<Program> {
    let program = |name, section, mut command: Command| {
        // Adds what clap itself provides, and passes on what holds for all.
        command.build();
        command = command.mut_arg("help", |help| {
            let text = "Print the options, a line each; with --help all about them, and examples";
            help.help(text).long_help(text)
        });
        Program {
            name,
            section,
            command,
        }
    };
    vec![
        program("ns-unshare", Section::User, ns_unshare::cli::Cli::command()),
        program("ns-enter", Section::User, ns_enter::cli::Cli::command()),
        program("ns-ls", Section::Administration, ns_ls::cli::Cli::command()),
        program("ns-hostname", Section::User, ns_hostname::cli::Cli::command()),
        program(
            "ns-mounts",
            Section::Administration,
            ns_mounts::cli::Cli::command(),
        ),
    ]
}

impl Program {
    /// Its options that are to be seen, in order.
    pub fn options(&self) -> impl Iterator<Item = &Arg> {
        self.command
            .get_arguments()
            .filter(|arg| !arg.is_positional() && !arg.is_hide_set())
    }
}

#[cfg(test)]
mod tests {
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
}
