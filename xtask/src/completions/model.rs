//! A program's arguments as the shells need them.

use clap::{Arg, ArgAction, ValueHint};
use ns_core::Kind;
use ns_core::cli::whole;
use ns_core::inventory::Places;

use crate::programs::Program;

/// One program.
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its options, in order.
    pub options: Vec<Opt>,
    /// What follows the options.
    pub operands: Operands,
}

/// One option.
pub struct Opt {
    /// Its letters, with the hyphen.
    pub shorts: Vec<String>,
    /// Its long spellings, with the hyphens.
    pub longs: Vec<String>,
    /// What its long spellings may be cut short to, with the hyphens.
    pub starts: Vec<String>,
    /// What it does: one sentence without a full stop.
    pub help: String,
    /// Its value.
    pub value: Option<Value>,
    /// Whether it makes sense more than once.
    pub repeats: bool,
}

/// The value of an option.
pub struct Value {
    /// Its name, in capitals.
    pub name: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it has to be in the same word as the option.
    pub attached: bool,
    /// How many words it is.
    pub words: usize,
    /// Where the shell gets the choices from.
    pub source: Source,
}

/// What follows the options.
pub enum Operands {
    /// Nothing.
    None,
    /// Words of this source.
    Words(Source),
    /// A command with its arguments, which complete as they do without us.
    Command,
}

/// Where the choices for a value come from.
pub enum Source {
    /// There is nothing to choose from.
    Free,
    /// These words, each with what it means.
    Words(Vec<(String, String)>),
    /// Some of these words, with commas between, after a `+` where there is one.
    List(Vec<(String, String)>),
    /// The same, and each has a value of its own behind a `=`.
    Keys(Vec<(String, String)>),
    /// The program itself: `--complete=` this.
    Ask(String),
    /// The same, with commas between.
    AskList(String),
    /// The program itself, or a path where there is a slash.
    AskOrFile(String),
    /// Paths.
    Files,
    /// Paths of directories.
    Directories,
    /// User names, or this word.
    Users(Option<&'static str>),
    /// Group names, or this word.
    Groups(Option<&'static str>),
    /// Signal names.
    Signals,
}

impl Model {
    /// The model of a program.
    pub fn new(program: &Program) -> Self {
        let positional = program.command.get_positionals().next();
        let operands = match positional {
            None => Operands::None,
            Some(arg) if runs_a_command(arg) => Operands::Command,
            Some(arg) => Operands::Words(source(program.name, arg)),
        };
        Self {
            name: program.name.into(),
            options: program.options().map(|arg| Opt::new(program, arg)).collect(),
            operands,
        }
    }
}

impl Model {
    /// The options whose letter may have a value behind a `=` in the same word.
    pub fn lettered(&self) -> impl Iterator<Item = (&str, &Opt, &Value)> {
        self.options.iter().filter_map(|option| {
            let value = option.value.as_ref().filter(|value| value.attached)?;
            let letter = option.shorts.first()?.strip_prefix('-')?;
            Some((letter, option, value))
        })
    }
}

impl Opt {
    fn new(program: &Program, arg: &Arg) -> Self {
        let shorts = arg.get_short_and_visible_aliases().unwrap_or_default();
        let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
        let help = arg.get_help().unwrap_or_default().to_string();
        let sentence = help.split_once(". ").map_or(help.as_str(), |(first, _)| first);
        let name = || {
            let names = arg.get_value_names().unwrap_or_default();
            names.first().map_or_else(String::new, ToString::to_string)
        };
        Self {
            shorts: shorts.iter().map(|short| format!("-{short}")).collect(),
            starts: longs.iter().flat_map(|long| starts(program, arg, long)).collect(),
            longs: longs.iter().map(|long| format!("--{long}")).collect(),
            help: sentence.replace('\n', " ").trim_end_matches('.').to_owned(),
            value: arg.get_action().takes_values().then(|| Value {
                name: name(),
                optional: arg.get_num_args().is_some_and(|count| count.min_values() == 0),
                attached: arg.is_require_equals_set(),
                source: source(program.name, arg),
                words: arg.get_num_args().map_or(1, |count| count.max_values()),
            }),
            repeats: matches!(arg.get_action(), ArgAction::Append | ArgAction::Count),
        }
    }

    /// All its spellings.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.shorts.iter().chain(&self.longs).map(String::as_str)
    }

    /// All that it may be given as.
    pub fn given_as(&self) -> impl Iterator<Item = &str> {
        self.spellings().chain(self.starts.iter().map(String::as_str))
    }

    /// Its name as part of a function's.
    pub fn function(&self) -> String {
        let name = self.spellings().last().unwrap_or_default();
        name.trim_start_matches('-').replace('-', "_")
    }

    /// Whether the next word is its value.
    pub fn takes_the_next_word(&self) -> bool {
        self.value.as_ref().is_some_and(|value| !value.optional)
    }
}

/// What this spelling of the option may be cut short to.
fn starts(program: &Program, arg: &Arg, long: &str) -> Vec<String> {
    let meant =
        |start: &str| whole(&program.command, program.relative, start).is_some_and(|(meant, _)| meant == arg);
    let starts = (1..long.len())
        .map(|end| &long[..end])
        .filter(|start| meant(start));
    starts.map(|start| format!("--{start}")).collect()
}

/// Whether what is given here is a command that we run.
fn runs_a_command(arg: &Arg) -> bool {
    arg.is_trailing_var_arg_set()
}

/// By what clap knows of the values, and else by their name, which the programs use alike.
fn source(program: &str, arg: &Arg) -> Source {
    let values: Vec<(String, String)> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            (value.get_name().to_owned(), help)
        })
        .collect();
    let names = arg.get_value_names().unwrap_or_default();
    let name = names.first().map(clap::builder::Str::as_str).unwrap_or_default();
    let list = arg.get_value_delimiter() == Some(',');
    if !values.is_empty() && arg.get_action().takes_values() {
        return if list || name == "COLUMNS" {
            Source::List(values)
        } else {
            Source::Words(values)
        };
    }
    let ask = |what: &str| Source::Ask(what.to_owned());
    match name {
        "KIND" if list => Source::List(kinds()),
        "KIND" => Source::Words(kinds()),
        "PLACES" => Source::List(places()),
        "DIR" => Source::Directories,
        "USER" | "UID" => Source::Users(followed(program, arg)),
        "GROUP" | "GID" => Source::Groups(followed(program, arg)),
        "SIGNAL" | "SIG" => Source::Signals,
        "MAP" => words(&["auto", "subids", "all"]),
        "TYPES" => Source::AskList("filesystems".into()),
        "SPEC" => Source::Keys(keys()),
        "PID" => ask("processes"),
        "PIN" | "KIND:NAME" => ask("pins"),
        "NAMES" => Source::AskList("environment".into()),
        "SOURCE" => ask("sources"),
        "MOUNTPOINT" => ask("mounts"),
        "PATH" if arg.get_long() == Some("mountpoint") => ask("mounts"),
        "DEVICE|MOUNTPOINT" => ask("mounted"),
        "NAMESPACE" => Source::AskOrFile("namespaces".into()),
        "TARGET" | "A" => Source::AskOrFile(targets(program, arg)),
        "FILE" | "PATH" => Source::Files,
        choice if choice.contains('|') => words(&choice.split('|').collect::<Vec<_>>()),
        _ => match arg.get_value_hint() {
            ValueHint::AnyPath | ValueHint::FilePath | ValueHint::ExecutablePath => Source::Files,
            ValueHint::DirPath => Source::Directories,
            ValueHint::Username => Source::Users(None),
            _ => Source::Free,
        },
    }
}

