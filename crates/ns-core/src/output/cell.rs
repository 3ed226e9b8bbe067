//! A value of a listing, and a row of them.

use std::borrow::Cow;

use nix::errno::Errno;

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// There is no value: empty in text, null in JSON.
    Absent,
    /// The value could not be read, for this reason: `?` in text, null in JSON.
    Unreadable(Errno),
    /// This kernel does not tell the value: `-` in text, null in JSON.
    NotTold,
    /// The value was not asked for: `-` in text, null in JSON.
    NotAsked,
    /// A number, in JSON too.
    Number(u64),
    /// A number below 0.
    Negative(i64),
    /// `yes` or `no` in text, true or false in JSON.
    Flag(bool),
    /// Bytes of any value; in JSON a string, with the bytes in hexadecimal beside it if they are not UTF-8.
    Text(Cow<'a, [u8]>),
    /// Several texts: joined by commas in text, an array in JSON, with their bytes beside it as for a single text.
    List(Vec<Cow<'a, [u8]>>),
    /// Several numbers, likewise.
    Numbers(Vec<u64>),
}

impl<'a> Cell<'a> {
    /// A value of something that had gone before it was looked at.
    pub const GONE: Self = Self::Unreadable(Errno::ENOENT);

    /// A text.
    pub fn text(bytes: impl Into<Cow<'a, [u8]>>) -> Self {
        Self::Text(bytes.into())
    }

    /// An owned text.
    pub fn string(text: &(impl ToString + ?Sized)) -> Self {
        Self::Text(Cow::Owned(text.to_string().into_bytes()))
    }

    /// A value that could not be read when a list was saved, for a reason that the list does not say.
    pub fn unreadable_elsewhere() -> Self {
        Self::Unreadable(Errno::EACCES)
    }

    /// The gathered value as a cell.
    pub fn gathered<T>(value: crate::Gathered<T>, known: impl FnOnce(T) -> Self) -> Self {
        match value {
            crate::Gathered::Known(value) => known(value),
            crate::Gathered::Absent => Self::Absent,
            crate::Gathered::Unreadable(errno) => Self::Unreadable(errno),
            crate::Gathered::NotTold => Self::NotTold,
            crate::Gathered::NotAsked => Self::NotAsked,
        }
    }

    /// An owned copy.
    pub fn into_owned(self) -> Cell<'static> {
        let owned = |bytes: Cow<'_, [u8]>| Cow::Owned(bytes.into_owned());
        match self {
            Self::Absent => Cell::Absent,
            Self::Unreadable(errno) => Cell::Unreadable(errno),
            Self::NotTold => Cell::NotTold,
            Self::NotAsked => Cell::NotAsked,
            Self::Number(number) => Cell::Number(number),
            Self::Negative(number) => Cell::Negative(number),
            Self::Flag(flag) => Cell::Flag(flag),
            Self::Text(bytes) => Cell::Text(owned(bytes)),
            Self::List(items) => Cell::List(items.into_iter().map(owned).collect()),
            Self::Numbers(items) => Cell::Numbers(items),
        }
    }

    /// True if there is a value.
    pub fn is_known(&self) -> bool {
        !matches!(
            self,
            Self::Absent | Self::Unreadable(_) | Self::NotTold | Self::NotAsked
        )
    }

    /// The value as text, not escaped.
    pub fn plain(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Absent => Cow::Borrowed(b""),
            Self::Unreadable(_) => Cow::Borrowed(b"?"),
            Self::NotTold | Self::NotAsked => Cow::Borrowed(b"-"),
            Self::Number(number) => Cow::Owned(number.to_string().into_bytes()),
            Self::Negative(number) => Cow::Owned(number.to_string().into_bytes()),
            Self::Flag(true) => Cow::Borrowed(b"yes"),
            Self::Flag(false) => Cow::Borrowed(b"no"),
            Self::Text(bytes) => Cow::Borrowed(bytes),
            Self::List(items) => Cow::Owned(items.join(&b',')),
            Self::Numbers(items) => {
                let items: Vec<_> = items.iter().map(ToString::to_string).collect();
                Cow::Owned(items.join(",").into_bytes())
            }
        }
    }
}

impl From<u64> for Cell<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Cell<'_> {
    fn from(number: i32) -> Self {
        u64::try_from(number).map_or(Self::Negative(number.into()), Self::Number)
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// A row and its depth in the tree. The children of a row follow it, one level deeper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row<'a> {
    /// The depth: 0 for a root, and at most one more than in the row before.
    pub depth: usize,
    /// One cell for each column.
    pub cells: Vec<Cell<'a>>,
}

impl Row<'_> {
    /// An owned copy.
    pub fn into_owned(self) -> Row<'static> {
        Row {
            depth: self.depth,
            cells: self.cells.into_iter().map(Cell::into_owned).collect(),
        }
    }
}
