//! The script for fish.

use std::fmt::Write as _;

use super::model::{Key, Model, NOTE, Operands, Opt, OptionValue, Source};

/// The common parts for all programs.
const COMMON: &str = include_str!("template.fish");

/// The script.
pub fn script(model: &Model) -> String {
    let function = model.name.replace('-', "_");
    let name = &model.name;
    let given_as = |wanted: fn(&Opt) -> bool| {
        let wanted = model.options.iter().filter(|option| wanted(option));
        wanted.flat_map(Opt::given_as).collect::<Vec<_>>().join(" ")
    };
    let takes = given_as(Opt::takes_the_next_word);
    let takes_two = given_as(|option| option.value.as_ref().is_some_and(|value| value.words == 2));
    let attached: Vec<String> = model
        .lettered()
        .map(|(letter, ..)| format!("-{letter}"))
        .collect();
    let mut lines: String = model.options.iter().map(|option| of(option, &function)).collect();
    let mut lists = String::new();
    for option in &model.options {
        match option.value.as_ref().map(|value| &value.source) {
            Some(Source::List(words)) => lists += &list(option, words, &function, "list"),
            Some(Source::Expression(words)) => lists += &list(option, words, &function, "expression"),
            Some(Source::Keys(all)) => lists += &keys(option, all, &function),
            _ => {}
        }
    }
    let lettered = lettered(model);
    if !lettered.is_empty() {
        let _ = writeln!(
            lines,
            "complete -c {name} -n '__{function}_ours' -k -f -a '(__{function}_lettered)'"
        );
    }
    let operands = match &model.operands {
        Operands::None => String::new(),
        Operands::Command => format!("-a '(__{function}_command)'"),
        Operands::Words(source) => arguments(source, &function, false),
    };
    if !operands.is_empty() {
        let _ = writeln!(
            lines,
            "complete -c {name} -n '__{function}_operand' -k {operands}"
        );
    }
    let command = matches!(model.operands, Operands::Command);
    format!(
        "# fish completion for {name}. {NOTE}\n\n{COMMON}{lettered}{lists}\ncomplete -c {name} -f\n{lines}"
    )
    .replace("@FUNCTION@", &function)
    .replace("@NAME@", name)
    .replace("@TAKES@", &takes)
    .replace("@TAKES_TWO@", &takes_two)
    .replace("@ATTACHED@", &attached.join(" "))
    .replace("@COMMAND@", if command { "1" } else { "0" })
}

/// All lines of an option.
fn of(option: &Opt, function: &str) -> String {
    let mut lines = format!("complete -c @NAME@ {}\n", line(option, function));
    let Some(value) = option.value.as_ref().filter(|_| option.takes_the_next_word()) else {
        return lines;
    };
    if !option.starts.is_empty() {
        // fish knows only whole names.
        let _ = writeln!(
            lines,
            "complete -c @NAME@ -n '__{function}_follows {}' {}",
            option.starts.join(" "),
            value_of(option, value, function)
        );
    }
    if value.words == 2 {
        for spelling in option.given_as() {
            let _ = writeln!(
                lines,
                "complete -c @NAME@ -n 'test \"$(commandline -opc)[-2]\" = {spelling}' {}",
                arguments(&value.source, function, true)
            );
        }
    }
    lines
}

/// One option. A letter with an optional value has its own line, because fish would add the value without the `=` that
/// it needs.
fn line(option: &Opt, function: &str) -> String {
    let attached = option.value.as_ref().is_some_and(|value| value.attached);
    let ours = format!("-n '__{function}_ours'");
    let help = format!("-d {}", quoted(&option.help));
    let mut shorts = String::new();
    for short in &option.shorts {
        let _ = write!(shorts, "-s {} ", &short[1..]);
    }
    let mut longs = String::new();
    for long in &option.longs {
        let _ = write!(longs, "-l {} ", &long[2..]);
    }
    let value = option.value.as_ref().map_or_else(String::new, |value| {
        let required = if value.optional { "" } else { " -r" };
        format!("{required} {}", value_of(option, value, function))
    });
    if attached && !shorts.is_empty() {
        format!("{ours} {shorts}{help}\ncomplete -c @NAME@ {ours} {longs}{help}{value}")
    } else {
        format!("{ours} {shorts}{longs}{help}{value}")
    }
}

