//! Checks of help: short sentences, and a first line that is one instruction.

use clap::Arg;

use super::turns;
use crate::programs::ProgramInfo;

/// The most words of a sentence.
const WORDS: usize = 24;

/// First words of lines that are not instructions.
const NO_VERBS: &[&str] = &[
    "A", "All", "An", "And", "As", "At", "By", "For", "From", "How", "In", "It", "New", "No", "Not", "Of",
    "On", "Only", "Or", "That", "The", "Those", "To", "What", "When", "Where", "Which", "Who", "Whose",
];

/// The faults in the help of a program.
pub fn faults(program: &ProgramInfo) -> Vec<String> {
    let name = program.name;
    let mut faults = Vec::new();
    for arg in program.command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let first = arg.get_help().unwrap_or_default().to_string();
        let long = arg.get_long_help().map(ToString::to_string);
        let mut found = Vec::new();
        // The texts of clap's own options come from clap.
        if !matches!(arg.get_id().as_str(), "help" | "version") {
            found = of_first_line(&first);
        }
        found.extend(of_text(&long.unwrap_or(first)));
        for value in arg.get_possible_values() {
            found.extend(of_text(&value.get_help().unwrap_or_default().to_string()));
        }
        let arg = spelled(arg);
        faults.extend(found.iter().map(|fault| format!("{name} {arg}: {fault}")));
    }
    faults
}

fn spelled(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => arg.get_id().to_string(),
    }
}

/// The faults in the first line of an option.
fn of_first_line(line: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let verb = line.split(' ').next().unwrap_or_default();
    if NO_VERBS.contains(&verb) {
        faults.push(format!("{line:?} does not start with a verb"));
    }
    if line.contains(". ") || line.contains("; ") {
        faults.push(format!("{line:?} has a second idea"));
    }
    faults
}

/// The faults in any text of help.
fn of_text(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for paragraph in text.split("\n\n") {
        let paragraph = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        faults.extend(turns::faults(&paragraph));
        for sentence in sentences(&paragraph) {
            let count = sentence.split(' ').count();
            if count > WORDS {
                faults.push(format!("{count} words, more than {WORDS}: {sentence:?}"));
            }
        }
    }
    faults
}

/// The sentences of a paragraph. If a lower-case letter follows a full stop, the sentence continues.
fn sentences(paragraph: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut start = 0;
    for (at, _) in paragraph.match_indices(". ") {
        if paragraph[at + 2..].starts_with(char::is_uppercase) {
            sentences.push(&paragraph[start..=at]);
            start = at + 2;
        }
    }
    sentences.push(&paragraph[start..]);
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_is_too_long_is_a_fault() {
        let words = |count: usize| vec!["word"; count].join(" ");
        assert!(of_text(&words(WORDS)).is_empty());
        assert_eq!(of_text(&words(WORDS + 1)).len(), 1);
        assert!(of_text(&format!("{}. And {}.", words(20), words(20))).is_empty());
        assert!(of_text(&format!("Show it.\n\n{}", words(20))).is_empty());
    }

    #[test]
    fn a_first_line_is_one_instruction() {
        assert!(of_first_line("Show these columns").is_empty());
        for line in [
            "Only namespaces of this kind",
            "The host name",
            "Set the host name; implies --uts",
            "Set the host name. Or show it",
        ] {
            assert_eq!(of_first_line(line).len(), 1, "{line}");
        }
    }

    #[test]
    fn help_is_checked_for_turns() {
        assert_eq!(
            of_text("Show the columns\n\nWhat is not there is empty.").len(),
            1
        );
    }
}
