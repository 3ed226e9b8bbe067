//! The names of UTS namespaces, read with `uname(2)`. The kernel shows a process only the names of its own namespace,
//! so a child enters other namespaces.

use std::io::{self, Write};

use nix::errno::Errno;

use super::UtsNamespace;
use crate::process::{Pid, in_child, in_namespace_of};
use crate::sys::uname;
use crate::{Error, Gathered, Kind, Namespace, Result};

/// The kernel's text for a name that was never set.
pub const UNSET: &[u8] = b"(none)";

/// The operation of the child, as it reads after "cannot".
const READ: &str = "read the names";

/// The two names of a UTS namespace: any bytes except NUL, at most [`super::NAME_MAX`] each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The host name, the "nodename" of `uname(2)`.
    pub host: Vec<u8>,
    /// The NIS domain name.
    pub domain: Vec<u8>,
}

impl Names {
    /// The names of the caller's own UTS namespace.
    pub fn own() -> nix::Result<Self> {
        uname::names().map(|(host, domain)| Self { host, domain })
    }

    /// The names of this UTS namespace.
    pub fn of(place: &UtsNamespace) -> Result<Self> {
        let names = place.work(
            READ,
            || Some(gathered()),
            || encode(&gathered()),
            |answer| Ok(Answers(answer).next()),
        )?;
        match names {
            Some(Gathered::Known(names)) => Ok(names),
            Some(Gathered::Unreadable(errno)) => Err(Error::kernel(READ, errno)),
            _ => Err(Error::kernel(READ, Errno::EIO)),
        }
    }

    /// The NIS domain name, if one was set.
    pub fn domain_if_set(&self) -> Option<&[u8]> {
        Some(&*self.domain).filter(|domain| *domain != UNSET)
    }
}

/// The names of many UTS namespaces, all read by one child: `open` gives the namespace at an index, and a process in it
/// if one is known. Each namespace is closed before the next is opened. A namespace that must be entered together with
/// its user namespace needs one more child.
///
/// [`Gathered::Absent`] if `open` finds that the namespace no longer exists.
pub fn read_each<T>(
    places: &[T],
    open: impl Fn(&T) -> Result<(Namespace, Option<Pid>)>,
) -> Result<Vec<Gathered<Names>>> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let own = Namespace::own(Kind::Uts)?.identity();
    let own_names = gathered();
    let bytes = in_child(|pipe| {
        let mut pipe = io::BufWriter::new(pipe);
        for place in places {
            match open(place) {
                // An ordinary user has no rights to the caller's own namespace, and needs none.
                Ok((namespace, _)) if namespace.identity() == own => write(&mut pipe, &own_names)?,
                Ok((namespace, process)) => write_through(&mut pipe, &namespace, process)?,
                Err(Error::NotFound(_)) => write(&mut pipe, &Gathered::Absent)?,
                Err(error) => {
                    let errno = error.errno().unwrap_or(Errno::EINVAL);
                    write(&mut pipe, &Gathered::Unreadable(errno))?;
                }
            }
        }
        pipe.flush()
    })?;
    Ok(Answers(&bytes).collect())
}

/// Reads the names in the calling child, or in a child of that child if there is no way back.
fn write_through(pipe: &mut impl Write, namespace: &Namespace, process: Option<Pid>) -> io::Result<()> {
    match namespace.enter() {
        Ok(()) => pipe.write_all(&encode(&gathered())),
        Err(Errno::EPERM) => match in_namespace_of(process, namespace, READ, || Ok(encode(&gathered()))) {
            Ok(bytes) => pipe.write_all(&bytes),
            Err(error) => write(pipe, &Gathered::Unreadable(error.errno().unwrap_or(Errno::EIO))),
        },
        Err(errno) => write(pipe, &Gathered::Unreadable(errno)),
    }
}

/// A mark in the pipe instead of an errno. The kernel has no errno of this value.
const ABSENT: u8 = u8::MAX;

/// The caller's own names, or why the kernel does not tell them.
fn gathered() -> Gathered<Names> {
    match Names::own() {
        Ok(names) => Gathered::Known(names),
        Err(errno) => Gathered::Unreadable(errno),
    }
}

/// The answer of a child for one namespace: a byte 0 and the two names, each ended by NUL; or the byte of an errno.
fn encode(answer: &Gathered<Names>) -> Vec<u8> {
    match answer {
        Gathered::Known(names) => [&[0], &*names.host, &[0], &*names.domain, &[0]].concat(),
        Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => vec![ABSENT],
        Gathered::Unreadable(errno) => vec![u8::try_from(*errno as i32).unwrap_or(ABSENT - 1)],
    }
}

fn write(pipe: &mut impl Write, answer: &Gathered<Names>) -> io::Result<()> {
    pipe.write_all(&encode(answer))
}

/// The answers of a child, one for each namespace.
struct Answers<'a>(&'a [u8]);

impl Answers<'_> {
    fn name(&mut self) -> Option<Vec<u8>> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (name, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        Some(name.to_vec())
    }
}

impl Iterator for Answers<'_> {
    type Item = Gathered<Names>;

    fn next(&mut self) -> Option<Self::Item> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(match *first {
            0 => Gathered::Known(Names {
                host: self.name()?,
                domain: self.name()?,
            }),
            ABSENT => Gathered::Absent,
            errno => Gathered::Unreadable(Errno::from_raw(errno.into())),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ones_own_names_are_those_in_proc() {
        let read = |name: &str| {
            let mut bytes = std::fs::read(format!("/proc/sys/kernel/{name}")).unwrap();
            bytes.pop();
            bytes
        };
        let names = Names::own().unwrap();
        assert_eq!(names.host, read("hostname"));
        assert_eq!(names.domain, read("domainname"));
        assert_eq!(Names::of(&UtsNamespace::Own).unwrap(), names);
        let own = Namespace::own(Kind::Uts).unwrap();
        assert_eq!(
            Names::of(&UtsNamespace::Of(own, Some(Pid::own()))).unwrap(),
            names
        );
    }

    #[test]
    fn a_domain_that_was_never_set_is_none() {
        let names = |domain: &[u8]| Names {
            host: b"web".to_vec(),
            domain: domain.to_vec(),
        };
        assert_eq!(names(b"(none)").domain_if_set(), None);
        assert_eq!(names(b"").domain_if_set(), Some(&b""[..]));
    }

    fn answers() -> impl Strategy<Value = Gathered<Names>> {
        let name = || proptest::collection::vec(1_u8.., 0..=crate::uts::NAME_MAX);
        prop_oneof![
            (name(), name()).prop_map(|(host, domain)| Gathered::Known(Names { host, domain })),
            Just(Gathered::Absent),
            Just(Gathered::Unreadable(Errno::EPERM)),
        ]
    }

    proptest! {
        #[test]
        fn a_child_is_understood(answers in proptest::collection::vec(answers(), 0..9)) {
            let mut bytes = Vec::new();
            for answer in &answers {
                write(&mut bytes, answer).unwrap();
            }
            prop_assert_eq!(Answers(&bytes).collect::<Vec<_>>(), answers);
        }
    }
}