/// The completion for the value of an option.
fn value_of(option: &Opt, value: &OptionValue, function: &str) -> String {
    match value.source {
        Source::List(_) | Source::Keys(_) | Source::Expression(_) => {
            format!("-f -k -a '(__{function}_{})'", option.function())
        }
        _ => arguments(&value.source, function, true),
    }
}

/// The function for an optional value after a letter and a `=`. Its choices are the choices of the long option, each
/// with the text before it.
fn lettered(model: &Model) -> String {
    let mut cases = String::new();
    for (letter, option, _) in model.lettered() {
        let _ = writeln!(
            cases,
            "        case {letter}\n            set long {}",
            option.longs[0]
        );
    }
    if cases.is_empty() {
        return cases;
    }
    format!(
        r#"
function __@FUNCTION@_lettered
    set -l parts (commandline -ct | string match -r -- '^(-[^-=]*([^-=])=)(.*)')
    set -l long
    switch "$parts[3]"
{cases}        case '*'
            return
    end
    set -l program (string escape -- (commandline -opc)[1])
    complete -C "$program $long=$parts[4]" | string replace -- $long= $parts[2]
end
"#
    )
}

/// The function for a value that is a list with commas, or an expression. The common function `kind` gets the words.
fn list(option: &Opt, words: &[(String, String)], function: &str, kind: &str) -> String {
    let mut text = format!(
        "\nfunction __{function}_{}\n    __{function}_{kind}",
        option.function()
    );
    for (word, help) in words {
        let _ = write!(text, " \\\n        {} {}", quoted(word), quoted(help));
    }
    text + "\nend\n"
}

/// The function for a value that is a list of keys with values. After the `=` of a key, its value is completed.
fn keys(option: &Opt, keys: &[Key], function: &str) -> String {
    let mut text = format!("\nfunction __{function}_{}\n", option.function());
    for key in keys {
        if let Some(ask) = &key.ask {
            let _ = writeln!(text, "    __{function}_value_of {} {ask}; and return", key.word);
        }
    }
    let repeated: Vec<_> = keys
        .iter()
        .filter(|key| key.repeats)
        .map(|key| key.word.as_str())
        .collect();
    let _ = write!(text, "    __{function}_keys '{}'", repeated.join(" "));
    for key in keys {
        let _ = write!(text, " \\\n        {} {}", quoted(&key.word), quoted(&key.help));
    }
    text + "\nend\n"
}

/// The source of the choices for a value.
fn arguments(source: &Source, function: &str, keep: bool) -> String {
    let order = if keep { "-k " } else { "" };
    let words = |words: &[(String, String)]| {
        words
            .iter()
            .map(|(word, help)| {
                if help.is_empty() {
                    word.clone()
                } else {
                    format!("{word}\\t{}", quoted(help))
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    match source {
        // An empty list would make fish offer files.
        Source::Free => "-f".into(),
        Source::Words(list) => format!("-f {order}-a {}", quoted(&words(list))),
        Source::List(_) | Source::Keys(_) | Source::Expression(_) => {
            unreachable!("a list has a function of its own")
        }
        Source::Ask(what) => format!("-f {order}-a '(__{function}_ask {what})'"),
        Source::AskList(what) => format!("-f {order}-a '(__{function}_ask_list {what})'"),
        Source::AskOrFile(what) => format!("-f {order}-a '(__{function}_ask_or_file {what})'"),
        Source::Files => "-F".into(),
        Source::Directories => format!("-f {order}-a '(__fish_complete_directories (commandline -ct))'"),
        Source::Users(also) => format!(
            "-f {order}-a '(__fish_complete_users) {}'",
            also.unwrap_or_default()
        ),
        Source::Groups(also) => format!(
            "-f {order}-a '(__fish_complete_groups) {}'",
            also.unwrap_or_default()
        ),
        Source::Signals => format!("-f {order}-a '(__{function}_signals)'"),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
