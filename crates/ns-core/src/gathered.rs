//! What a look at the system gives for one value: it, nothing, or a refusal. The three never become one another.

use nix::errno::Errno;

/// A value that was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathered<T> {
    /// It is this.
    Known(T),
    /// There is none.
    Absent,
    /// There may be one: the kernel would not say.
    Unreadable(Errno),
}

impl<T> Gathered<T> {
    /// The value, where it is known.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreadable(_) => None,
        }
    }

    /// The same with a reference to the value.
    pub fn as_ref(&self) -> Gathered<&T> {
        match self {
            Self::Known(value) => Gathered::Known(value),
            Self::Absent => Gathered::Absent,
            Self::Unreadable(errno) => Gathered::Unreadable(*errno),
        }
    }

    /// The same with another value made of the known one.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Gathered<U> {
        match self {
            Self::Known(value) => Gathered::Known(make(value)),
            Self::Absent => Gathered::Absent,
            Self::Unreadable(errno) => Gathered::Unreadable(errno),
        }
    }
}

impl<T> From<Option<T>> for Gathered<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Known)
    }
}
