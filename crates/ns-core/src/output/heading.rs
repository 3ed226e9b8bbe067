//! The heading of a column: its name, its description, and the type of its values.

/// The heading of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The name, in upper case. The key in JSON is the name in lower case.
    pub name: &'static str,
    /// Other names for choosing the column. They are not shown.
    pub aliases: &'static [&'static str],
    /// The description in a few words, for `--help` and the manual page.
    pub about: &'static str,
    /// The type of its values.
    pub holds: Holds,
    /// True if values can be cut to fit the terminal.
    pub shrinks: bool,
}

/// The type of the values of a column.
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
    /// An amount with a unit: a text that is aligned as a number.
    Amount,
}

/// The alignment of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Left, for texts.
    Left,
    /// Right, for numbers.
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

    /// The alignment in a table.
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

    /// The heading of a column of numbers.
    pub const fn number(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Number)
    }

    /// The heading of a column of texts.
    pub const fn text(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Text)
    }

    /// The heading of a column of flags.
    pub const fn flag(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Flag)
    }

    /// The heading of a column with several texts in a cell.
    pub const fn texts(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Texts)
    }

    /// The heading of a column with several numbers in a cell.
    pub const fn numbers(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Numbers)
    }

    /// The heading of a column of amounts.
    pub const fn amount(name: &'static str, about: &'static str) -> Self {
        Self::new(name, about, Holds::Amount)
    }

    /// Lets values of the column be cut to fit the terminal.
    #[must_use]
    pub const fn wide(self) -> Self {
        Self {
            shrinks: true,
            ..self
        }
    }

    /// Adds other names for choosing the column.
    #[must_use]
    pub const fn or(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The name in JSON.
    pub fn key(&self) -> String {
        self.name.to_lowercase()
    }

    /// The name in JSON in the form of a shell variable.
    pub fn shell_key(&self) -> String {
        shell_name(self.name).to_lowercase()
    }

    /// True if this name chooses the column.
    pub(super) fn is_called(&self, name: &str) -> bool {
        std::iter::once(self.name)
            .chain(self.aliases.iter().copied())
            .any(|own| own.eq_ignore_ascii_case(name) || shell_name(own).eq_ignore_ascii_case(name))
    }
}

/// The name of a column in the form of a shell variable: `MAJ_MIN`, `USE_PCT`.
pub fn shell_name(name: &str) -> String {
    name.replace('%', "_PCT")
        .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}
