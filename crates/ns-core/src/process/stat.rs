//! `/proc/PID/stat` and `/proc/PID/cmdline` (`proc_pid_stat(5)`, `proc_pid_cmdline(5)`), over bytes, because a process
//! chooses its own name, which need not be text.

use super::Pid;

/// The fields of `/proc/PID/stat` that are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The process.
    pub pid: Pid,
    /// Its name, at most 15 bytes of any value.
    pub name: Vec<u8>,
    /// `R`, `S`, `T`, `Z` …
    pub state: u8,
    /// The parent; `None` if it is not in the reader's PID namespace.
    pub parent: Option<Pid>,
    /// `PF_*` flags of the kernel.
    pub flags: u32,
    /// How many threads it has.
    pub threads: u32,
    /// When it started, in clock ticks since boot.
    pub started: u64,
}

/// Reads the fields of a stat file; `None` if the text is not one.
pub fn parse_stat(bytes: &[u8]) -> Option<Stat> {
    // The name is in parentheses and can have any byte, so it ends at the last closing parenthesis.
    let open = bytes.iter().position(|byte| *byte == b'(')?;
    let close = bytes.iter().rposition(|byte| *byte == b')')?;
    let number = |field: &[u8]| std::str::from_utf8(field).ok()?.trim().parse::<u64>().ok();
    let pid = |field: &[u8]| Pid::new(i32::try_from(number(field)?).ok()?);
    // The third field of proc_pid_stat(5) is the first of these.
    let mut fields = bytes
        .get(close + 1..)?
        .split(u8::is_ascii_whitespace)
        .filter(|field| !field.is_empty());
    Some(Stat {
        pid: pid(&bytes[..open])?,
        name: bytes.get(open + 1..close)?.to_vec(),
        state: *fields.next()?.first()?,
        parent: pid(fields.next()?),
        flags: u32::try_from(number(fields.nth(4)?)?).ok()?,
        threads: u32::try_from(number(fields.nth(10)?)?).ok()?,
        started: number(fields.nth(1)?)?,
    })
}

/// The command line in one line: the arguments of `/proc/PID/cmdline` with spaces between; `None` if there is none, as
/// for kernel threads and zombies.
pub fn command_line(cmdline: &[u8]) -> Option<Vec<u8>> {
    let end = cmdline.iter().rposition(|byte| *byte != 0)? + 1;
    Some(
        cmdline[..end]
            .iter()
            .map(|byte| if *byte == 0 { b' ' } else { *byte })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REST: &str =
        "S 41 4711 4711 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 3 0 123456 1000 10 18446744073709551615 1";

    #[test]
    fn a_name_may_hold_anything() {
        for name in [&b"cat"[..], b"", b"a) S 1 (b", b"\xff\n", b":)"] {
            let bytes = [b"4711 (", name, b") ", REST.as_bytes()].concat();
            let stat = parse_stat(&bytes).unwrap();
            assert_eq!(stat.name, name);
            assert_eq!(stat.pid.as_raw(), 4711);
            assert_eq!(stat.parent.unwrap().as_raw(), 41);
            assert_eq!((stat.state, stat.flags), (b'S', 4_194_560));
            assert_eq!((stat.threads, stat.started), (3, 123_456));
        }
    }

    #[test]
    fn a_file_cut_short_is_no_stat() {
        let whole = format!("4711 (cat) {REST}");
        let started = whole.find("123456").unwrap();
        for end in 0..started {
            assert_eq!(parse_stat(&whole.as_bytes()[..end]), None, "{end}");
        }
    }

    #[test]
    fn a_command_line_is_one_line_of_its_arguments() {
        assert_eq!(command_line(b"sleep\x0099\0").unwrap(), b"sleep 99");
        assert_eq!(command_line(b"a\0\0b\0").unwrap(), b"a  b");
        assert_eq!(command_line(b""), None);
        assert_eq!(command_line(b"\0\0"), None);
    }

    proptest! {
        #[test]
        fn any_name_and_any_bytes_are_read(name: Vec<u8>, bytes: Vec<u8>) {
            let whole = [b"4711 (", &name[..], b") ", REST.as_bytes()].concat();
            prop_assert_eq!(parse_stat(&whole).unwrap().name, name);
            let _ = parse_stat(&bytes);
            prop_assert!(command_line(&bytes).is_none_or(|line| line.len() <= bytes.len()));
        }
    }
}
