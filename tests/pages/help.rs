//! `-h`, with a line for each option, and `--help`, with all details.

use super::PAGES;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Terminal, program};

cases!["pages::help":
    short_help_has_a_line_for_each_option,
    long_help_fits_eighty_columns,
    long_help_has_one_idea_on_each_line,
    long_help_has_two_examples_and_leads_to_the_pages,
    shared_options_have_the_same_words,
    colours_are_for_a_terminal_that_wants_them,
];

/// The programs, each with the section of its page.
fn programs() -> impl Iterator<Item = (&'static str, &'static str)> {
    let names = PAGES[..5].iter().map(|page| page.trim_start_matches("man/"));
    names.map(|page| page.split_once('.').expect("a page has a section"))
}

/// The help at a terminal of 80 columns.
fn help(name: &str, option: &str) -> String {
    program(name).env("COLUMNS", "80").arg(option).ran().ok()
}

/// True if the description of an option starts on this line.
fn is_option(line: &str) -> bool {
    let text = line.trim_start();
    text.starts_with('-') && line.len() - text.len() <= 6
}

fn short_help_has_a_line_for_each_option() -> Outcome {
    for (name, _) in programs() {
        let (short, long) = (help(name, "-h"), help(name, "--help"));
        for line in short.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
            assert!(
                !line.starts_with("          "),
                "{name} -h goes on in a second line: {line}"
            );
        }
        let count = |text: &str| text.lines().filter(|line| is_option(line)).count();
        assert_eq!(count(&short), count(&long), "{name}");
        assert!(4 * short.lines().count() < 3 * long.lines().count(), "{name}");
        assert!(
            short.ends_with(&format!("\nMore, with examples: {name} --help\n")),
            "{short}"
        );
        assert!(!short.contains("\nExamples:"), "{short}");
    }
    Ok(())
}

fn long_help_fits_eighty_columns() -> Outcome {
    for (name, _) in programs() {
        let text = help(name, "--help");
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{name}: {line}");
            // If clap finds no room, it does not put options and descriptions side by side.
            assert!(
                !is_option(line) || line.trim_start().contains("  "),
                "{name}: {line}"
            );
        }
    }
    Ok(())
}

/// Even on a wide terminal, a long description has several short lines.
fn long_help_has_one_idea_on_each_line() -> Outcome {
    for (name, _) in programs() {
        let wide = program(name).env("COLUMNS", "900").arg("--help").ran().ok();
        for line in wide.lines() {
            let idea = line.trim_start();
            assert!(idea.chars().count() <= 150, "{name}: {idea}");
            assert!(idea.matches("; ").count() <= 1, "{name}: {idea}");
        }
    }
    Ok(())
}

fn long_help_has_two_examples_and_leads_to_the_pages() -> Outcome {
    for (name, section) in programs() {
        let text = help(name, "--help");
        let (_, examples) = text.split_once("\nExamples:\n").expect("there are examples");
        let lines: Vec<&str> = examples.lines().collect();
        let [one, two, "", pointer] = lines[..] else {
            panic!("{name}: {lines:#?}");
        };
        for example in [one, two] {
            let command = example
                .trim_start()
                .split("  ")
                .next()
                .expect("there is a command");
            let words = command.strip_prefix(name).expect(name);
            // The named files need not exist, but the command lines must be valid.
            let words = words.replace("$$", &std::process::id().to_string());
            let runs_a_program = matches!(name, "ns-unshare" | "ns-enter");
            let ran = program(name)
                .args(runs_a_program.then_some("--dry-run"))
                .args(words.split_whitespace())
                .ran();
            assert_ne!(ran.status, 2, "{command}: {ran:?}");
        }
        assert_eq!(pointer, format!("See {name}({section}) and ns-utils(7)."));
    }
    Ok(())
}

/// Options with the same meaning in several programs have the same words.
fn shared_options_have_the_same_words() -> Outcome {
    for option in [
        "--json",
        "--output",
        "--output-all",
        "--noheadings",
        "--raw",
        "--pairs",
        "--notruncate",
        "--strict",
        "--dry-run",
        "--help",
        "--version",
        "--list-columns",
        "--no-forward-signals",
        "--keep-caps",
    ] {
        let mut said: Vec<(&str, String)> = Vec::new();
        for (name, _) in programs() {
            let text = help(name, "-h");
            let line = text
                .lines()
                .find(|line| is_option(line) && line.split([' ', ',', '[']).any(|word| word == option));
            let Some(line) = line else { continue };
            let (spelled, about) = line.trim_start().split_once("  ").expect("there are two columns");
            // In `ns-unshare` and `ns-enter`, options that write no list have their own names.
            if option == "--json" && !spelled.contains("-J") {
                assert_eq!(about.trim(), "With --dry-run, write JSON", "{name}");
                continue;
            }
            said.push((name, format!("{spelled}: {}", about.trim())));
        }
        assert!(said.len() > 1, "{option} is in {said:?} only");
        assert!(said.windows(2).all(|two| two[0].1 == two[1].1), "{said:#?}");
    }
    Ok(())
}

fn colours_are_for_a_terminal_that_wants_them() -> Outcome {
    for (option, end) in [("--nosuch", "try '"), ("--help", "ns-utils(7).")] {
        let written = |variable| {
            let mut command = program("ns-ls");
            command.arg(option).env("TERM", "xterm").env(variable, "1");
            Ok(Terminal::new(&command)?.expect(end))
        };
        assert!(written("NO_MATTER")?.contains('\x1b'), "{option}");
        assert!(!written("NO_COLOR")?.contains('\x1b'), "{option}");
        assert!(
            !program("ns-ls").arg(option).ran().stderr.contains('\x1b'),
            "{option}"
        );
    }
    Ok(())
}
