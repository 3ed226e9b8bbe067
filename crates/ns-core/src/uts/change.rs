//! Setting the names of a UTS namespace: both or neither, and only names that differ.

use nix::errno::Errno;

use super::{Names, UtsNamespace, check_bytes};
use crate::error::Doing;
use crate::sys::errno::from_rustix;
use crate::{Error, Result};

/// The names to set; `None` keeps a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The host name.
    pub host: Option<Vec<u8>>,
    /// The NIS domain name.
    pub domain: Option<Vec<u8>>,
}

/// The effect of a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed {
    /// True if the host name changed.
    pub host: bool,
    /// True if the NIS domain name changed.
    pub domain: bool,
}

impl Changed {
    /// True if any name changed.
    pub fn anything(self) -> bool {
        self.host || self.domain
    }
}

/// The name that the kernel refused to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    Host = 1,
    Domain,
}

type Outcome = Result<Changed, (Refused, Errno)>;

impl Change {
    /// Sets the names in this UTS namespace, with `sethostname(2)` and `setdomainname(2)`. The caller's own namespace
    /// does not change, unless it is this one.
    ///
    /// If the second name is refused, the first is restored. A name that is already set is not set again, and needs no
    /// right to set it. [`Error::Invalid`] for names that [`check_bytes`] refuses.
    pub fn apply(&self, place: &UtsNamespace) -> Result<Changed> {
        self.check()?;
        let outcome = place.work(
            "set the names",
            || self.set_here(),
            || encode(self.set_here()),
            |answer| Ok(decode(answer).unwrap_or(Err((Refused::Host, Errno::EIO)))),
        );
        // The answer of the child can be lost, although it has set the names.
        let outcome = outcome.or_else(|error| match Names::of(place) {
            Ok(now) if self.is_done(&now) => Ok(Ok(Changed {
                host: self.host.is_some(),
                domain: self.domain.is_some(),
            })),
            Ok(_) => Err(error),
            Err(_) => Err(error.with_note("the names may have been set")),
        })?;
        outcome.or_else(|(step, errno)| {
            let place = match place.namespace() {
                Ok(namespace) => format!(" in {namespace}"),
                Err(_) => String::new(),
            };
            Err(errno).doing(|| match step {
                Refused::Host => format!("set the host name{place}"),
                Refused::Domain => format!("set the NIS domain name{place}"),
            })
        })
    }

    /// True if these are the names to set.
    fn is_done(&self, now: &Names) -> bool {
        let is_set = |name: &Option<Vec<u8>>, now: &[u8]| name.as_ref().is_none_or(|name| name == now);
        is_set(&self.host, &now.host) && is_set(&self.domain, &now.domain)
    }

    fn check(&self) -> Result<()> {
        let names = [("host name", &self.host), ("NIS domain name", &self.domain)];
        for (what, name) in names {
            if let Some(name) = name {
                check_bytes(name).map_err(|flaw| Error::invalid(what, name, flaw.to_string()))?;
            }
        }
        Ok(())
    }

    fn set_here(&self) -> Outcome {
        let before = Names::own().map_err(|errno| (Refused::Host, errno))?;
        self.set(
            &before,
            |host| rustix::system::sethostname(host).map_err(from_rustix),
            |domain| rustix::system::setdomainname(domain).map_err(from_rustix),
        )
    }

    fn set(
        &self,
        before: &Names,
        set_host: impl Fn(&[u8]) -> nix::Result<()>,
        set_domain: impl Fn(&[u8]) -> nix::Result<()>,
    ) -> Outcome {
        let host = self.host.as_ref().filter(|host| **host != before.host);
        let domain = self.domain.as_ref().filter(|domain| **domain != before.domain);
        if let Some(host) = host {
            set_host(host).map_err(|errno| (Refused::Host, errno))?;
        }
        if let Some(domain) = domain
            && let Err(errno) = set_domain(domain)
        {
            if host.is_some() {
                // This was allowed a moment ago. If it no longer is, nothing else can be done.
                let _ = set_host(&before.host);
            }
            return Err((Refused::Domain, errno));
        }
        Ok(Changed {
            host: host.is_some(),
            domain: domain.is_some(),
        })
    }
}