/// What the program offers as a target: of the kind that the option, or else the program, is for.
fn targets(program: &str, arg: &Arg) -> String {
    let of_option = arg.get_long().and_then(|long| long.parse::<Kind>().ok());
    let kind = of_option.or(match program {
        "ns-hostname" => Some(Kind::Uts),
        "ns-mounts" => Some(Kind::Mnt),
        _ => None,
    });
    kind.map_or_else(|| "targets".into(), |kind| format!("targets:{kind}"))
}

/// The word that stands for the id of the target, where there is a target.
fn followed(program: &str, arg: &Arg) -> Option<&'static str> {
    let takes_ids = matches!(arg.get_long(), Some("setuid" | "setgid"));
    (program == "ns-enter" && takes_ids).then_some("follow")
}

fn words(words: &[&str]) -> Source {
    let word = |word: &&str| ((*word).to_owned(), String::new());
    Source::Words(words.iter().map(word).collect())
}

/// The kinds of namespaces.
fn kinds() -> Vec<(String, String)> {
    let word = |kind: &Kind| (kind.name().to_owned(), format!("{} namespaces", kind.noun()));
    Kind::ALL.iter().map(word).collect()
}

/// The places where namespaces are looked for.
fn places() -> Vec<(String, String)> {
    let names = Places::all().names().chain(["all".into()]);
    names.map(|name| (name, String::new())).collect()
}

/// What `--veth` takes.
fn keys() -> Vec<(String, String)> {
    [
        ("name", "the interface inside"),
        ("addr", "its address, with the length of the prefix"),
        ("gw", "the gateway of the default route"),
        ("mac", "its hardware address"),
        ("mtu", "the MTU of both ends"),
        ("peer", "the other end"),
        ("peer-addr", "the address of that"),
        ("peer-netns", "the network namespace of that"),
    ]
    .map(|(key, help)| (key.to_owned(), help.to_owned()))
    .into()
}
