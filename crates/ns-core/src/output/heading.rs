//! What is seen of a column before its values: its name, what the column shows, what it holds.

/// What people and programs see of a column before its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The name, in capitals; in JSON the key, in small letters.
    pub name: &'static str,
    /// Other names that the column can be chosen by. They are shown nowhere.
    pub aliases: &'static [&'static str],
    /// What the column says, in a few words, for `--help` and the manual page.
    pub about: &'static str,
    /// What its values are.
    pub holds: Holds,
    /// Whether values may be cut to make the table as narrow as a terminal.
    pub shrinks: bool,
}

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// A number.
    Number,
    /// A text.
    Text,
    /// `yes` or `no`; in JSON true or false.
    Flag,
    /// Several texts; in JSON an array.
    Texts,
    /// Several numbers; in JSON an array.
    Numbers,
    /// An amount as a person reads it: a text that stands where numbers do.
    Amount,
}

/// Where the values of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// To the left: texts.
    Left,
    /// To the right: numbers.
    Right,
}

impl Holds {
    /// The type in JSON, in the words of the manual page.
    pub fn in_json(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Text | Self::Amount => "string",
            Self::Flag => "boolean",
            Self::Texts => "strings",
            Self::Numbers => "numbers",
        }
    }

    /// Where the values stand in a table.
    pub fn align(self) -> Align {
        match self {
            Self::Number | Self::Amount => Align::Right,
            Self::Text | Self::Flag | Self::Texts | Self::Numbers => Align::Left,
        }
    }
}

impl Heading {
    const fn new(name: &'static str, about: &'static str, holds: Holds) -> Self {
        Self {
            name,
            aliases: &[],
            about,
            holds,
            shrinks: false,
        }
    }

    /// Of a column of numbers.
    pub const fn number(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Number)
    }

    /// Of a column of texts.
    pub const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Text)
    }

    /// Of a column that says yes or no.
    pub const fn flag(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Flag)
    }

    /// Of a column of several texts.
    pub const fn texts(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Texts)
    }

    /// Of a column of several numbers.
    pub const fn numbers(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Numbers)
    }

    /// Of a column of amounts.
    pub const fn amount(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Amount)
    }

    /// The same, where values may be cut if a terminal has no room for them.
    #[must_use]
    pub const fn wide(self) -> Self {
        Self {
            shrinks: true,
            ..self
        }
    }

    /// The same with other names that it can be chosen by.
    #[must_use]
    pub const fn or(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The name in JSON.
    pub fn key(&self) -> String {
        self.name.to_lowercase()
    }

    /// Whether a person may mean this column by this name.
    pub(super) fn is_called(&self, name: &str) -> bool {
        std::iter::once(self.name)
            .chain(self.aliases.iter().copied())
            .any(|own| own.eq_ignore_ascii_case(name) || shell_name(own).eq_ignore_ascii_case(name))
    }
}

/// The name of a column as that of a shell variable: `MAJ_MIN`, `USE_PCT`.
pub fn shell_name(name: &str) -> String {
    name.replace('%', "_PCT")
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}
