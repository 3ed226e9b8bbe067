//! The script for zsh.

use std::fmt::Write as _;

use super::model::{Key, Model, NOTE, Operands, Opt, OptionValue, Source};

/// The common parts for all programs.
const COMMON: &str = include_str!("template.zsh");

/// The script.
pub fn script(model: &Model) -> String {
    let function = model.name.replace('-', "_");
    let mut specs: Vec<String> = model
        .options
        .iter()
        .flat_map(|option| specs(option, &function))
        .collect();
    // Options end at the command. All further words belong to it.
    let flags = match &model.operands {
        Operands::Command => {
            specs.push("'(-)1:command: _command_names -e'".into());
            specs.push("'*::argument: _normal'".into());
            "-s -S -A '-*'"
        }
        Operands::Words(source) => {
            specs.push(quoted(&format!("*:operand:{}", action(source, &function))));
            "-s -S"
        }
        Operands::None => "-s -S",
    };
    let lists: String = model
        .options
        .iter()
        .filter_map(|option| match &option.value.as_ref()?.source {
            Source::List(words) => Some(list(option, words, &function)),
            Source::Keys(all) => Some(keys(option, all, &function)),
            Source::Expression(words) => Some(expression(option, words, &function)),
            _ => None,
        })
        .collect();
    let mut arguments = format!("_arguments {flags}");
    for spec in specs {
        let _ = write!(arguments, " \\\n        {spec}");
    }
    let (wholes, takes) = with_a_value_behind(model);
    let command = matches!(model.operands, Operands::Command);
    format!("#compdef {}\n# {NOTE}\n\n{COMMON}", model.name)
        .replace("@LISTS@", &lists)
        .replace("@ARGUMENTS@", &arguments)
        .replace("@WHOLES@", &wholes)
        .replace("@TAKES@", &takes)
        .replace("@OPERAND@", if command { "return 1" } else { "continue" })
        .replace("@LETTERED@", &lettered(model, &function))
        .replace("@FUNCTION@", &function)
}

/// For the options that take the next word: the pairs of abbreviation and name, and a pattern for the words that they
/// are in.
fn with_a_value_behind(model: &Model) -> (String, String) {
    let (mut wholes, mut names, mut letters) = (Vec::new(), Vec::new(), String::new());
    for option in model.options.iter().filter(|option| option.takes_the_next_word()) {
        let pairs: Vec<_> = option
            .starts
            .iter()
            .map(|start| format!("{start} {}", option.longs[0]))
            .collect();
        wholes.extend((!pairs.is_empty()).then(|| pairs.join(" ")));
        names.extend(option.longs.iter().map(String::as_str));
        letters.extend(option.shorts.iter().map(|short| &short[1..]));
    }
    names.push("-[^-]#");
    (
        wholes.join("\n        "),
        format!("{}[{letters}]", names.join("|")),
    )
}

