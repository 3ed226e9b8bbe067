//! The missing parts of a listing: one sentence on stderr, and one object in JSON with the same keys in every program.

use nix::errno::Errno;
use serde_json::{Value, json};

use super::{Cell, Heading};
use crate::inventory::Unread;

/// The key in JSON.
pub(super) const KEY: &str = "incomplete";

/// Everything that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incomplete {
    /// Everything that a search could not read.
    pub unread: Unread,
    /// The places that should have been searched, and could not be.
    pub places: Vec<String>,
    /// The advice for reading more.
    pub help: Option<String>,
    /// Values that could not be read.
    pub(crate) values: usize,
    /// The columns with such values, and why the first of each could not be read.
    pub(crate) columns: Vec<(&'static Heading, Errno)>,
}

impl Incomplete {
    /// Counts the value of a column, if it could not be read. One that only `/proc` has does not count without `/proc`.
    pub fn count(&mut self, column: &'static Heading, cell: &Cell<'_>) {
        if self.is_without_proc() && *cell == Cell::GONE {
            return;
        }
        if let Cell::Unreadable(errno) = cell {
            self.values += 1;
            if self.columns.iter().all(|(known, _)| *known != column) {
                self.columns.push((column, *errno));
            }
        }
    }

    /// True if no `/proc` is mounted, and only the kernel's list was read.
    fn is_without_proc(&self) -> bool {
        self.places.iter().any(|place| place == "processes")
    }

    /// True if nothing is missing. Places alone do not count, because the kernel shows its own list to few users. They
    /// are reported together with other things.
    pub fn is_nothing(&self) -> bool {
        !self.is_without_proc()
            && *self
                == Self {
                    unread: Unread {
                        of_processes: self.unread.of_processes,
                        ..Unread::default()
                    },
                    places: self.places.clone(),
                    ..Self::default()
                }
    }

    /// Everything that is missing, in one sentence; `None` if nothing is.
    pub fn sentence(&self) -> Option<String> {
        if self.is_nothing() {
            return None;
        }
        let mut parts = self.parts();
        if let Some((_, errno)) = self.columns.first() {
            let number = match self.values {
                1 => "1 value".to_owned(),
                values => format!("{values} values"),
            };
            let names: Vec<_> = self.columns.iter().map(|(column, _)| column.name).collect();
            parts.push(format!(
                "{number} could not be read ({}: {})",
                names.join(", "),
                errno.desc()
            ));
        }
        let help = self.help.as_ref().map(|help| format!("; {help}"));
        Some(parts.join(", ") + &help.unwrap_or_default())
    }

    /// The things that a search could not read, with one part for each kind of thing.
    fn parts(&self) -> Vec<String> {
        let unread = &self.unread;
        let mut parts = Vec::new();
        match (unread.processes, unread.first) {
            (0, _) => {}
            (1, Some((pid, errno))) => parts.push(format!(
                "1 of {} processes could not be read (process {pid}: {})",
                unread.of_processes,
                errno.desc()
            )),
            (some, _) => parts.push(format!(
                "{some} of {} processes could not be read",
                unread.of_processes
            )),
        }
        for (count, one, several) in [
            (
                unread.descriptors,
                "the descriptors of 1 other process could not be read",
                "the descriptors of {} other processes could not be read",
            ),
            (
                unread.sockets,
                "the network namespace of 1 socket could not be found out",
                "the network namespaces of {} sockets could not be found out",
            ),
            (
                unread.mounts,
                "the mounts of 1 mount namespace could not be read",
                "the mounts of {} mount namespaces could not be read",
            ),
            (
                unread.relatives,
                "the owner or the parent of 1 namespace could not be read",
                "the owners or the parents of {} namespaces could not be read",
            ),
        ] {
            match count {
                0 => {}
                1 => parts.push(one.into()),
                count => parts.push(several.replace("{}", &count.to_string())),
            }
        }
        if unread.hidden {
            parts.push("/proc hides the processes of others (hidepid)".into());
        }
        if self.is_without_proc() {
            parts.push(
                "no proc file system is mounted on /proc here, so only the kernel's own list was read".into(),
            );
        } else if !self.places.is_empty() {
            // This is the only place that the kernel refuses as a whole.
            let why = match unread.list {
                None => ", which needs CAP_SYS_ADMIN".to_owned(),
                Some(errno) => format!(" ({})", errno.desc()),
            };
            parts.push(format!(
                "the kernel's own list of namespaces could not be read{why}"
            ));
        }
        parts
    }

    /// Everything that is missing, for JSON; null if nothing is. The second parameter is the key of a column.
    pub fn json(&self, key: fn(&Heading) -> String) -> Value {
        let Some(reason) = self.sentence() else {
            return Value::Null;
        };
        let columns: Vec<_> = self.columns.iter().map(|(column, _)| key(column)).collect();
        json!({
            "processes": self.unread.processes,
            "descriptors": self.unread.descriptors,
            "sockets": self.unread.sockets,
            "mounts": self.unread.mounts,
            "relatives": self.unread.relatives,
            "hidden": self.unread.hidden,
            "places": self.places,
            "values": self.values,
            "columns": columns,
            "reason": reason,
        })
    }
}

/// The sentence in an object that [`Incomplete::json`] made.
pub fn reason_in(incomplete: &Value) -> Option<&str> {
    incomplete["reason"].as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    static SIZE: Heading = Heading::amount("SIZE", "");
    static HOSTNAME: Heading = Heading::text("HOSTNAME", "");

    #[test]
    fn values_that_cannot_be_read_are_counted_with_their_columns() {
        let mut incomplete = Incomplete::default();
        for cell in [Cell::Absent, Cell::NotTold, Cell::NotAsked, Cell::Number(1)] {
            incomplete.count(&SIZE, &cell);
        }
        assert!(incomplete.is_nothing() && incomplete.sentence().is_none());
        assert_eq!(incomplete.json(Heading::key), Value::Null);
        incomplete.count(&SIZE, &Cell::Unreadable(Errno::EACCES));
        let sentence = incomplete.sentence().unwrap();
        assert_eq!(sentence, "1 value could not be read (SIZE: Permission denied)");
        incomplete.count(&HOSTNAME, &Cell::Unreadable(Errno::EPERM));
        incomplete.count(&HOSTNAME, &Cell::Unreadable(Errno::EPERM));
        (incomplete.unread.processes, incomplete.unread.of_processes) = (2, 3);
        incomplete.help = Some("run it as root to read all of them".into());
        let json = incomplete.json(Heading::key);
        assert_eq!(
            (&json["values"], &json["columns"]),
            (&json!(3), &json!(["size", "hostname"]))
        );
        assert_eq!(
            reason_in(&json),
            Some(
                "2 of 3 processes could not be read, 3 values could not be read (SIZE, HOSTNAME: Permission denied); \
                 run it as root to read all of them"
            )
        );
    }
}
