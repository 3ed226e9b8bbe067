//! Turns that make a reader read a sentence twice: old or rare words, and clauses in the place of nouns and conditions.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// A turn, as a regular expression without regard to case, and what to write instead.
const TURNS: &[(&str, &str)] = &[
    (
        r"(?:^|[.!?] )where [^?]*?[.,;:]",
        "\"if\" or \"when\" for a condition",
    ),
    (
        r"\bwhere (?:nothing|none|no|not|there is no|there are no|it can|it cannot|it is not|that is|that can|they are not)\b",
        "\"if\" for a condition",
    ),
    (
        r"(?:^|[.!?] )(?:what|who) [^.?!]*\.(?: |$)",
        "a noun for the thing or the person",
    ),
    (r"\bwhoever\b", "a noun for the person"),
    (r"\bwhat stands\b", "a noun for the thing"),
    (
        r"[a-z,] (?:ours|theirs)\b|\b(?:ours|theirs) [a-z]",
        "the name of the program or the person",
    ),
    (r"\bit is no (?:[a-km-z]|l[a-np-z])", "\"it is not a\", or a verb"),
    (
        r"\b(?:what|that) there (?:is|are)(?: not| none)?(?:[.,;]|$)",
        "a noun for the thing",
    ),
    (r"(?:^|[.,;:!?] )(?:those|that) of\b", "the noun itself"),
    (
        r"\b(?:oneself|one's)\b",
        "\"you\", \"the caller\" or \"the user\"",
    ),
    (
        r"(?:^|[.!?] )the same(?:,| for| of| in| by| with)\b?",
        "what is meant, in full",
    ),
    (r"\b(?:is|are|was|were) said\b", "who reports it"),
    (r"\b(?:is|are|was|were) to be\b", "\"must\""),
    (r"\bbut for\b", "\"except\""),
    (r"\ball the same\b", "\"still\", or nothing"),
    (r"\bfor ever\b", "\"always\" or \"never again\""),
    (r"\bbe (?:it|they)\b", "\"whether\""),
    (r"\bas you like\b", "the choices"),
    (r"\bmend(?:ed|s)?\b", "\"fix\""),
    (r"\bbeside the usual\b", "\"in addition to the default\""),
];

/// Sentences that need a turn, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

static COMPILED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let compiled = |(turn, instead): &(&str, &'static str)| {
        let regex = Regex::new(&format!("(?i-u){turn}")).expect("a turn is a regular expression");
        (regex, *instead)
    };
    TURNS.iter().map(compiled).collect()
});

/// The turns in a paragraph, each with what to write instead.
pub fn faults(paragraph: &str) -> Vec<String> {
    let excepted = EXCEPTIONS
        .iter()
        .fold(paragraph.to_owned(), |text, (exception, _)| {
            text.replace(exception, "")
        });
    let mut faults = Vec::new();
    for (turn, instead) in COMPILED.iter() {
        for found in turn.find_iter(excepted.as_bytes()) {
            let found = String::from_utf8_lossy(found.as_bytes());
            let found: String = found.chars().take(60).collect();
            faults.push(format!("{:?}: write {instead}", found.trim()));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_of_the_list_is_a_fault() {
        for text in [
            "Where it is not set, it is the terminal's own.",
            "It lists them. Where several have it, that is an error.",
            "Empty where nothing is mounted.",
            "What could not be read is null.",
            "Who gives a name locks the directory.",
            "It shows what there is.",
            "That of the caller.",
            "The mounts of the target, those of the caller.",
            "Be oneself inside.",
            "The same for programs.",
            "Gaps are said on stderr.",
            "The name is to be valid.",
            "Every name, but for line feeds.",
            "It is accepted all the same.",
            "This reads what stands there.",
            "An option of lsns(8) that ours lacks.",
            "The file is theirs.",
            "It is no mount.",
        ] {
            assert!(!faults(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn plain_sentences_have_no_fault() {
        for text in [
            "If it is not set, the width is the terminal's own.",
            "The directory where the name is mounted.",
            "The status is that of the program.",
            "It runs in a namespace where there are few processes.",
            "Find out what keeps a namespace alive.",
            "What is a namespace? A view of a resource.",
            "Where we look",
            "Two options mean the same in all programs.",
            "The namespaces that they are in.",
            "It is no longer mounted.",
            "Nothing of it is not known.",
            "ours",
        ] {
            assert_eq!(faults(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn an_exception_has_a_reason() {
        assert!(EXCEPTIONS.iter().all(|(_, reason)| reason.split(' ').count() > 3));
    }
}