/// The completion for an optional value after a letter and a `=`, which `_arguments` cannot express.
fn lettered(model: &Model, function: &str) -> String {
    let (mut letters, mut cases) = (String::new(), String::new());
    for (letter, option, value) in model.lettered() {
        letters += letter;
        let action = value_of(option, value, function);
        let spec = quoted(&format!(":{}:{action}", escaped(&value.name, ":\\")));
        let _ = write!(cases, "\n            {letter}) spec={spec} ;;");
    }
    if letters.is_empty() {
        return String::new();
    }
    format!(
        " && if [[ $PREFIX == -[^-=]#[{letters}]=* ]]; then
        local spec
        case ${{${{PREFIX%%=*}}[-1]}} in{cases}
        esac
        compset -P '-[^=]#='
        words=(\"$words[1]\" \"$PREFIX\") CURRENT=2
        _arguments \"$spec\"
        return
    fi"
    )
}

/// One option with all its spellings, as one or two specifications for `_arguments`.
fn specs(option: &Opt, function: &str) -> Vec<String> {
    let all: Vec<&str> = option.spellings().collect();
    let excluded = if option.repeats {
        "*".to_owned()
    } else {
        format!("({})", all.join(" "))
    };
    let help = format!("[{}]", escaped(&option.help, "[]\\"));
    let spec = |spellings: &[String], value: &str| match spellings {
        [] => None,
        [one] => Some(quoted(&format!("{excluded}{one}{help}{value}"))),
        several => {
            let spellings = several.join(",");
            Some(quoted(&excluded) + &format!("{{{spellings}}}") + &quoted(&format!("{help}{value}")))
        }
    };
    let with = |spellings: &[String], ending: &str| -> Vec<String> {
        spellings
            .iter()
            .map(|spelling| format!("{spelling}{ending}"))
            .collect()
    };
    let Some(value) = &option.value else {
        let both = [&option.shorts[..], &option.longs].concat();
        return spec(&both, "").into_iter().collect();
    };
    let action = value_of(option, value, function);
    let colons = if value.optional { "::" } else { ":" };
    let argument = format!("{colons}{}:{action}", escaped(&value.name, ":\\")).repeat(value.words);
    if value.attached {
        // The letter is given alone. With a value, zsh would read the letters after it as the value.
        let letter = spec(&option.shorts, "");
        let word = spec(&with(&option.longs, "=-"), &argument);
        return letter.into_iter().chain(word).collect();
    }
    let (short, long) = if value.optional { ("", "") } else { ("+", "=") };
    let both = [with(&option.shorts, short), with(&option.longs, long)].concat();
    spec(&both, &argument).into_iter().collect()
}

/// The function for a value that is a list with commas. The part after the last comma or the `+` is completed.
fn list(option: &Opt, words: &[(String, String)], function: &str) -> String {
    let words = words.iter().map(|(word, help)| (word.as_str(), help.as_str()));
    choosing(
        option,
        function,
        words,
        &format!(
            "    __{function}_unused\n    compset -P '*,' || compset -P +\n    __{function}_offer value {ANY_CASE}\n"
        ),
    )
}

/// The function for a value that is a list of keys with values. After the `=` of a key, its value is completed.
fn keys(option: &Opt, keys: &[Key], function: &str) -> String {
    let mut values = String::new();
    for key in keys {
        if let Some(ask) = &key.ask {
            let _ = write!(
                values,
                "\n            {}) __{function}_ask_or_file {ask} ;;",
                key.word
            );
        }
    }
    let repeated: Vec<_> = keys
        .iter()
        .filter(|key| key.repeats)
        .map(|key| key.word.as_str())
        .collect();
    let words = keys.iter().map(|key| (key.word.as_str(), key.help.as_str()));
    choosing(
        option,
        function,
        words,
        &format!(
            "    __{function}_unused {}
    compset -P '*,'
    if [[ $PREFIX == *=* ]]; then
        local key=${{PREFIX%%=*}}
        compset -P '[^=]#='
        case $key in{values}
        esac
        return
    fi
    __{function}_offer value {ANY_CASE} -S =
",
            repeated.join(" ")
        ),
    )
}

/// The function for an expression. Its last word is completed, unless a value belongs there: inside quotes, and after an
/// operator.
fn expression(option: &Opt, words: &[(String, String)], function: &str) -> String {
    let words = words.iter().map(|(word, help)| (word.as_str(), help.as_str()));
    choosing(
        option,
        function,
        words,
        &format!(
            "    local before=${{(M)${{(Q)PREFIX}}##*[^a-zA-Z0-9%:_-]}}
    local quotes=${{before//[^\\\"]/}}
    (( ${{#quotes}} % 2 )) && return 1
    [[ $before == *[=~\\<\\>][[:space:]]# ]] && return 1
    compset -P '*[^a-zA-Z0-9%:_-]'
    __{function}_offer value {ANY_CASE} -S ''
"
        ),
    )
}

/// The options of compadd for words that may be typed in any case.
const ANY_CASE: &str = "-M 'm:{a-zA-Z}={A-Za-z}'";

/// A function with the array `choices`, each with its description behind a tab, that then does this.
fn choosing<'a>(
    option: &Opt,
    function: &str,
    words: impl Iterator<Item = (&'a str, &'a str)>,
    then: &str,
) -> String {
    let mut text = format!(
        "\n__{function}_{}() {{\n    setopt localoptions extendedglob\n    local -a choices=(\n",
        option.function()
    );
    for (word, help) in words {
        let line = format!("{word}\t{help}");
        let _ = writeln!(
            text,
            "        $'{}'",
            line.replace('\\', "\\\\")
                .replace('\'', "\\'")
                .replace('\t', "\\t")
        );
    }
    text + "    )\n" + then + "}\n"
}

/// The completion for the value of an option.
fn value_of(option: &Opt, value: &OptionValue, function: &str) -> String {
    match value.source {
        Source::List(_) | Source::Keys(_) | Source::Expression(_) => {
            format!(" __{function}_{}", option.function())
        }
        _ => action(&value.source, function),
    }
}

/// The characters that are special to the shell, which evaluates the words of a list, or to `_arguments`.
const WORD: &str = " :\\()'\"`$;&|<>*?[]{}#~=^!";

/// The completion for a value.
fn action(source: &Source, function: &str) -> String {
    let words = |words: &[(String, String)]| {
        let word = |(word, help): &(String, String)| match help.as_str() {
            // After a colon without a description, zsh shows two hyphens and nothing.
            "" => escaped(word, " :\\"),
            help => format!("{}\\:{}", escaped(word, " :\\"), escaped(help, WORD)),
        };
        words.iter().map(word).collect::<Vec<_>>().join(" ")
    };
    let also = |action: &str, also: Option<&str>| match also {
        None => action.to_owned(),
        Some(word) => format!(r#"{{{action}; compadd "$expl[@]" - {word}}}"#),
    };
    match source {
        // This is not a blank, which would show a message and keep options out of the line.
        Source::Free => "()".into(),
        Source::Words(list) => format!("(({}))", words(list)),
        Source::List(_) | Source::Keys(_) | Source::Expression(_) => {
            unreachable!("a list has a function of its own")
        }
        // The blank keeps _arguments from adding its own options in front.
        Source::Ask(what) => format!(" __{function}_ask {}", escaped(what, ":")),
        Source::AskList(what) => format!(" __{function}_ask_list {}", escaped(what, ":")),
        Source::AskOrFile(what) => format!(" __{function}_ask_or_file {}", escaped(what, ":")),
        Source::Files => "_files".into(),
        Source::Directories => "_files -/".into(),
        Source::Users(word) => also("_users", *word),
        Source::Groups(word) => also("_groups", *word),
        Source::Signals => "_signals -s".into(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn escaped(text: &str, special: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_of_a_value_may_have_any_character() {
        let words = vec![("owner".to_owned(), "the process's own (or $x)".to_owned())];
        let expected = r"((owner\:the\ process\'s\ own\ \(or\ \$x\)))";
        assert_eq!(action(&Source::Words(words), "f"), expected);
    }
}
