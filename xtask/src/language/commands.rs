//! Checks that the commands and options in documents exist.

use clap::Arg;
use ns_core::cli::whole;

use crate::programs::ProgramInfo;

/// Other names that start with `ns-`, each with its meaning.
const NAMES: &[(&str, &str)] = &[
    ("ns-core", "the crate of the library"),
    ("ns-utils", "the package"),
    ("ns-utils-compat", "a package"),
    ("ns-utils-test", "the user that the tests add"),
    ("ns-hostname-columns", "a key of JSON"),
];

/// Long options of other programs in sentences, each with its program.
const FOREIGN: &[(&str, &str)] = &[
    ("--bin", "cargo install"),
    ("--mounts", "cargo xtask bench"),
    ("--namespaces", "cargo xtask bench"),
    ("--only", "cargo xtask trust"),
    ("--part", "cargo xtask trust"),
    ("--path", "cargo install"),
    ("--process", "cargo xtask trust"),
    ("--processes", "cargo xtask bench"),
    ("--quick", "cargo xtask trust"),
    ("--rbind", "mount(8)"),
    ("--rounds", "cargo xtask bench"),
    ("--seed", "cargo xtask trust"),
    ("--static", "cargo xtask dist"),
    ("--strip-components", "tar(1)"),
    ("--workspace", "cargo test"),
    ("--kind", "stands for the option of any kind in a synopsis"),
];

/// An option that an example uses because no program has it.
const MISSING: &str = "nosuch";

/// Programs and options in a paragraph that do not exist.
pub fn faults_in_prose(programs: &[ProgramInfo], text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let separators = |c: char| c.is_whitespace() || "`'\"()[]{},;=|*".contains(c);
    // Whole commands of other programs have their own options.
    let is_foreign = |code: &str| code.contains(' ') && !code.starts_with('-') && !code.starts_with("ns-");
    let ours = text
        .split('`')
        .enumerate()
        .filter(|(place, code)| place % 2 == 0 || !is_foreign(code));
    for word in ours.flat_map(|(_, part)| part.split(separators)) {
        let word = word.trim_end_matches(['.', ':', '?', '!', '-', '/']);
        let is_option = word.strip_prefix("--").is_some_and(is_name);
        let is_known =
            |program: &ProgramInfo| whole(&program.command, program.long_opts, &word[2..]).is_some();
        if is_option && !programs.iter().any(is_known) && !is_among(FOREIGN, word) {
            faults.push(format!("no program has the option {word}"));
        }
        if word.strip_prefix("ns-").is_some_and(is_name)
            && !is_among(NAMES, word)
            && !programs.iter().any(|program| program.name == word)
        {
            faults.push(format!("no program has the name {word}"));
        }
    }
    faults
}

fn is_among(list: &[(&str, &str)], word: &str) -> bool {
    list.iter().any(|(name, _)| *name == word)
}

/// True if this can be the name of an option or a program.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// Programs and options in commands that do not exist.
pub fn faults_in_code(programs: &[ProgramInfo], code: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for command in commands(code) {
        for (place, word) in command.iter().enumerate() {
            if word.contains(' ') && word.contains("ns-") {
                // The command that a shell is given.
                faults.extend(faults_in_code(programs, word));
            } else if let Some(program) = programs.iter().find(|program| program.name == word) {
                faults.extend(unknown(program, &command[place + 1..]));
            } else if place == 0 && word.starts_with("ns-") {
                faults.push(format!("no program has the name {word}"));
            }
        }
    }
    faults
}

/// The simple commands in a script, each as its words.
fn commands(code: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word = String::new();
    let mut quote = None;
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => word.push(c),
            (_, '\\') => word.extend(chars.next()),
            (Some(_), _) => word.push(c),
            (None, '\'' | '"') => quote = Some(c),
            (None, _) => {
                let ends_word = c.is_whitespace() || "|;&()<>`".contains(c);
                if !ends_word {
                    word.push(c);
                    continue;
                }
                let last = commands.last_mut().expect("there is one always");
                if !word.is_empty() {
                    last.push(std::mem::take(&mut word));
                }
                if "\n|;&()`".contains(c) {
                    commands.push(Vec::new());
                }
            }
        }
    }
    let last = commands.last_mut().expect("there is one always");
    last.extend((!word.is_empty()).then_some(word));
    commands.retain(|command| !command.is_empty());
    commands
}

