//! Users and groups by name (`passwd(5)`, `group(5)`). Names must be looked up before another mount namespace is
//! entered, because that namespace has other files.

use std::collections::HashMap;
use std::ffi::{CString, OsString};
use std::fs::File;
use std::io::ErrorKind;
use std::str::FromStr;

use nix::errno::Errno;
use nix::unistd::{Gid, Group, Uid, User, getgrouplist};

use crate::error::{Doing, words};
use crate::sys::errno::from_io;
use crate::{Error, Result};

/// The names that have been looked up.
#[derive(Debug, Default)]
pub struct UserNames(HashMap<u32, Option<String>>);

impl UserNames {
    /// The name of this user; `None` if no name can be found.
    pub fn name(&mut self, uid: u32) -> Option<&str> {
        self.0
            .entry(uid)
            .or_insert_with(|| name_of(uid).ok().flatten())
            .as_deref()
    }

    /// The name of this user, or the number if no name can be found.
    pub fn name_or_number(&mut self, uid: u32) -> String {
        self.name(uid).map_or_else(|| uid.to_string(), str::to_owned)
    }
}

/// The name of the user with this uid; `None` if no user has it.
pub fn name_of(uid: u32) -> Result<Option<String>> {
    let user = found(User::from_uid(Uid::from_raw(uid)), USERS)
        .doing(|| format!("look up the user with uid {uid}"))?;
    Ok(user.map(|user| user.name))
}

const USERS: &str = "/etc/passwd";
const GROUPS: &str = "/etc/group";

/// The answer of a look-up. Some errors mean that there is no such entry (`getpwnam(3)`). If the C library cannot open
/// the file and has another source that does not know the entry, it reports no error.
fn found<T>(answer: nix::Result<Option<T>>, file: &str) -> nix::Result<Option<T>> {
    match answer {
        Ok(None) | Err(Errno::ENOENT | Errno::ESRCH | Errno::EBADF | Errno::EPERM) => {
            match File::open(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(from_io(&error)),
                _ => Ok(None),
            }
        }
        answer => answer,
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
        let name = || Ok(found(User::from_name(text), USERS)?.map(|user| user.uid.as_raw()));
        id("user", text, name).map(Self)
    }
}

impl FromStr for GroupId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = || Ok(found(Group::from_name(text), GROUPS)?.map(|group| group.gid.as_raw()));
        id("group", text, name).map(Self)
    }
}

/// The id that a number gives, or else the id of the name.
fn id(what: &'static str, text: &str, by_name: impl Fn() -> nix::Result<Option<u32>>) -> Result<u32> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // The highest number means "no id" to system calls.
        return match text.parse() {
            Ok(id) if id < u32::MAX => Ok(id),
            _ => Err(Error::invalid(what, text, "ids are numbers from 0 to 4294967294")),
        };
    }
    match by_name() {
        Ok(Some(id)) => Ok(id),
        Ok(None) => Err(Error::invalid(what, text, format!("there is no such {what}"))),
        Err(errno) => {
            let why = format!("the {what} cannot be looked up: {}", words(errno));
            Err(Error::invalid(what, text, why))
        }
    }
}

/// The gids of a user: of the primary group in `/etc/passwd`, and of all groups, including that one (`getgrouplist(3)`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupsOfUser {
    /// The primary group.
    pub primary: u32,
    /// All groups.
    pub all: Vec<u32>,
}

/// The groups of the user with this uid.
///
/// [`Error::NotFound`] if no user has it.
pub fn groups_of(uid: u32) -> Result<GroupsOfUser> {
    let user = found(User::from_uid(Uid::from_raw(uid)), USERS)
        .doing(|| format!("look up the user with uid {uid}"))?
        .ok_or_else(|| Error::NotFound(format!("uid {uid} has no entry in {USERS}, and so no groups")))?;
    let doing = || format!("look up the groups of uid {uid}");
    let name = CString::new(user.name).map_err(|_| Errno::EINVAL).doing(doing)?;
    let all = getgrouplist(&name, user.gid).doing(doing)?;
    Ok(GroupsOfUser {
        primary: user.gid.as_raw(),
        all: all.into_iter().map(Gid::as_raw).collect(),
    })
}

/// The caller's name and primary group in `/etc/passwd`.
pub(crate) fn own_primary_group() -> Option<(String, u32)> {
    let user = User::from_uid(nix::unistd::getuid()).ok().flatten()?;
    Some((user.name, user.gid.as_raw()))
}

/// The caller's shell in `/etc/passwd`.
pub fn own_shell() -> Result<Option<OsString>> {
    let user = found(User::from_uid(nix::unistd::getuid()), USERS).doing(|| "look up the caller's shell")?;
    let shell = user.map(|user| user.shell.into_os_string());
    Ok(shell.filter(|shell| !shell.is_empty()))
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
