//! A question to the inventory. It decides which places are searched, and which facts are read.

use std::str::FromStr;

use bitflags::bitflags;

use crate::escape::quoted;
use crate::{Error, Kind, Kinds, Result};

use super::facts::Facts;

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// The kinds of namespaces.
    pub kinds: Kinds,
    /// The places to search.
    pub places: Places,
    /// The facts that are asked for.
    pub facts: Facts,
    /// The inode of a namespace whose processes are all described, and not only its representative.
    pub members_of: Option<u64>,
}

/// All kinds of namespaces that processes are in.
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
    /// The kinds whose links are read: the kinds that are asked for, and kinds that lead to them.
    pub(super) fn kinds_to_read(&self) -> Kinds {
        let mut kinds = self.kinds;
        if self.places.intersects(Places::PINS | Places::KERNEL) {
            kinds.insert(Kind::Mnt);
        }
        if self.places.contains(Places::KIN) && self.kinds.contains(Kind::User) {
            // A namespace that it owns may keep a user namespace alive.
            kinds = Kinds::ALL;
        }
        kinds
    }

    /// True if namespaces have to be opened.
    pub(super) fn opens(&self) -> bool {
        let kin = self.kinds.contains(Kind::User) || self.kinds.contains(Kind::Pid);
        self.facts.open() || self.places.contains(Places::KIN) && kin
    }
}

bitflags! {
    /// The places that are searched for namespaces.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Places: u8 {
        /// `/proc/PID/ns`: the namespaces of processes and of their next children.
        const PROCESSES = 1;
        /// `/proc/PID/task/TID/ns`: the namespaces of threads.
        const THREADS = 1 << 1;
        /// `/proc/PID/fd`: namespace files and sockets that are open.
        const DESCRIPTORS = 1 << 2;
        /// `/proc/PID/mountinfo`: namespace files that are mounted, in every mount namespace.
        const PINS = 1 << 3;
        /// The parents and owners of found namespaces.
        const KIN = 1 << 4;
        /// The kernel's own list.
        const KERNEL = 1 << 5;
    }
}

impl Places {
    /// The name of a place in an option.
    pub fn names(self) -> impl Iterator<Item = String> {
        self.iter_names().map(|(name, _)| name.to_lowercase())
    }
}

/// Reads names separated by commas, as in the option.
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
