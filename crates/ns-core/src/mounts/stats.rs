//! The counters of file systems: `/proc/PID/mountstats`, which so far has counters only for NFS.

use std::io::Cursor;

use procfs::FromBufRead as _;
use procfs::process::{MountNFSStatistics, MountStats};

use super::Escaped;
use crate::{Error, Result};

/// The counters of one mount.
#[derive(Debug)]
pub struct Statistics {
    /// The mount point.
    pub target: Vec<u8>,
    /// The source.
    pub source: Vec<u8>,
    /// The type of the file system.
    pub fs_type: Vec<u8>,
    /// The counters, as procfs reads them.
    pub counters: MountNFSStatistics,
}

/// Reads the mounts of a mountstats file that have counters.
///
/// [`Error::Invalid`] if the counters are not in the kernel's form.
pub fn parse_stats(bytes: &[u8]) -> Result<Vec<Statistics>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (section, after) = rest.split_at(section_length(rest));
        rest = after;
        let header = section.split(|byte| *byte == b'\n').next().unwrap_or_default();
        // device SOURCE mounted on TARGET with fstype TYPE statvers=1.1
        let fields: Vec<_> = header.split(|byte| *byte == b' ').collect();
        let [
            b"device",
            source,
            b"mounted",
            b"on",
            target,
            b"with",
            b"fstype",
            fs_type,
            version,
            ..,
        ] = fields[..]
        else {
            continue;
        };
        if !version.starts_with(b"statvers=") {
            continue;
        }
        let decoded = |field| Escaped::new(field).decoded().into_owned();
        found.push(Statistics {
            target: decoded(target),
            source: decoded(source),
            fs_type: decoded(fs_type),
            counters: counters(section)?,
        });
    }
    Ok(found)
}

/// The length of the first section. It ends before the next line that is not indented.
fn section_length(bytes: &[u8]) -> usize {
    let next = bytes
        .windows(2)
        .position(|pair| pair[0] == b'\n' && !pair[1].is_ascii_whitespace());
    next.map_or(bytes.len(), |end| end + 1)
}

/// The counters of a section. procfs reads only text. Only the names can have other bytes, and they are not taken from
/// procfs.
fn counters(section: &[u8]) -> Result<MountNFSStatistics> {
    let invalid = |why: String| Error::invalid("section of mountstats", section, why);
    let text = String::from_utf8_lossy(section).into_owned();
    let MountStats(stats) =
        MountStats::from_buf_read(Cursor::new(text)).map_err(|error| invalid(error.to_string()))?;
    let counters = stats.into_iter().find_map(|stat| stat.statistics);
    counters.ok_or_else(|| invalid("it has no counters".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATS: &[u8] = b"device proc mounted on /proc with fstype proc\n\
        no device mounted on /x with fstype tmpfs\n\
        device nas:/sp\\040ace mounted on /srv/\xff with fstype nfs4 statvers=1.1\n\
        \topts:\trw,vers=4.2\n\
        \tage:\t3542\n\
        \tcaps:\tcaps=0x3ffdf,wtmult=512\n\
        \tsec:\tflavor=1\n\
        \tevents:\t1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27\n\
        \tbytes:\t1 2 3 4 5 6 7 8\n\
        \tRPC iostats version: 1.1  p/v: 100003/4 (nfs)\n\
        \txprt:\ttcp 909 0 1 0 2 294 294 0 294 0 2 0 0\n\
        \tper-op statistics\n\
        \t        READ: 7 8 0 3 4 5 6 90\n\
        \n\
        device sysfs mounted on /sys with fstype sysfs\n";

    #[test]
    fn only_what_has_counters_is_found() {
        let [mount] = &parse_stats(STATS).unwrap()[..] else {
            panic!("one has counters")
        };
        assert_eq!(mount.target, b"/srv/\xff");
        assert_eq!(mount.source, b"nas:/sp ace");
        assert_eq!(mount.fs_type, b"nfs4");
        assert_eq!(mount.counters.age.as_secs(), 3542);
        assert_eq!(mount.counters.per_op_stats["READ"].operations, 7);
        assert!(parse_stats(b"").unwrap().is_empty());
    }

    #[test]
    fn counters_that_are_cut_short_are_an_error() {
        let end = STATS.windows(5).position(|bytes| bytes == b"bytes").unwrap();
        assert!(parse_stats(&STATS[..end]).is_err());
    }
}