/// The options among these arguments that the program does not have.
fn unknown(program: &ProgramInfo, arguments: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let runs_a_command = program
        .command
        .get_positionals()
        .any(Arg::is_trailing_var_arg_set);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            break;
        }
        let option = if let Some(long) = argument.strip_prefix("--") {
            let (long, value) = long
                .split_once('=')
                .map_or((long, None), |(long, value)| (long, Some(value)));
            let option = whole(&program.command, program.long_opts, long).map(|(option, _)| option);
            if option.is_none() && long != MISSING {
                faults.push(format!("{} has no option --{long}", program.name));
            }
            option.filter(|_| value.is_none())
        } else if let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            last_of(program, letters, &mut faults)
        } else {
            if runs_a_command {
                break;
            }
            continue;
        };
        // The value is the next word, or there is none.
        if let Some(option) =
            option.filter(|option| option.get_action().takes_values() && !may_be_alone(option))
        {
            let values = option.get_num_args().map_or(1, |count| count.min_values());
            for _ in 0..values {
                arguments.next();
            }
        }
    }
    faults
}

/// Reads letters in one word. The option whose value is in the next word, if the last letter is such an option.
fn last_of<'p>(program: &'p ProgramInfo, letters: &str, faults: &mut Vec<String>) -> Option<&'p Arg> {
    for (at, letter) in letters.char_indices() {
        let rest = &letters[at + letter.len_utf8()..];
        let Some(option) = program
            .command
            .get_arguments()
            .find(|arg| arg.get_short() == Some(letter))
        else {
            faults.push(format!("{} has no option -{letter}", program.name));
            return None;
        };
        if !option.get_action().takes_values() {
            continue;
        }
        if may_be_alone(option) {
            let is_choice = option
                .get_possible_values()
                .iter()
                .any(|value| value.get_name() == rest);
            if rest.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_choice {
                continue;
            }
            return None;
        }
        return rest.is_empty().then_some(option);
    }
    None
}

/// True if the option's value is in the same word, if there is a value.
fn may_be_alone(option: &Arg) -> bool {
    option.is_require_equals_set() || option.get_num_args().is_some_and(|count| count.min_values() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::programs;

    #[test]
    fn an_unknown_option_or_program_in_a_command_is_a_fault() {
        for code in [
            "ns-ls --missing",
            "ns-ls -J | ns-mounts --missing",
            "ns-unshare -r -%",
            "sh -c 'ns-hostname --missing'",
            "ns-missing",
            "ns-enter -t $(ns-ls --missing) sh",
            "ns-ls -t net --missing",
        ] {
            assert_eq!(faults_in_code(&programs::all(), code).len(), 1, "{code}");
        }
    }

    #[test]
    fn commands_that_exist_have_no_fault() {
        for code in [
            "ns-unshare -r ls --color",
            "ns-unshare -n/run/netns/blue --pi -S 0 ps -e",
            "ns-ls -Tparent -J; kill $!",
            "ns-mounts --diff $$ $! | awk '$1 == \"only-b\" { print $2 }'",
            "ns-ls -Q 'COMMAND =~ \"^sleep\" and TYPE == \"uts\"' -t=net",
            "ns-hostname -t host:db --nis=x; mount --make-shared /",
        ] {
            assert_eq!(faults_in_code(&programs::all(), code), [""; 0], "{code}");
        }
    }

    #[test]
    fn an_unknown_name_in_a_sentence_is_a_fault() {
        let programs = programs::all();
        for text in ["Use --missing.", "`ns-missing` does it.", "See (--missing=NAME)."] {
            assert_eq!(faults_in_prose(&programs, text).len(), 1, "{text}");
        }
        assert_eq!(faults_in_prose(&programs, "Run `cargo run --missing`."), [""; 0]);
        assert_eq!(
            faults_in_prose(&programs, "`ns-ls --json` of ns-utils(7), --net=NAME."),
            [""; 0]
        );
    }
}
