//! Users and groups by name (`passwd(5)`, `group(5)`). Names must be looked up before another mount namespace is
//! entered, because that namespace has other files.

use std::collections::HashMap;
use std::ffi::OsString;
use std::str::FromStr;

use nix::unistd::{Group, Uid, User};

use crate::{Error, Result};

/// The names that have been looked up.
#[derive(Debug, Default)]
pub struct UserNames(HashMap<u32, Option<String>>);

impl UserNames {
    /// The name of this user; `None` if no name can be found.
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

    /// The name of this user, or the number if no name can be found.
    pub fn name_or_number(&mut self, uid: u32) -> String {
        self.name(uid).map_or_else(|| uid.to_string(), str::to_owned)
    }
}

/// A uid, given as a number or as the name of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserId(pub u32);

/// A gid, given as a number or as the name of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupId(pub u32);

impl FromStr for UserId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = || Ok(User::from_name(text).ok().flatten().map(|user| user.uid.as_raw()));
        id("user", text, name).map(Self)
    }
}

impl FromStr for GroupId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = || {
            Ok(Group::from_name(text)
                .ok()
                .flatten()
                .map(|group| group.gid.as_raw()))
        };
        id("group", text, name).map(Self)
    }
}

/// The id that a number gives, or else the id of the name.
fn id(what: &'static str, text: &str, by_name: impl Fn() -> Result<Option<u32>>) -> Result<u32> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // The highest number means "no id" to system calls.
        return match text.parse() {
            Ok(id) if id < u32::MAX => Ok(id),
            _ => Err(Error::invalid(what, text, "ids are numbers from 0 to 4294967294")),
        };
    }
    by_name()?.ok_or_else(|| Error::invalid(what, text, format!("there is no such {what}")))
}

/// The caller's name and primary group in `/etc/passwd`.
pub(crate) fn own_primary_group() -> Option<(String, u32)> {
    let user = User::from_uid(nix::unistd::getuid()).ok().flatten()?;
    Some((user.name, user.gid.as_raw()))
}

/// The caller's shell in `/etc/passwd`.
pub fn own_shell() -> Option<OsString> {
    let user = User::from_uid(nix::unistd::getuid()).ok().flatten()?;
    Some(user.shell.into_os_string()).filter(|shell| !shell.is_empty())
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

    #[test]
    fn a_user_is_a_number_or_a_name() {
        assert_eq!("0".parse(), Ok(UserId(0)));
        assert_eq!("root".parse(), Ok(UserId(0)));
        assert_eq!("root".parse(), Ok(GroupId(0)));
        assert_eq!("4294967294".parse(), Ok(UserId(4_294_967_294)));
        for text in ["", "4294967295", "4294967301", "no-such-user", "-1"] {
            assert!(text.parse::<UserId>().is_err(), "{text}");
        }
    }
}
