//! The names of users, looked up once each. Before any other mount namespace is entered: their files are the caller's own.

use std::collections::HashMap;

use nix::unistd::{Uid, User};

/// The names that have been looked up.
#[derive(Debug, Default)]
pub struct UserNames(HashMap<u32, Option<String>>);

impl UserNames {
    /// The name of this user; `None` where there is none, or none can be found.
    pub fn name(&mut self, uid: u32) -> Option<&str> {
        self.0
            .entry(uid)
            .or_insert_with(|| {
                User::from_uid(Uid::from_raw(uid))
                    .ok()
                    .flatten()
                    .map(|user| user.name)
            })
            .as_deref()
    }

    /// Its name, or else its number.
    pub fn name_or_number(&mut self, uid: u32) -> String {
        self.name(uid).map_or_else(|| uid.to_string(), str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_name_is_its_number() {
        let mut names = UserNames::default();
        assert_eq!(names.name_or_number(0), "root");
        assert_eq!(names.name_or_number(0), "root");
        assert_eq!(names.name_or_number(4_000_000_011), "4000000011");
    }
}