/// The answer of the child: the step that failed and the errno, or 0 and what changed.
fn encode(outcome: Outcome) -> Vec<u8> {
    match outcome {
        Ok(changed) => vec![0, changed.host.into(), changed.domain.into()],
        Err((step, errno)) => vec![step as u8, u8::try_from(errno as i32).unwrap_or(u8::MAX), 0],
    }
}

fn decode(bytes: &[u8]) -> Option<Outcome> {
    let [step, first, second] = *bytes else {
        return None;
    };
    let refused = |step| Some(Err((step, Errno::from_raw(first.into()))));
    match step {
        0 => Some(Ok(Changed {
            host: first != 0,
            domain: second != 0,
        })),
        1 => refused(Refused::Host),
        2 => refused(Refused::Domain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// The outcome and the names that are set, if the kernel refuses `refused`.
    fn set(change: &Change, refused: &[u8]) -> (Outcome, Vec<String>) {
        let calls = RefCell::new(Vec::new());
        let call = |what: &str, name: &[u8]| {
            calls.borrow_mut().push(format!("{what} {}", name.escape_ascii()));
            if name == refused {
                Err(Errno::EPERM)
            } else {
                Ok(())
            }
        };
        let before = Names {
            host: b"old".to_vec(),
            domain: b"(none)".to_vec(),
        };
        let outcome = change.set(
            &before,
            |host| call("host", host),
            |domain| call("domain", domain),
        );
        (outcome, calls.into_inner())
    }

    fn change(host: &str, domain: &str) -> Change {
        Change {
            host: Some(host.into()),
            domain: Some(domain.into()),
        }
    }

    #[test]
    fn the_host_name_is_put_back_where_the_domain_is_refused() {
        let (outcome, calls) = set(&change("web", "corp"), b"corp");
        assert_eq!(outcome, Err((Refused::Domain, Errno::EPERM)));
        assert_eq!(calls, ["host web", "domain corp", "host old"]);
        let (outcome, calls) = set(&change("old", "corp"), b"corp");
        assert_eq!(outcome, Err((Refused::Domain, Errno::EPERM)));
        assert_eq!(calls, ["domain corp"]);
        let (outcome, calls) = set(&change("web", "corp"), b"web");
        assert_eq!(outcome, Err((Refused::Host, Errno::EPERM)));
        assert_eq!(calls, ["host web"]);
    }

    #[test]
    fn what_is_set_already_is_not_set_again() {
        let (outcome, calls) = set(&change("old", "(none)"), b"old");
        assert!(!outcome.unwrap().anything());
        assert!(calls.is_empty());
        let (outcome, calls) = set(&change("old", "corp"), b"");
        assert_eq!(
            outcome,
            Ok(Changed {
                host: false,
                domain: true
            })
        );
        assert_eq!(calls, ["domain corp"]);
    }

    #[test]
    fn the_child_is_understood() {
        let changed = Changed {
            host: true,
            domain: false,
        };
        for outcome in [
            Ok(changed),
            Err((Refused::Host, Errno::EPERM)),
            Err((Refused::Domain, Errno::EINVAL)),
        ] {
            assert_eq!(decode(&encode(outcome)), Some(outcome));
        }
        assert_eq!(decode(b""), None);
    }

    #[test]
    fn a_name_that_the_kernel_would_cut_is_refused_before() {
        let long = Change {
            host: Some(vec![b'x'; 65]),
            domain: None,
        };
        let error = long.apply(&UtsNamespace::Own).unwrap_err().to_string();
        assert!(
            error.ends_with("it is 65 bytes long; the kernel's limit is 64"),
            "{error}"
        );
    }
}
