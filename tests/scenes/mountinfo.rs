//! The oracle for mounts: `/proc/PID/mountinfo`, read without the library.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// A line of mountinfo (`proc_pid_mountinfo(5)`), with the escapes decoded.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: u64,
    pub parent: u64,
    pub device: String,
    pub root: PathBuf,
    pub target: PathBuf,
    pub options: String,
    pub fields: Vec<String>,
    pub fs_type: String,
    pub source: String,
    pub fs_options: String,
}

impl Line {
    /// The number in an optional field such as `shared:7`.
    pub fn field(&self, name: &str) -> Option<u64> {
        let mut fields = self.fields.iter();
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(':')?.parse().ok())
    }
}

/// The mounts that a process sees.
pub fn of(pid: i32) -> Vec<Line> {
    let text = fs::read(format!("/proc/{pid}/mountinfo")).expect("the process is there");
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(line).collect()
}

fn line(line: &[u8]) -> Line {
    let words: Vec<Vec<u8>> = line.split(|byte| *byte == b' ').map(decoded).collect();
    let text = |place: usize| String::from_utf8(words[place].clone()).expect("it is text");
    let path = |place: usize| PathBuf::from(std::ffi::OsString::from_vec(words[place].clone()));
    let number = |place: usize| text(place).parse().expect("it is a number");
    let hyphen = (6..words.len())
        .find(|place| words[*place] == b"-")
        .expect("a hyphen ends the fields");
    Line {
        id: number(0),
        parent: number(1),
        device: text(2),
        root: path(3),
        target: path(4),
        options: text(5),
        fields: (6..hyphen).map(text).collect(),
        fs_type: text(hyphen + 1),
        source: text(hyphen + 2),
        fs_options: text(hyphen + 3),
    }
}

/// The bytes behind octal escapes.
fn decoded(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        let digits = after
            .get(..3)
            .filter(|digits| *first == b'\\' && digits.iter().all(u8::is_ascii_digit));
        if let Some(digits) = digits {
            out.push(
                digits
                    .iter()
                    .fold(0, |sum: u8, digit| sum.wrapping_mul(8).wrapping_add(digit - b'0')),
            );
            rest = &after[3..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    out
}

/// The id of the mount that a path leads to in the view of a process, as the kernel tells it of a descriptor.
pub fn mount_at(pid: i32, path: &Path) -> Option<u64> {
    let below = path.strip_prefix("/").expect("it is absolute");
    let inside = Path::new("/proc").join(pid.to_string()).join("root").join(below);
    let file = rustix::fs::open(inside, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).expect("it is open");
    let mut lines = info.lines();
    let id = lines.find_map(|line| line.strip_prefix("mnt_id:"))?;
    Some(id.trim().parse().expect("it is a number"))
}
