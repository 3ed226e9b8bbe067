//! What is asked for: it decides where is looked, and what is read.

use std::str::FromStr;

use bitflags::bitflags;

use crate::escape::quoted;
use crate::{Error, Kind, Kinds, Result};

use super::facts::Facts;

/// What is to be found out.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// Of which kinds.
    pub kinds: Kinds,
    /// Where to look.
    pub places: Places,
    /// What is to be known of the namespaces.
    pub facts: Facts,
    /// The inode of a namespace of which every process is to be described, not only those that stand for it.
    pub members_of: Option<u64>,
}

/// What processes are in, of all kinds.
impl Default for Question {
    fn default() -> Self {
        Self {
            kinds: Kinds::ALL,
            places: Places::PROCESSES,
            facts: Facts::empty(),
            members_of: None,
        }
    }
}

impl Question {
    /// The kinds whose links are read: those that lead to what is asked for, beside that itself.
    pub(super) fn kinds_to_read(&self) -> Kinds {
        let mut kinds = self.kinds;
        if self.places.intersects(Places::PINS | Places::KERNEL) {
            kinds.insert(Kind::Mnt);
        }
        if self.places.contains(Places::KIN) && self.kinds.contains(Kind::User) {
            // A user namespace may live through one that it owns.
            kinds = Kinds::ALL;
        }
        kinds
    }

    /// Whether namespaces are to be opened.
    pub(super) fn opens(&self) -> bool {
        let kin = self.kinds.contains(Kind::User) || self.kinds.contains(Kind::Pid);
        self.facts.open() || self.places.contains(Places::KIN) && kin
    }
}

bitflags! {
    /// The places that are searched for namespaces.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Places: u8 {
        /// `/proc/PID/ns`: what processes are in, and what their next children are born in.
        const PROCESSES = 1;
        /// `/proc/PID/task/TID/ns`: what threads are in.
        const THREADS = 1 << 1;
        /// `/proc/PID/fd`: namespace files and sockets that are open.
        const DESCRIPTORS = 1 << 2;
        /// `/proc/PID/mountinfo`: namespace files that are mounted, in every mount namespace.
        const PINS = 1 << 3;
        /// The parents and owners of what was found.
        const KIN = 1 << 4;
        /// What the kernel lists itself.
        const KERNEL = 1 << 5;
    }
}

impl Places {
    /// The name of a place in an option.
    pub fn names(self) -> impl Iterator<Item = String> {
        self.iter_names().map(|(name, _)| name.to_lowercase())
    }
}

/// Takes names with commas between, as an option has them.
impl FromStr for Places {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.split(',')
            .map(|name| match name.trim() {
                "all" => Ok(Self::all()),
                name => Self::all()
                    .iter_names()
                    .find_map(|(known, place)| known.eq_ignore_ascii_case(name).then_some(place))
                    .ok_or_else(|| {
                        let names: Vec<_> = Self::all().names().collect();
                        Error::invalid(
                            "place",
                            name,
                            format!(
                                "there is no place {}: expected one of {}, all",
                                quoted(name.as_bytes()),
                                names.join(", ")
                            ),
                        )
                    }),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_chosen_by_their_names() {
        assert_eq!("all".parse(), Ok(Places::all()));
        assert_eq!("processes, pins".parse(), Ok(Places::PROCESSES | Places::PINS));
        let error = "processes,disks".parse::<Places>().unwrap_err().to_string();
        assert!(
            error.contains("there is no place \"disks\": expected one of processes, threads, descriptors, pins, kin, kernel, all")
        );
    }

    #[test]
    fn only_what_leads_to_the_answer_is_read() {
        let question = |kind, places| Question {
            kinds: [kind].into_iter().collect(),
            places,
            ..Question::default()
        };
        let kinds = |kind, places| question(kind, places).kinds_to_read().to_string();
        assert_eq!(kinds(Kind::Net, Places::PROCESSES), "net");
        assert_eq!(kinds(Kind::Net, Places::all()), "mnt, net");
        assert_eq!(kinds(Kind::Pid, Places::KIN), "pid");
        assert_eq!(question(Kind::User, Places::KIN).kinds_to_read(), Kinds::ALL);
        assert!(!question(Kind::Net, Places::all()).opens());
        assert!(question(Kind::Pid, Places::all()).opens());
        assert!(!question(Kind::Pid, Places::PROCESSES).opens());
    }
}
