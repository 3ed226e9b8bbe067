//! The outcome of looking up one value in the system. No state is ever turned into another one.

use nix::errno::Errno;

/// A value that may have been looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gathered<T> {
    /// The value is known.
    Known(T),
    /// There is no value.
    Absent,
    /// The kernel refused to show whether there is a value.
    Unreadable(Errno),
    /// This kernel cannot tell whether there is a value.
    NotTold,
    /// Nobody asked for the value.
    NotAsked,
}

impl<T> Gathered<T> {
    /// The value, if it is known.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unreadable(_) | Self::NotTold | Self::NotAsked => None,
        }
    }

    /// Borrows the value and keeps the state.
    pub fn as_ref(&self) -> Gathered<&T> {
        match self {
            Self::Known(value) => Gathered::Known(value),
            Self::Absent => Gathered::Absent,
            Self::Unreadable(errno) => Gathered::Unreadable(*errno),
            Self::NotTold => Gathered::NotTold,
            Self::NotAsked => Gathered::NotAsked,
        }
    }

    /// Converts a known value and keeps any other state.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Gathered<U> {
        self.and_then(|value| Gathered::Known(make(value)))
    }

    /// The result of `next` for a known value; otherwise the same state.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Gathered<U>) -> Gathered<U> {
        match self {
            Self::Known(value) => next(value),
            Self::Absent => Gathered::Absent,
            Self::Unreadable(errno) => Gathered::Unreadable(errno),
            Self::NotTold => Gathered::NotTold,
            Self::NotAsked => Gathered::NotAsked,
        }
    }
}

impl<T> From<Option<T>> for Gathered<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_not_known_stays_what_it_is() {
        for state in [
            Gathered::Absent,
            Gathered::Unreadable(Errno::EPERM),
            Gathered::NotTold,
            Gathered::NotAsked,
        ] {
            assert_eq!(state.map(|value: u8| value), state);
            assert_eq!(state.as_ref().map(|value| *value), state);
            assert_eq!(state.known(), None);
        }
        assert_eq!(Gathered::Known(1).map(|value| value + 1), Gathered::Known(2));
    }
}
