//! `/proc/PID/status` (`proc_pid_status(5)`), over bytes, because the name of the process in it need not be text.

use super::Pid;

/// The lines of a status file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status(Vec<u8>);

impl Status {
    /// The text of the file.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The value of a field, without the white space around it.
    fn field(&self, name: &str) -> Option<&str> {
        // The kernel writes a line break in the process's name as \n, so no name can look like a field.
        let line = self
            .0
            .split(|byte| *byte == b'\n')
            .find_map(|line| line.strip_prefix(name.as_bytes())?.strip_prefix(b":"))?;
        Some(std::str::from_utf8(line).ok()?.trim())
    }

    /// A field that is a set of bits in hexadecimal.
    fn set(&self, name: &str) -> Option<u64> {
        u64::from_str_radix(self.field(name)?, 16).ok()
    }

    /// A field that is a number.
    fn number(&self, name: &str) -> Option<u32> {
        self.field(name)?.parse().ok()
    }

    /// The permitted capabilities (`CapPrm`), one bit for each.
    pub fn permitted(&self) -> Option<u64> {
        self.set("CapPrm")
    }

    /// The effective capabilities, which the kernel checks (`CapEff`).
    pub fn effective(&self) -> Option<u64> {
        self.set("CapEff")
    }

    /// The capabilities that the process can ever gain by `execve(2)` (`CapBnd`).
    pub fn bounding(&self) -> Option<u64> {
        self.set("CapBnd")
    }

    /// The signals that the process blocks, ignores or handles; bit 0 is signal 1.
    pub fn signals_asked_for(&self) -> Option<u64> {
        Some(self.set("SigBlk")? | self.set("SigIgn")? | self.set("SigCgt")?)
    }

    /// The PID of the process, also in the file of one of its threads (`Tgid`).
    pub fn leader(&self) -> Option<Pid> {
        self.field("Tgid")?.parse().ok()
    }

    /// How many threads it has.
    pub fn threads(&self) -> Option<u32> {
        self.number("Threads")
    }

    /// True if a seccomp filter applies to its system calls (`seccomp(2)`).
    pub fn has_seccomp_filter(&self) -> Option<bool> {
        Some(self.number("Seccomp")? == 2)
    }

    /// True if it cannot gain privileges by executing a program (`PR_SET_NO_NEW_PRIVS`).
    pub fn no_new_privileges(&self) -> Option<bool> {
        Some(self.number("NoNewPrivs")? == 1)
    }

    /// Its real uid, as the reader's user namespace sees it.
    pub fn real_uid(&self) -> Option<u32> {
        self.field("Uid")?.split_ascii_whitespace().next()?.parse().ok()
    }

    /// Its effective uid, as the reader's user namespace sees it.
    pub fn effective_uid(&self) -> Option<u32> {
        self.field("Uid")?.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    /// Its effective gid, as the reader's user namespace sees it.
    pub fn effective_gid(&self) -> Option<u32> {
        self.field("Gid")?.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    /// Its PIDs in the PID namespaces that it is in, from the reader's namespace to its own (`NSpid`).
    pub fn pids(&self) -> Option<Vec<Pid>> {
        self.field("NSpid")?
            .split_ascii_whitespace()
            .map(|pid| pid.parse().ok())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_found_by_their_names() {
        let status = Status::new(
            b"Name:\tNSpid:\\n\xff\nTgid:\t4711\nUid:\t1000\t1001\t1002\t1003\nGid:\t7\t8\t9\t10\nNSpid:\t4711\t12\t1\n\
              CapPrm:\t000001ffffffffff\nCapEff:\t0000000000000003\n"
                .to_vec(),
        );
        let pids: Vec<_> = status.pids().unwrap().iter().map(|pid| pid.as_raw()).collect();
        assert_eq!(pids, [4711, 12, 1]);
        assert_eq!(status.leader(), Pid::new(4711));
        assert_eq!(status.real_uid(), Some(1000));
        assert_eq!(status.effective_uid(), Some(1001));
        assert_eq!(status.effective_gid(), Some(8));
        assert_eq!(status.permitted(), Some(0x1ff_ffff_ffff));
        assert_eq!(status.effective(), Some(3));
    }

    #[test]
    fn what_is_not_there_is_not_known() {
        let status = Status::new(b"Name:\tcat\nNSpid:\t1\tx\n".to_vec());
        assert_eq!(status.permitted(), None);
        assert_eq!(status.pids(), None);
    }

    proptest! {
        #[test]
        fn any_ids_and_any_bytes_are_read(uids: [u32; 4], mask: u64, before in "[A-Z:\t\n0-9a-z]{0,20}", bytes: Vec<u8>) {
            let [real, effective, ..] = uids;
            let ids = uids.map(|id| id.to_string()).join("\t");
            let status = Status::new(format!("X{before}\nUid:\t{ids}\nCapEff:\t{mask:016x}\n").into_bytes());
            if !before.contains("Uid:") && !before.contains("CapEff:") {
                prop_assert_eq!((status.real_uid(), status.effective_uid()), (Some(real), Some(effective)));
                prop_assert_eq!(status.effective(), Some(mask));
            }
            let status = Status::new(bytes);
            let _ = (status.permitted(), status.signals_asked_for(), status.leader(), status.pids(), status.threads());
        }
    }
}
