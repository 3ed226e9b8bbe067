//! Changes of single variables of an environment (`environ(7)`).

use std::ffi::CString;

/// A change of one variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvironmentChange {
    /// Set it: the entry `NAME=VALUE`.
    Set(CString),
    /// Remove the variable of this name.
    Unset(Vec<u8>),
}

impl EnvironmentChange {
    /// The name of the variable.
    pub(super) fn name(&self) -> &[u8] {
        match self {
            Self::Set(entry) => {
                let entry = entry.to_bytes();
                let end = entry.iter().position(|byte| *byte == b'=');
                &entry[..end.unwrap_or(entry.len())]
            }
            Self::Unset(name) => name,
        }
    }

    /// True if this entry sets the variable.
    fn is_about(&self, entry: &[u8]) -> bool {
        entry
            .strip_prefix(self.name())
            .is_some_and(|rest| rest.starts_with(b"="))
    }

    /// Makes the change. A variable that is set again keeps its place.
    pub(super) fn apply(&self, environment: &mut Vec<CString>) {
        let place = environment
            .iter()
            .position(|entry| self.is_about(entry.to_bytes()));
        let set = match self {
            Self::Set(entry) => Some(entry.clone()),
            Self::Unset(_) => None,
        };
        // An environment can have a name twice.
        environment.retain(|entry| !self.is_about(entry.to_bytes()));
        if let Some(entry) = set {
            environment.insert(place.unwrap_or(environment.len()), entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_about_all_entries_of_one_name() {
        let mut environment = vec![
            c"A=1".to_owned(),
            c"AB=1".to_owned(),
            c"B".to_owned(),
            c"AB=2".to_owned(),
            c"C=3".to_owned(),
        ];
        EnvironmentChange::Set(c"AB=x=y".to_owned()).apply(&mut environment);
        EnvironmentChange::Unset(b"A".to_vec()).apply(&mut environment);
        EnvironmentChange::Unset(b"B".to_vec()).apply(&mut environment);
        EnvironmentChange::Set(c"D=".to_owned()).apply(&mut environment);
        assert_eq!(
            environment,
            [c"AB=x=y", c"B", c"C=3", c"D="].map(ToOwned::to_owned)
        );
    }
}
